import type { TakenAsIs } from '../kernel/index.ts';
import type { TypedColumn } from './columns/typed-column.ts';
import type { SinkSettings } from './sink-settings.ts';

/** Bytes of the longest VARCHAR. */
const maxVarchar = 16_777_216;
const any = Number.POSITIVE_INFINITY;
const nothing: TakenAsIs = {
  stringBytes: -1,
  wholeDigits: -1,
  fractionDigits: -1,
  booleans: false,
  objects: false,
  arrays: false,
};
const everything: TakenAsIs = {
  stringBytes: any,
  wholeDigits: any,
  fractionDigits: any,
  booleans: true,
  objects: true,
  arrays: true,
};

/** With validation by the server all goes as it is, but into structured columns. */
export const takenAsIs = (column: TypedColumn, validation: SinkSettings['validation']): TakenAsIs => {
  if (column.isStructured) return nothing;
  if (validation === 'server') return everything;
  const [first, second = 0] = column.typeArguments;
  switch (column.baseType) {
    case 'VARCHAR':
    case 'TEXT':
    case 'STRING':
      return { ...nothing, stringBytes: Math.min(first ?? maxVarchar, maxVarchar) };
    case 'NUMBER':
      return { ...nothing, wholeDigits: (first ?? 38) - second, fractionDigits: second };
    case 'FLOAT':
    case 'DOUBLE':
      return { ...nothing, wholeDigits: any, fractionDigits: any };
    case 'BOOLEAN':
      return { ...nothing, booleans: true };
    case 'VARIANT':
      return { ...everything, stringBytes: -1 };
    case 'ARRAY':
      return { ...nothing, arrays: true };
    default:
      return nothing;
  }
};

/** UTF-8 needs three bytes for a UTF-16 unit at most. */
export const takesString = ({ stringBytes }: TakenAsIs, text: string): boolean =>
  text.length <= stringBytes && (stringBytes === any || text.length * 3 <= maxVarchar);

/** A number of JSON. */
export const takesNumber = ({ wholeDigits, fractionDigits }: TakenAsIs, text: string): boolean => {
  if (fractionDigits === any) return true;
  const from = text.charCodeAt(0) === 0x2d ? 1 : 0;
  let point = text.length;
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x2e) point = at;
    else if (code > 0x39 || code < 0x30) return false;
  }
  return point - from <= wholeDigits && text.length - point - 1 <= fractionDigits;
};
