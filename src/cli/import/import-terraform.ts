import { ConfigError } from '../../api/index.ts';
import { sinkConnectorConfigDef } from '../../config/index.ts';
import { snowflakeSinkKeys } from '../../connector/snowflake-sink-properties.ts';
import { type HclBlock, parseHcl } from './hcl.ts';
import { type ImportOptions, importConnectConfig } from './import-connect.ts';
import type { Change, ImportedConfig } from './imported-config.ts';

const known = new Set<string>([...sinkConnectorConfigDef.names(), ...snowflakeSinkKeys('own').names()]);

/** `snowflake_database_name` was meant as `snowflake.database.name`: Connect's keys have dots. */
const dotted = (key: string): string => (known.has(key) || key.includes('.') ? key : key.replaceAll('_', '.'));

type Resolved = { readonly value: string } | { readonly unknown: string };

/** A literal, a variable (as an environment variable, where Terraform takes it from too), or another resource's literal. */
const resolve = (expression: string, root: HclBlock): Resolved => {
  const literal = /^"((?:[^"\\]|\\.)*)"$/.exec(expression)?.[1];
  if (literal !== undefined && !/[$%]\{/.test(literal))
    return { value: literal.replaceAll('\\"', '"').replaceAll('\\n', '\n') };
  if (/^(-?[\d.]+|true|false)$/.test(expression)) return { value: expression };
  const inner = /^"\$\{([^}"]+)\}"$/.exec(expression)?.[1] ?? expression;
  const variable = /^var\.([\w-]+)$/.exec(inner)?.[1];
  if (variable !== undefined) return { value: `\${env:TF_VAR_${variable}}` };
  const [, type, name, attribute] = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(inner) ?? [];
  const target = root.blocks.find(({ labels }) => labels[0] === 'resource' && labels[1] === type && labels[2] === name);
  const found = attribute === undefined ? undefined : target?.attributes.get(attribute);
  return found === undefined || found === expression ? { unknown: expression } : resolve(found, root);
};

const configBlocks = new Set(['config', 'config_nonsensitive', 'config_sensitive']);

const importResource = (resource: HclBlock, root: HclBlock, options: ImportOptions): ImportedConfig | null => {
  const given: Record<string, string> = {};
  const changes: Change[] = [];
  const missing: string[] = [];
  for (const block of resource.blocks.filter(({ labels }) => configBlocks.has(labels[0] ?? ''))) {
    for (const [written, expression] of block.attributes) {
      const key = dotted(written);
      const resolved = resolve(expression, root);
      if ('value' in resolved) given[key] = resolved.value;
      else missing.push(key);
      if (key !== written)
        changes.push({
          old: written,
          now: key,
          effect: 'keys have dots: with underscores the connector would not know it',
        });
      if ('unknown' in resolved)
        changes.push({
          old: `${written} = ${resolved.unknown}`,
          now: '',
          effect: `cannot be read without Terraform: write ${key} yourself`,
        });
    }
  }
  if (!/snowflake|snowsink/i.test(given['connector.class'] ?? '')) return null;
  const name = given['name'] ?? resource.labels[2] ?? 'snowflake-sink';
  const imported = importConnectConfig(name, given, options);
  const needed = [
    'topics',
    'snowflake.url.name',
    'snowflake.user.name',
    'snowflake.private.key',
    'snowflake.database.name',
    'snowflake.schema.name',
  ];
  const absent = needed.filter((key) => imported.config[key] === undefined && !missing.includes(key));
  const told = absent.map((key) => ({ old: '', now: key, effect: 'is missing: add it' }));
  return { ...imported, changes: [...changes, ...imported.changes, ...told] };
};

/** Connectors in Terraform files: Confluent's, Aiven's and the Kafka Connect providers' resources. @throws ConfigError where there is none */
export const importTerraform = (text: string, path: string, options: ImportOptions): readonly ImportedConfig[] => {
  const root = parseHcl(text);
  const resources = root.blocks.filter(({ labels }) => labels[0] === 'resource' && /connector/.test(labels[1] ?? ''));
  const imported = resources.flatMap((resource) => importResource(resource, root, options) ?? []);
  if (imported.length > 0) return imported;
  const message = `${path}: no Snowflake connector in it: looked for resource "…connector…" blocks with config, config_nonsensitive or config_sensitive.`;
  throw new ConfigError([{ key: '', message }]);
};
