/**
 * Java's text of floating point numbers (Double.toString and Float.toString since JDK 19: the shortest digits that name the
 * value, at least two of them, E notation below 10^-3 and from 10^7). The Snowflake connector writes numbers so.
 */

/** `1.0`, `-0.0`, `1.23E7`, `4.9E-324`, `NaN`, `Infinity`. */
export const doubleText = (value: number): string => {
  const magnitude = Math.abs(value);
  if (magnitude >= 1e-3 && magnitude < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value);
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  if (!Number.isFinite(value)) return String(value);
  const shortest = value.toExponential();
  if (/^-?\d\.\d/.test(shortest)) return javaShape(shortest);
  // One digit does; Java takes the nearest of the texts with two (4.9E-324, not 5.0E-324).
  return javaShape(value.toExponential(1));
};

/** The same for a FLOAT32, held as the double of equal value. */
export const floatText = (value: number): string => {
  if (value === 0 || !Number.isFinite(value)) return doubleText(value);
  for (let digits = 1; digits < 9; digits++) {
    const text = value.toExponential(digits);
    if (Math.fround(Number(text)) === value) return javaShape(text);
  }
  return doubleText(value);
};

/** From `-1.25e+7` to `-1.25E7` or plain notation. */
const javaShape = (scientific: string): string => {
  const sign = scientific.startsWith('-') ? '-' : '';
  const [mantissa = '', exponentText = '0'] = scientific.slice(sign.length).split('e');
  const exponent = Number(exponentText);
  const [first = '0', rest = ''] = mantissa.split('.');
  const fraction = rest.replace(/0+$/, '');
  if (exponent < -3 || exponent >= 7) return `${sign}${first}.${fraction || '0'}E${exponent}`;
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${first}${fraction}`;
  const whole = first + fraction.slice(0, exponent).padEnd(exponent, '0');
  return `${sign}${whole}.${fraction.slice(exponent) || '0'}`;
};
