import { DataError, Decimal, logicalNames, type Schema } from '../api/index.ts';
import { nullPointer, numberFormat } from '../util/java-error.ts';

const scaleOf = (schema: Schema): number => {
  if (schema.parameters === undefined) throw nullPointer('A Decimal schema without parameters');
  const scale = schema.parameters.get('scale');
  if (scale === undefined) throw new DataError('Invalid Decimal schema: scale parameter not found.');
  if (!/^[+-]?\d+$/.test(scale)) throw new DataError('Invalid scale parameter found in Decimal schema: not an integer');
  return Number(scale);
};

/** Decimal.toLogical: big-endian two's complement and the schema's scale. */
export const decimalOfBytes = (schema: Schema, bytes: Uint8Array): Decimal => {
  const scale = scaleOf(schema);
  if (bytes.length === 0) throw numberFormat('Zero length BigInteger');
  const unsigned = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  return new Decimal(BigInt.asIntN(bytes.length * 8, unsigned), scale);
};

/** BigInteger.toByteArray of the unscaled value: the fewest bytes that keep the sign. */
export const bytesOfDecimal = ({ unscaled }: Decimal): Uint8Array => {
  let length = 1;
  while (BigInt.asIntN(length * 8, unscaled) !== unscaled) length++;
  const hex = BigInt.asUintN(length * 8, unscaled).toString(16);
  return Buffer.from(hex.padStart(length * 2, '0'), 'hex');
};

export const decimalSchema = (scale: number): Schema => ({
  type: 'BYTES',
  optional: false,
  name: logicalNames.decimal,
  version: 1,
  parameters: new Map([['scale', String(scale)]]),
});
