import { expect, test } from 'vitest';
import { mayRoute } from '../../../src/connector/may-route.ts';

const apache = 'org.apache.kafka.connect.transforms';

test.each([
  [[], false],
  [[`${apache}.InsertField$Value`, `${apache}.Filter`, 'io.confluent.connect.transforms.Filter$Value'], false],
  [['io.debezium.transforms.ExtractNewRecordState'], false],
  [[`${apache}.InsertField$Value`, `${apache}.RegexRouter`], true],
  [[`${apache}.TimestampRouter`], true],
  [['io.debezium.transforms.ByLogicalTableRouter'], true],
  [['io.confluent.connect.transforms.ExtractTopic$Value'], true],
  [['module:./mine.mjs'], true],
])('%j: %j', (types, expected) => {
  const config = Object.fromEntries(types.map((type, index) => [`transforms.t${index}.type`, type]));
  expect(mayRoute({ ...config, transforms: types.map((_, index) => `t${index}`).join(', ') })).toBe(expected);
});

test('ExtractNewRecordState routes where it is told a column', () => {
  const type = 'io.debezium.transforms.ExtractNewRecordState';
  expect(mayRoute({ transforms: 'u', 'transforms.u.type': type, 'transforms.u.route.by.field': 'region' })).toBe(true);
});
