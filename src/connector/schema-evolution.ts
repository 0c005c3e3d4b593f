import {
  ConnectError,
  DataError,
  errorMessage,
  RetriableError,
  type TableChange,
  type TableService,
} from '../api/index.ts';
import type { SinkSettings } from './sink-settings.ts';
import { TableMismatchError } from './table-mismatch-error.ts';
import type { TargetTables } from './target-tables.ts';
import { type Patience, untilAnswered } from './until-answered.ts';

/** So long the same change is not asked for again after a refusal: a stream of odd records must not become a stream of SQL. */
const refusalMs = 30_000;

export interface SchemaEvolutionDependencies extends Patience {
  readonly tables: TableService;
  readonly targets: Pick<TargetTables, 'refresh'>;
  readonly policy: SinkSettings['evolution']['policy'];
  /** Snowflake's business, not the worker's (snowflake.validation=server_side): the worker alters nothing. */
  serverSide(table: string): boolean;
  onAltered(table: string): void;
}

/**
 * Changes a table so that a record fits: looks first whether somebody else did, then alters, then looks again. Several tasks and workers
 * may want the same at once; what counts is what the table looks like afterwards, so a refused ALTER alone fails nobody.
 */
export class SchemaEvolution {
  readonly #deps: SchemaEvolutionDependencies;
  readonly #refused = new Map<string, { readonly untilMs: number; readonly reason: string }>();

  constructor(deps: SchemaEvolutionDependencies) {
    this.#deps = deps;
  }

  /** @throws DataError where the table stays as it is (tolerance decides), ConnectError where that ends the task */
  async fit<T>(
    first: TableMismatchError,
    make: () => T,
    beforeAlter: (change: TableChange) => Promise<void>,
  ): Promise<T> {
    const known = this.#refused.get(changeKey(first));
    if (known !== undefined && this.#deps.clock.now() < known.untilMs) throw this.#refusal(first, known.reason);
    const looked = await this.#afterRefresh(first, make);
    return looked instanceof TableMismatchError ? await this.#altered(looked, make, beforeAlter) : looked.made;
  }

  /** A record may need a second change, which shows only once the first is made: values are judged when all columns are there. */
  async #altered<T>(
    mismatch: TableMismatchError,
    make: () => T,
    beforeAlter: (change: TableChange) => Promise<void>,
  ): Promise<T> {
    const against = await this.#whyNot(mismatch);
    if (against !== null) throw await this.#refuse(mismatch, against);
    await beforeAlter(mismatch.change);
    const failure = await this.#alter(mismatch);
    const looked = await this.#afterRefresh(mismatch, make);
    if (looked instanceof TableMismatchError && changeKey(looked) === changeKey(mismatch)) {
      throw await this.#refuse(looked, failure ?? 'the table was altered, but its description does not show it');
    }
    if (failure === null) this.#deps.onAltered(mismatch.table);
    return looked instanceof TableMismatchError ? await this.#altered(looked, make, beforeAlter) : looked.made;
  }

  async #afterRefresh<T>(
    { table }: TableMismatchError,
    make: () => T,
  ): Promise<TableMismatchError | { readonly made: T }> {
    await this.#deps.targets.refresh(table);
    try {
      return { made: make() };
    } catch (error) {
      if (error instanceof TableMismatchError) return error;
      throw error;
    }
  }

  async #whyNot({ table }: TableMismatchError): Promise<string | null> {
    const { policy, tables } = this.#deps;
    if (policy !== 'evolve') return `snowsink.schema.evolution=${policy}`;
    const evolution = await untilAnswered(() => tables.evolution(table), this.#deps);
    if (evolution === 'disabled') return `the table does not evolve: ALTER TABLE … SET ENABLE_SCHEMA_EVOLUTION = TRUE`;
    // Without a grant of its own the role may inherit one: ALTER TABLE tells, and its refusal names what is lacking.
    return null;
  }

  /** What stood against it; another task may have done it meanwhile, so that is no failure yet. */
  async #alter({ table, change }: TableMismatchError): Promise<string | null> {
    const { tables, logger } = this.#deps;
    if (this.#deps.serverSide(table)) return null;
    try {
      await untilAnswered(() => tables.alter(table, change), this.#deps);
      logger.info({ table, ddl: await tables.plan(table, change) }, 'Table altered, as records need it');
      return null;
    } catch (error) {
      if (!(error instanceof ConnectError) || error instanceof RetriableError) throw error;
      logger.warn({ table }, `Table not altered: ${errorMessage(error)}`);
      return errorMessage(error);
    }
  }

  async #refuse(mismatch: TableMismatchError, why: string): Promise<ConnectError> {
    const { clock, tables, logger } = this.#deps;
    const ddl = (await tables.plan(mismatch.table, mismatch.change)).join('; ');
    // ending in a statement: the grant by which the worker may go on itself
    const reason = why.endsWith(';')
      ? `${why} Or let the table's owner run: ${ddl};`
      : `${why.replace(/\.$/, '')}. What it needs: ${ddl};`;
    if (this.#refused.size > 1000) this.#refused.clear();
    this.#refused.set(changeKey(mismatch), { untilMs: clock.now() + refusalMs, reason });
    logger.warn({ table: mismatch.table }, `${mismatch.message}: ${reason}`);
    return this.#refusal(mismatch, reason);
  }

  #refusal({ message }: TableMismatchError, reason: string): ConnectError {
    const text = `${message}: ${reason}`;
    return this.#deps.policy === 'freeze' ? new ConnectError(text) : new DataError(text);
  }
}

const changeKey = ({ table, change }: TableMismatchError): string => JSON.stringify([table, change]);
