import { expect, test } from 'vitest';
import { asText, createLogger, createLoggerLevels, logFormat } from '../../../src/cli/logger.ts';

type Write = (logger: ReturnType<typeof createLogger>) => void;

const linesOf = (level: string, write: Write): string[] => {
  const lines: string[] = [];
  const levels = createLoggerLevels(level, () => 0);
  write(createLogger({ levels, format: 'json', thread: 'main' }, { write: (line) => void lines.push(line) }));
  return lines;
};

const logged = (level: string, write: Write): Record<string, unknown>[] =>
  linesOf(level, write).map((line) => JSON.parse(line) as Record<string, unknown>);

test('one JSON object a line: time, level by name, thread, fields, message', () => {
  const [line] = logged('INFO', (logger) => {
    logger.debug({}, 'not this');
    logger.child({ connector: 'c' }).warn({ partition: 3 }, 'hello');
  });
  expect(line).toMatchObject({ level: 'warn', thread: 'main', connector: 'c', partition: 3, message: 'hello' });
  expect(String(line?.['time'])).toMatch(/^\d{4}-\d\d-\d\dT/);
});

test('a field that is given again is written once, as it was given last', () => {
  const [line = ''] = linesOf('INFO', (logger) =>
    logger.child({ logger: 'a', connector: 'c' }).child({ logger: 'b' }).info({ connector: 'd' }, 'x'),
  );
  expect(JSON.parse(line)).toMatchObject({ logger: 'b', connector: 'd' });
  expect(line.match(/"(?:logger|connector)":/g)).toHaveLength(2);
});

test('secrets are hidden wherever they are nested', () => {
  const lines = logged('info', (logger) =>
    logger.info(
      {
        'snowflake.private.key': 's3cret',
        config: { 'sasl.jaas.config': 's3cret', deeper: { 'ssl.key.password': 's3cret', topic: 't' } },
      },
      'x',
    ),
  );
  expect(JSON.stringify(lines)).not.toContain('s3cret');
  expect(JSON.stringify(lines)).toContain('"topic":"t"');
});

test('as text', () => {
  const line = '{"level":"warn","time":"2026-01-02T03:04:05.678Z","thread":"main","topic":"t","n":1,"message":"m"}';
  expect(asText(line)).toBe('03:04:05.678 WARN  m  topic=t n=1\n');
  const failed = '{"level":"error","time":"2026-01-02T03:04:05.678Z","trace":"a: m\\nCaused by: b","message":"m"}';
  expect(asText(failed)).toBe('03:04:05.678 ERROR m\n');
});

test('the format follows the terminal unless it is set', () => {
  expect([logFormat('auto', true), logFormat(undefined, false), logFormat('text', false)]).toEqual([
    'text',
    'json',
    'text',
  ]);
});
