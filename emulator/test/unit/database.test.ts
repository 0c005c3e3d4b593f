import { expect, test } from 'vitest';
import { Database } from '../../src/storage/database.ts';

test('a store that has stopped for good is told of; a transaction that failed is only undone', async () => {
  const fatal: string[] = [];
  const onFatal = (problem: string): void => void fatal.push(problem);
  const database = await Database.open({ folder: null, threads: 1, memoryLimit: '100MB', onFatal });
  const failing = (message: string) =>
    database.transaction(async () => {
      throw new Error(message);
    });
  await expect(failing('Conversion Error: no number')).rejects.toThrow('no number');
  expect(fatal).toEqual([]);
  // DuckDB's words after a COMMIT on a full disk
  const invalidated = 'FATAL Error: Failed: database has been invalidated because of a previous fatal error.';
  await expect(failing(invalidated)).rejects.toThrow('invalidated');
  expect(fatal).toEqual([invalidated]);
  await database.close();
});
