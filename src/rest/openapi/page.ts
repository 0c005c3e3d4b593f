type Json = Readonly<Record<string, unknown>>;

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null;
const membersOf = (value: unknown): readonly (readonly [string, unknown])[] =>
  isJson(value) ? Object.entries(value) : [];
const memberOf = (value: unknown, name: string): unknown => (isJson(value) ? value[name] : undefined);

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** One line per operation: method, path, what it does, statuses. */
export const operationLines = (document: Json): readonly (readonly [string, string, string, string])[] =>
  membersOf(document['paths']).flatMap(([path, operations]) =>
    membersOf(operations).map(([method, operation]) => {
      const statuses = membersOf(memberOf(operation, 'responses')).map(([status]) => status);
      return [method.toUpperCase(), path, String(memberOf(operation, 'summary')), statuses.join(' ')] as const;
    }),
  );

/** The description for people. */
export const openApiPage = (document: Json): string => {
  const cell = (text: string): string => `<td>${escaped(text)}</td>`;
  const rows = operationLines(document).map((line) => `<tr>${line.map(cell).join('')}</tr>`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>snowsink REST API</title>
<style>body{font:14px system-ui;margin:2em}td,th{padding:.3em 1em .3em 0;text-align:left;vertical-align:top}td:nth-child(-n+2){font-family:monospace}</style></head>
<body><h1>snowsink REST API</h1><p>Kafka Connect's, for sink connectors. For programs: <a href="/openapi.json">/openapi.json</a></p>
<table><tr><th>method</th><th>path</th><th>what</th><th>statuses</th></tr>
${rows.join('\n')}
</table></body></html>
`;
};
