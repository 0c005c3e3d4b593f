import {
  ConfigError,
  type ConfigProblem,
  type ConnectorConfig,
  type Metrics,
  type Predicate,
  type SinkRecord,
  type TaskId,
  type Transformation,
} from '../api/index.ts';
import { andThen } from './and-then.ts';
import type { Plugins } from './plugins.ts';
import { type RetryWithToleranceOperator, skipped } from './retry-with-tolerance-operator.ts';

/** One transform, applied only where its predicate says so (KIP-585). */
export interface TransformationStage {
  readonly transformation: Transformation;
  readonly predicate: Predicate | null;
  readonly negate: boolean;
}

/** The transforms of a connector in list order, each under retry and tolerance at stage TRANSFORMATION, predicates included. */
export class TransformationChain {
  readonly #id: TaskId;
  readonly #stages: readonly TransformationStage[];
  readonly #operator: RetryWithToleranceOperator;
  readonly #metrics: Metrics;

  constructor(
    id: TaskId,
    stages: readonly TransformationStage[],
    operator: RetryWithToleranceOperator,
    metrics: Metrics,
  ) {
    this.#id = id;
    this.#stages = stages;
    this.#operator = operator;
    this.#metrics = metrics;
  }

  get isEmpty(): boolean {
    return this.#stages.length === 0;
  }

  /** Null: filtered (counted), or failed and tolerated (reported). */
  apply(record: SinkRecord, from = 0): SinkRecord | null | Promise<SinkRecord | null> {
    const stage = this.#stages[from];
    if (stage === undefined) return record;
    const { transformation } = stage;
    const outcome = this.#operator.execute(record.original, 'TRANSFORMATION', transformation.javaClass, () =>
      isMeant(stage, record) ? transformation.apply(record) : record,
    );
    return andThen(outcome, (next) => {
      if (next === skipped) return null;
      if (next !== null) return this.apply(next, from + 1);
      this.#countFiltered(record);
      return null;
    });
  }

  close(): void {
    for (const { transformation } of this.#stages) transformation.close();
  }

  #countFiltered({ original }: SinkRecord): void {
    const labels = { connector: this.#id.connector, task: String(this.#id.task), topic: original.topic };
    this.#metrics.increment('snowsink_records_filtered_total', labels);
  }
}

const isMeant = ({ predicate, negate }: TransformationStage, record: SinkRecord): boolean =>
  predicate === null || predicate.test(record) !== negate;

/** Builds the stages that `transforms` and `predicates` name. Throws a ConfigError with every problem found. */
export const createTransformationStages = (
  config: ConnectorConfig,
  plugins: Pick<Plugins, 'createTransformation' | 'createPredicate'>,
): readonly TransformationStage[] => {
  const problems: ConfigProblem[] = [];
  const predicateAliases = aliases(config, 'predicates', problems);
  const stages = aliases(config, 'transforms', problems).flatMap((alias) => {
    const prefix = `transforms.${alias}.`;
    const javaClass = typeOf(config, prefix, problems);
    const predicateAlias = config[`${prefix}predicate`]?.trim();
    const negate = config[`${prefix}negate`]?.trim();
    if (predicateAlias === undefined && negate !== undefined) {
      const message =
        `Config '${prefix}negate' was provided but there is no config '${prefix}predicate' ` +
        'defining a predicate to be negated.';
      problems.push({ key: `${prefix}negate`, message });
    }
    if (predicateAlias !== undefined && !predicateAliases.includes(predicateAlias)) {
      const message = `No predicate with the alias ${predicateAlias} is listed in 'predicates'.`;
      problems.push({ key: `${prefix}predicate`, message });
    }
    if (javaClass === null || problems.length > 0) return [];
    return [
      {
        transformation: plugins.createTransformation(javaClass, subConfig(config, prefix)),
        predicate: predicateAlias === undefined ? null : createPredicate(config, predicateAlias, plugins, problems),
        negate: negate?.toLowerCase() === 'true',
      },
    ];
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return stages;
};

const createPredicate = (
  config: ConnectorConfig,
  alias: string,
  plugins: Pick<Plugins, 'createPredicate'>,
  problems: ConfigProblem[],
): Predicate | null => {
  const prefix = `predicates.${alias}.`;
  const javaClass = typeOf(config, prefix, problems);
  return javaClass === null ? null : plugins.createPredicate(javaClass, subConfig(config, prefix));
};

const aliases = (config: ConnectorConfig, key: string, problems: ConfigProblem[]): readonly string[] => {
  const listed = (config[key] ?? '')
    .split(',')
    .map((alias) => alias.trim())
    .filter((alias) => alias !== '');
  if (new Set(listed).size < listed.length) problems.push({ key, message: 'Duplicate alias provided.' });
  return listed;
};

const typeOf = (config: ConnectorConfig, prefix: string, problems: ConfigProblem[]): string | null => {
  const javaClass = config[`${prefix}type`]?.trim() ?? '';
  if (javaClass !== '') return javaClass;
  const key = `${prefix}type`;
  problems.push({ key, message: `Missing required configuration "${key}" which has no default value.` });
  return null;
};

/** The plugin's own keys: prefix off, without those that the framework reads. */
const subConfig = (config: ConnectorConfig, prefix: string): ConnectorConfig =>
  Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value] as const)
      .filter(([key]) => key !== 'type' && key !== 'predicate' && key !== 'negate'),
  );
