import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeAwsChunks } from '../../src/http/request-body.ts';
import { readJsonDocuments } from '../../src/storage/json-documents.ts';

const chunked = (parts: readonly Uint8Array[]): Buffer =>
  Buffer.concat([
    ...parts.flatMap((part) => [
      Buffer.from(`${part.length.toString(16)};chunk-signature=x\r\n`),
      part,
      Buffer.from('\r\n'),
    ]),
    Buffer.from('0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n'),
  ]);

test('aws-chunked bodies: whole ones give their bytes, cut ones nothing', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1 }), fc.nat(), (parts, cut) => {
      const body = chunked(parts);
      expect(decodeAwsChunks(body)).toEqual(Buffer.concat(parts));
      const end = body.indexOf('0\r\nx-amz');
      expect(decodeAwsChunks(body.subarray(0, cut % end))).toBe(null);
    }),
  );
});

test('documents of a JSON file, however they are laid out', () => {
  fc.assert(
    fc.property(fc.array(fc.json(), { minLength: 1 }), fc.constantFrom('\n', ' ', '\r\n\n'), (documents, separator) => {
      const texts = (found: { documents: readonly Uint8Array[] }): string[] =>
        found.documents.map((one) => JSON.stringify(JSON.parse(Buffer.from(one).toString())));
      const expected = documents.map((one) => JSON.stringify(JSON.parse(one)));
      expect(texts(readJsonDocuments(Buffer.from(documents.join(separator)), false))).toEqual(expected);
      expect(texts(readJsonDocuments(Buffer.from(`[${documents.join(`,${separator}`)}]`), true))).toEqual(expected);
    }),
  );
  expect(readJsonDocuments(Buffer.from('{"a":1}{"b"'), false)).toMatchObject({
    problem: expect.stringContaining('JSON'),
  });
});
