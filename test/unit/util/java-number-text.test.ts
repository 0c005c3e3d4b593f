import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Decimal } from '../../../src/api/index.ts';
import { decimalText, exactInteger, integerBits, parseDecimal, precisionOf } from '../../../src/util/big-decimal.ts';
import { doubleText, floatText } from '../../../src/util/java-number-text.ts';

test.each([
  [1, '1.0'],
  [-0, '-0.0'],
  [0.1, '0.1'],
  [0.001, '0.001'],
  [9.99e-4, '9.99E-4'],
  [9_999_999, '9999999.0'],
  [1e7, '1.0E7'],
  [12_345_678.9, '1.23456789E7'],
  [1e21, '1.0E21'],
  [5e-324, '4.9E-324'],
  [Number.MAX_VALUE, '1.7976931348623157E308'],
  [Number.NEGATIVE_INFINITY, '-Infinity'],
  [Number.NaN, 'NaN'],
])('Double.toString(%d) is %s', (value, text) => {
  expect(doubleText(value)).toBe(text);
});

test.each([
  [0.1, '0.1'],
  [1 / 3, '0.33333334'],
  [1.4e-45, '1.4E-45'],
  [1e10, '1.0E10'],
  [4321.432, '4321.432'],
  [16_777_216, '1.6777216E7'],
])('Float.toString(%d) is %s', (value, text) => {
  expect(floatText(Math.fround(value))).toBe(text);
});

test('both texts name the value they came from', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true }), (value) => {
      expect(Number(doubleText(value))).toBe(value);
      const float = Math.fround(value);
      expect(Math.fround(Number(floatText(float)))).toBe(float);
    }),
  );
});

test.each([
  '0',
  '90.0000',
  '-0.01',
  '1E+3',
  '1.23E+42',
  '1E-10',
  '0.000001',
  '1E-7',
  '123456789012345678901234567890.12',
])('BigDecimal keeps %s', (text) => {
  const decimal = parseDecimal(text);
  expect(decimal).not.toBeNull();
  if (decimal !== null) expect(decimalText(decimal)).toBe(text);
});

test('BigDecimal: texts that are none, exact integers, bits, precision', () => {
  for (const text of ['', '.', '1_000', '0x1', 'NaN', '1e', '1e99999999999']) expect(parseDecimal(text)).toBeNull();
  expect(exactInteger(new Decimal(100n, 2), 19)).toBe(1n);
  expect(exactInteger(new Decimal(15n, 1), 19)).toBeNull();
  expect(exactInteger(new Decimal(1n, -2_000_000_000), 19)).toBeNull();
  expect(integerBits(new Decimal(-19n, 1))).toBe(-1n);
  expect(integerBits(new Decimal(1n, -2_000_000_000))).toBe(0n);
  expect(precisionOf(new Decimal(0n, 5))).toBe(1);
});
