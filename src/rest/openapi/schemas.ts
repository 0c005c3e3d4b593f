/** JSON Schemas (draft 2020-12, as OpenAPI 3.1 takes them) of what goes over the wire; names are Connect's entities'. */
type Schema = Readonly<Record<string, unknown>>;

const string: Schema = { type: 'string' };
const integer: Schema = { type: 'integer' };
const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
const list = (items: Schema): Schema => ({ type: 'array', items });
const map = (values: Schema): Schema => ({ type: 'object', additionalProperties: values });
const object = (properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
});

const connectorState: Schema = {
  type: 'string',
  enum: ['UNASSIGNED', 'RUNNING', 'PAUSED', 'FAILED', 'RESTARTING', 'STOPPED'],
};
const workerState = { state: connectorState, worker_id: string, trace: string };
const scalar: Schema = { type: ['string', 'number', 'boolean'] };
const partition = object({ kafka_topic: string, kafka_partition: integer });
const offset: Schema = object({ kafka_offset: integer });

const definitions = {
  ServerInfo: object({ version: string, commit: string, kafka_cluster_id: string }),
  WorkerStatus: object({
    status: { type: 'string', enum: ['starting', 'healthy', 'unhealthy'] },
    message: string,
  }),
  ErrorMessage: object({ error_code: integer, message: { type: ['string', 'null'] } }),
  ConnectorTaskId: object({ connector: string, task: integer }),
  ConnectorConfig: map(scalar),
  ConfigChange: map({ type: ['string', 'number', 'boolean', 'null'] }),
  CreateConnectorRequest: object(
    {
      name: string,
      config: ref('ConnectorConfig'),
      initial_state: { type: 'string', enum: ['RUNNING', 'PAUSED', 'STOPPED'] },
    },
    ['initial_state'],
  ),
  ConnectorInfo: object({
    name: string,
    config: map(string),
    tasks: list(ref('ConnectorTaskId')),
    type: { type: 'string', enum: ['sink'] },
  }),
  ConnectorStateInfo: object({
    name: string,
    connector: object(workerState, ['trace']),
    tasks: list(ref('TaskState')),
    type: { type: 'string', enum: ['sink'] },
  }),
  TaskState: object({ id: integer, ...workerState }, ['trace']),
  TaskInfos: list(object({ id: ref('ConnectorTaskId'), config: map(string) })),
  TaskConfigs: map(map(string)),
  Connectors: {
    oneOf: [
      list(string),
      map(object({ info: ref('ConnectorInfo'), status: ref('ConnectorStateInfo') }, ['info', 'status'])),
    ],
  },
  ActiveTopics: map(object({ topics: list(string) })),
  ConnectorOffsets: object({
    offsets: list(object({ partition, offset: { oneOf: [offset, { type: 'null' }] } })),
  }),
  Message: object({ message: string }),
  PluginInfos: list(object({ class: string, type: string, version: string }, ['version'])),
  ConfigKeyInfos: list(object({ name: string, type: string, required: { type: 'boolean' } })),
  ConfigInfos: object({ name: string, error_count: integer, groups: list(string), configs: list({ type: 'object' }) }),
  LoggerLevel: object({ level: string, last_modified: { type: ['integer', 'null'] } }),
  LoggerLevels: map(ref('LoggerLevel')),
  SetLevelRequest: object({ level: string }),
  LoggerNames: list(string),
  OpenApiDocument: { type: 'object' },
  Text: string,
};

export const schemas: Readonly<Record<SchemaName, Schema>> = definitions;
export type SchemaName = keyof typeof definitions;
