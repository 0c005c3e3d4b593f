import { ConfigDef, type ConfigKeys, type Values } from '../config/index.ts';
import { acceptedProperties } from './accepted-properties.ts';
import { account } from './properties/account-properties.ts';
import { flushKeys } from './properties/flush-properties.ts';
import { v3Keys, v4Keys } from './properties/generation-properties.ts';
import { ownKeys } from './properties/own-properties.ts';
import { compatibility, rowsAndTables } from './properties/row-properties.ts';
import type { Generation } from './sink-settings.ts';

const keysOf = (generation: Generation) => ({
  ...account,
  ...rowsAndTables(generation),
  ...flushKeys(generation),
  ...compatibility(generation !== 'v4'),
  ...v3Keys(generation),
  ...v4Keys(generation),
  ...ownKeys,
});

export type SnowflakeSinkValues = Values<ReturnType<typeof keysOf>>;

const others: Readonly<Record<Generation, Readonly<Record<string, unknown>>>> = {
  v3: { ...v4Keys('v3'), ...compatibility(true) },
  v4: v3Keys('v4'),
  own: {},
};

/** Every key, with the generation's defaults: what a config is read by, so that a leftover of another generation is no mistake. */
export const snowflakeSinkKeys = (generation: Generation): ConfigDef<ReturnType<typeof keysOf>> =>
  new ConfigDef(keysOf(generation));

/** Whether a key belongs to the generation; the others are read as their defaults. */
export const belongsTo = (generation: Generation, name: string): boolean => !(name in others[generation]);

/** The keys of one generation: what its validation and its form show. */
export const snowflakeSinkConfigDef = (generation: Generation): ConfigDef<ConfigKeys> =>
  new ConfigDef({
    ...Object.fromEntries(Object.entries(keysOf(generation)).filter(([name]) => belongsTo(generation, name))),
    ...acceptedProperties(generation),
  });
