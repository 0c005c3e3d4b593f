import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { docker, dockerAnswers } from '../support/docker.ts';
import type { EmulatorProcess } from '../support/emulator-process.ts';
import { startEmulatorProcess } from '../support/emulator-process.ts';
import { freePort } from '../support/free-port.ts';
import { createScenario } from '../support/sink-scenario.ts';
import { waitFor } from '../support/wait-for.ts';

const here = dockerAnswers();
if (!here) console.log('SKIPPED: the tests of the container image, because no Docker engine answers here');

const image = 'snowsink:test';

interface Inspected {
  readonly State: {
    readonly Running: boolean;
    readonly ExitCode: number;
    readonly Health?: { readonly Status: string };
  };
}
const inspect = async (container: string): Promise<Inspected> => {
  const [found] = JSON.parse(await docker('inspect', container)) as Inspected[];
  if (found === undefined) throw new Error(`no container ${container}`);
  return found;
};

describe.skipIf(!here)('the container image', () => {
  let emulator: EmulatorProcess;
  beforeAll(async () => {
    await docker('build', '--network', 'host', '-f', 'docker/Dockerfile', '-t', image, '.');
    emulator = await startEmulatorProcess();
  }, 600_000);
  afterAll(() => emulator?.stop());

  test('is not root; the worker’s packages are its own, and emulator is a command', async () => {
    const list = await docker('run', '--rm', '--entrypoint', 'sh', image, '-c', 'id -u; ls node_modules; ls dist');
    const [user, ...names] = list.trim().split('\n');
    expect(user).not.toBe('0');
    expect(names).toContain('kafkajs');
    for (const absent of ['@duckdb', 'typescript', 'vitest', 'testcontainers', 'node'])
      expect(names).not.toContain(absent);
    expect(await docker('run', '--rm', image, 'emulator', '--help')).toContain('--trust-any-key');
  }, 60_000);

  test('as the emulator it is healthy when the emulator answers', async () => {
    const started = await docker('run', '-d', '--health-interval', '1s', image, 'emulator', '--port', '8085');
    const container = started.trim();
    onTestFinished(async () => void (await docker('rm', '-f', '-v', container)));
    const isHealthy = async () => (await inspect(container)).State.Health?.Status === 'healthy';
    await waitFor(isHealthy, { deadlineMs: 30_000, what: 'the HEALTHCHECK to say healthy', everyMs: 250 });
  });

  test('drains a topic on a read-only root file system, is healthy, and SIGTERM ends it with 0', async () => {
    const orders = await createScenario({ bootstrapServers: inject('kafkaBootstrapServers'), url: emulator.url });
    const connectors = mkdtempSync(join(tmpdir(), 'snowsink-connectors-'));
    // mkdtemp's folders are their owner's alone; the image's user is another
    chmodSync(connectors, 0o755);
    onTestFinished(async () => {
      await orders.close();
      rmSync(connectors, { recursive: true, force: true });
    });
    writeFileSync(join(connectors, 'orders.json'), JSON.stringify(orders.connector));
    const port = await freePort();
    const properties: Record<string, string> = { ...orders.worker.properties, listeners: `http://127.0.0.1:${port}` };
    const environment = Object.entries(properties).flatMap(([key, value]) => [
      '--env',
      `CONNECT_${key.toUpperCase().replaceAll('.', '_')}=${value}`,
    ]);
    const volume = `${connectors}:/etc/snowsink/connectors:ro`;
    const container = (
      await docker('run', '-d', '--read-only', '--network', 'host', '-v', volume, ...environment, image)
    ).trim();
    onTestFinished(async ({ task }) => {
      if (task.result?.state === 'fail') console.log((await docker('logs', container)).slice(-6000));
      await docker('rm', '-f', '-v', container);
    });
    const running = async () => (await inspect(container)).State.Running;
    const stream = await orders.stream({ perSecond: 2000, total: 4000 });
    await waitFor(async () => (await orders.rows()) > 0 || !(await running()), {
      deadlineMs: 60_000,
      what: 'the first rows',
    });
    expect(await running()).toBe(true);
    await stream.done;
    const { missing, twice } = await orders.settled();
    expect({ missing, twice }).toEqual({ missing: [], twice: [] });
    await waitFor(async () => (await inspect(container)).State.Health?.Status === 'healthy', {
      deadlineMs: 40_000,
      what: 'the HEALTHCHECK to say healthy',
      everyMs: 250,
    });
    await docker('stop', '-t', '30', container);
    expect((await inspect(container)).State.ExitCode).toBe(0);
  });
});
