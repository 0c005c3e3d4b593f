import { expect, test } from 'vitest';
import { withoutValues } from '../../../src/destinations/snowpipe-streaming/json-reply.ts';
import { judge, type Operation } from '../../../src/destinations/snowpipe-streaming/retry-logic.ts';

const coded = (code: string): string => JSON.stringify({ code, message: 'm' });
const errorCoded = (error_code: string): string => JSON.stringify({ error_code, message: 'm' });

test.each<[Operation, number, string, string]>([
  ['append', 200, '{"next_continuation_token":"0_2"}', 'accept'],
  ['append', 200, '{"next_continuation_token":"0_2","status_code":0,"message":"buffered"}', 'accept'],
  ['append', 200, '{"status_code":4}', 'reopen'],
  ['append', 200, '{"status_code":3}', 'renew-token'],
  ['append', 200, '{"status_code":1}', 'retry'],
  ['append', 200, '{"status_code":2}', 'reopen'],
  ['append', 200, '{"status_code":77}', 'reopen'],
  ['append', 400, coded('STALE_CONTINUATION_TOKEN_SEQUENCER'), 'reopen'],
  ['append', 400, '{"status_code":4,"message":"m"}', 'reopen'],
  ['append', 400, coded('391902'), 'refuse'],
  ['append', 400, '{"message":"Request body is too large"}', 'too-large'],
  ['append', 400, '{"message":"invalid NDJSON"}', 'refuse'],
  ['append', 401, '', 'renew-token'],
  ['append', 403, '', 'renew-token'],
  ['append', 404, errorCoded('ERR_CHANNEL_DOES_NOT_EXIST_OR_NOT_AUTHORIZED'), 'reopen'],
  ['append', 404, errorCoded('ERR_PIPE_DOES_NOT_EXIST_OR_NOT_AUTHORIZED'), 'reopen'],
  ['append', 404, 'Not Found', 'retry'],
  ['append', 408, '', 'retry'],
  ['append', 409, errorCoded('ERR_CHANNEL_MUST_BE_REOPENED_DUE_TO_ROW_SEQ_GAP'), 'reopen'],
  ['append', 409, errorCoded('ERR_PIPE_IN_INVALID_STATE'), 'reopen'],
  ['append', 410, 'Gone', 'rediscover'],
  ['append', 413, '', 'too-large'],
  ['append', 429, coded('390701'), 'retry'],
  ['append', 500, '"ERR_GENERAL_EXCEPTION_RETRY_REQUEST"', 'retry'],
  ['append', 502, '<html>', 'retry'],
  ['append', 503, coded('ReceiverSaturated'), 'retry'],
  ['append', 302, '', 'refuse'],
  ['append', 418, coded('TEAPOT'), 'refuse'],
  ['open', 200, '{}', 'accept'],
  ['open', 400, coded('ANY'), 'refuse'],
  ['open', 401, '', 'renew-token'],
  ['open', 404, errorCoded('ERR_PIPE_DOES_NOT_EXIST_OR_NOT_AUTHORIZED'), 'refuse'],
  ['open', 404, errorCoded('ERR_DATABASE_DOES_NOT_EXIST_OR_NOT_AUTHORIZED'), 'refuse'],
  ['open', 404, 'No Route', 'retry'],
  ['open', 409, errorCoded('ERR_OPEN_CHANNEL_IN_PROGRESS'), 'retry'],
  ['open', 409, errorCoded('ERR_CHANNEL_HAS_UNCOMMITTED_DATA'), 'wait-for-commit'],
  ['open', 409, errorCoded('ERR_PIPE_IN_INVALID_STATE'), 'refuse'],
  ['open', 410, 'Gone', 'rediscover'],
  ['open', 429, '', 'retry'],
  ['open', 503, '"ERR_GENERAL_EXCEPTION_RETRY_REQUEST"', 'retry'],
  ['status', 400, coded('ANY'), 'refuse'],
  ['status', 401, '', 'renew-token'],
  ['status', 404, errorCoded('ERR_PIPE_DOES_NOT_EXIST_OR_NOT_AUTHORIZED'), 'refuse'],
  ['status', 404, 'Not Found', 'retry'],
  ['status', 429, '', 'retry'],
  ['status', 410, 'Gone', 'rediscover'],
  ['drop', 404, errorCoded('ERR_CHANNEL_DOES_NOT_EXIST_OR_NOT_AUTHORIZED'), 'accept'],
  ['drop', 404, errorCoded('ERR_PIPE_DOES_NOT_EXIST_OR_NOT_AUTHORIZED'), 'refuse'],
  ['drop', 409, errorCoded('ERR_CHANNEL_HAS_UNCOMMITTED_DATA'), 'retry'],
  ['hostname', 401, coded('390144'), 'refuse'],
  ['hostname', 404, 'Not Found', 'refuse'],
  ['hostname', 503, '', 'retry'],
  ['token', 400, coded('390144'), 'refuse'],
  ['token', 401, coded('390144'), 'refuse'],
  ['token', 403, '', 'refuse'],
  ['token', 429, '', 'retry'],
])('%s, HTTP %i %s → %s', (operation, status, text, action) => {
  expect(judge(operation, status, text).decision.action).toBe(action);
});

test('reads the code from every shape of an error body', () => {
  expect(judge('open', 503, '"ERR_X"').error).toMatchObject({ code: 'ERR_X', isJson: true });
  expect(judge('open', 404, errorCoded('ERR_Y')).error).toMatchObject({ code: 'ERR_Y', message: 'm' });
  expect(judge('open', 429, '{"code":390701}').error).toMatchObject({ code: '390701' });
  expect(judge('open', 404, 'No Route').error).toMatchObject({ code: null, isJson: false, message: 'No Route' });
  expect(judge('open', 500, '').error).toMatchObject({ code: null, isJson: false, message: '' });
});

test.each([
  ["Numeric value 'abc' is not recognized", 'Numeric value (left out) is not recognized'],
  ['Failed to cast variant value {"a":"b"} to FIXED', 'Failed to cast variant value (left out) to FIXED'],
  ['Failed to cast variant value "x to y" to FIXED', 'y'],
  ['NULL result in a non-nullable column', 'NULL result in a non-nullable column'],
])('%s without its value', (message, expected) => {
  const kept = withoutValues(message);
  if (expected === 'y') expect(kept).not.toContain('"x');
  else expect(kept).toBe(expected);
});
