import {
  type ConfigDef,
  type ConfigKey,
  type ConfigKeys,
  type ConfigType,
  type ConfigValue,
  defaultText,
  type Importance,
  type Width,
} from './config-def.ts';

/** org.apache.kafka.connect.runtime.rest.entities.ConfigKeyInfo. */
export interface ConfigKeyInfo {
  readonly name: string;
  readonly type: ConfigType;
  readonly required: boolean;
  readonly default_value: string | null;
  readonly importance: Importance;
  readonly documentation: string;
  readonly group: string | null;
  readonly width: Width;
  readonly display_name: string;
  readonly dependents: readonly string[];
  /** What forms of Connect up to 4.1 read. */
  readonly order: number;
  /** The same from 4.2 on. */
  readonly order_in_group: number;
}

/** org.apache.kafka.connect.runtime.rest.entities.ConfigValueInfo. */
export interface ConfigValueInfo {
  readonly name: string;
  readonly value: string | null;
  readonly recommended_values: readonly string[];
  readonly errors: readonly string[];
  readonly visible: boolean;
}

export interface ConfigInfo {
  readonly definition: ConfigKeyInfo | null;
  readonly value: ConfigValueInfo | null;
}

/** org.apache.kafka.connect.runtime.rest.entities.ConfigInfos: what `PUT …/config/validate` answers. */
export interface ConfigInfos {
  readonly name: string;
  readonly error_count: number;
  readonly groups: readonly string[];
  readonly configs: readonly ConfigInfo[];
}

interface Place {
  readonly name: string;
  readonly group: string | null;
  readonly order: number;
}

const keyInfo = (key: ConfigKey<unknown>, displayName: string, { name, group, order }: Place): ConfigKeyInfo => ({
  name,
  type: key.type,
  required: key.default === undefined,
  default_value: defaultText(key),
  importance: key.importance ?? 'MEDIUM',
  documentation: key.documentation,
  group,
  width: key.width ?? 'NONE',
  display_name: key.displayName ?? displayName,
  dependents: key.dependents ?? [],
  order,
  order_in_group: order,
});

/** Where keys stand in their groups: as declared, or counted from 1 in the order of declaration. */
const places = (def: ConfigDef<ConfigKeys>): ReadonlyMap<string, Place> => {
  const counts = new Map<string, number>();
  return new Map(
    Object.entries(def.keys).map(([name, { group = null, order }]) => {
      const count = group === null ? -1 : (counts.get(group) ?? 0) + 1;
      if (group !== null) counts.set(group, count);
      return [name, { name, group, order: order ?? count }];
    }),
  );
};

/** The definitions of a ConfigDef in its order, their names behind a prefix. */
export const configKeyInfos = (def: ConfigDef<ConfigKeys>, keyPrefix = ''): readonly ConfigKeyInfo[] =>
  [...places(def).values()].flatMap((place) => {
    const key = def.keys[place.name];
    return key === undefined ? [] : [keyInfo(key, place.name, { ...place, name: `${keyPrefix}${place.name}` })];
  });

const importances: readonly Importance[] = ['HIGH', 'MEDIUM', 'LOW'];

/** ConfigDef.embed: definitions of a part under a prefix and one group, sorted by group, order, need and importance. */
export const embeddedKeyInfos = (
  def: ConfigDef<ConfigKeys>,
  { keyPrefix, group, firstOrder }: { readonly keyPrefix: string; readonly group: string; readonly firstOrder: number },
): readonly ConfigKeyInfo[] => {
  const groups = [null, ...configGroups(def)];
  return [...configKeyInfos(def)]
    .sort(
      (a, b) =>
        groups.indexOf(a.group) - groups.indexOf(b.group) ||
        a.order - b.order ||
        Number(b.required) - Number(a.required) ||
        importances.indexOf(a.importance) - importances.indexOf(b.importance) ||
        (a.name < b.name ? -1 : 1),
    )
    .map((info, index) => ({
      ...info,
      name: `${keyPrefix}${info.name}`,
      group: info.group === null ? group : `${group}: ${info.group}`,
      dependents: info.dependents.map((name) => `${keyPrefix}${name}`),
      order: firstOrder + index,
      order_in_group: firstOrder + index,
    }));
};

/** The groups of a definition, in the order of their first keys. */
export const configGroups = (def: ConfigDef<ConfigKeys>): readonly string[] => [
  ...new Set(Object.values(def.keys).flatMap(({ group }) => group ?? [])),
];

export const configValueInfo = (
  { name, value, errors }: ConfigValue,
  recommended: readonly string[] = [],
): ConfigValueInfo => ({ name, value, recommended_values: recommended, errors, visible: true });
