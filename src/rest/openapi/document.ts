import type { DescribedRoute, Operation } from './operation.ts';
import { type SchemaName, schemas } from './schemas.ts';

type Json = Readonly<Record<string, unknown>>;

/** Of any call: a wrong path parameter or Accept header; with a body also its type, size and shape. */
const anyErrors = [404, 406, 415] as const;
const bodyErrors = [413, 500] as const;

const parameterPattern = /:([^/]+)/g;

const content = (name: SchemaName): Json => {
  const type = name === 'Text' ? 'text/plain' : 'application/json';
  return { [type]: { schema: { $ref: `#/components/schemas/${name}` } } };
};

/** All statuses with an error body that the operation may answer. */
export const errorsOf = ({ errors = [], body }: Operation): readonly number[] =>
  [...new Set([...errors, ...anyErrors, ...(body === undefined ? [] : bodyErrors)])].sort((a, b) => a - b);

const responses = (operation: Operation): Json =>
  Object.fromEntries([
    ...Object.entries(operation.answers).map(([status, name]) => [
      status,
      { description: name ?? 'no body', ...(name === null ? {} : { content: content(name) }) },
    ]),
    ...errorsOf(operation).map((status) => [status, { description: 'error', content: content('ErrorMessage') }]),
  ]);

const parameters = (path: string, { query = {} }: Operation): readonly Json[] => [
  ...[...path.matchAll(parameterPattern)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: name === 'task' ? 'integer' : 'string' },
  })),
  ...Object.entries(query).map(([name, { description, values, isRepeatable }]) => {
    const item = { type: 'string', ...(values === undefined ? {} : { enum: values }) };
    return { name, in: 'query', description, schema: isRepeatable === true ? { type: 'array', items: item } : item };
  }),
];

const operationObject = (path: string, operation: Operation): Json => ({
  summary: operation.summary,
  parameters: parameters(path, operation),
  ...(operation.body === undefined ? {} : { requestBody: { required: true, content: content(operation.body) } }),
  responses: responses(operation),
});

/** OpenAPI 3.1 description of the routes. */
export const openApiDocument = (routes: readonly DescribedRoute[], version: string): Json => {
  const paths: Record<string, Record<string, Json>> = {};
  for (const { method, path, operation } of routes) {
    const template = path.replaceAll(parameterPattern, '{$1}');
    paths[template] = { ...paths[template], [method.toLowerCase()]: operationObject(path, operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'snowsink REST API',
      version,
      description: 'The REST API of Kafka Connect for sink connectors, and what a worker tells beside it.',
    },
    paths,
    components: { schemas },
  };
};
