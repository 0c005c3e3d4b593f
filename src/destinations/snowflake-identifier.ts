/** A name as SQL stores it → the identifier that means exactly it: `a"b` → `"a""b"`. */
export const quoteIdentifier = (storedName: string): string => `"${storedName.replaceAll('"', '""')}"`;

/** Stored names that mean the same without quotes. */
const plain = /^[A-Z_][A-Z0-9_$]*$/;

/** Stored name → shortest identifier: quoted only where it must be (for statements that people read and copy). */
export const identifier = (name: string): string => (plain.test(name) ? name : quoteIdentifier(name));

export interface TableAddress {
  /** As people write names in properties: with quotes where case or signs matter. */
  readonly database: string;
  readonly schema: string;
  /** As stored. */
  readonly table: string;
}

const quotedPart = '"((?:[^"]|"")+)"';
const qualified = new RegExp(`^(?:${quotedPart}\\.)?${quotedPart}\\.${quotedPart}$`);

/** Where a channel's table lies: by itself in the account's database and schema, else where its quoted parts say. */
export const tableAddress = (
  { database, schema }: { readonly database: string; readonly schema: string },
  table: string,
): TableAddress => {
  const match = qualified.exec(table);
  if (match === null) return { database, schema, table };
  const [, ownDatabase, ownSchema = '', name = ''] = match;
  return {
    database: ownDatabase === undefined ? database : `"${ownDatabase}"`,
    schema: `"${ownSchema}"`,
    table: name.replaceAll('""', '"'),
  };
};
