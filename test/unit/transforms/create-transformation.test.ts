import { describe, expect, test } from 'vitest';
import { ConfigError, JsonNumber, type Schema, type SinkRecord, Struct, TypedNumber } from '../../../src/api/index.ts';
import {
  createPredicate,
  createTransformation,
  predicateClasses,
  transformationClasses,
} from '../../../src/transforms/index.ts';
import { schemaless } from './apply.ts';
import { recordOf } from './record.ts';

const apache = 'org.apache.kafka.connect.transforms';
const applied = (javaClass: string, config: Record<string, string>, record = recordOf(new Map())) =>
  createTransformation(`${apache}.${javaClass}`, config).apply(record);
const problemsOf = (create: () => unknown) => {
  try {
    create();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

describe('registry', () => {
  test('all of Apache’s', () => {
    expect(transformationClasses.filter(({ javaClass }) => javaClass.startsWith(apache))).toHaveLength(26);
    expect(predicateClasses).toHaveLength(3);
  });

  test('by simple name where there is neither Key nor Value', () => {
    const config = { regex: 'orders', replacement: 'sales' };
    const router = createTransformation('RegexRouter', config);
    expect(router.javaClass).toBe(`${apache}.RegexRouter`);
    expect(router.apply(recordOf(null))).toMatchObject({ topic: 'sales', original: { topic: 'orders' } });
    expect(createPredicate('RecordIsTombstone', {}).test(recordOf(null))).toBe(true);
  });

  test.each([
    [
      `${apache}.InsertField`,
      /is abstract and cannot be created\. Did you mean \S+InsertField\$Key, \S+InsertField\$Value\?/,
    ],
    [`${apache}.InsertFeld$Value`, /could not be found\. Did you mean \S+InsertField\$Value\? There are: /],
    ['Value', /Class Value could not be found/],
    ['com.acme.Own', /Class com\.acme\.Own could not be found\. There are: org\.apache/],
  ])('%s', (name, message) => {
    expect(problemsOf(() => createTransformation(name, {}))).toEqual([
      { key: 'type', message: expect.stringMatching(message) },
    ]);
  });

  test('every wrong sub-key is told at once; unknown ones are ignored', () => {
    const create = () =>
      createTransformation(`${apache}.HeaderFrom$Value`, { fields: '', operation: 'MOVE', other: 'x' });
    expect(problemsOf(create)).toEqual([
      { key: 'fields', message: 'Invalid value [] for configuration fields: Empty list' },
      { key: 'headers', message: 'Missing required configuration "headers" which has no default value.' },
      { key: 'headers', message: 'Invalid value null for configuration headers: Empty list' },
      {
        key: 'operation',
        message: 'Invalid value MOVE for configuration operation: String must be one of: move, copy',
      },
    ]);
  });

  test.each([
    ['TimestampConverter$Value', { 'target.type': 'string' }, /requires format option/],
    ['TimestampConverter$Value', { 'target.type': 'string', format: 'bad' }, /Illegal pattern character 'b'/],
    ['TimestampRouter', { 'timestamp.format': 'bad' }, /Illegal pattern character 'b'/],
    ['InsertField$Value', { 'static.field': 'f' }, /No value specified for static field: f/],
    ['HeaderFrom$Key', { fields: 'a,b', headers: 'h', operation: 'copy' }, /same number of elements/],
    ['Cast$Value', { spec: 'a:b:c' }, /Invalid rename mapping: a:b:c/],
    ['ExtractField$Value', { field: '`a', 'field.syntax.version': 'V2' }, /Incomplete backtick pair in path: \[`a\]/],
  ])('%s %j', (javaClass, config: Record<string, string>, message) => {
    expect(() => createTransformation(`${apache}.${javaClass}`, config)).toThrow(message);
  });
});

describe('numbers of schemaless JSON', () => {
  const value = () =>
    new Map<string, unknown>([
      ['big', new JsonNumber('12345678901234567890')],
      ['half', new JsonNumber('1.50')],
    ]);

  test('pass untouched, digit for digit', () => {
    const result = applied('ReplaceField$Value', { renames: 'half:price' }, recordOf(value()));
    expect(result).toMatchObject({
      value: new Map([...value()].map(([name, v]) => [name === 'half' ? 'price' : name, v])),
    });
  });

  test.each([
    ['big:string', new Map<string, unknown>([...value(), ['big', '-6101065172474983726']])],
    ['half:string', new Map<string, unknown>([...value(), ['half', '1.5']])],
    ['half:int8', new Map<string, unknown>([...value(), ['half', new TypedNumber('INT8', 1)]])],
  ])('cast as the long or double that Connect has: %s', (spec, expected) => {
    expect(applied('Cast$Value', { spec }, recordOf(value()))).toMatchObject({ value: expected });
  });

  test('mask and convert by it', () => {
    expect(applied('MaskField$Value', { fields: 'big,half' }, recordOf(value()))).toMatchObject({
      value: new Map<string, unknown>([
        ['big', 0n],
        ['half', 0],
      ]),
    });
    const config = { field: 't', 'target.type': 'Timestamp' };
    const record = recordOf(new Map([['t', new JsonNumber('1483425001864')]]));
    expect(applied('TimestampConverter$Value', config, record)).toMatchObject({
      value: new Map([['t', new Date(1483425001864)]]),
    });
  });
});

describe('schemas', () => {
  const schemaOf = (name: string): Schema => ({
    type: 'STRUCT',
    optional: false,
    name,
    fields: [
      { name: 'a', index: 0, schema: { type: 'INT32', optional: false, defaultValue: 5 } },
      { name: 'b', index: 1, schema: { type: 'STRING', optional: true } },
    ],
  });
  const insert = { 'topic.field': 'topic' };

  test('the new schema is the same object for the same schema, and only sixteen are kept', () => {
    const insertField = createTransformation(`${apache}.InsertField$Value`, insert);
    const newSchema = (schema: Schema) => {
      const result = insertField.apply(recordOf(new Struct(schema, new Map<string, unknown>([['a', 1]])), schema));
      return result instanceof Promise || result === null ? null : result.valueSchema;
    };
    const first = schemaOf('first');
    const made = newSchema(first);
    expect(newSchema(first)).toBe(made);
    for (let other = 0; other < 16; other++) newSchema(schemaOf(`other${other}`));
    expect(newSchema(first)).not.toBe(made);
    expect(newSchema(first)).toEqual(made);
  });

  test('a null for a required field is refused unless its default stands for it', () => {
    const schema = schemaOf('s');
    const record = recordOf(new Struct(schema, new Map()), schema);
    expect(applied('InsertField$Value', insert, record)).toMatchObject({
      value: {
        values: new Map<string, unknown>([
          ['a', 5],
          ['b', null],
          ['topic', 'orders'],
        ]),
      },
    });
    expect(() => applied('InsertField$Value', { ...insert, 'replace.null.with.default': 'false' }, record)).toThrow(
      'Invalid value: null used for required field: "a", schema type: INT32',
    );
  });
});

test('a value that is changed in place is at no other place: what became a header, or a field of the key, stays', () => {
  const inner = { secret: 'x' };
  const given = recordOf(schemaless({ a: inner }));
  const chain: readonly (readonly [string, Record<string, string>])[] = [
    ['HeaderFrom$Value', { fields: 'a', headers: 'h', operation: 'copy' }],
    ['ValueToKey', { fields: 'a' }],
    ['ExtractField$Value', { field: 'a' }],
    ['InsertField$Value', { 'static.field': 'b', 'static.value': 'y' }],
    ['MaskField$Value', { fields: 'secret' }],
    ['Cast$Value', { spec: 'b:string' }],
  ];
  let made = given;
  for (const [name, config] of chain) made = (applied(name, config, made) as SinkRecord | null) ?? given;
  expect(made.value).toEqual(schemaless({ secret: '', b: 'y' }));
  expect(made.headers.map(({ value }) => value)).toEqual([schemaless(inner)]);
  expect(made.key).toEqual(schemaless({ a: inner }));
});
