import { Ajv } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats, { type FormatName } from 'ajv-formats';
import { DataError } from '../../api/index.ts';
import type { RegisteredSchema } from '../../registry/index.ts';
import type { JsonSchemaOptions } from './json-schema-options.ts';

export type Validate = (payload: Uint8Array) => void;

/**
 * json.fail.invalid.schema: refuses payloads that do not fit the schema; where, not what, is said. Formats are checked up to draft 7, as
 * Confluent's validator of these drafts does; since 2019-09 they are annotations.
 */
export const jsonSchemaValidator = (schema: RegisteredSchema, options: JsonSchemaOptions): Validate => {
  const text = JSON.parse(schema.text) as Record<string, unknown>;
  const dialect = String(text['$schema'] ?? '');
  const AjvClass = options['ignore.modern.dialects'] ? Ajv : dialectClass(dialect);
  const ajv = new AjvClass({ strict: false, logger: false, validateFormats: AjvClass === Ajv, validateSchema: false });
  if (AjvClass === Ajv) ajvFormats.default(ajv, [...formats]);
  for (const { name, text: referenced } of schema.references) ajv.addSchema(JSON.parse(referenced), name);
  const { $schema: _dialect, ...body } = text;
  const validate = ajv.compile(body);
  return (payload) => {
    if (validate(JSON.parse(new TextDecoder().decode(payload)))) return;
    const [first] = validate.errors ?? [];
    throw new DataError(`JSON does not match schema: ${first?.instancePath || '/'} ${first?.message ?? ''}`.trimEnd());
  };
};

/** Those of org.everit.json.schema; others mean nothing. */
const formats: readonly FormatName[] = [
  ...(['date', 'date-time', 'time', 'email', 'hostname', 'ipv4', 'ipv6', 'regex'] as const),
  ...(['uri', 'uri-reference', 'uri-template', 'json-pointer', 'relative-json-pointer'] as const),
];

const dialectClass = (dialect: string): typeof Ajv => {
  if (dialect.includes('2020-12')) return Ajv2020 as unknown as typeof Ajv;
  return dialect.includes('2019-09') ? (Ajv2019 as unknown as typeof Ajv) : Ajv;
};
