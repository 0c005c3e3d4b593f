import type { AvroOptions } from '../avro/avro-options.ts';

/** The Avro converter's defaults: what these make is turned into Avro's JSON anyway. */
export const plainAvro: AvroOptions = {
  'enhanced.avro.schema.support': false,
  'connect.meta.data': false,
  'discard.type.doc.default': false,
  'flatten.singleton.unions': true,
  'generalized.sum.type.support': false,
};
