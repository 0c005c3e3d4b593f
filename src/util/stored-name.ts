/** A name as people write it in a property (`db`, `"My Db"`) → as SQL stores it: unquoted ones in upper case. */
export const storedName = (written: string): string =>
  written.length > 1 && written.startsWith('"') && written.endsWith('"')
    ? written.slice(1, -1).replaceAll('""', '"')
    : written.toUpperCase();
