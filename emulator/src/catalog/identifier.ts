/** Identifier as written → name as stored: unquoted ones are upper-cased, quoted ones keep their case. [documented] */
export const storedIdentifier = (written: string): string =>
  written.length >= 2 && written.startsWith('"') && written.endsWith('"')
    ? written.slice(1, -1).replaceAll('""', '"')
    : written.toUpperCase();

export const quoteIdentifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** As Snowflake shows a name in messages and lists: bare if it could be written so. */
export const displayIdentifier = (name: string): string =>
  /^[A-Z_][A-Z0-9_$]*$/.test(name) ? name : quoteIdentifier(name);

export const quoteLiteral = (text: string): string => `'${text.replaceAll("'", "''")}'`;
