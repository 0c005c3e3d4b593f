import { ScalarType } from '@bufbuild/protobuf';
import { type BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { SchemaType } from '../../api/index.ts';

export interface Scalar {
  readonly type: SchemaType;
  /** Parameter io.confluent.connect.protobuf.Type; null where Connect's type says it. */
  readonly name: string | null;
  readonly wireType: WireType;
  readonly read: (reader: BinaryReader) => unknown;
  /** Value of a field that is not set. */
  readonly absent: unknown;
}

/** Unsigned 64-bit numbers beyond int64 become negative, as in Java. */
const signed = (value: bigint | string): bigint => BigInt.asIntN(64, BigInt(value));

const int32 = (name: string | null, wireType: WireType, read: (reader: BinaryReader) => number): Scalar => ({
  type: 'INT32',
  name,
  wireType,
  read,
  absent: 0,
});

const int64 = (name: string | null, wireType: WireType, read: (reader: BinaryReader) => bigint): Scalar => ({
  type: 'INT64',
  name,
  wireType,
  read,
  absent: 0n,
});

const scalars: ReadonlyMap<ScalarType, Scalar> = new Map<ScalarType, Scalar>([
  [ScalarType.INT32, int32(null, WireType.Varint, (reader) => reader.int32())],
  [ScalarType.SINT32, int32('sint32', WireType.Varint, (reader) => reader.sint32())],
  [ScalarType.SFIXED32, int32('sfixed32', WireType.Bit32, (reader) => reader.sfixed32())],
  [ScalarType.UINT32, int64('uint32', WireType.Varint, (reader) => BigInt(reader.uint32()))],
  [ScalarType.FIXED32, int64('fixed32', WireType.Bit32, (reader) => BigInt(reader.fixed32()))],
  [ScalarType.INT64, int64(null, WireType.Varint, (reader) => BigInt(reader.int64()))],
  [ScalarType.UINT64, int64('uint64', WireType.Varint, (reader) => signed(reader.uint64()))],
  [ScalarType.SINT64, int64('sint64', WireType.Varint, (reader) => BigInt(reader.sint64()))],
  [ScalarType.FIXED64, int64('fixed64', WireType.Bit64, (reader) => signed(reader.fixed64()))],
  [ScalarType.SFIXED64, int64('sfixed64', WireType.Bit64, (reader) => BigInt(reader.sfixed64()))],
  [
    ScalarType.FLOAT,
    { type: 'FLOAT32', name: null, wireType: WireType.Bit32, read: (reader) => reader.float(), absent: 0 },
  ],
  [
    ScalarType.DOUBLE,
    { type: 'FLOAT64', name: null, wireType: WireType.Bit64, read: (reader) => reader.double(), absent: 0 },
  ],
  [
    ScalarType.BOOL,
    { type: 'BOOLEAN', name: null, wireType: WireType.Varint, read: (reader) => reader.bool(), absent: false },
  ],
  [
    ScalarType.STRING,
    { type: 'STRING', name: null, wireType: WireType.LengthDelimited, read: (reader) => reader.string(), absent: '' },
  ],
  [
    ScalarType.BYTES,
    {
      type: 'BYTES',
      name: null,
      wireType: WireType.LengthDelimited,
      read: (reader) => reader.bytes(),
      absent: new Uint8Array(0),
    },
  ],
]);

export const scalarOf = (type: ScalarType): Scalar => {
  const scalar = scalars.get(type);
  if (scalar === undefined) throw new Error(`no scalar type ${type}`);
  return scalar;
};
