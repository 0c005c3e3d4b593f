/** JSON Schemas of connector and worker configs, for editors, from the definitions that validate them. */
import {
  acceptedWorkerConfigDef,
  type ConfigDef,
  type ConfigKeys,
  clientConfigDefs,
  type JsonSchema,
  jsonSchemaProperties,
  requiredKeys,
  sinkConnectorConfigDef,
  workerConfigDef,
} from '../src/config/index.ts';
import { aliasNames } from '../src/connector/property-aliases.ts';
import { snowflakeSinkConfigDef } from '../src/connector/snowflake-sink-properties.ts';

const draft = 'https://json-schema.org/draft/2020-12/schema';
const text = { type: ['string', 'number', 'boolean'] };
const clients = ['consumer', 'producer', 'admin'] as const;

/** Keys of converters, transforms, predicates and of what the managed service looks at. */
const families =
  '^((key|value|header)\\.converter\\.|transforms\\.|predicates\\.|(consumer|producer|admin)\\.override\\.|kafka\\.|input\\.|csfle\\.|auto\\.restart\\.|max\\.poll\\.|connector\\.plugin|snowflake\\.feature\\.)';

/** Under one prefix, when the config goes to one class or another. */
const merged = (...defs: readonly ConfigDef<ConfigKeys>[]): Readonly<Record<string, JsonSchema>> =>
  Object.assign({}, ...defs.map((def) => jsonSchemaProperties(def)));

const flat = (): JsonSchema => ({
  type: 'object',
  properties: {
    ...merged(snowflakeSinkConfigDef('own'), sinkConnectorConfigDef),
    ...Object.fromEntries(aliasNames.map(([alias, name]) => [alias, { ...text, description: `Read as ${name}.` }])),
    ...Object.fromEntries(
      clients.flatMap((client) =>
        Object.entries(jsonSchemaProperties(clientConfigDefs[client], `${client}.override.`)).map(([name, schema]) => [
          name,
          withoutDefault(schema),
        ]),
      ),
    ),
  },
  patternProperties: { [families]: text },
  additionalProperties: false,
});

/** Connect's defaults for its clients are not those of the Java clients. */
const withoutDefault = ({ default: _default, ...schema }: JsonSchema): JsonSchema => schema;

export const connectorSchema = (): JsonSchema => ({
  $schema: draft,
  title: 'Connector config of snowsink',
  description: 'A flat map of properties, or { "name", "config", "initial_state" } as POST /connectors takes it.',
  $defs: { config: flat() },
  if: { required: ['config'] },
  // biome-ignore lint/suspicious/noThenProperty: JSON Schema calls it so
  then: {
    type: 'object',
    properties: {
      name: { type: 'string' },
      config: { $ref: '#/$defs/config', required: ['connector.class'] },
      initial_state: { enum: ['RUNNING', 'PAUSED', 'STOPPED'] },
    },
    required: ['name', 'config'],
  },
  else: { $ref: '#/$defs/config', required: requiredKeys(sinkConnectorConfigDef) },
});

export const workerSchema = (): JsonSchema => ({
  $schema: draft,
  title: 'Worker config of snowsink',
  type: 'object',
  properties: {
    ...merged(acceptedWorkerConfigDef, workerConfigDef),
    ...Object.fromEntries(
      clients.flatMap((client) =>
        Object.entries(jsonSchemaProperties(clientConfigDefs[client], `${client}.`)).map(([name, schema]) => [
          name,
          withoutDefault(schema),
        ]),
      ),
    ),
  },
  additionalProperties: text,
});
