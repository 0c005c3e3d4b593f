import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RestFixture, startRest } from '../../unit/rest/rest-fixture.ts';

interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
}
interface OperationObject {
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, object>>;
}

let rest: RestFixture;
let description: Described;
beforeAll(async () => {
  rest = await startRest();
  description = (await rest.call('GET', '/openapi.json')).body as Described;
});

const create = (): Promise<unknown> =>
  rest.call('POST', '/connectors', {
    name: 'a',
    config: { 'connector.class': 'com.example.TestSinkConnector', topics: 't' },
  });
afterAll(() => rest[Symbol.asyncDispose]());

const names = fc.oneof(
  { arbitrary: fc.constant('a'), weight: 4 },
  fc.string({ minLength: 1, unit: 'binary' }).filter((name) => name !== '.' && name !== '..'),
  fc.constantFrom(
    '../admin/loggers',
    '%2e%2e',
    '__proto__',
    'constructor',
    '-1',
    '0',
    '99999999999',
    'a\r\nx: y',
    "'; DROP TABLE x; --",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what an attacker would try
    '${env:HOME}',
    'root',
    'x'.repeat(3000),
  ),
);

const pathParameter = names.map(encodeURIComponent);

const connectorConfig = fc.dictionary(
  fc.oneof(fc.constantFrom('name', 'connector.class', 'topics', 'tasks.max', '__proto__'), fc.string()),
  fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom('com.example.TestSinkConnector', 't', '1', 'a')),
);
const offsets = fc.record(
  {
    partition: fc.record(
      { kafka_topic: fc.jsonValue({ maxDepth: 1 }), kafka_partition: fc.jsonValue({ maxDepth: 1 }) },
      { requiredKeys: [] },
    ),
    offset: fc.oneof(fc.record({ kafka_offset: fc.jsonValue({ maxDepth: 1 }) }), fc.jsonValue({ maxDepth: 1 })),
  },
  { requiredKeys: [] },
);
/** Right shapes with wrong things inside, wrong shapes, no JSON at all, and a megabyte. */
const body = fc.oneof(
  connectorConfig.map((config) => JSON.stringify(config)),
  fc
    .record({ name: fc.jsonValue({ maxDepth: 1 }), config: connectorConfig, initial_state: fc.jsonValue() })
    .map((request) => JSON.stringify(request)),
  fc.array(offsets, { maxLength: 3 }).map((entries) => JSON.stringify({ offsets: entries })),
  fc.record({ level: fc.jsonValue({ maxDepth: 1 }) }).map((level) => JSON.stringify(level)),
  fc.json(),
  fc.string(),
  fc.constantFrom(
    '',
    '{',
    '[]',
    'null',
    '{"a":1}}',
    '\uFEFF{}',
    '['.repeat(20_000),
    `{"big":"${'x'.repeat(1 << 20)}"}`,
  ),
);

const request = fc.record({
  pick: fc.nat(),
  parameters: fc.infiniteStream(pathParameter),
  query: fc.oneof(
    fc.constant(''),
    fc.constantFrom(
      '?expand=info&expand=status',
      '?includeTasks=true&onlyFailed=TRUE',
      '?scope=cluster',
      '?connectorsOnly',
    ),
    fc.webQueryParameters().map((query) => `?${query}`),
  ),
  body,
  contentType: fc.constantFrom(
    'application/json',
    'application/json',
    'application/json; charset=utf-8',
    'text/plain',
    '',
  ),
  accept: fc.constantFrom('*/*', '*/*', '*/*', '*/*', '*/*', 'application/json', 'garbage'),
});

const operations = (): readonly { method: string; path: string; operation: OperationObject }[] =>
  Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );

test('whatever is sent, the worker lives and answers with a status that its description names', async () => {
  await fc.assert(
    fc.asyncProperty(request, async ({ pick, parameters, query, body: text, contentType, accept }) => {
      const all = operations();
      const chosen = all[pick % all.length];
      if (chosen === undefined) throw new Error('no operations');
      const { method, path, operation } = chosen;
      if (pick % 3 === 0) await create();
      const filled = path.replaceAll(/\{\w+\}/g, () => parameters.next().value ?? 'a');
      const withBody = operation.requestBody !== undefined || method === 'PUT' || method === 'POST';
      const response = await fetch(`${rest.url}${filled}${query}`, {
        method,
        headers: { accept, ...(withBody && contentType !== '' ? { 'content-type': contentType } : {}) },
        ...(withBody ? { body: Buffer.from(text) } : {}),
      });
      const answer = await response.text();
      const allowed = Object.keys(operation.responses).map(Number);
      expect(allowed, `${method} ${filled.slice(0, 200)} ${text.slice(0, 200)} → ${answer.slice(0, 300)}`).toContain(
        response.status,
      );
      expect(answer).not.toMatch(/\n\s+at |TypeError|is not a function|Cannot read properties/);
    }),
    { numRuns: 250 },
  );
  expect(rest.unexpected).toEqual([]);
  expect((await rest.call('GET', '/')).status).toBe(200);
});
