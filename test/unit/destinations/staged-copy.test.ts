import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { rowsByColumns } from '../../../src/destinations/staged-copy/rows-by-columns.ts';
import { columnLists, type TargetColumn } from '../../../src/destinations/staged-copy/target-column.ts';

const lines = ['{"A":1,"n":{"B":"}\\"{"},"list":[{"B":1}]}', '{"A":2,"\\u0062":null}', '{"A":3,"B":"\\\\"}', '{"A":4}'];
const readBack = (chunks: readonly Uint8Array[]): string[] =>
  gunzipSync(Buffer.concat(chunks)).toString().trimEnd().split('\n');

test.each([
  ['gzip', gzipSync],
  ['zstd', zstdCompressSync],
  ['identity', (bytes: Buffer) => bytes],
] as const)('%s: rows are told apart by the columns that they leave out, to the byte', async (encoding, compress) => {
  const packed = compress(Buffer.from(`${lines.join('\n')}\n`));
  const chunks = [packed.subarray(0, 3), packed.subarray(3)];
  expect(await rowsByColumns({ chunks, encoding }, [])).toEqual([{ leftOut: [], encoding, chunks }]);
  expect(await rowsByColumns({ chunks, encoding }, ['C'])).toEqual([{ leftOut: ['C'], encoding, chunks }]);
  const files = await rowsByColumns({ chunks, encoding }, ['B', 'a']);
  expect(files.map((file) => [file.leftOut, file.encoding, readBack(file.chunks)])).toEqual([
    [['B'], 'gzip', [lines[0], lines[3]]],
    [[], 'gzip', [lines[1], lines[2]]],
  ]);
});

test('a COPY names the columns that it fills, and asks a sequence itself', () => {
  const column = (name: string, type: string, fallback: string | null = null): TargetColumn => ({
    name,
    type,
    fallback,
  });
  const columns = [
    column('ID', 'NUMBER(38,0)', 'IDENTITY START 1 INCREMENT 1 NOORDER'),
    column('SEQ', 'NUMBER(38,0)', 'DB.S.NUMBERS.NEXTVAL'),
    column('STATE', 'VARCHAR(3)', "'new'"),
    column('the "text"', 'VARCHAR(10)'),
    column('BYTES', 'BINARY(8388608)'),
    column('ANY', 'VARIANT'),
    column('AT', 'TIMESTAMP_NTZ(9)', 'CURRENT_TIMESTAMP()'),
  ];
  expect(columnLists(columns, ['ID', 'SEQ', 'STATE'])).toEqual({
    columns: '"SEQ", "the ""text""", "BYTES", "ANY", "AT"',
    values:
      'DB.S.NUMBERS.NEXTVAL, $1:"the ""text"""::VARCHAR, TO_BINARY($1:"BYTES"::VARCHAR, \'BASE64\'), $1:"ANY", $1:"AT"::TIMESTAMP_NTZ(9)',
  });
});
