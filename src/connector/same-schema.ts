import type { Schema } from '../api/index.ts';

/** Whether two schemas say the same of type, optionality, name, version and fields, all the way down. */
export const sameSchema = (a: Schema | undefined, b: Schema | undefined): boolean => {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  if (a.type !== b.type || a.optional !== b.optional || a.name !== b.name || a.version !== b.version) return false;
  const [fields, others] = [a.fields ?? [], b.fields ?? []];
  if (fields.length !== others.length) return false;
  return (
    fields.every(
      ({ name, schema }, index) => name === others[index]?.name && sameSchema(schema, others[index]?.schema),
    ) &&
    sameSchema(a.keySchema, b.keySchema) &&
    sameSchema(a.valueSchema, b.valueSchema)
  );
};
