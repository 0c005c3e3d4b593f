import { expect, test } from 'vitest';
import {
  ConfigDef,
  int,
  jsonSchemaProperties,
  long,
  oneOfIgnoringCase,
  password,
  string,
} from '../../../src/config/index.ts';

test('numbers may be texts, choices come in any case where they may, and a variable may stand for all', () => {
  const schema = jsonSchemaProperties(
    new ConfigDef({
      count: int({ default: 3, documentation: 'How many.' }),
      seconds: long({ default: null, allowsFractions: true, documentation: '' }),
      mode: string({ default: 'fast', validator: oneOfIgnoringCase('fast', 'slow'), documentation: '' }),
      key: password({ default: '', documentation: '' }),
    }),
    'x.',
  );
  expect(schema['x.count']).toEqual({
    description: 'How many.',
    anyOf: [
      { type: 'integer' },
      { type: 'string', pattern: '^\\s*[+-]?\\d+\\s*$' },
      { type: 'string', pattern: '\\$\\{' },
    ],
    default: '3',
  });
  expect(schema['x.seconds']).toMatchObject({ anyOf: [{ type: 'number' }, {}, {}] });
  const [, inAnyCase] = (schema['x.mode'] as { anyOf: { pattern: string }[] }).anyOf;
  expect(new RegExp(inAnyCase?.pattern ?? '').test('Slow')).toBe(true);
  expect(schema['x.key']).toEqual({ description: '', type: ['string'], writeOnly: true });
});
