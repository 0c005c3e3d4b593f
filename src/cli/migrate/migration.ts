import { asNextOffset, silentLogger } from '../../api/index.ts';
import { TopicToTable } from '../../connector/topic-to-table.ts';
import { createTableService, SnowflakeSession } from '../../destinations/index.ts';
import { type ClusterInspector, createKafkaAdmin } from '../../kafka/index.ts';
import { decodeCommitMetadata, encodeCommitMetadata } from '../../offsets/index.ts';
import type { ConnectorSetup } from '../connector-setup.ts';
import { subscribedTopics } from '../subscribed-topics.ts';
import { readChannels, readHighestRows } from './channel-facts.ts';
import { type PartitionPlan, planPartition } from './plan-partition.ts';

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
  /** Of the old group. */
  readonly members: number;
  /** Tables that are not there; ours would make them. */
  readonly missingTables: readonly string[];
  readonly partitions: readonly PartitionPlan[];
}

const limits = { connectTimeoutMs: 30_000, statementTimeoutMs: 600_000 };

/** Both ends of a migration. */
export class Migration {
  readonly #setup: ConnectorSetup;
  readonly #source: MigrationSource;
  readonly #admin: ClusterInspector;
  readonly #session: SnowflakeSession;

  private constructor(setup: ConnectorSetup, source: MigrationSource, admin: ClusterInspector) {
    this.#setup = setup;
    this.#source = source;
    this.#admin = admin;
    this.#session = new SnowflakeSession({ account: setup.settings.account, logger: silentLogger, ...limits });
  }

  static async open(setup: ConnectorSetup, source: MigrationSource): Promise<Migration> {
    const properties = { ...setup.properties.consumer, 'client.id': `snowsink-migrate-${setup.name}` };
    return new Migration(setup, source, await createKafkaAdmin({ properties, logger: silentLogger }));
  }

  /** Looks at group, logs, channels and tables; changes nothing. */
  async plan(): Promise<MigrationPlan> {
    const { settings, properties } = this.#setup;
    const { account } = settings;
    const tables = createTableService({ account, logger: silentLogger, ...limits });
    try {
      const { members } = await this.#admin.group(this.#source.group);
      const committed = await this.#admin.committedOffsets(this.#source.group);
      const names = new TopicToTable(settings);
      const missingTables: string[] = [];
      const partitions: PartitionPlan[] = [];
      for (const topic of subscribedTopics(this.#setup, await this.#admin.listTopics())) {
        const table = names.tableFor(topic);
        const exists = (await tables.describe(table)) !== null;
        if (!exists) missingTables.push(table);
        const channels = exists ? await readChannels(this.#session, account, this.#source.connector, table) : () => [];
        const rows = exists
          ? await readHighestRows(this.#session, account, table, settings.metadata.topic ? topic : null)
          : new Map<number, bigint>();
        const log = [...(await this.#admin.topicOffsets(topic))].sort(([a], [b]) => a - b);
        for (const [partition, { start, end }] of log) {
          const commit = committed.find((each) => each.topic === topic && each.partition === partition);
          partitions.push(
            planPartition({
              ...{ topic, partition, table, logStart: start, logEnd: end },
              committed: commit?.offset ?? null,
              isOurs: decodeCommitMetadata(commit?.metadata ?? null) !== null,
              channels: channels(topic, partition),
              highestRow: rows === null ? undefined : (rows.get(partition) ?? null),
            }),
          );
        }
      }
      return { source: this.#source, group: properties.consumer['group.id'] ?? '', members, missingTables, partitions };
    } finally {
      await tables.close();
    }
  }

  /**
   * One request: either the group has all the starts, or none. The note beside each says that it was meant, so that our first start
   * takes it at its word; the broker refuses it while the group has members.
   */
  async takeOver({ group, partitions }: MigrationPlan): Promise<void> {
    const metadata = encodeCommitMetadata({ token: null, topicId: null, incarnation: '' });
    const offsets = partitions.flatMap((plan) =>
      plan.kind === 'take-over'
        ? [{ topic: plan.topic, partition: plan.partition, offset: asNextOffset(plan.start), metadata }]
        : [],
    );
    await this.#admin.alterCommittedOffsets(group, offsets);
  }

  async close(): Promise<void> {
    await Promise.all([this.#admin.close(), this.#session.close()]);
  }
}
