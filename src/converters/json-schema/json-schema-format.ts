import { DataError, nullValue } from '../../api/index.ts';
import { parseJson } from '../json-parser.ts';
import type { Decoder, SchemaCompiler, SchemaVersions } from '../schema-registry-converter.ts';
import { JsonSchemaCompiler } from './connect-of-json-schema.ts';
import { JsonSchemaDocuments } from './json-schema-document.ts';
import type { JsonSchemaOptions } from './json-schema-options.ts';
import { jsonSchemaValidator } from './json-schema-validation.ts';
import { jsonSchemaValue } from './json-schema-value.ts';

/** io.confluent.connect.json.JsonSchemaConverter's part of SchemaRegistryConverter. */
export const jsonSchemaCompiler = (options: JsonSchemaOptions): SchemaCompiler => ({
  recordName: (schema) => {
    const title = new JsonSchemaDocuments(schema).root.get('title');
    return typeof title === 'string' ? title : null;
  },
  compile: (schemas) => compileJsonSchema(options, schemas),
});

const compileJsonSchema = (options: JsonSchemaOptions, { writer, reader, version }: SchemaVersions): Decoder => {
  const used = reader ?? writer;
  const schema = new JsonSchemaCompiler(options, new JsonSchemaDocuments(used)).compile(version);
  const validate = options['json.fail.invalid.schema'] ? jsonSchemaValidator(used, options) : null;
  return {
    decode: (bytes, from) => {
      const payload = bytes.subarray(from);
      validate?.(payload);
      const { value } = parseJson(payload);
      if (value === undefined) throw new DataError('There is no JSON behind the schema id');
      return value === null ? nullValue : { schema, value: jsonSchemaValue(schema, value) };
    },
  };
};
