import { type Clock, DataError, type Random } from '../api/index.ts';
import { ExpiringCache } from './expiring-cache.ts';
import { isDefiniteAnswer } from './registry-error.ts';
import { RegistryHttp } from './registry-http.ts';
import type { RegistrySettings } from './registry-settings.ts';

/** AVRO, JSON, PROTOBUF; a registry may know more. */
export type SchemaKind = string;

/** The schema's id as a record carries it. */
export type SchemaId = { readonly id: number } | { readonly guid: string };

export interface RegisteredSchema {
  readonly kind: SchemaKind;
  readonly text: string;
  /** What the schema refers to, each before what needs it; the name is the one that the schema text uses. */
  readonly references: readonly ReferencedSchema[];
}

export interface ReferencedSchema {
  readonly name: string;
  readonly text: string;
}

interface ReferenceAnswer {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

interface SchemaAnswer {
  readonly schema: string;
  readonly schemaType?: string;
  readonly references?: readonly ReferenceAnswer[];
  readonly version?: number;
  readonly ruleSet?: { readonly domainRules?: readonly Rule[]; readonly migrationRules?: readonly Rule[] } | null;
}

interface Rule {
  readonly name?: string;
  readonly mode?: string;
  readonly disabled?: boolean;
  /** Names of actions; two, by a comma, for writing and reading. */
  readonly onFailure?: string | null;
}

/** A chain of references longer than this is a mistake, not a schema. */
const maxReferences = 1000;

/**
 * Confluent's Schema Registry API as far as a sink needs it. Answers, found or «not found», are kept within bounds; one client
 * serves all converters of a thread that reach the same registry in the same way.
 */
export class SchemaRegistryClient {
  readonly #http: RegistryHttp;
  readonly #schemas: ExpiringCache<string, RegisteredSchema>;
  readonly #versions: ExpiringCache<string, number>;
  readonly #latest: ExpiringCache<string, RegisteredSchema>;

  constructor(settings: RegistrySettings, clock: Clock, random: Random) {
    this.#http = new RegistryHttp(settings, clock, random);
    const { maxSchemas, missingForMs, latestForMs } = settings;
    const limits = { maxEntries: maxSchemas, foundForMs: Number.POSITIVE_INFINITY, missingForMs };
    this.#schemas = new ExpiringCache(limits, clock, isDefiniteAnswer);
    this.#versions = new ExpiringCache(limits, clock, isDefiniteAnswer);
    this.#latest = new ExpiringCache({ ...limits, foundForMs: latestForMs }, clock, isDefiniteAnswer);
  }

  /** `subject`: null where the record's topic does not tell it. Registries with contexts need it. */
  schema(id: SchemaId, subject: string | null): Promise<RegisteredSchema> {
    const hint = subject === null ? '' : `subject=${encodeURIComponent(subject)}`;
    const path = 'id' in id ? `/schemas/ids/${id.id}?fetchMaxId=false&${hint}` : `/schemas/guids/${id.guid}?${hint}`;
    return this.#schemas.get(path, async () => this.#complete((await this.#http.json('GET', path)) as SchemaAnswer));
  }

  /** Which version of the subject this schema is. @throws RegistryAnswerError where it is none */
  version(subject: string, id: SchemaId, { kind, text }: RegisteredSchema): Promise<number> {
    return this.#versions.get(`${subject} ${'id' in id ? id.id : id.guid}`, async () => {
      const path = `/subjects/${encodeURIComponent(subject)}?normalize=false&deleted=true`;
      const body = { schema: text, ...(kind === 'AVRO' ? {} : { schemaType: kind }) };
      const { version } = (await this.#http.json('POST', path, body)) as { version: number };
      return version;
    });
  }

  /** `metadata`: properties that the schema must have (use.latest.with.metadata); null: any. */
  latest(subject: string, metadata: ReadonlyMap<string, string> | null = null): Promise<RegisteredSchema> {
    const of = `/subjects/${encodeURIComponent(subject)}`;
    const path = metadata === null ? `${of}/versions/latest` : `${of}/metadata?${metadataQuery(metadata)}`;
    return this.#latest.get(path, async () => {
      const answer = (await this.#http.json('GET', path)) as SchemaAnswer;
      refuseRules(answer.ruleSet?.migrationRules, /UPGRADE|UPDOWN/);
      return this.#complete(answer);
    });
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  async #complete(answer: SchemaAnswer): Promise<RegisteredSchema> {
    refuseRules(answer.ruleSet?.domainRules, /READ/);
    const references = new Map<string, ReferencedSchema>();
    await this.#collect(answer.references ?? [], references, new Set());
    return { kind: answer.schemaType ?? 'AVRO', text: answer.schema, references: [...references.values()] };
  }

  /** Depth first, so that what is referred to comes first; a schema that is named twice, or in a circle, is taken once. */
  async #collect(
    references: readonly ReferenceAnswer[],
    found: Map<string, ReferencedSchema>,
    seen: Set<string>,
  ): Promise<void> {
    for (const { name, subject, version } of references) {
      if (seen.has(name)) continue;
      seen.add(name);
      if (seen.size > maxReferences) throw new DataError(`The schema refers to more than ${maxReferences} others`);
      const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}?deleted=true`;
      const answer = (await this.#http.json('GET', path)) as SchemaAnswer;
      await this.#collect(answer.references ?? [], found, seen);
      found.set(name, { name, text: answer.schema });
    }
  }
}

const metadataQuery = (metadata: ReadonlyMap<string, string>): string => {
  const query = new URLSearchParams();
  for (const [key, value] of metadata) {
    query.append('key', key);
    query.append('value', value);
  }
  query.append('deleted', 'true');
  return String(query);
};

/**
 * Rules for reading (decryption, CEL) and for migrating to the reader's schema change the value: without them the row would be wrong
 * without a word. Java's client, without the rule's executor, lets the record fail too, unless the rule's onFailure is NONE.
 */
const refuseRules = (rules: readonly Rule[] | undefined, modes: RegExp): void => {
  const active = rules?.find(
    ({ mode = 'WRITEREAD', disabled, onFailure }) =>
      disabled !== true && modes.test(mode) && onFailure?.split(',').at(-1)?.trim() !== 'NONE',
  );
  if (active === undefined) return;
  throw new DataError(
    `The schema has the data contract rule '${active.name ?? ''}' for reading (decryption or transformation), which this worker does not execute: ` +
      'its values would be wrong. Disable the rule for readers or consume through a client that executes it.',
  );
};
