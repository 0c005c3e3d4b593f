/**
 * npm run bench [-- --json FILE] [--rows-250 N] [--rows-1024 N] [--rounds N] [--only NAME,…]
 *
 * Drains topics of 12 partitions through the whole worker into the emulator's discard mode, beside kafka-consumer-perf-test and bare
 * kafkajs, interleaved, pinned to one core and free. Broker and emulator run on the same machine. Start-up is taken out the same
 * way for all: the same program on a topic of 12 rows costs that much, and the figures are what the rest cost beyond it.
 * KAFKA_BOOTSTRAP_SERVERS names a broker to use instead of one of its own.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { startBroker } from '../test/support/kafka.ts';
import { type Contestant, contestants, type Drained } from './contestants.ts';
import { benchPartitions, fillTopic } from './fill-topic.ts';
import { canPin } from './process-usage.ts';
import { type Figures, median, printTable } from './report.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'string' },
    'rows-250': { type: 'string', default: '2000000' },
    'rows-1024': { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
  },
});
const rounds = Number(options.rounds);
const only = options.only?.split(',');

const measure = (
  valueBytes: number,
  rows: number,
  contestant: Contestant,
  mode: string,
  start: Drained,
  runs: Drained[],
): Figures => {
  const beyondStart = (of: (drained: Drained) => number): number => Math.max(0, median(runs.map(of)) - of(start));
  const cpuSeconds = beyondStart((drained) => drained.cpuSeconds);
  const fetchSeconds = runs.flatMap((drained) => drained.fetchSeconds ?? []);
  const seconds = fetchSeconds.length > 0 ? median(fetchSeconds) : beyondStart((drained) => drained.seconds);
  return {
    contestant: contestant.name,
    does: contestant.does,
    valueBytes,
    mode,
    rows,
    cpuSecondsPerMillionRows: (cpuSeconds / rows) * 1e6,
    rowsPerSecond: rows / seconds,
    megabytesPerSecond: (rows * valueBytes) / seconds / 1e6,
    peakRssMegabytes: median(runs.map((drained) => drained.peakRssBytes)) / 2 ** 20,
    startCpuSeconds: start.cpuSeconds,
    startSeconds: start.seconds,
  };
};

/** The worker is measured as the image runs it: built. */
const build = (): void => {
  console.log('Building …');
  execFileSync('npm', ['run', '-s', 'build'], { stdio: 'inherit' });
};

const bench = async (bootstrapServers: string): Promise<Figures[]> => {
  build();
  const field = (await contestants()).filter(({ name }) => only === undefined || only.includes(name));
  const cores: readonly (number | null)[] = canPin() ? [availableParallelism() - 1, null] : [null];
  if (!canPin()) console.log('Without the pinned runs: this machine has no taskset.');
  const figures: Figures[] = [];
  for (const [valueBytes, rows] of [
    [250, Number(options['rows-250'])],
    [1024, Number(options['rows-1024'])],
  ] as const) {
    if (rows === 0) continue;
    console.log(`Filling topics: ${rows} rows of ${valueBytes} bytes …`);
    const few = await fillTopic(bootstrapServers, { rows: benchPartitions, valueBytes });
    const topic = await fillTopic(bootstrapServers, { rows, valueBytes });
    for (const core of cores) {
      const mode = core === null ? 'free' : 'one core';
      const runs = new Map<Contestant, { starts: Drained[]; full: Drained[] }>();
      for (let round = 0; round < rounds; round++) {
        for (const contestant of field) {
          const { starts, full } = runs.get(contestant) ?? { starts: [], full: [] };
          runs.set(contestant, { starts, full });
          starts.push(await contestant.drain({ bootstrapServers, topic: few, rows: benchPartitions, core }));
          full.push(await contestant.drain({ bootstrapServers, topic, rows, core }));
          const { cpuSeconds, seconds } = full.at(-1) ?? { cpuSeconds: 0, seconds: 0 };
          console.log(
            `  ${valueBytes} B, ${mode}, round ${round + 1}: ${contestant.name} ${cpuSeconds.toFixed(2)} CPU s in ${seconds.toFixed(1)} s`,
          );
        }
      }
      for (const [contestant, { starts, full }] of runs) {
        const middle = (of: (drained: Drained) => number): number => median(starts.map(of));
        const start = {
          cpuSeconds: middle((d) => d.cpuSeconds),
          seconds: middle((d) => d.seconds),
          peakRssBytes: middle((d) => d.peakRssBytes),
        };
        figures.push(measure(valueBytes, rows, contestant, mode, start, full));
      }
    }
  }
  return figures;
};

const given = process.env['KAFKA_BOOTSTRAP_SERVERS'];
const broker = given === undefined || given === '' ? await startBroker() : null;
try {
  const figures = await bench(broker?.bootstrapServers ?? given ?? '');
  printTable(figures);
  if (options.json !== undefined) {
    const machine = {
      cpu: cpus()[0]?.model,
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      node: process.version,
    };
    writeFileSync(
      options.json,
      `${JSON.stringify({ at: new Date().toISOString(), machine, rounds, figures }, null, 2)}\n`,
    );
  }
} finally {
  await broker?.stop();
}
