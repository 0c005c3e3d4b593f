import fc from 'fast-check';

/** JSON text in every layout that RFC 8259 allows, and things that are nearly JSON. */
const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/);
const digits = fc.stringMatching(/^[0-9]{1,30}$/);
const numberText = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(fc.constant('0'), fc.stringMatching(/^[1-9][0-9]{0,25}$/)),
    fc.option(digits, { nil: null }),
    fc.option(fc.tuple(fc.constantFrom('e', 'E', 'e+', 'E-'), fc.stringMatching(/^[0-9]{1,4}$/)), { nil: null }),
  )
  .map(([sign, whole, part, power]) => `${sign}${whole}${part === null ? '' : `.${part}`}${power?.join('') ?? ''}`);
const escaped = fc.constantFrom('\\n', '\\"', '\\\\', '\\/', '\\u0000', '\\uD800', '\\udc00\\ud83d', '\\u00e9', '\\t');
const characters = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => JSON.stringify(text).slice(1, -1)),
  escaped,
);
const stringText = fc.array(characters, { maxLength: 6 }).map((parts) => `"${parts.join('')}"`);

const { value } = fc.letrec<{ value: string; members: string; elements: string }>((tie) => ({
  value: fc
    .tuple(
      space,
      fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.oneof(numberText, stringText, fc.constantFrom('true', 'false', 'null')),
        tie('members'),
        tie('elements'),
      ),
      space,
    )
    .map((parts) => parts.join('')),
  members: fc
    .array(fc.tuple(fc.oneof(stringText, fc.constant('"twice"')), space, tie('value')), { maxLength: 4 })
    .map((members) => `{${members.map(([name, gap, member]) => `${name}${gap}:${member}`).join(',')}}`),
  elements: fc.array(tie('value'), { maxLength: 4 }).map((elements) => `[${elements.join(',')}]`),
}));

/** Valid JSON text. */
export const jsonText: fc.Arbitrary<string> = value;

const fewNames = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom('a', 'b', 'c') },
  { weight: 1, arbitrary: fc.constantFrom(...[12, 13, 14, 28, 29, 30].map((length) => 'n'.repeat(length))) },
);
const { fewNamed } = fc.letrec<{ fewNamed: string; fewNamedValue: string }>((tie) => ({
  fewNamed: fc
    .array(fc.tuple(fewNames, tie('fewNamedValue')), { maxLength: 3, size: 'max' })
    .map((members) => `{${members.map(([name, member]) => `"${name}":${member}`).join(',')}}`),
  fewNamedValue: fc.oneof(
    { weight: 4, arbitrary: fc.constant('1') },
    { weight: 1, arbitrary: tie('fewNamed') },
    { weight: 1, arbitrary: tie('fewNamed').map((element) => `[${element}]`) },
  ),
}));

/** Objects of so few names that those of one often begin like those of another. */
export const alikeObjects: fc.Arbitrary<readonly string[]> = fc.array(fewNamed, { minLength: 20, maxLength: 60 });

const mutations: readonly ((bytes: Uint8Array, at: number, byte: number) => Uint8Array)[] = [
  (bytes, at, byte) => Uint8Array.from(bytes).fill(byte, at, at + 1),
  (bytes, at, byte) => Uint8Array.of(...bytes.subarray(0, at), byte, ...bytes.subarray(at)),
  (bytes, at) => Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(at + 1)),
  (bytes, at) => bytes.slice(0, at),
  (bytes, _, byte) => Uint8Array.of(...bytes, byte),
];
const hostileBytes = fc.oneof(
  fc.constantFrom(0x00, 0x0b, 0x1f, 0x22, 0x2c, 0x2d, 0x2e, 0x30, 0x3a, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d, 0x7f),
  fc.constantFrom(0x80, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff),
  fc.integer({ min: 0, max: 255 }),
);
const mutant = fc
  .tuple(jsonText, fc.array(fc.tuple(fc.nat(), hostileBytes, fc.constantFrom(...mutations)), { maxLength: 3 }))
  .map(([text, changes]) =>
    changes.reduce<Uint8Array>(
      (bytes, [at, byte, mutate]) => mutate(bytes, at % (bytes.length + 1), byte),
      Buffer.from(text),
    ),
  );

const hostile = [
  '',
  ' ',
  'NaN',
  'Infinity',
  '-',
  '-0',
  '00',
  '01',
  '1.',
  '.5',
  '1e',
  '1e+',
  '+1',
  '0x1',
  'nul',
  'nullx',
  'true false',
  '{"a":1}x',
  '{"a":1}{"b":2}',
  '\u{feff}{}',
  "{'a':1}",
  '{a:1}',
  '{"a":1,}',
  '[1,]',
  '[,1]',
  '{"a"}',
  '{"a":}',
  '"\\x"',
  '"\\u12g4"',
  '"\\u12',
  '"tab\tinside"',
  '"open',
  '[1 2]',
  '//c\n1',
  '[1]\u00a0',
  '{"a":1,"a":2}',
  '"\\ud800"',
  '123456789012345678901234567890.123456789012345678901234567890e-1234',
  '['.repeat(1000) + ']'.repeat(1000),
  `${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}`,
  '['.repeat(1000),
].map((text) => Buffer.from(text));

/** Bytes that may or may not be JSON. */
export const anyBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 6, arbitrary: mutant },
  { weight: 2, arbitrary: fc.constantFrom<Uint8Array>(...hostile, Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) },
);

const memberName = /"((?:[^"\\]|\\.)*)"[ \t\r\n]*:/gs;

/** A name that stands twice in its object, or that is written with an escape: Snowflake's and Connect's views part there. */
export const hasOddNames = (text: string): boolean => {
  const names = [...text.matchAll(memberName)].map(([, name = '']) => name);
  let members = -1; // the reviver sees the whole as a member of its own
  JSON.parse(text, function (this: unknown, _name, value: unknown) {
    if (!Array.isArray(this)) members++;
    return value;
  });
  return names.some((name) => name.includes('\\')) || names.length !== members;
};

/** What the kernel takes: strict JSON in strict UTF-8 by the runtime's own parser, and no odd names. */
export const parseStrict = (bytes: Uint8Array): { readonly value: unknown } | null => {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    return hasOddNames(text) ? null : { value };
  } catch {
    return null;
  }
};
