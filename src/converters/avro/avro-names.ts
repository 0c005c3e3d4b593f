const namespace = 'io.confluent.connect.avro';

/** Names that AvroConverter gives to what Connect has no type for; sinks and transforms know them. */
export const avroNames = {
  connectDefault: `${namespace}.ConnectDefault`,
  anything: `${namespace}.Anything`,
  mapEntry: `${namespace}.MapEntry`,
  union: `${namespace}.Union`,
  enum: `${namespace}.Enum`,
  recordDoc: `${namespace}.record.doc`,
  fieldDoc: `${namespace}.field.doc.`,
  fieldDefault: `${namespace}.field.default`,
  enumDoc: `${namespace}.enum.doc.`,
  enumDefault: `${namespace}.enum.default.`,
  generalizedUnion: 'org.apache.kafka.connect.data.Union',
  generalizedEnum: 'org.apache.kafka.connect.data.Enum',
} as const;
