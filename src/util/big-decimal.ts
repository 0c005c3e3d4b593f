import { Decimal } from '../api/index.ts';

const decimalPattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,10}))?$/;
const maxScale = 2_147_483_647;

/** java.math.BigDecimal(String): null where Java throws a NumberFormatException. */
export const parseDecimal = (text: string): Decimal | null => {
  const match = decimalPattern.exec(text);
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  if (whole === '' && fraction === '') return null;
  const scale = fraction.length - Number(exponent);
  if (Math.abs(scale) > maxScale) return null;
  const magnitude = BigInt(whole + fraction);
  return new Decimal(sign === '-' ? -magnitude : magnitude, scale === 0 ? 0 : scale);
};

/** BigDecimal.toString: `90.0000`, `1E+3`, `1.23E+42`, `1E-10`. */
export const decimalText = ({ unscaled, scale }: Decimal): string => {
  const negative = unscaled < 0n;
  const digits = (negative ? -unscaled : unscaled).toString();
  return (negative ? '-' : '') + unsignedText(digits, scale);
};

/** BigDecimal.stripTrailingZeros().toPlainString(): `1000`, `0.005`, never an exponent. */
export const plainText = ({ unscaled, scale }: Decimal): string => {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString();
  const sign = unscaled < 0n ? '-' : '';
  if (unscaled === 0n) return '0';
  if (scale <= 0) return sign + digits + '0'.repeat(-scale);
  const padded = digits.padStart(scale + 1, '0');
  const fraction = padded.slice(-scale).replace(/0+$/, '');
  return `${sign}${padded.slice(0, -scale)}${fraction === '' ? '' : `.${fraction}`}`;
};

const unsignedText = (digits: string, scale: number): string => {
  if (scale === 0) return digits;
  const adjusted = digits.length - 1 - scale;
  if (scale > 0 && adjusted >= -6) {
    const padded = digits.padStart(scale + 1, '0');
    return `${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
  }
  const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
  return `${mantissa}E${adjusted < 0 ? '' : '+'}${adjusted}`;
};

/** BigDecimal.precision: digits of the unscaled value, 1 for zero. */
export const precisionOf = ({ unscaled }: Decimal): number => (unscaled < 0n ? -unscaled : unscaled).toString().length;

/** The value as an integer if it is one of at most `maxDigits` digits; else null. Never builds a longer number. */
export const exactInteger = (decimal: Decimal, maxDigits: number): bigint | null => {
  const { unscaled, scale } = decimal;
  if (unscaled === 0n) return 0n;
  const precision = precisionOf(decimal);
  if (precision - scale > maxDigits || scale >= precision) return null;
  if (scale <= 0) return unscaled * 10n ** BigInt(-scale);
  const unit = 10n ** BigInt(scale);
  return unscaled % unit === 0n ? unscaled / unit : null;
};

/** BigDecimal.toBigInteger modulo 2^64: all that narrowing to a Java long or int looks at. */
export const integerBits = (decimal: Decimal): bigint => {
  const { unscaled, scale } = decimal;
  if (scale >= precisionOf(decimal)) return 0n;
  if (scale >= 0) return unscaled / 10n ** BigInt(scale);
  // 10^64 and above is a multiple of 2^64.
  return scale <= -64 ? 0n : unscaled * 10n ** BigInt(-scale);
};
