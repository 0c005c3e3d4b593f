import type { GivenConfig, TargetState } from '../../runtime/index.ts';
import { RestError } from '../error-mapper.ts';
import { connectorConfig, jsonObject } from './request-body.ts';

/** org.apache.kafka.connect.runtime.rest.entities.CreateConnectorRequest */
export interface CreateConnectorRequest {
  readonly name: string;
  readonly config: GivenConfig;
  readonly targetState: TargetState;
}

const members = new Set(['name', 'config', 'initial_state']);
/** KIP-980's names for them. */
const targetStates: Readonly<Record<string, TargetState>> = {
  RUNNING: 'STARTED',
  PAUSED: 'PAUSED',
  STOPPED: 'STOPPED',
};

export const parseCreateConnectorRequest = (body: unknown): CreateConnectorRequest => {
  const request = jsonObject(body, 'a connector ({"name": …, "config": {…}})');
  const { name, config, initial_state: initialState = 'RUNNING' } = request;
  const unknown = Object.keys(request).find((key) => !members.has(key));
  if (unknown !== undefined) {
    throw new RestError(500, `Unrecognized field "${unknown}": known are ${[...members].join(', ')}.`);
  }
  if (typeof name === 'object' && name !== null) {
    throw new RestError(500, 'Cannot deserialize value of type `java.lang.String`: name must be a string.');
  }
  const targetState = targetStates[String(initialState).toUpperCase()];
  if (targetState === undefined) {
    throw new RestError(500, `No such initial_state: use one of ${Object.keys(targetStates).join(', ')}.`);
  }
  return { name: String(name ?? '').trim(), config: connectorConfig(config ?? {}), targetState };
};
