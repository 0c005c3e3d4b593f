import { describe, expect, test } from 'vitest';
import { FormatError, SimpleDateFormat } from '../../../src/transforms/simple-date-format/index.ts';

const createdAt = new Date('2026-06-01T00:00:00Z');

/** Recorded from the JDK (UTC, US English). */
describe('SimpleDateFormat', () => {
  test.each([
    ["YYYY-'W'ww", 1483425001864, '2017-W01'],
    ["hh 'o''clock' a, zzzz", 1483425001864, "06 o'clock AM, Coordinated Universal Time"],
    ['EEE, d MMM yyyy HH:mm:ss Z', 0, 'Thu, 1 Jan 1970 00:00:00 +0000'],
    ['yyyy-MM-dd', -12219292800000, '1582-10-15'],
    ['yyyy-MM-dd', -12219292800001, '1582-10-04'],
    ['G yyyy', -70000000000000, 'BC 0250'],
    ['YYYY ww E', -70000000000000, '-0249 42 Fri'],
    ['kk KK DDD u F W', 1483425001864, '06 06 003 2 1 1'],
    ['yy S X', 5, '70 5 Z'],
  ])('formats %s', (pattern, millis, expected) => {
    expect(new SimpleDateFormat(pattern, createdAt).format(millis)).toBe(expected);
  });

  test.each([
    ['yyyy-MM-dd', '2017-13-45', Date.UTC(2018, 1, 14)],
    ['yyyy-MM-dd', '2017-01-03junk', Date.UTC(2017, 0, 3)],
    ['yyyy-MM-dd', '17-01-03', -61630675200000],
    ['yyyy-MM-dd HH:mm:ss.SSSSSS', '2017-01-03 06:30:01.123456', Date.UTC(2017, 0, 3, 6, 30, 1) + 123456],
    ['yyyyMMddHHmmss', '20170103063001', Date.UTC(2017, 0, 3, 6, 30, 1)],
    ['yyyyMMddHHmmss', '2017010306300', Date.UTC(2017, 0, 3, 6, 30, 0)],
    ["yyyy-MM-dd'T'HH:mm:ssXXX", '2017-01-03T06:30:01+02:00', Date.UTC(2017, 0, 3, 4, 30, 1)],
    ['yyyy-MM-dd HH:mm:ss z', '2017-01-03 06:30:01 EST', Date.UTC(2017, 0, 3, 11, 30, 1)],
    ['dd/MM/yy HH:mm', '3/1/95 25:61', Date.UTC(1995, 0, 4, 2, 1)],
    ['h:mm a', '12:30 PM', 45_000_000],
    ['MMMM d, yyyy', 'jan 3, 2017', Date.UTC(2017, 0, 3)],
    ['G yyyy-MM-dd', 'BC 0044-03-15', -63517996800000],
  ])('parses %s: %s', (pattern, text, expected) => {
    expect(new SimpleDateFormat(pattern, createdAt).parse(text)).toBe(expected);
  });

  test.each([
    ['yyyy-MM-dd', 'x'],
    ["yyyy-MM-dd'T'HH:mm:ssXXX", '2017-01-03T06:30:01+0200'],
    ['X', '+25'],
    ['MMM', 'Foo'],
  ])('%s does not read %s', (pattern, text) => {
    expect(new SimpleDateFormat(pattern, createdAt).parse(text)).toBeNull();
  });

  test.each([
    ['bad', "Illegal pattern character 'b'"],
    ["yyyy 'open", 'Unterminated quote'],
  ])('%s is no pattern', (pattern, message) => {
    expect(() => new SimpleDateFormat(pattern)).toThrow(new FormatError(message));
  });
});
