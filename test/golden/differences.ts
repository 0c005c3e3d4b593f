import type { Case } from './outcome.ts';

/** Where we differ from Kafka Connect's or the Snowflake connector's classes on purpose. docs/differences.md is printed from here. */
export interface Difference {
  readonly area: 'Rows' | 'Columns and values' | 'Tables and names' | 'Schema evolution' | 'Configuration';
  readonly theirs: string;
  readonly ours: string;
  readonly why: string;
  /** Is that the reason why this case's answer is not ours? */
  applies(vector: Case, file: string): boolean;
}

const text = (value: unknown): string => JSON.stringify(value) ?? '';
const isValidation = (file: string): boolean => file === 'snowflake/row-validation.jsonl';

export const differences: readonly Difference[] = [
  {
    area: 'Columns and values',
    theirs:
      'A text into VARIANT or ARRAY is read up to the end of its first JSON value (v4), or taken though it is none (v3).',
    ours: 'Text behind the first value makes it no JSON: the record is a bad one.',
    why: 'The rest of the text would be lost in silence, or the row later.',
    applies: ({ value, type }, file) =>
      isValidation(file) && /^(?:VARIANT|ARRAY|OBJECT)/.test(String(type)) && value === '1 2',
  },
  {
    area: 'Columns and values',
    theirs: 'A FLOAT32 into a NUMBER column is made a double first: 0.1 becomes 0.10000000149011612.',
    ours: 'It keeps its own shortest text, 0.1.',
    why: 'Digits that the record does not have help nobody.',
    applies: ({ value, type }, file) =>
      isValidation(file) && /^NUMBER/.test(String(type)) && text(value).startsWith('{"f32"'),
  },
  {
    area: 'Columns and values',
    theirs: 'The validator measures bytes in a VARIANT column as an array of numbers; what is stored is their base64.',
    ours: 'Base64 from the start.',
    why: 'The stored value is the same.',
    applies: ({ value, type }, file) =>
      isValidation(file) && /^(?:VARIANT|ARRAY|OBJECT)/.test(String(type)) && text(value).includes('"b64"'),
  },
  {
    area: 'Columns and values',
    theirs: 'A blank text into ARRAY ends the task with an IllegalStateException (v4).',
    ours: '[null], as v3 makes it.',
    why: 'One odd record must not stop a topic.',
    applies: ({ value, type }, file) => isValidation(file) && type === 'ARRAY' && String(value).trim() === '',
  },
  {
    area: 'Columns and values',
    theirs:
      'A NaN that no conversion has made a text ends the task with a NumberFormatException, or is no type that the column takes.',
    ours: 'NaN is the text that the conversion before makes of it, in every column.',
    why: 'Records come to the validator only by way of that conversion.',
    applies: ({ value }, file) => isValidation(file) && /"f64":"(?:NaN|-?Infinity)"/.test(text(value)),
  },
];
