import { BadRequestError } from '../../api/index.ts';
import type { SinkOffsetEntry } from '../../runtime/index.ts';
import { RestError } from '../error-mapper.ts';
import { jsonObject } from './request-body.ts';

const mapOrNull = (value: unknown, what: string): SinkOffsetEntry['partition'] => {
  if (value === undefined || value === null) return null;
  if (typeof value === 'object' && !Array.isArray(value)) return { ...value };
  throw new RestError(
    500,
    `Cannot deserialize value of type \`java.util.LinkedHashMap\`: ${what} must be a JSON object.`,
  );
};

const entryOf = (entry: unknown): SinkOffsetEntry => {
  const members = mapOrNull(entry, 'an entry of offsets');
  const unknown = Object.keys(members ?? {}).find((key) => key !== 'partition' && key !== 'offset');
  if (unknown !== undefined) {
    throw new RestError(500, `Unrecognized field "${unknown}": known are partition, offset.`);
  }
  return {
    partition: mapOrNull(members?.['partition'], 'partition'),
    offset: mapOrNull(members?.['offset'], 'offset'),
  };
};

/** org.apache.kafka.connect.runtime.rest.entities.ConnectorOffsets, the body of PATCH offsets; what it holds is checked later. */
export const parseConnectorOffsets = (body: unknown): readonly SinkOffsetEntry[] => {
  const { offsets = null, ...others } = jsonObject(body, 'offsets ({"offsets": […]})');
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new RestError(500, `Unrecognized field "${unknown}": known is offsets.`);
  if (offsets !== null && !Array.isArray(offsets)) {
    throw new RestError(500, 'Cannot deserialize value of type `java.util.ArrayList`: offsets must be a JSON array.');
  }
  if (offsets === null || offsets.length === 0) {
    throw new BadRequestError('Partitions / offsets need to be provided for an alter offsets request');
  }
  return offsets.map(entryOf);
};
