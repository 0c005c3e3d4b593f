import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder, hasCommand, run } from '../test/support/kafka-broker/kafka-jars.ts';

/** Confluent's own AvroConverter is not on Maven Central; Apicurio's AvroData is derived from it. */
const artifacts = [
  'org.apache.kafka:connect-json:3.9.1',
  'io.apicurio:apicurio-registry-utils-converter:2.6.2.Final',
  'org.slf4j:slf4j-nop:1.7.36',
];

export const hasJvm = (): boolean => hasCommand('java', '-version') && hasCommand('mvn', '-version');

/** The JVM needs longer to warm up. */
const warmUp = 4;
const startSeconds = 10;

/**
 * Nanoseconds of CPU that the JVM's converters need for a record, JSON writing included. Rejects where it takes more than `maxStretch` times
 * its CPU seconds, or the classes cannot be had.
 */
export const jvmNanoseconds = async (
  format: 'avro' | 'json',
  seconds: number,
  input: { readonly samples: readonly Uint8Array[]; readonly schema: string; readonly maxStretch: number },
): Promise<number> => {
  const { samples, schema, maxStretch } = input;
  const jars = await converterJars();
  const work = mkdtempSync(join(tmpdir(), 'snowsink-bench-'));
  try {
    const [samplesFile, schemaFile] = [join(work, 'samples'), join(work, 'schema')];
    writeFileSync(samplesFile, Buffer.concat(samples.flatMap((sample) => [length(sample), sample])));
    writeFileSync(schemaFile, schema);
    const program = ['-cp', `${jars}/*`, '-XX:+UseSerialGC', 'benchmarks/jvm/FormatsBenchmark.java'];
    const args = [format, String(seconds), String(warmUp), samplesFile, schemaFile];
    const timeout = (seconds + warmUp + startSeconds) * maxStretch * 1000;
    return Number(execFileSync('java', [...program, ...args], { encoding: 'utf8', timeout }));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
};

const length = (sample: Uint8Array): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(sample.length);
  return bytes;
};

const converterJars = async (): Promise<string> => {
  const folder = join(cacheFolder(), 'converter-jars');
  if (existsSync(folder)) return folder;
  mkdirSync(cacheFolder(), { recursive: true });
  const work = mkdtempSync(join(cacheFolder(), 'fetching-'));
  try {
    const dependencies = artifacts.map((coordinates) => {
      const [group, artifact, version] = coordinates.split(':');
      return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
    });
    const head =
      '<modelVersion>4.0.0</modelVersion><groupId>snowsink</groupId><artifactId>bench</artifactId><version>1</version>';
    const pom = `<project>${head}<dependencies>${dependencies.join('')}</dependencies></project>\n`;
    writeFileSync(join(work, 'pom.xml'), pom);
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${folder}`];
    await run('mvn', ['-q', '-B', '-f', join(work, 'pom.xml'), ...goal]);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return folder;
};
