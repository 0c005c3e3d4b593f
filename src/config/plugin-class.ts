import type { ConfigDef, ConfigKeys } from './config-def.ts';

/**
 * A class that configs may name by `transforms.<alias>.type`, `predicates.<alias>.type`, `key.converter` and their like, with
 * the keys that it takes: what `GET /connector-plugins/<class>/config` prints and what validation enriches a connector's keys by.
 */
export interface PluginClass {
  readonly javaClass: string;
  readonly configDef: ConfigDef<ConfigKeys>;
  /** Known, but not there: why, and what to use instead. It is in no list. */
  readonly refused?: string;
}
