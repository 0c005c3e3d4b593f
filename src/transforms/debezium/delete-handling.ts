import type { Values } from '../../config/index.ts';
import { boolean, oneOfIgnoringCase, string } from '../../config/index.ts';

export const deleteHandlingKeys = {
  'delete.tombstone.handling.mode': string({
    default: null,
    validator: oneOfIgnoringCase('drop', 'tombstone', 'rewrite', 'rewrite-with-tombstone', 'delete-to-tombstone'),
    documentation: 'What becomes of deletes and of the tombstones behind them; tombstone where no such key is set.',
  }),
  'drop.tombstones': boolean({
    default: null,
    documentation:
      'Of Debezium before 3.2: whether tombstones are dropped; true where only delete.handling.mode is set.',
  }),
  'delete.handling.mode': string({
    default: null,
    validator: oneOfIgnoringCase('drop', 'rewrite', 'none'),
    documentation: 'Of Debezium before 3.2: what becomes of deletes; drop where only drop.tombstones is set.',
  }),
};

/** What a delete becomes: nothing, `before` with `__deleted`, or a null value with the row's schema or without one. */
export interface DeleteHandling {
  readonly deletes: 'drop' | 'rewrite' | 'null' | 'tombstone';
  readonly dropsTombstones: boolean;
}

const modes: Readonly<Record<string, DeleteHandling>> = {
  drop: { deletes: 'drop', dropsTombstones: true },
  tombstone: { deletes: 'null', dropsTombstones: true },
  rewrite: { deletes: 'rewrite', dropsTombstones: true },
  'rewrite-with-tombstone': { deletes: 'rewrite', dropsTombstones: false },
  'delete-to-tombstone': { deletes: 'tombstone', dropsTombstones: true },
};
const legacyDeletes: Readonly<Record<string, DeleteHandling['deletes']>> = {
  drop: 'drop',
  rewrite: 'rewrite',
  none: 'null',
};
const byDefault: DeleteHandling = { deletes: 'null', dropsTombstones: true };

/** The new key wins; else the two of Debezium before 3.2, as they were meant there; else the default of 3.2: tombstone. */
export const deleteHandlingOf = (settings: Values<typeof deleteHandlingKeys>): DeleteHandling => {
  const mode = settings['delete.tombstone.handling.mode']?.toLowerCase();
  if (mode !== undefined) return modes[mode] ?? byDefault;
  const { 'drop.tombstones': drops, 'delete.handling.mode': legacy } = settings;
  if (drops === null && legacy === null) return byDefault;
  return { deletes: legacyDeletes[legacy?.toLowerCase() ?? 'drop'] ?? 'drop', dropsTombstones: drops ?? true };
};
