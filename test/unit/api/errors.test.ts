import { expect, test } from 'vitest';
import { ConnectError, errorMessage, javaTrace, RecordValueError } from '../../../src/api/index.ts';

test("logs and traces never quote a record's value; the dead letter's message keeps Connect's words", () => {
  const bad = new RecordValueError('Value (4111-1111) was out of range', 'A value was out of range', {
    cause: new Error('For input string: "4111-1111"'),
  });
  const failure = new ConnectError('Tolerance exceeded in error handler', { cause: bad });
  expect(bad.message).toContain('4111');
  expect(errorMessage(bad)).toBe('A value was out of range');
  expect(javaTrace(failure)).toContain('org.apache.kafka.connect.errors.DataException: A value was out of range');
  expect(javaTrace(failure)).not.toContain('4111');
});
