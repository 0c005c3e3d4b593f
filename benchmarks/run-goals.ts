/**
 * npm run bench -- goals [--only NAME,…] [--json FILE] [--program FILE]
 *
 * What is promised besides throughput, measured on the real worker with a real broker and the emulator: idle partitions, latency, a
 * lost channel, the start, memory. --program: another build's main.js. KAFKA_BOOTSTRAP_SERVERS names a broker to use.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startBroker } from '../test/support/kafka.ts';
import { measureGoals } from './goals.ts';
import { build, machine } from './machine.ts';

const { values: options } = parseArgs({
  args: process.argv.slice(3),
  options: { only: { type: 'string' }, json: { type: 'string' }, program: { type: 'string' } },
});
if (options.program === undefined) build();
const given = process.env['KAFKA_BOOTSTRAP_SERVERS'];
const broker = given === undefined || given === '' ? await startBroker() : null;
try {
  const bootstrapServers = broker?.bootstrapServers ?? given ?? '';
  const { only, program } = options;
  const goals = await measureGoals({ bootstrapServers, only: only?.split(','), program });
  if (options.json !== undefined) {
    const result = { at: new Date().toISOString(), machine: machine(), goals };
    writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
  }
} finally {
  await broker?.stop();
}
