import { type Clock, ConnectError, errorMessage, type Logger, type Timer } from '../api/index.ts';
import { orAborted } from '../util/signals.ts';
import type { KafkaJsCluster } from './hardening/kafkajs-types.ts';
import type { KafkaJsModules } from './hardening/override.ts';
import { fetchTopicMetadata } from './topic-metadata.ts';

/** At least this often topic ids are compared (K17) and new topics looked for. */
const longestIntervalMs = 60_000;
/** While a wanted topic is missing. */
const missingIntervalMs = 2000;
const warnEveryMs = 60_000;
/** A commit waits for them. */
const idsTimeoutMs = 3000;

const topicErrors = { unknownTopic: 3, invalidTopic: 17, notAuthorized: 29 } as const;

export interface TopicsSeen {
  /** To subscribe to, sorted. */
  readonly present: readonly string[];
  /** Topic id by name, null where the broker tells none. */
  readonly ids: ReadonlyMap<string, string | null>;
}

export interface TopicWatchOptions {
  readonly modules: KafkaJsModules;
  readonly cluster: KafkaJsCluster;
  readonly topics: readonly string[] | RegExp;
  readonly maxAgeMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  onSeen(seen: TopicsSeen): void;
  onError(error: ConnectError): void;
}

/**
 * Which of the wanted topics exist, and under which topic id. kafkajs would subscribe once, fail for all topics if one is missing, and
 * never notice that a topic was made anew (K17). A missing topic is waited for with a warning, as Connect does.
 */
export class TopicWatch {
  readonly #options: TopicWatchOptions;
  readonly #wanted: RegExp | null;
  #timer: Timer | null = null;
  #warnedAtMs = Number.NEGATIVE_INFINITY;
  #missing: readonly string[] = [];

  constructor(options: TopicWatchOptions) {
    this.#options = options;
    // Java matches the whole name
    this.#wanted =
      options.topics instanceof RegExp
        ? new RegExp(`^(?:${options.topics.source})$`, options.topics.flags.replace(/[gy]/g, ''))
        : null;
  }

  async look(): Promise<TopicsSeen> {
    const { modules, cluster, topics } = this.#options;
    const wanted = this.#wanted;
    const found = await fetchTopicMetadata(modules, cluster, topics instanceof RegExp ? null : topics);
    const ids = new Map<string, string | null>();
    for (const { name, errorCode, topicId, isInternal } of found) {
      if (wanted !== null && (isInternal || !wanted.test(name))) continue;
      if (errorCode === 0) ids.set(name, topicId);
      else this.#judge(name, errorCode);
    }
    if (!(topics instanceof RegExp)) this.#warnOfMissing(topics.filter((topic) => !ids.has(topic)));
    return { present: [...ids.keys()].sort(), ids };
  }

  /** Their ids at this moment, of those that exist; empty where nobody answers in time: then the next look tells. */
  async idsOf(names: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
    const { modules, cluster, clock } = this.#options;
    const expired = new AbortController();
    const timer = clock.setTimer(idsTimeoutMs, () => expired.abort(new Error('no answer in time')));
    try {
      const found = await orAborted(fetchTopicMetadata(modules, cluster, names), expired.signal);
      return new Map(found.filter(({ errorCode }) => errorCode === 0).map(({ name, topicId }) => [name, topicId]));
    } catch {
      return new Map();
    } finally {
      timer.cancel();
    }
  }

  #judge(name: string, errorCode: number): void {
    if (errorCode === topicErrors.notAuthorized) {
      throw new ConnectError(
        `topic ${name}: not authorised to describe it: grant this principal READ and DESCRIBE on the topic`,
      );
    }
    if (errorCode === topicErrors.invalidTopic) {
      throw new ConnectError(
        `topic ${name}: not a valid name (1 to 249 characters of A-Z a-z 0-9 . _ -): correct "topics"`,
      );
    }
  }

  #warnOfMissing(missing: readonly string[]): void {
    this.#missing = missing;
    const { clock, logger } = this.#options;
    if (missing.length === 0 || clock.now() - this.#warnedAtMs < warnEveryMs) return;
    this.#warnedAtMs = clock.now();
    logger.warn(
      { topics: missing },
      'Topics do not exist (yet): waiting for them; check "topics" if that is a mistake',
    );
  }

  /** Looks again and again until `stop`. */
  start(): void {
    this.#arm();
  }
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
  /** A look at once, its findings reported as those of the timer are. */
  async check(): Promise<void> {
    this.#timer?.cancel();
    await this.#tick();
    if (this.#timer !== null) this.#arm();
  }

  #arm(): void {
    this.#timer = this.#options.clock.setTimer(this.#intervalMs(), () => {
      void this.#tick().finally(() => {
        if (this.#timer !== null) this.#arm();
      });
    });
  }
  #intervalMs(): number {
    return Math.min(this.#options.maxAgeMs, this.#missing.length > 0 ? missingIntervalMs : longestIntervalMs);
  }

  async #tick(): Promise<void> {
    try {
      this.#options.onSeen(await this.look());
    } catch (error) {
      if (error instanceof ConnectError) this.#options.onError(error);
      else
        this.#options.logger.debug(
          { error: errorMessage(error) },
          'Could not look at the topics; the next look is due soon',
        );
    }
  }
}
