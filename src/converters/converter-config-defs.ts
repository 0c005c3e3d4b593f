import { atLeast, boolean, ConfigDef, int, nonNull, oneOf, oneOfIgnoringCase, string } from '../config/index.ts';

/** org.apache.kafka.connect.storage.ConverterConfig: what every converter but SimpleHeaderConverter declares. */
export const converterKeys = {
  'converter.type': string({
    validator: oneOf('key', 'value', 'header'),
    importance: 'LOW',
    documentation: 'What the converter is for. Connect sets it.',
  }),
};

export const plainConverterConfig = new ConfigDef(converterKeys);

export const noConverterConfig = new ConfigDef({});

export const stringConverterConfig = new ConfigDef({
  ...converterKeys,
  'converter.encoding': string({
    default: 'UTF-8',
    validator: nonNull,
    importance: 'HIGH',
    width: 'MEDIUM',
    displayName: 'Encoding',
    documentation:
      'Character encoding of the texts: UTF-8, ISO-8859-1 and the others that the Encoding Standard names.',
  }),
});

const schemas = 'Schemas';
const serialization = 'Serialization';

/** org.apache.kafka.connect.json.JsonConverterConfig, with schema.content of Kafka 4.3 (KIP-1054). */
export const jsonConverterConfig = new ConfigDef({
  ...converterKeys,
  'schemas.enable': boolean({
    default: true,
    importance: 'HIGH',
    group: schemas,
    order: 0,
    width: 'MEDIUM',
    displayName: 'Enable Schemas',
    documentation: 'true: each message is {"schema": …, "payload": …}. false: the message is the value itself.',
  }),
  'schemas.cache.size': int({
    default: 1000,
    validator: atLeast(0),
    importance: 'HIGH',
    group: schemas,
    order: 1,
    width: 'MEDIUM',
    displayName: 'Schema Cache Size',
    documentation: 'How many schemas are kept parsed.',
  }),
  'schema.content': string({
    default: null,
    importance: 'HIGH',
    group: schemas,
    order: 2,
    width: 'MEDIUM',
    displayName: 'Schema Content',
    documentation: 'With schemas.enable: the schema of all messages, as JSON, so that they need not carry it.',
  }),
  'decimal.format': string({
    default: 'BASE64',
    validator: oneOfIgnoringCase('NUMERIC', 'BASE64'),
    importance: 'LOW',
    group: serialization,
    order: 0,
    width: 'MEDIUM',
    displayName: 'Decimal Format',
    documentation: 'How decimals are written: NUMERIC as JSON numbers, BASE64 as bytes in base64.',
  }),
  'replace.null.with.default': boolean({
    default: true,
    importance: 'LOW',
    group: serialization,
    order: 1,
    width: 'MEDIUM',
    displayName: 'Replace null with default',
    documentation: 'Whether a null stands for the default of its field; false keeps the null.',
  }),
});
