import { SqlError } from './sql-error.ts';
import { positionError, type Token, tokenize } from './tokenizer.ts';

/** One bind variable as drivers send it: values are text, arrays for bulk inserts. */
export interface Binding {
  readonly type: string;
  readonly value: string | null | readonly (string | null)[];
}

/** `{"1": {"type": "TEXT", "value": "x"}}` from a request body. */
export const readBindings = (value: unknown): ReadonlyMap<number, Binding> => {
  const bindings = new Map<number, Binding>();
  if (typeof value !== 'object' || value === null) return bindings;
  for (const [position, binding] of Object.entries(value)) bindings.set(Number(position), binding as Binding);
  return bindings;
};

const isoOf = (nanos: string): string => {
  const total = BigInt(nanos);
  const millis = total / 1_000_000n;
  const micros = String((total / 1000n) % 1000n).padStart(3, '0');
  return new Date(Number(millis)).toISOString().replace('T', ' ').replace('Z', micros);
};

const literal = (type: string, value: string | null): string => {
  if (value === null) return 'NULL';
  switch (type) {
    case 'FIXED':
      if (!/^-?\d+(\.\d+)?$/.test(value))
        throw new SqlError('100038', '22018', `Numeric value '${value}' is not recognized`);
      return value;
    case 'REAL':
      if (!Number.isFinite(Number(value)))
        throw new SqlError('100038', '22018', `Numeric value '${value}' is not recognized`);
      return `${value}::FLOAT`;
    case 'BOOLEAN':
      return /^(true|1)$/i.test(value) ? 'TRUE' : 'FALSE';
    case 'DATE':
      return `'${new Date(Number(value)).toISOString().slice(0, 10)}'::DATE`;
    case 'TIMESTAMP_NTZ':
    case 'TIMESTAMP_LTZ':
      return `'${isoOf(value)}'::${type}`;
    case 'TIMESTAMP_TZ': {
      // Nanoseconds and the offset in minutes, 1440 for none. [seen on the wire of the drivers]
      const [nanos = '', minutes = '1440'] = value.split(' ');
      const shift = Number(minutes) - 1440;
      const local = isoOf(String(BigInt(nanos) + BigInt(shift) * 60_000_000_000n));
      const [hours, rest] = [Math.floor(Math.abs(shift) / 60), Math.abs(shift) % 60];
      const offset = `${shift < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
      return `'${local}${offset}'::TIMESTAMP_TZ`;
    }
    default:
      return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
  }
};

interface Marker {
  readonly from: number;
  readonly to: number;
  readonly position: number;
}

/** `?` by order, `:1` by number. */
const markersOf = (tokens: readonly Token[]): readonly Marker[] => {
  const markers: Marker[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== 'symbol') continue;
    const next = tokens[index + 1];
    if (token.text === '?') markers.push({ from: token.from, to: token.to, position: markers.length + 1 });
    else if (token.text === ':' && next?.kind === 'number' && next.from === token.to)
      markers.push({ from: token.from, to: next.to, position: Number(next.text) });
  }
  return markers;
};

const bindingAt = (bindings: ReadonlyMap<number, Binding>, position: number): Binding => {
  const binding = bindings.get(position);
  if (binding === undefined)
    throw new SqlError(
      '002049',
      '42601',
      `SQL compilation error: error line 1 at position 0\nBind variable ? not set.`,
    );
  return binding;
};

/** The statement with its bind variables written as literals; bulk binds multiply the row of INSERT … VALUES. */
export const applyBindings = (sql: string, bindings: ReadonlyMap<number, Binding>): string => {
  const tokens = tokenize(sql);
  const markers = markersOf(tokens);
  if (markers.length === 0) return sql;
  const rows = [...bindings.values()].find(({ value }) => Array.isArray(value))?.value?.length;
  if (rows === undefined) return substitute(sql, 0, sql.length, markers, bindings, 0);
  const open = tokens.findIndex((token, index) => token.text === 'VALUES' && tokens[index + 1]?.text === '(') + 1;
  const from = tokens[open];
  const to = tokens.findLast((token) => token.text === ')');
  if (open === 0 || from === undefined || to === undefined)
    throw positionError(sql, tokens[0] ?? { kind: 'end', text: '', from: 0, to: 0 });
  const values = Array.from({ length: rows }, (_, row) => substitute(sql, from.from, to.to, markers, bindings, row));
  return `${sql.slice(0, from.from)}${values.join(', ')}${sql.slice(to.to)}`;
};

/** The statement with NULL in place of every bind variable, and how many there are: to describe it without running it. */
export const withoutBindings = (sql: string): { readonly sql: string; readonly count: number } => {
  const markers = markersOf(tokenize(sql));
  const nulls = new Map(markers.map(({ position }) => [position, { type: 'TEXT', value: null }]));
  return { sql: substitute(sql, 0, sql.length, markers, nulls, 0), count: nulls.size };
};

const substitute = (
  sql: string,
  from: number,
  to: number,
  markers: readonly Marker[],
  bindings: ReadonlyMap<number, Binding>,
  row: number,
): string => {
  let text = '';
  let at = from;
  for (const marker of markers) {
    if (marker.from < from || marker.to > to) continue;
    const { type, value } = bindingAt(bindings, marker.position);
    const one = value === null || typeof value === 'string' ? value : (value[row] ?? null);
    text += sql.slice(at, marker.from) + literal(type, one);
    at = marker.to;
  }
  return text + sql.slice(at, to);
};
