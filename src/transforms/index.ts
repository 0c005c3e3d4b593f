export * from './create-transformation.ts';
export * from './transformation-notes.ts';
