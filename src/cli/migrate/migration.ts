import { asNextOffset, type ConnectorConfig } from '../../api/index.ts';
import { channelName, connectorObjectName } from '../../connector/channel-name.ts';
import type { SinkSettings } from '../../connector/sink-settings.ts';
import { TopicToTable } from '../../connector/topic-to-table.ts';
import { decodeCommitMetadata, encodeCommitMetadata } from '../../offsets/index.ts';
import { existingTopics } from '../subscribed-topics.ts';
import { type BackPlan, planBack } from './plan-back.ts';
import { type PartitionPlan, planPartition } from './plan-partition.ts';
import type { HighestRows, MigrationAccount, MigrationCluster, ShownChannel } from './ports.ts';

export interface MigrationSource {
  /** Consumer group of the old connector. */
  readonly group: string;
  /** Its name, which its channels may carry. */
  readonly connector: string;
}

export interface MigrationPlan {
  readonly source: MigrationSource;
  /** Ours. */
  readonly group: string;
  /** Of both groups. */
  readonly members: number;
  /** The old group has offsets of these topics: without any, it may not be the old connector's. */
  readonly isGroupKnown: boolean;
  /** Tables that are not there; ours would make them. */
  readonly missingTables: readonly string[];
  readonly partitions: readonly PartitionPlan[];
}

/** The way back. */
export interface ReturnPlan {
  readonly source: MigrationSource;
  readonly group: string;
  /** Of both groups. */
  readonly members: number;
  readonly partitions: readonly BackPlan[];
}

export interface MigrationOptions {
  readonly source: MigrationSource;
  /** Ours. */
  readonly group: string;
  /** Resolved. */
  readonly config: ConnectorConfig;
  readonly settings: SinkSettings;
  readonly cluster: MigrationCluster;
  readonly account: MigrationAccount;
}

/** Says that an offset was meant as it is: our start takes it at its word. */
const meant = encodeCommitMetadata({ token: null, topicId: null, incarnation: '' });

const noRows: HighestRows = { byPartition: new Map(), isComplete: true };

/** What is to be seen of a topic's partition at both ends. */
interface SeenPartition {
  readonly topic: string;
  readonly partition: number;
  readonly table: string;
  readonly logStart: bigint;
  readonly logEnd: bigint;
  readonly highestRow: bigint | null | undefined;
  /** Of all names that the old connector or ours may have given. */
  readonly channels: readonly ShownChannel[];
  readonly pendingFiles: number | null;
}

/** Both ends of a migration. Each change is one request that may be repeated, so it can be killed anywhere and run again. */
export class Migration {
  readonly #options: MigrationOptions;
  readonly #tables: TopicToTable;

  constructor(options: MigrationOptions) {
    this.#options = options;
    this.#tables = new TopicToTable(options.settings);
  }

  /** Looks at group, logs, channels and tables; changes nothing. */
  async plan(): Promise<MigrationPlan> {
    const { source, group, cluster } = this.#options;
    const members = await this.#members();
    const committed = await cluster.committedOffsets(source.group);
    const missingTables = new Set<string>();
    const partitions: PartitionPlan[] = [];
    for await (const seen of this.#partitions(missingTables)) {
      const commit = committed.find((each) => each.topic === seen.topic && each.partition === seen.partition);
      const isOurs = decodeCommitMetadata(commit?.metadata ?? null) !== null;
      partitions.push(planPartition({ ...seen, committed: commit?.offset ?? null, isOurs }));
    }
    const isGroupKnown = partitions.some((plan) => plan.committed !== null);
    return { source, group, members, isGroupKnown, missingTables: [...missingTables], partitions };
  }

  /** One request: either the group has all the starts, or none. The broker refuses it while the group has members. */
  async takeOver({ group, partitions }: MigrationPlan): Promise<void> {
    const offsets = partitions.flatMap((plan) =>
      plan.kind === 'take-over'
        ? [{ topic: plan.topic, partition: plan.partition, offset: asNextOffset(plan.start), metadata: meant }]
        : [],
    );
    await this.#options.cluster.alterCommittedOffsets(group, offsets);
  }

  /** The same for the way back. */
  async planBack(): Promise<ReturnPlan> {
    const { source, group, cluster, settings } = this.#options;
    const members = await this.#members();
    const committed = await cluster.committedOffsets(group);
    const partitions: BackPlan[] = [];
    for await (const seen of this.#partitions(new Set())) {
      const { topic, partition, table, highestRow, channels } = seen;
      const name = channelName(settings, topic, partition).toUpperCase();
      const isOwn = (channel: ShownChannel): boolean => !channel.isClassic && channel.name.toUpperCase() === name;
      const commit = committed.find((each) => each.topic === topic && each.partition === partition);
      partitions.push(
        planBack({
          ...{ topic, partition, table, highestRow, committed: commit?.offset ?? null },
          own: channels.find(isOwn) ?? null,
          others: channels.filter((channel) => !isOwn(channel)),
        }),
      );
    }
    return { source, group, members, partitions };
  }

  /** Tokens first: until the old group has its offsets nobody starts it. */
  async handBack({ source, partitions }: ReturnPlan): Promise<void> {
    const { cluster, account } = this.#options;
    const plans = partitions.filter((plan) => plan.kind === 'hand-back');
    for (const { table, next, behind } of plans)
      for (const { name, isClassic } of behind) {
        if (isClassic) await account.moveToken(table, name, next - 1n);
        else await account.dropChannel(table, name);
      }
    await cluster.alterCommittedOffsets(
      source.group,
      plans.map(({ topic, partition, next }) => ({ topic, partition, offset: asNextOffset(next), metadata: meant })),
    );
  }

  async close(): Promise<void> {
    await Promise.all([this.#options.cluster.close(), this.#options.account.close()]);
  }

  /** Of both groups. */
  async #members(): Promise<number> {
    const { source, group, cluster } = this.#options;
    let members = 0;
    for (const id of new Set([source.group, group])) members += (await cluster.group(id)).members;
    return members;
  }

  async *#partitions(missingTables: Set<string>): AsyncGenerator<SeenPartition> {
    const { cluster, account, settings, source } = this.#options;
    const connector = connectorObjectName({ connectorName: source.connector, generation: 'v3' });
    for (const topic of existingTopics(this.#options, await cluster.listTopics())) {
      const table = this.#tables.tableFor(topic);
      const exists = await account.hasTable(table);
      if (!exists) missingTables.add(table);
      const channels = exists ? await account.channels(table) : [];
      const rows = exists ? await account.highestRows(table, settings.metadata.topic ? topic : null) : noRows;
      const log = [...(await cluster.topicOffsets(topic))].sort(([a], [b]) => a - b);
      for (const [partition, { start, end }] of log) {
        const names = this.#channelNames(topic, partition);
        const found = channels.filter(({ name }) => names.has(name.toUpperCase()));
        yield {
          ...{ topic, partition, table, logStart: start, logEnd: end },
          highestRow: rows.byPartition.get(partition) ?? (rows.isComplete ? null : undefined),
          channels: found,
          pendingFiles: exists && found.length === 0 ? await account.pendingFiles(table, connector, partition) : null,
        };
      }
    }
  }

  /** `<topic>_<p>` and `<connector>_<topic>_<p>` of each generation, and our own; upper-cased, because their case does not count. */
  #channelNames(topic: string, partition: number): ReadonlySet<string> {
    const { source, settings } = this.#options;
    const own = `${topic}_${partition}`;
    const prefixes = (['v3', 'v4'] as const).map((generation) =>
      connectorObjectName({ connectorName: source.connector, generation }),
    );
    const names = [own, ...prefixes.map((prefix) => `${prefix}_${own}`), channelName(settings, topic, partition)];
    return new Set(names.map((name) => name.toUpperCase()));
  }
}
