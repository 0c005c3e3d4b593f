import type { Column } from '../../api/index.ts';

/** A column with its type read: `NUMBER(10,2)` → `NUMBER`, [10, 2]. */
export interface TypedColumn extends Column {
  readonly baseType: string;
  readonly typeArguments: readonly number[];
  /** `ARRAY(NUMBER(10,0))`, `OBJECT(a NUMBER)`, `OBJECT()`: elements have types of their own (structured-type.ts). */
  readonly isStructured: boolean;
}

/** A type as DESCRIBE TABLE or a user's DDL has it. */
export const typedColumn = (column: Column): TypedColumn => {
  const [, name = '', brackets, between = ''] = /^\s*([A-Za-z_ ]+?)\s*(\((.*)\).*)?$/s.exec(column.type) ?? [];
  const isStructured = brackets !== undefined && !/^[\d,\s]+$/.test(between);
  return {
    ...column,
    baseType: name.toUpperCase(),
    typeArguments: between === '' || isStructured ? [] : between.split(',').map(Number),
    isStructured,
  };
};
