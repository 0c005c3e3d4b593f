import { expect, test } from 'vitest';
import { ConfigError, ConnectError } from '../../../src/api/index.ts';
import type { Command, CommandLine } from '../../../src/cli/command.ts';
import { runCommandLine } from '../../../src/cli/run-command-line.ts';

const run = async (args: readonly string[], work: () => number = () => 0) => {
  const out: string[] = [];
  const err: string[] = [];
  const io: CommandLine = {
    environment: {},
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    ask: async () => '',
    onSignal: () => {},
    exit: (code) => {
      throw new Error(`exit ${code}`);
    },
  };
  const command: Command = { name: 'connect-standalone', summary: 'runs', usage: '', run: async () => work() };
  return {
    code: await runCommandLine(args, { [command.name]: async () => command }, io),
    out: out.join('\n'),
    err: err.join('\n'),
  };
};

test('help lists the commands; nothing at all is a mistake', async () => {
  expect(await run(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('connect-standalone') });
  expect((await run([])).code).toBe(2);
});

test('version', async () => {
  expect((await run(['--version'])).out).toMatch(/^\d+\.\d+\.\d+/);
});

test('an unknown command: did you mean', async () => {
  expect(await run(['conect-standalone'])).toMatchObject({
    code: 2,
    err: 'snowsink has no command conect-standalone. Did you mean connect-standalone? snowsink --help lists the commands.',
  });
});

test('problems are told once each, with their key where the text does not name it', async () => {
  const message = 'Must configure one of topics or topics.regex';
  const wrong = () => {
    throw new ConfigError([
      { key: 'topics', message },
      { key: 'topics.regex', message },
      { key: 'a', message: 'is b' },
      { key: 'n', message: 'Invalid value x for configuration n: Not a number of type LONG (in worker.properties)' },
      { key: 'n', message: 'Invalid value null for configuration n: Value must be non-null (in worker.properties)' },
    ]);
  };
  expect((await run(['connect-standalone'], wrong)).err).toBe(
    [
      'The configuration is wrong:',
      `  ${message}`,
      '  a: is b',
      '  Invalid value x for configuration n: Not a number of type LONG (in worker.properties)',
    ].join('\n'),
  );
});

test("a user's mistake is one message without a stack; a fault of ours says so", async () => {
  const wrong = () => {
    throw new ConfigError([{ key: 'log.level', message: 'is odd' }]);
  };
  expect(await run(['connect-standalone'], wrong)).toMatchObject({
    code: 1,
    err: 'The configuration is wrong:\n  log.level: is odd',
  });
  const away = () => {
    throw new ConnectError('no broker answers');
  };
  expect((await run(['connect-standalone'], away)).err).toBe('no broker answers');
  const broken = () => {
    throw new TypeError('x is not a function');
  };
  expect((await run(['connect-standalone'], broken)).err).toMatch(
    /did not expect.*TypeError: x is not a function\n\s+at /s,
  );
});
