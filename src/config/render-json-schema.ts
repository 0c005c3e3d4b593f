import { type ConfigDef, type ConfigKey, type ConfigKeys, type ConfigType, defaultText } from './config-def.ts';

/** A JSON Schema, draft 2020-12, as far as configs need it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const types: Readonly<Record<ConfigType, readonly string[]>> = {
  STRING: ['string', 'number', 'boolean'],
  PASSWORD: ['string'],
  BOOLEAN: ['boolean', 'string'],
  SHORT: ['integer', 'string'],
  INT: ['integer', 'string'],
  LONG: ['integer', 'string'],
  DOUBLE: ['number', 'string'],
  LIST: ['string'],
  CLASS: ['string'],
};

const texts: Partial<Readonly<Record<ConfigType, string>>> = {
  BOOLEAN: '^\\s*([tT][rR][uU][eE]|[fF][aA][lL][sS][eE])\\s*$',
  SHORT: '^\\s*[+-]?\\d+\\s*$',
  INT: '^\\s*[+-]?\\d+\\s*$',
  LONG: '^\\s*[+-]?\\d+\\s*$',
  DOUBLE: '^\\s*[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?\\s*$',
};

/** A variable may stand for any value. */
const variable = { type: 'string', pattern: '\\$\\{' };

/** JSON Schema's patterns have no flag for it. */
const anyCase = (values: readonly string[]): string =>
  `^\\s*(${values.map((value) => value.replaceAll(/[a-z]/gi, (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`)).join('|')})\\s*$`;

const valueSchema = ({ type, validator, allowsFractions = false }: ConfigKey<unknown>): JsonSchema => {
  if (validator?.recommended !== undefined) {
    const inOtherCase = { type: 'string', pattern: anyCase(validator.recommended) };
    return {
      anyOf: [{ enum: validator.recommended }, ...(validator.ignoresCase === true ? [inOtherCase] : []), variable],
    };
  }
  const read = allowsFractions ? 'DOUBLE' : type;
  const pattern = texts[read];
  if (pattern === undefined) return { type: types[read] };
  const [, ...others] = types[read];
  return { anyOf: [{ type: types[read][0] }, ...others.map((name) => ({ type: name, pattern })), variable] };
};

const keySchema = (key: ConfigKey<unknown>): JsonSchema => {
  const byDefault = key.type === 'PASSWORD' ? null : defaultText(key);
  return {
    description: key.documentation,
    ...valueSchema(key),
    ...(byDefault === null || byDefault === '' ? {} : { default: byDefault }),
    ...(key.type === 'PASSWORD' ? { writeOnly: true } : {}),
  };
};

/** Each key of a definition with its type, its choices and its documentation: what an editor completes and checks by. */
export const jsonSchemaProperties = (
  def: ConfigDef<ConfigKeys>,
  keyPrefix = '',
): Readonly<Record<string, JsonSchema>> =>
  Object.fromEntries(Object.entries(def.keys).map(([name, key]) => [`${keyPrefix}${name}`, keySchema(key)]));

/** Keys without a default. */
export const requiredKeys = (def: ConfigDef<ConfigKeys>): readonly string[] =>
  Object.entries(def.keys)
    .filter(([, key]) => key.default === undefined)
    .map(([name]) => name);
