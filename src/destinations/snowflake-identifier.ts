/** A name as SQL stores it → the identifier that means exactly it: `a"b` → `"a""b"`. */
export const quoteIdentifier = (storedName: string): string => `"${storedName.replaceAll('"', '""')}"`;

/** A name as people write it in a property (`db`, `"My Db"`) → as SQL stores it: unquoted ones in upper case. */
export const storedName = (written: string): string =>
  written.length > 1 && written.startsWith('"') && written.endsWith('"')
    ? written.slice(1, -1).replaceAll('""', '"')
    : written.toUpperCase();

/** Stored names that mean the same without quotes. */
const plain = /^[A-Z_][A-Z0-9_$]*$/;

/** Stored name → shortest identifier: quoted only where it must be (for statements that people read and copy). */
export const identifier = (name: string): string => (plain.test(name) ? name : quoteIdentifier(name));
