import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { check } from '../../../src/cli/check.ts';
import type { CommandLine } from '../../../src/cli/command.ts';
import { createKeyPair } from '../../support/key-pair.ts';

const folder = mkdtempSync(join(tmpdir(), 'snowsink-check-'));

const fileOf = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const run = async (...args: string[]): Promise<{ code: number; out: string }> => {
  const out: string[] = [];
  const io: CommandLine = {
    environment: {},
    out: (text) => out.push(text),
    err: () => {},
    ask: async () => '',
    onSignal: () => {},
    exit: () => {
      throw new Error('exit');
    },
  };
  const code = await check.run(args, io);
  return { code, out: out.join('\n').replaceAll(`${folder}/`, '') };
};

const sound = (changes: Readonly<Record<string, string>> = {}): string =>
  JSON.stringify({
    name: 'orders',
    'connector.class': 'com.snowflake.kafka.connector.SnowflakeSinkConnector',
    topics: 'orders',
    'snowflake.url.name': 'org-account.snowflakecomputing.com',
    'snowflake.user.name': 'LOADER',
    'snowflake.private.key': createKeyPair().privateKey,
    'snowflake.role.name': 'LOADER',
    'snowflake.database.name': 'RAW',
    'snowflake.schema.name': 'PUBLIC',
    'snowflake.ingestion.method': 'SNOWPIPE_STREAMING',
    'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter.schemas.enable': 'false',
    ...changes,
  });

test('a sound config: exit code 0', async () => {
  expect(await run(fileOf('sound.json', sound()))).toEqual({
    code: 0,
    out: 'ok    sound.json: nothing is wrong in the file\n0 problems, 0 warnings',
  });
});

test('the first line says what is wrong, in which file and line, why, and the fix', async () => {
  const wrong = fileOf(
    'cdc.json',
    `{
  // comments are tolerated
  "name": "cdc", "topics": "users",
  "connector.class": "com.snowflake.kafka.connect.SnowflakeSinkConnector",
  "tasks.max": "two",
  "snowflake.acount": "xy12345",
  "snowflake.user": "LOADER"
}`,
  );
  const { code, out } = await run(wrong, join(folder, 'none.json'));
  expect(code).toBe(1);
  expect(out.split('\n')[0]).toBe(
    'fail  cdc.json:5: tasks.max: Invalid value two for configuration tasks.max: Not a number of type INT',
  );
  expect(out).toContain('none.json: Cannot read none.json: there is no such file or directory; check the path');
  expect(out).toContain('snowflake.acount is not a known property and has no effect; did you mean snowflake.account?');
  expect(out).toContain('cdc.json:7: snowflake.user is read as snowflake.user.name.');
});

test('--json is for programs; a worker file that is wrong is told of too', async () => {
  const worker = fileOf(
    'worker.properties',
    'bootstrap.servers=kafka:9092\noffset.flush.interval.ms=soon\ngroupid=a\n',
  );
  const { code, out } = await run('--json', worker, fileOf('sound.json', sound()));
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({
    ok: false,
    findings: [
      { level: 'warn', subject: 'groupid' },
      { level: 'fail', source: 'worker.properties:2', subject: 'offset.flush.interval.ms' },
      { level: 'ok', source: 'sound.json' },
    ],
  });
});

test('converters of the worker’s that are not there, and listeners that are none, are told of before it starts', async () => {
  const text = 'key.converter=org.apache.kafka.connect.storage.StringConvertor\nlisteners=127.0.0.1:8083\n';
  const { code, out } = await run(fileOf('worker.properties', text), fileOf('sound.json', sound()));
  expect(code).toBe(1);
  expect(out.split('\n').slice(0, 2)).toEqual([
    'fail  worker.properties:1: key.converter: Invalid value org.apache.kafka.connect.storage.StringConvertor for configuration key.converter: Class org.apache.kafka.connect.storage.StringConvertor could not be found. Did you mean org.apache.kafka.connect.storage.StringConverter?',
    'fail  worker.properties:2: listeners: 127.0.0.1:8083 is not of the form http://host:port or https://host:port.',
  ]);
});

test('nothing to check, or an unknown option: the command line is wrong', async () => {
  await expect(run()).rejects.toThrow('name a connector file');
  await expect(run('--onlin', 'x.json')).rejects.toThrow("Unknown option '--onlin'");
});
