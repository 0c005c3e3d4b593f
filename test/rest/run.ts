import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBroker } from '../support/kafka.ts';
import { createTopic, produceRecords } from '../support/topics.ts';
import { createHttpCaller, type HttpAnswer, type RecordedRequest } from './http-call.ts';
import { type MatchRules, mismatch } from './match.ts';
import { startTranscriptWorker, type TranscriptWorker } from './transcript-worker.ts';

/**
 * `npm run test:rest [-- DIR [-- SCENARIO]]`: replays REST transcripts of Kafka Connect's own runtime against this worker. Without DIR: those
 * of the repository, whose README tells the format. Needs a broker: KAFKA_BOOTSTRAP_SERVERS, else one is started.
 */
interface RecordedResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly body?: unknown;
  readonly text?: string;
  readonly reused?: boolean;
}

interface Step extends MatchRules {
  readonly scenario: string;
  readonly step: number;
  readonly kafka?: {
    readonly createTopic?: { readonly name: string; readonly partitions: number };
    readonly produce?: { readonly topic: string; readonly partition: number; readonly values: readonly string[] };
  };
  readonly request?: RecordedRequest;
  readonly response?: RecordedResponse;
  readonly eventually?: boolean;
  readonly also?: readonly (MatchRules & { readonly response: RecordedResponse })[];
}

const workers = 4;
const eventuallyMs = 15_000;
const betweenTriesMs = 100;

const headerMismatch = (recorded: RecordedResponse, answer: HttpAnswer): string | null => {
  for (const [name, value] of Object.entries(recorded.headers ?? {})) {
    const got = answer.headers[name];
    if (value === null) continue;
    const words = (text: string): string =>
      text
        .split(',')
        .map((word) => word.trim())
        .sort()
        .join();
    const isSame = name === 'allow' ? words(value) === words(String(got ?? '')) : value === got;
    if (!isSame) return `${name}: expected ${value}, got ${String(got)}`;
  }
  return null;
};

const bodyMismatch = (recorded: RecordedResponse, { text }: HttpAnswer, rules: MatchRules): string | null => {
  if (rules.volatile?.includes('body') === true) return null;
  if ('body' in recorded) {
    try {
      return mismatch(recorded.body, JSON.parse(text), rules);
    } catch {
      return `body: not JSON: ${text.slice(0, 200)}`;
    }
  }
  const expected = recorded.text ?? '';
  return text === expected ? null : `body: expected ${expected.slice(0, 200)}, got ${text.slice(0, 200)}`;
};

const responseMismatch = (recorded: RecordedResponse, answer: HttpAnswer, rules: MatchRules): string | null => {
  if (recorded.status !== answer.status) {
    return `status: expected ${recorded.status}, got ${answer.status} ${answer.text.slice(0, 300)}`;
  }
  if (recorded.reused === true && !answer.reused) return 'the connection was not kept';
  return headerMismatch(recorded, answer) ?? bodyMismatch(recorded, answer, rules);
};

const stepMismatch = (step: Step, answer: HttpAnswer): string | null => {
  if (step.response === undefined) return null;
  const why = responseMismatch(step.response, answer, step);
  if (why === null) return null;
  const counts = step.also?.some((other) => responseMismatch(other.response, answer, { ...step, ...other }) === null);
  return counts === true ? null : why;
};

/** Strings of the line with this scenario's word and this worker's address put in. */
const filled = (line: string, run: string, url: string): Step =>
  JSON.parse(
    line.replaceAll('{{run}}', run).replaceAll('{{base}}', url).replaceAll('{{host}}', new URL(url).host),
  ) as Step;

const prepareKafka = async (bootstrapServers: string, { createTopic: topic, produce }: NonNullable<Step['kafka']>) => {
  if (topic !== undefined) {
    await createTopic(bootstrapServers, { exactName: topic.name, partitions: topic.partitions });
  }
  if (produce !== undefined) {
    const { partition } = produce;
    await produceRecords(
      bootstrapServers,
      produce.topic,
      produce.values.map((value) => ({ partition, value })),
    );
  }
};

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, betweenTriesMs));

/** Why the scenario fails at its first step that does; null: it passes. */
const replay = async (lines: readonly string[], { rest, herder }: TranscriptWorker, bootstrapServers: string) => {
  const run = randomUUID().slice(0, 8);
  const [url = ''] = rest.urls;
  const call = createHttpCaller(url);
  try {
    for (const line of lines) {
      const step = filled(line, run, url);
      if (step.kafka !== undefined) await prepareKafka(bootstrapServers, step.kafka);
      if (step.request === undefined) continue;
      const giveUpAt = Date.now() + (step.eventually === true ? eventuallyMs : 0);
      for (;;) {
        const why = stepMismatch(step, await call(step.request));
        if (why === null) break;
        if (Date.now() >= giveUpAt) return `step ${step.step} ${step.request.method} ${step.request.path}\n  ${why}`;
        await pause();
      }
    }
    return null;
  } finally {
    await Promise.all(herder.connectors().map((name) => herder.deleteConnector(name)));
  }
};

const folder = process.argv[2] ?? fileURLToPath(new URL('../golden/vectors/rest', import.meta.url));
const wanted = process.argv[3];
const scenarios = new Map<string, string[]>();
for (const file of readdirSync(folder)
  .filter((name) => name.endsWith('.jsonl'))
  .sort()) {
  for (const line of readFileSync(join(folder, file), 'utf8').split('\n').filter(Boolean)) {
    const { scenario } = JSON.parse(line) as Step;
    const name = `${file} ${scenario}`;
    if (wanted === undefined || name.includes(wanted)) scenarios.set(name, [...(scenarios.get(name) ?? []), line]);
  }
}

const given = process.env['KAFKA_BOOTSTRAP_SERVERS'];
const broker = given === undefined || given === '' ? await startBroker() : null;
const bootstrapServers = broker?.bootstrapServers ?? given ?? '';
const counts = { passed: 0, failed: 0 };
const left = [...scenarios];
try {
  await Promise.all(
    Array.from({ length: workers }, async () => {
      const worker = await startTranscriptWorker(bootstrapServers);
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const [name, lines] = next;
        const why = await replay(lines, worker, bootstrapServers);
        counts[why === null ? 'passed' : 'failed']++;
        if (why !== null) console.log(`FAILED ${name} ${why}`);
      }
      await worker.rest.close();
      await worker.herder.stop();
    }),
  );
} finally {
  await broker?.stop();
}
console.log(`${counts.passed} passed, ${counts.failed} failed`);
// the worker's own command ends its process the same way: Kafka clients keep timers
process.exit(counts.failed > 0 || counts.passed === 0 ? 1 : 0);
