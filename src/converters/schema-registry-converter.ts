import {
  ConfigError,
  ConnectError,
  type ConnectorConfig,
  type Converter,
  DataError,
  nullValue,
  type OpenedValue,
  type OpenValue,
  type RawHeader,
  RetriableError,
  type Schema,
  type SchemaAndValue,
} from '../api/index.ts';
import {
  type RegisteredSchema,
  RegistryAnswerError,
  RegistryAwayError,
  registryConfigDef,
  type SchemaRegistries,
  type SchemaRegistryClient,
} from '../registry/index.ts';
import { SerializationError } from './serialization-error.ts';
import { type SubjectNameStrategy, subjectNameStrategy } from './subject-name.ts';
import { type FramedPayload, readFrame } from './wire-format.ts';

/** Reads payloads of one schema. @throws DataError, or any error for bytes that are not of the schema */
export interface Decoder {
  /** `headerRest`: see FramedPayload. */
  decode(bytes: Uint8Array, from: number, headerRest: Uint8Array | null): SchemaAndValue;
  /** Where the value lies in the bytes; only formats that have such values have this. */
  open?(bytes: Uint8Array, from: number): OpenedValue;
}

export interface SchemaVersions {
  readonly writer: RegisteredSchema;
  /** What the value is to be read as (use.latest.version); null: as it was written. */
  readonly reader: RegisteredSchema | null;
  /** Of the writer's schema in its subject; null where the registry does not know one. */
  readonly version: number | null;
}

/** What Avro, Protobuf and JSON Schema each do their own way. */
export interface SchemaFormat {
  readonly javaClass: string;
  /** As messages call it: Avro, Protobuf, JSON. */
  readonly name: string;
  /** RegisteredSchema.kind */
  readonly kind: string;
  /** What DataError and RetriableError say of a record that cannot be read. */
  failedMessage(topic: string): string;
  /** Whether values of most of its schemas can be opened. */
  readonly opensValues?: boolean;
  /** Called once, when the first schema is met: a worker without such topics does not load the libraries. */
  load(): Promise<SchemaCompiler>;
}

export interface SchemaCompiler {
  /** Full name for the subject name strategies that need it; null where the schema has none. */
  recordName(schema: RegisteredSchema): string | null;
  /** @throws DataError for a schema that cannot be read */
  compile(schemas: SchemaVersions): Decoder;
}

interface Known {
  readonly decoder: Decoder;
  readonly untilMs: number;
}

/** Decoders that a converter keeps; schemas.cache.config is the schemas' bound, a topic rarely has more than a few. */
const maxDecoders = 1000;

/**
 * The common part of the converters that read schemas from a registry. A schema is fetched and compiled once per id and topic; from
 * then on conversion is synchronous. A missing schema or broken payload: DataError for that record. A registry that gives
 * no answer: RetriableError, for errors.retry.timeout.
 */
export class SchemaRegistryConverter implements Converter {
  readonly javaClass: string;
  readonly passesJsonThrough = false;
  readonly passesTextThrough = false;
  readonly open?: OpenValue;
  readonly #format: SchemaFormat;
  readonly #isKey: boolean;
  readonly #registry: SchemaRegistryClient;
  readonly #now: () => number;
  readonly #subjects: SubjectNameStrategy;
  readonly #header: string | null;
  readonly #latest: ((subject: string) => Promise<RegisteredSchema>) | null;
  readonly #latestForMs: number;
  #compiler: Promise<SchemaCompiler> | null = null;
  readonly #decoders = new Map<string, Map<number | string, Known>>();
  #decoderCount = 0;

  /** @throws ConfigError naming the sub-key */
  constructor(format: SchemaFormat, config: ConnectorConfig, isKey: boolean, registries: SchemaRegistries) {
    const { values, problems } = registryConfigDef.parse(config);
    if (problems.length > 0) throw new ConfigError(problems);
    const side = isKey ? 'key' : 'value';
    this.javaClass = format.javaClass;
    this.#format = format;
    this.#isKey = isKey;
    this.#registry = registries.client(config);
    this.#now = () => registries.clock.now();
    const strategy = `${side}.subject.name.strategy` as const;
    this.#subjects = subjectNameStrategy(strategy, values[strategy], isKey);
    const prefixOnly = /(?:^|\.)PrefixSchemaIdDeserializer$/.test(values[`${side}.schema.id.deserializer`]);
    this.#header = prefixOnly ? null : `__${side}_schema_id`;
    const metadata = readMetadata(values['use.latest.with.metadata']);
    const usesLatest = metadata !== null || values['use.latest.version'];
    this.#latest = usesLatest ? (subject) => this.#registry.latest(subject, metadata) : null;
    const ttlSeconds = values['latest.cache.ttl.sec'];
    this.#latestForMs = ttlSeconds < 0 ? Number.POSITIVE_INFINITY : ttlSeconds * 1000;
    if (format.opensValues) this.open = (...record) => this.#open(...record);
  }

  toConnectData(
    topic: string,
    headers: readonly RawHeader[],
    bytes: Uint8Array | null,
  ): SchemaAndValue | Promise<SchemaAndValue> {
    if (bytes === null) return nullValue;
    const frame = this.#frame(topic, headers, bytes);
    const known = this.#decoder(topic, frame);
    if (known !== null) return this.#decode(known, topic, frame, bytes);
    return this.#load(topic, frame).then((decoder) => this.#decode(decoder, topic, frame, bytes));
  }

  fromConnectData(_topic: string, _schema: Schema | null, _value: unknown): Uint8Array | null {
    throw new DataError(`${this.javaClass} reads only: a sink writes no ${this.#format.name}`);
  }

  #open(topic: string, headers: readonly RawHeader[], bytes: Uint8Array): OpenedValue | null {
    const frame = this.#frame(topic, headers, bytes);
    return this.#decoder(topic, frame)?.open?.(bytes, frame.from) ?? null;
  }

  #decoder(topic: string, { idKey }: FramedPayload): Decoder | null {
    const known = this.#decoders.get(topic)?.get(idKey);
    if (known === undefined) return null;
    return known.untilMs === Number.POSITIVE_INFINITY || this.#now() < known.untilMs ? known.decoder : null;
  }

  #frame(topic: string, headers: readonly RawHeader[], bytes: Uint8Array): FramedPayload {
    try {
      return readFrame(headers, this.#header, bytes);
    } catch (cause) {
      throw new DataError(this.#format.failedMessage(topic), { cause });
    }
  }

  #decode(decoder: Decoder, topic: string, { idKey, from, headerRest }: FramedPayload, bytes: Uint8Array) {
    try {
      return decoder.decode(bytes, from, headerRest);
    } catch (error) {
      const cause = new SerializationError(`Error deserializing ${this.#format.name} message for id ${idKey}`, {
        cause:
          error instanceof ConnectError ? error : new DataError('The bytes are not of the schema', { cause: error }),
      });
      throw new DataError(this.#format.failedMessage(topic), { cause });
    }
  }

  async #load(topic: string, frame: FramedPayload): Promise<Decoder> {
    this.#compiler ??= this.#format.load();
    const compiler = await this.#compiler;
    const schemas = await this.#fetch(topic, frame, compiler);
    const decoder = decoderOf(compiler, schemas);
    const latestUntil =
      this.#latestForMs === Number.POSITIVE_INFINITY ? this.#latestForMs : this.#now() + this.#latestForMs;
    this.#remember(topic, frame.idKey, {
      decoder,
      untilMs: schemas.reader === null ? Number.POSITIVE_INFINITY : latestUntil,
    });
    return decoder;
  }

  async #fetch(topic: string, { id, idKey }: FramedPayload, compiler: SchemaCompiler): Promise<SchemaVersions> {
    const { name, kind } = this.#format;
    try {
      const ofTopic = this.#subjects.needsRecordName ? null : this.#subjects.subject(topic, null);
      const writer = await this.#registry.schema(id, ofTopic);
      if (writer.kind !== kind)
        throw new DataError(`The schema is of type ${writer.kind}, not ${kind}: is it another converter's?`);
      const subject = ofTopic ?? this.#subjects.subject(topic, compiler.recordName(writer));
      if (subject === null) return { writer, reader: null, version: null };
      const version = await this.#versionOf(subject, id, writer);
      return { writer, version, reader: (await this.#latest?.(subject)) ?? null };
    } catch (error) {
      const side = this.#isKey ? 'key' : 'value';
      throw this.#explained(topic, `Error retrieving ${name} ${side} schema for id ${idKey}`, error);
    }
  }

  /** The version is for Schema.version only. Registries that lack it (other naming, replicated topics) must not cost a record. */
  async #versionOf(subject: string, id: FramedPayload['id'], writer: RegisteredSchema): Promise<number | null> {
    try {
      return await this.#registry.version(subject, id, writer);
    } catch (error) {
      if (error instanceof RegistryAwayError) throw error;
      return null;
    }
  }

  #explained(topic: string, what: string, error: unknown): Error {
    const message = this.#format.failedMessage(topic);
    if (error instanceof RegistryAwayError) return new RetriableError(message, { cause: error });
    if (error instanceof RegistryAnswerError && error.status !== 404) {
      const problem = `Failed to access ${this.#format.name} data from topic ${topic} : ${error.message}`;
      return new ConfigError([{ key: '', message: problem }], { cause: error });
    }
    return new DataError(message, { cause: new SerializationError(what, { cause: error }) });
  }

  #remember(topic: string, idKey: number | string, known: Known): void {
    if (this.#decoderCount >= maxDecoders) {
      this.#decoders.clear();
      this.#decoderCount = 0;
    }
    const ofTopic = this.#decoders.get(topic) ?? new Map<number | string, Known>();
    if (!ofTopic.has(idKey)) this.#decoderCount++;
    ofTopic.set(idKey, known);
    this.#decoders.set(topic, ofTopic);
  }
}

/** A schema that cannot be read is not read anew for each of its records: its decoder says why. */
const decoderOf = (compiler: SchemaCompiler, schemas: SchemaVersions): Decoder => {
  try {
    return compiler.compile(schemas);
  } catch (error) {
    const reason = error instanceof ConnectError ? error : new DataError('The schema cannot be read', { cause: error });
    return {
      decode: () => {
        throw reason;
      },
    };
  }
};

/** `key=value`, by commas; null: none. */
const readMetadata = (text: string): ReadonlyMap<string, string> | null => {
  if (text.trim() === '') return null;
  const pairs = text.split(',').map((pair) => /^([^=]+)=(.*)$/.exec(pair.trim()));
  return new Map(
    pairs.map((pair): readonly [string, string] => {
      if (pair !== null) return [(pair[1] ?? '').trim(), (pair[2] ?? '').trim()];
      throw new ConfigError([{ key: 'use.latest.with.metadata', message: 'is no list of key=value by commas' }]);
    }),
  );
};
