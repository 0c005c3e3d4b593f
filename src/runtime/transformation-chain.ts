import {
  ConfigError,
  type ConfigProblem,
  type ConnectorConfig,
  type Metrics,
  type OriginalRecord,
  type Predicate,
  type SinkRecord,
  type TaskId,
  type Transformation,
} from '../api/index.ts';
import type { Plugins } from './plugins.ts';
import { type RetryWithToleranceOperator, type Skipped, type Step, skipped } from './retry-with-tolerance-operator.ts';
import { subConfig } from './sub-config.ts';

/** One transform, applied only where its predicate says so (KIP-585). */
export interface TransformationStage {
  readonly transformation: Transformation;
  readonly predicate: Predicate | null;
  readonly negate: boolean;
}

type TransformationStep = Step<SinkRecord, SinkRecord | null>;

/** The transforms of a connector in list order, each under retry and tolerance at stage TRANSFORMATION, predicates included. */
export class TransformationChain {
  readonly #id: TaskId;
  readonly #stages: readonly TransformationStage[];
  readonly #steps: readonly TransformationStep[];
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
    this.#steps = stages.map(stepOf);
    this.#operator = operator;
    this.#metrics = metrics;
  }

  get isEmpty(): boolean {
    return this.#stages.length === 0;
  }

  /** Null: filtered (counted), or failed and tolerated (reported). */
  apply(record: SinkRecord): SinkRecord | null | Promise<SinkRecord | null> {
    return this.#apply(record, 0, record.original);
  }

  #apply(
    made: SinkRecord | Skipped | null,
    from: number,
    original: OriginalRecord,
  ): SinkRecord | null | Promise<SinkRecord | null> {
    let record = made;
    for (let next = from; record !== null && record !== skipped && next < this.#steps.length; ) {
      const step = this.#steps[next++] as TransformationStep;
      const outcome = this.#operator.execute(step, record, original);
      if (outcome instanceof Promise) return outcome.then((later) => this.#apply(later, next, original));
      record = outcome;
    }
    if (record === null) this.#countFiltered(original);
    return record === skipped ? null : record;
  }

  close(): void {
    for (const { transformation } of this.#stages) transformation.close();
  }

  #countFiltered({ topic }: OriginalRecord): void {
    const labels = { connector: this.#id.connector, task: String(this.#id.task), topic };
    this.#metrics.increment('snowsink_records_filtered_total', labels);
  }
}

const stepOf = ({ transformation, predicate, negate }: TransformationStage): TransformationStep => ({
  stage: 'TRANSFORMATION',
  executingClass: transformation.javaClass,
  run: (record) => (predicate === null || predicate.test(record) !== negate ? transformation.apply(record) : record),
});

type TransformationPlugins = Pick<Plugins, 'createTransformation' | 'createPredicate'>;

/** Builds the stages that `transforms` and `predicates` name. Throws a ConfigError with every problem found. */
export const createTransformationStages = (
  config: ConnectorConfig,
  plugins: TransformationPlugins,
): readonly TransformationStage[] => {
  const problems: ConfigProblem[] = [];
  const predicates = new Map(
    aliases(config, 'predicates', problems).map((alias) => {
      const create = (type: string, own: ConnectorConfig): Predicate => plugins.createPredicate(type, own);
      return [alias, createPlugin(config, `predicates.${alias}.`, create, problems)];
    }),
  );
  const stages = aliases(config, 'transforms', problems).map((alias) => {
    const prefix = `transforms.${alias}.`;
    const create = (type: string, own: ConnectorConfig): Transformation => plugins.createTransformation(type, own);
    const transformation = createPlugin(config, prefix, create, problems);
    const predicateAlias = config[`${prefix}predicate`]?.trim();
    const negate = config[`${prefix}negate`]?.trim().toLowerCase();
    problems.push(...predicateProblems(prefix, predicateAlias, negate, predicates));
    const predicate = predicateAlias === undefined ? null : (predicates.get(predicateAlias) ?? null);
    return transformation === null ? [] : [{ transformation, predicate, negate: negate === 'true' }];
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return stages.flat();
};

const predicateProblems = (
  prefix: string,
  predicate: string | undefined,
  negate: string | undefined,
  predicates: ReadonlyMap<string, unknown>,
): readonly ConfigProblem[] => {
  const problems: ConfigProblem[] = [];
  if (negate !== undefined && negate !== 'true' && negate !== 'false') {
    const why = 'Expected value to be either true or false';
    problems.push({
      key: `${prefix}negate`,
      message: `Invalid value ${negate} for configuration ${prefix}negate: ${why}`,
    });
  }
  if (predicate === undefined && negate !== undefined) {
    const message =
      `Config '${prefix}negate' was provided but there is no config '${prefix}predicate' ` +
      'defining a predicate to be negated.';
    problems.push({ key: `${prefix}negate`, message });
  }
  if (predicate !== undefined && !predicates.has(predicate)) {
    const message = `No predicate with the alias ${predicate} is listed in 'predicates'.`;
    problems.push({ key: `${prefix}predicate`, message });
  }
  return problems;
};

/** By `<prefix>type` and the sub-keys of the prefix; null: refused, and the problems tell why under their whole keys. */
const createPlugin = <T>(
  config: ConnectorConfig,
  prefix: string,
  create: (javaClass: string, config: ConnectorConfig) => T,
  problems: ConfigProblem[],
): T | null => {
  const javaClass = typeOf(config, prefix, problems);
  if (javaClass === null) return null;
  try {
    return create(javaClass, subConfig(config, prefix));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems.map(({ key, message }) => underPrefix(prefix, key, message)));
    return null;
  }
};

/** Connect's messages name the whole key. What is wrong with no key in particular is told of the class. */
const underPrefix = (prefix: string, key: string, message: string): ConfigProblem => ({
  key: `${prefix}${key === '' ? 'type' : key}`,
  message: message
    .replace(` for configuration ${key}: `, ` for configuration ${prefix}${key}: `)
    .replace(`configuration "${key}" which`, `configuration "${prefix}${key}" which`),
});

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
