/** Java's classes that JavaScript has not or reads otherwise, as sources for flag `v`. Inside and outside of brackets alike. */
const verticalBlank = '[\\n\\x0B\\f\\r\\x85\\u2028\\u2029]';
const horizontalBlank = '[ \\t\\xA0\\u1680\\u180E\\u2000-\\u200A\\u202F\\u205F\\u3000]';
const blank = '[ \\t\\n\\x0B\\f\\r]';

const negated = (source: string): string => `[^${source}]`;

export const classEscapes: ReadonlyMap<string, string> = new Map([
  ['d', '[0-9]'],
  ['D', '[^0-9]'],
  ['w', '[a-zA-Z0-9_]'],
  ['W', '[^a-zA-Z0-9_]'],
  ['s', blank],
  ['S', negated(blank)],
  ['v', verticalBlank],
  ['V', negated(verticalBlank)],
  ['h', horizontalBlank],
  ['H', negated(horizontalBlank)],
]);

/** POSIX classes (US-ASCII) and java.lang.Character's. */
const properties: ReadonlyMap<string, string> = new Map([
  ['Lower', '[a-z]'],
  ['Upper', '[A-Z]'],
  ['ASCII', '[\\x00-\\x7F]'],
  ['Alpha', '[a-zA-Z]'],
  ['Digit', '[0-9]'],
  ['Alnum', '[a-zA-Z0-9]'],
  ['Punct', '[\\x21-\\x2F\\x3A-\\x40\\x5B-\\x60\\x7B-\\x7E]'],
  ['Graph', '[\\x21-\\x7E]'],
  ['Print', '[\\x20-\\x7E]'],
  ['Blank', '[ \\t]'],
  ['Cntrl', '[\\x00-\\x1F\\x7F]'],
  ['XDigit', '[0-9a-fA-F]'],
  ['Space', blank],
  ['javaLowerCase', '\\p{Lowercase}'],
  ['javaUpperCase', '\\p{Uppercase}'],
  ['javaWhitespace', '[\\p{Z}\\t-\\r\\x1C-\\x1F--[\\xA0\\u2007\\u202F]]'],
  ['L1', '[\\x00-\\xFF]'],
]);

/** `\p{name}` for JavaScript: a general category, `Is` with a script, category or binary property, a POSIX class. */
export const propertyClass = (name: string): string => {
  const known = properties.get(name);
  if (known !== undefined) return known;
  const [, key, value] = /^(\w+)=(\w+)$/.exec(name) ?? [];
  if (key !== undefined) return `\\p{${key.toLowerCase() === 'script' || key === 'sc' ? 'Script' : 'gc'}=${value}}`;
  const plain = name.replace(/^Is/, '');
  const isScript = plain !== name && /^[A-Z][a-z]{2,}$/.test(plain) && !binaryProperties.has(plain);
  return isScript ? `\\p{Script=${plain}}` : `\\p{${plain}}`;
};

const binaryProperties = new Set(['Alphabetic', 'Ideographic', 'Lowercase', 'Uppercase', 'Emoji']);
