#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type EmulatorOptions, startEmulator } from './emulator.ts';

const usage = `snowsink-emulator: a Snowflake emulator for tests and laptops

  --port N              port to listen on; 0 (default): any free one
  --host H              address to listen on; default 127.0.0.1
  --data DIR            keep tables, rows, channels and tokens in this folder; default: in memory
  --user U              the only user that may log in; default: any name
  --public-key FILE     PEM of that user's public key
  --trust-any-key       take key-pair tokens whatever key signed them
  --password P          allow login with this password
  --token T             allow login with this OAuth, programmatic access or workload identity token
  --tls-cert F --tls-key F   serve https
  --commit-delay MS     from append to visible rows; default 1000
  --appends-per-second N     per channel; Snowflake's limit is 10; default: none
  --enforce-grants      refuse what a role was not granted; ACCOUNTADMIN may do everything
  --init FILE.sql       statements to run before the first connection
  --discard             count rows instead of storing them, for benchmarks
`;

const fail = (message: string): never => {
  process.stderr.write(`snowsink-emulator: ${message}\n`);
  process.exit(1);
};

const numberOf = (flag: string, text: string): number => {
  const value = Number(text);
  return Number.isInteger(value) && value >= 0 ? value : fail(`${flag} must be a whole number, not '${text}'`);
};

const fileOf = (flag: string, path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return fail(`${flag}: ${error instanceof Error ? error.message : error}`);
  }
};

const readFlags = (): EmulatorOptions => {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      host: { type: 'string', default: '127.0.0.1' },
      data: { type: 'string' },
      user: { type: 'string' },
      'public-key': { type: 'string' },
      'trust-any-key': { type: 'boolean', default: false },
      password: { type: 'string' },
      token: { type: 'string' },
      'tls-cert': { type: 'string' },
      'tls-key': { type: 'string' },
      'commit-delay': { type: 'string' },
      'appends-per-second': { type: 'string' },
      init: { type: 'string' },
      'enforce-grants': { type: 'boolean', default: false },
      discard: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    process.exit(0);
  }
  const { 'tls-cert': cert, 'tls-key': key, 'commit-delay': delay, 'appends-per-second': rate } = values;
  if ((cert === undefined) !== (key === undefined)) fail('--tls-cert and --tls-key go together');
  return {
    port: numberOf('--port', values.port),
    host: values.host,
    trustAnyKey: values['trust-any-key'],
    discard: values.discard,
    enforceGrants: values['enforce-grants'],
    ...(values.data === undefined ? {} : { data: values.data }),
    ...(values.user === undefined ? {} : { user: values.user }),
    ...(values['public-key'] === undefined ? {} : { publicKey: fileOf('--public-key', values['public-key']) }),
    ...(values.password === undefined ? {} : { password: values.password }),
    ...(values.token === undefined ? {} : { token: values.token }),
    ...(cert === undefined || key === undefined
      ? {}
      : { tls: { certificate: fileOf('--tls-cert', cert), key: fileOf('--tls-key', key) } }),
    ...(delay === undefined ? {} : { commitDelayMs: numberOf('--commit-delay', delay) }),
    ...(rate === undefined ? {} : { appendsPerSecond: numberOf('--appends-per-second', rate) }),
    ...(values.init === undefined ? {} : { init: fileOf('--init', values.init) }),
  };
};

const run = async (): Promise<void> => {
  const onFatal = (problem: string): void =>
    fail(
      `the store can take nothing more: ${problem}\nWhat was committed is kept with --data: make room on its disk and start again.`,
    );
  const emulator = await startEmulator({ ...readFlags(), onFatal });
  process.stdout.write(`snowsink-emulator ready at ${emulator.url}\n`);
  const stop = (): void => {
    emulator.close().then(
      () => process.exit(0),
      (error: unknown) => fail(String(error)),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
};

run().catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)));
