/**
 * npm run bench [-- --json FILE] [--rows-250 N] [--rows-1024 N] [--rounds N] [--only NAME,…] [--ci [--store]]
 *
 * Drains topics of 12 partitions through the whole worker into the emulator's discard mode, beside kafka-consumer-perf-test and bare
 * kafkajs, interleaved; then the goals (goals.ts). Broker and emulator run on the same machine. Start-up is taken out the same way
 * for all: the same program on a topic of 12 rows costs that much. KAFKA_BOOTSTRAP_SERVERS names a broker to use.
 * --ci: the first case only, against the stored ratio to bare kafkajs (ci.ts); --store keeps a new one.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { startBroker } from '../test/support/kafka.ts';
import { benchCases, type Case } from './cases.ts';
import { checkRatio, ciSizes, storeRatio } from './ci.ts';
import { type Contestant, contestants, type Drained } from './contestants.ts';
import { benchPartitions, fillTopic } from './fill-topic.ts';
import { measureGoals } from './goals.ts';
import { build, machine } from './machine.ts';
import { canPin } from './process-usage.ts';
import { type Figures, median, printTable } from './report.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'string' },
    'rows-250': { type: 'string', default: '4000000' },
    'rows-1024': { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
    ci: { type: 'boolean', default: false },
    store: { type: 'boolean', default: false },
  },
});
const rounds = Number(options.rounds);
const only = options.ci ? ['kafkajs', 'snowsink'] : options.only?.split(',');
const sizes = options.ci ? ciSizes : { rows250: Number(options['rows-250']), rows1024: Number(options['rows-1024']) };

/** Runs of one contestant in one mode: on a topic of 12 rows, and on the full one. */
interface Runs {
  readonly starts: Drained[];
  readonly full: Drained[];
}

const figuresOf = (
  { name, filling: { rows, valueBytes } }: Case,
  contestant: Contestant,
  mode: string,
  { starts, full }: Runs,
): Figures => {
  const typical = options.ci ? (numbers: readonly number[]): number => Math.min(...numbers) : median;
  const startOf = (of: (drained: Drained) => number): number => typical(starts.map(of));
  const beyondStart = (of: (drained: Drained) => number): number => Math.max(0, typical(full.map(of)) - startOf(of));
  const cpuSeconds = beyondStart((drained) => drained.cpuSeconds);
  const fetchSeconds = full.flatMap((drained) => drained.fetchSeconds ?? []);
  const seconds = fetchSeconds.length > 0 ? median(fetchSeconds) : beyondStart((drained) => drained.seconds);
  return {
    contestant: contestant.name,
    does: contestant.does,
    drained: name,
    valueBytes,
    mode,
    rows,
    cpuSecondsPerMillionRows: (cpuSeconds / rows) * 1e6,
    rowsPerSecond: rows / seconds,
    megabytesPerSecond: (rows * valueBytes) / seconds / 1e6,
    peakRssMegabytes: median(full.map((drained) => drained.peakRssBytes)) / 2 ** 20,
    startCpuSeconds: startOf((drained) => drained.cpuSeconds),
    startSeconds: startOf((drained) => drained.seconds),
  };
};

const drainCase = async (bootstrapServers: string, one: Case, field: readonly Contestant[]): Promise<Figures[]> => {
  const { name, filling, connector, isForAll } = one;
  console.log(`Filling a topic: ${filling.rows} rows, ${name} …`);
  const few = await fillTopic(bootstrapServers, { ...filling, rows: benchPartitions });
  const topic = await fillTopic(bootstrapServers, filling);
  const figures: Figures[] = [];
  const pins = canPin() ? one.pins : (['free'] as const);
  for (const mode of pins) {
    const core = mode === 'free' ? null : availableParallelism() - 1;
    const runs = new Map<Contestant, Runs>();
    for (let round = 0; round < rounds; round++) {
      for (const contestant of field.filter((each) => isForAll || each.name === 'snowsink')) {
        const { starts, full } = runs.get(contestant) ?? { starts: [], full: [] };
        runs.set(contestant, { starts, full });
        const drain = { bootstrapServers, core, connector };
        starts.push(await contestant.drain({ ...drain, topic: few, rows: benchPartitions }));
        const drained = await contestant.drain({ ...drain, topic, rows: filling.rows });
        full.push(drained);
        const cost = `${drained.cpuSeconds.toFixed(2)} CPU s in ${drained.seconds.toFixed(1)} s`;
        console.log(`  ${name}, ${mode}, round ${round + 1}: ${contestant.name} ${cost}`);
      }
    }
    for (const [contestant, of] of runs) figures.push(figuresOf(one, contestant, mode, of));
  }
  return figures;
};

const drainAll = async (bootstrapServers: string): Promise<Figures[]> => {
  const field = (await contestants()).filter(({ name }) => only === undefined || only.includes(name));
  if (!canPin()) console.log('Without the pinned runs: this machine has no taskset.');
  const cases = benchCases(sizes);
  const figures: Figures[] = [];
  for (const one of options.ci ? cases.slice(0, 1) : cases)
    figures.push(...(await drainCase(bootstrapServers, options.ci ? { ...one, pins: ['one core'] } : one, field)));
  return figures;
};

build();
const given = process.env['KAFKA_BOOTSTRAP_SERVERS'];
const broker = given === undefined || given === '' ? await startBroker() : null;
try {
  const bootstrapServers = broker?.bootstrapServers ?? given ?? '';
  const figures = await drainAll(bootstrapServers);
  printTable(figures);
  if (options.store) storeRatio(figures);
  else if (options.ci) process.exitCode = (await checkRatio(figures, () => drainAll(bootstrapServers))) ? 0 : 1;
  const goals = options.ci || only !== undefined ? [] : await measureGoals({ bootstrapServers });
  if (options.json !== undefined) {
    const result = { at: new Date().toISOString(), machine: machine(), rounds, figures, goals };
    writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
  }
} finally {
  await broker?.stop();
}
