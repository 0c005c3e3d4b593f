import { afterAll, beforeAll, expect, test } from 'vitest';
import { conformance } from '../../src/cli/conformance.ts';
import { emulatorControl } from '../support/emulator-control.ts';
import { type EmulatorProcess, startEmulatorProcess } from '../support/emulator-process.ts';
import { runCommand, temporaryFile } from '../support/run-command.ts';
import { connectSnowflake, emulatorLogin, type SnowflakeSession } from '../support/snowflake.ts';
import { sinkConfig } from '../support/worker-process.ts';

let emulator: EmulatorProcess;
let session: SnowflakeSession;
let config: string;
beforeAll(async () => {
  emulator = await startEmulatorProcess(['--commit-delay', '150']);
  const login = emulatorLogin(emulator.url);
  session = await connectSnowflake(login);
  config = temporaryFile('connector.json', sinkConfig({ name: 'probe', topics: 'probe', login }));
});
afterAll(async () => {
  await session?.close();
  await emulator?.stop();
});

test('conformance: the emulator behaves as exactly-once needs it, and the scratch table is gone afterwards', async () => {
  const { code, out } = await runCommand(conformance, ['--json', '--config', config]);
  const { ok, probes } = JSON.parse(out) as { ok: boolean; probes: { name: string; ok: boolean; seen: string }[] };
  expect(probes.filter((probe) => !probe.ok)).toEqual([]);
  expect({ code, ok, count: probes.length }).toEqual({ code: 0, ok: true, count: 11 });
  expect(probes.find(({ name }) => name === 'fencing')?.seen).toContain('HTTP 400 STALE_CONTINUATION_TOKEN_SEQUENCER');
  expect(await session.query("SHOW TABLES LIKE 'SNOWSINK_CONFORMANCE%'")).toEqual([]);
});

test('conformance: what is not as needed is told with the claim and what was seen', async () => {
  const fault = await emulatorControl(emulator.url).order({
    operation: 'append',
    match: { pipe: '^SNOWSINK_CONFORMANCE' },
    count: 1,
    action: { type: 'row-errors', share: 1 },
  });
  const { code, out } = await runCommand(conformance, ['--config', config]);
  expect(await fault.remove()).toBe(1);
  expect(code).toBe(1);
  expect(out).toMatch(/^FAIL {2}append: needed is that the first status .* Seen: committed 9, rows_inserted 0/m);
  expect(out).toContain('10 of 11 probes');
});
