/**
 * A type with what is inside: structured OBJECT, ARRAY and MAP, which Iceberg tables have for struct, list and map.
 * https://docs.snowflake.com/en/sql-reference/data-types-structured
 */
export type StructuredType =
  /** All else, as SQL has it: `NUMBER(19,0)`, `VARIANT`. */
  | { readonly kind: 'scalar'; readonly text: string }
  | { readonly kind: 'object'; readonly fields: readonly StructuredField[] }
  | { readonly kind: 'array'; readonly element: StructuredElement }
  | { readonly kind: 'map'; readonly key: StructuredType; readonly value: StructuredElement };

export interface StructuredElement {
  readonly type: StructuredType;
  readonly nullable: boolean;
}

export interface StructuredField extends StructuredElement {
  /** Its case counts. */
  readonly name: string;
}

/** `OBJECT(a NUMBER(19,0), b ARRAY(VARCHAR(16777216)) NOT NULL)`, as DESCRIBE TABLE prints it. Never throws: what it does not know is a scalar. */
export const parseStructuredType = (text: string): StructuredType => {
  const [, kind = '', inner = ''] = /^\s*(ARRAY|OBJECT|MAP)\s*\((.*)\)\s*$/is.exec(text) ?? [];
  const parts = inner.trim() === '' ? [] : parted(inner);
  const [first = '', second = ''] = parts;
  switch (kind.toUpperCase()) {
    case 'OBJECT':
      return { kind: 'object', fields: parts.map(field) };
    case 'ARRAY':
      return { kind: 'array', element: element(first) };
    case 'MAP':
      return { kind: 'map', key: parseStructuredType(first), value: element(second) };
    default:
      return { kind: 'scalar', text: text.trim() };
  }
};

/** As SQL has it. */
export const structuredTypeText = (type: StructuredType): string => {
  switch (type.kind) {
    case 'scalar':
      return type.text;
    case 'object':
      if (type.fields.length === 0) return 'OBJECT';
      return `OBJECT(${type.fields.map((one) => `${fieldName(one.name)} ${elementText(one)}`).join(', ')})`;
    case 'array':
      return `ARRAY(${elementText(type.element)})`;
    case 'map':
      return `MAP(${structuredTypeText(type.key)}, ${elementText(type.value)})`;
  }
};

/** The type that has what either has; where both say something, the first holds. New fields come behind. */
export const mergedType = (type: StructuredType, other: StructuredType): StructuredType => {
  if (type.kind === 'object' && other.kind === 'object') {
    const added = other.fields.filter(({ name }) => !type.fields.some((one) => one.name === name));
    const fields = type.fields.map((one) => {
      const same = other.fields.find(({ name }) => name === one.name);
      return same === undefined ? one : { ...one, type: mergedType(one.type, same.type) };
    });
    return { kind: 'object', fields: [...fields, ...added] };
  }
  if (type.kind === 'array' && other.kind === 'array')
    return { kind: 'array', element: { ...type.element, type: mergedType(type.element.type, other.element.type) } };
  if (type.kind === 'map' && other.kind === 'map')
    return { ...type, value: { ...type.value, type: mergedType(type.value.type, other.value.type) } };
  return type;
};

const elementText = ({ type, nullable }: StructuredElement): string =>
  `${structuredTypeText(type)}${nullable ? '' : ' NOT NULL'}`;

const fieldName = (name: string): string =>
  /^[\p{L}_][\p{L}\p{N}_$]*$/u.test(name) ? name : `"${name.replaceAll('"', '""')}"`;

const element = (text: string): StructuredElement => {
  const nullable = !/\sNOT\s+NULL\s*$/i.test(text);
  return { type: parseStructuredType(nullable ? text : text.replace(/\sNOT\s+NULL\s*$/i, '')), nullable };
};

const field = (text: string): StructuredField => {
  const [, quoted, plain = '', type = ''] = /^\s*(?:"((?:[^"]|"")*)"|(\S+))\s+(.*)$/s.exec(text) ?? [];
  return { name: quoted?.replaceAll('""', '"') ?? plain, ...element(type) };
};

/** Parted at commas that stand in no parentheses and no quotes. */
const parted = (text: string): readonly string[] => {
  const parts: string[] = [];
  let [depth, from] = [0, 0];
  for (const { 0: token, index } of text.matchAll(/"(?:[^"]|"")*"|[(),]/g)) {
    if (token === '(') depth++;
    else if (token === ')') depth--;
    else if (token === ',' && depth === 0) {
      parts.push(text.slice(from, index));
      from = index + 1;
    }
  }
  return [...parts, text.slice(from)];
};
