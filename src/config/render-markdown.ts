import { type ConfigDef, type ConfigKey, type ConfigKeys, defaultText } from './config-def.ts';

const cell = (text: string): string => text.replaceAll(/[|<*]|__/g, '\\$&').replaceAll('\n', ' ');

const row = (name: string, key: ConfigKey<unknown>): string => {
  const required = key.default === undefined;
  const text = defaultText(key);
  const value = required
    ? '**required**'
    : text === null
      ? ''
      : text === ''
        ? '(empty)'
        : `\`${text.replaceAll('|', '\\|')}\``;
  const rule = key.validator === undefined ? '' : ` (${key.validator.describe})`;
  return `| \`${name}\` | ${key.type.toLowerCase()}${cell(rule)} | ${value} | ${cell(key.documentation)} |`;
};

/** The reference tables of a ConfigDef, one for each group in the order of the definition. */
export const renderMarkdown = (def: ConfigDef<ConfigKeys>, headingLevel = 2): string => {
  const groups = Map.groupBy(Object.entries(def.keys), ([, key]) => key.group ?? null);
  return [...groups]
    .map(([group, keys]) =>
      [
        ...(groups.size === 1 && group === null ? [] : [`${'#'.repeat(headingLevel)} ${group ?? 'Other'}`, '']),
        '| property | type | default | meaning |',
        '| --- | --- | --- | --- |',
        ...keys.map(([name, key]) => row(name, key)),
      ].join('\n'),
    )
    .join('\n\n');
};
