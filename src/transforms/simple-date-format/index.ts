export * from './compile-format.ts';
export * from './simple-date-format.ts';
