import { ConfigDef, int, list, long, string } from '../config-def.ts';
import { atLeast, between } from '../validators.ts';
import { commonClientKeys, unused } from './common.ts';

/** org.apache.kafka.clients.admin.AdminClientConfig of Kafka 3.9. */
export const adminConfigDef = new ConfigDef({
  'bootstrap.servers': list({
    default: [],
    importance: 'HIGH',
    documentation: "Kafka brokers of this client: host:port, separated by commas. Not set: the worker's.",
  }),
  'client.id': string({
    default: '',
    importance: 'MEDIUM',
    documentation: 'Name under which brokers know this client.',
  }),
  'receive.buffer.bytes': int({ default: 65536, validator: atLeast(-1), importance: 'MEDIUM', documentation: unused }),
  'metric.reporters': list({ default: [], importance: 'LOW', documentation: unused }),
  'default.api.timeout.ms': int({ default: 60000, validator: atLeast(0), importance: 'MEDIUM', documentation: unused }),
  'connections.max.idle.ms': long({ default: 300000, importance: 'MEDIUM', documentation: unused }),
  retries: int({
    default: 2147483647,
    validator: between(0, 2147483647),
    importance: 'LOW',
    documentation: 'Accepted; delivery.timeout.ms bounds the tries.',
  }),
  'bootstrap.controllers': list({ default: [], importance: 'HIGH', documentation: unused }),
  ...commonClientKeys,
});
