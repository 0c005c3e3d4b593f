export * from './create-transformation.ts';
