import { JsonNumber } from '../api/index.ts';

/** Jackson's JsonNodeType, as Connect's messages name it. Undefined: MISSING. */
export const jsonNodeType = (node: unknown): string => {
  if (node === undefined) return 'MISSING';
  if (node === null) return 'NULL';
  if (typeof node === 'string') return 'STRING';
  if (typeof node === 'boolean') return 'BOOLEAN';
  if (node instanceof JsonNumber) return 'NUMBER';
  return Array.isArray(node) ? 'ARRAY' : 'OBJECT';
};
