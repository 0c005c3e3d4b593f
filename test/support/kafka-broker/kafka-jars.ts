import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const logBinding = (version: string): string =>
  version.startsWith('3.') ? 'org.slf4j:slf4j-reload4j:1.7.36' : 'org.apache.logging.log4j:log4j-slf4j-impl:2.24.3';

const dependency = (coordinates: string): string => {
  const [group, artifact, version] = coordinates.split(':');
  return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
};

const pom = (version: string): string =>
  `<project><modelVersion>4.0.0</modelVersion><groupId>snowsink</groupId><artifactId>kafka-jars</artifactId><version>1</version>
<dependencies>${[`org.apache.kafka:kafka_2.13:${version}`, `org.apache.kafka:kafka-tools:${version}`, logBinding(version)].map(dependency).join('')}</dependencies></project>
`;

export const hasCommand = (command: string, argument: string): boolean =>
  spawnSync(command, [argument], { stdio: 'ignore' }).status === 0;

export const run = (command: string, args: readonly string[], cwd = process.cwd()): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4000);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}:\n${output}`));
    });
  });

export const noWayToRunKafka =
  'No Kafka to test with: start Docker, or install a JDK 17+ and Maven, or name a broker in KAFKA_BOOTSTRAP_SERVERS.';

/** Downloads that outlive a test run. */
export const cacheFolder = (): string => join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'snowsink');

/** Folder of Apache Kafka's own jars of that version, fetched by Maven once per machine (the user's cache folder). */
export const kafkaJars = async (version: string): Promise<string> => {
  const cache = cacheFolder();
  const folder = join(cache, `kafka-${version}`);
  if (existsSync(folder)) return folder;
  if (!hasCommand('java', '-version') || !hasCommand('mvn', '-version')) throw new Error(noWayToRunKafka);
  console.log(`Kafka ${version}: fetching its jars by Maven (about 100 MB, once) …`);
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'fetching-'));
  try {
    writeFileSync(join(work, 'pom.xml'), pom(version));
    const output = join(work, 'jars');
    await run('mvn', [
      '-q',
      '-B',
      '-f',
      join(work, 'pom.xml'),
      'dependency:copy-dependencies',
      '-DincludeScope=runtime',
      `-DoutputDirectory=${output}`,
    ]);
    // another process may have been faster: its folder is as good
    if (!existsSync(folder)) renameSync(output, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return folder;
};
