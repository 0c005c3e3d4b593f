export * from './byte-array-converter.ts';
export * from './create-converter.ts';
export * from './json-converter.ts';
export * from './json-parser.ts';
export { parseValue } from './parse-value.ts';
export * from './simple-header-converter.ts';
export * from './string-converter.ts';
