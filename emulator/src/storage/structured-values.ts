import type { DataType, StructureMember } from '../catalog/data-type.ts';
import { quoteLiteral } from '../catalog/identifier.ts';

/** DuckDB expression of a value that a type stores, NULL where it does not, from the text of a JSON value. */
type Cast = (json: string, type: DataType) => string;

/**
 * DuckDB expression: whether a JSON value can be cast to a structured type. An OBJECT must have every field of the type [observed by the
 * Snowflake connector's authors: rows without one are rejected] and no other [inferred]; what is inside must be castable as it is.
 */
export const fitsStructure = (json: string, { name, structure = [] }: DataType, castOf: Cast, depth = 0): string => {
  const [first, second] = structure;
  switch (name) {
    case 'OBJECT':
      return all([
        `json_type(${json}) = 'OBJECT'`,
        sameKeys(json, structure),
        ...structure.map((field) =>
          fits(`json_extract(${json}, ${pointerTo(field.name ?? '')})`, field, castOf, depth),
        ),
      ]);
    case 'ARRAY':
      return all([`json_type(${json}) = 'ARRAY'`, everyFits(`json_extract(${json}, '$[*]')`, first, castOf, depth)]);
    default:
      return all([
        `json_type(${json}) = 'OBJECT'`,
        everyKeyFits(`json_keys(${json})`, first, depth),
        everyFits(`json_extract(${json}, '$.*')`, second, castOf, depth),
      ]);
  }
};

const all = (conditions: readonly string[]): string =>
  `coalesce(${conditions.map((one) => `(${one})`).join(' AND ')}, FALSE)`;

const sameKeys = (json: string, fields: readonly StructureMember[]): string => {
  const names = fields.map(({ name }) => quoteLiteral(name ?? ''));
  return `list_sort(json_keys(${json})) = list_sort([${names.join(', ')}]::VARCHAR[])`;
};

const fits = (json: string, { type, nullable }: StructureMember, castOf: Cast, depth: number): string => {
  const inner =
    type.structure === undefined
      ? `(${castOf(`((${json})::VARCHAR)`, type)}) IS NOT NULL`
      : fitsStructure(json, type, castOf, depth);
  return `CASE WHEN ${json} IS NULL OR json_type(${json}) = 'NULL' THEN ${nullable ? 'TRUE' : 'FALSE'} ELSE ${inner} END`;
};

const everyFits = (list: string, member: StructureMember | undefined, castOf: Cast, depth: number): string => {
  if (member === undefined) return 'TRUE';
  const one = `e${depth}`;
  return `len(list_filter(${list}, lambda ${one}: NOT (${fits(one, member, castOf, depth + 1)}))) = 0`;
};

/** Keys of a MAP are texts or integers. [documented] */
const everyKeyFits = (keys: string, key: StructureMember | undefined, depth: number): string =>
  key?.type.name === 'NUMBER'
    ? `len(list_filter(${keys}, lambda k${depth}: TRY_CAST(k${depth} AS HUGEINT) IS NULL)) = 0`
    : 'TRUE';

/** JSON pointer, so that any name will do. */
const pointerTo = (name: string): string => quoteLiteral(`/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`);
