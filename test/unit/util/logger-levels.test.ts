import { expect, test } from 'vitest';
import { createLogger } from '../../../src/cli/logger.ts';
import { LoggerLevels, parseLoggerLevel } from '../../../src/util/logger-levels.ts';

test('a level is the logger’s own, its nearest ancestor’s, or root’s', () => {
  const levels = new LoggerLevels('INFO', () => 7);
  levels.know('org.a.b');
  expect(levels.get('org.a.b')).toEqual({ level: 'INFO', lastModified: null });
  expect(levels.get('org.unknown')).toBeNull();
  expect(levels.set('org.a', 'DEBUG')).toEqual(['org.a', 'org.a.b']);
  expect(levels.get('org.a.b')).toEqual({ level: 'DEBUG', lastModified: 7 });
  expect(levels.isEnabled('org.a.c', 'DEBUG')).toBe(true);
  expect(levels.isEnabled('org.ab', 'DEBUG')).toBe(false);
  expect(levels.set('root', 'OFF')).toEqual(['org.a', 'org.a.b', 'root']);
  expect(levels.isEnabled('org.a', 'ERROR')).toBe(false);
  expect(levels.all().map(([name]) => name)).toEqual(['org.a', 'org.a.b', 'root']);
});

test.each(['off', 'Fatal', 'ALL'])('%s is a level', (text) => expect(parseLoggerLevel(text)).toBe(text.toUpperCase()));
test.each(['LOUD', '', '5'])('"%s" is none', (text) => expect(parseLoggerLevel(text)).toBeNull());

test('what a logger writes goes by its name’s level, from the next line on', () => {
  const lines: string[] = [];
  const levels = new LoggerLevels('WARN', () => 0);
  const root = createLogger({ levels, format: 'json', thread: 'main' }, { write: (line) => void lines.push(line) });
  const clients = root.child({ logger: 'org.apache.kafka.clients' }).child({ connector: 'c' });
  clients.info({}, 'not yet');
  levels.set('org.apache.kafka', 'INFO');
  clients.info({}, 'now');
  root.info({}, 'not root');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { message: 'now', logger: 'org.apache.kafka.clients', connector: 'c' },
  ]);
});
