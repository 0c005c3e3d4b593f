import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export type SqlAnswer =
  | { readonly columns: readonly string[]; readonly rows: readonly (readonly (string | null)[])[] }
  | { readonly code: string; readonly message: string };

export interface ScriptedSqlServer {
  readonly url: string;
  readonly statements: string[];
  readonly logins: { readonly LOGIN_NAME?: string; readonly AUTHENTICATOR?: string }[];
  /** Paths that were asked beside login and query. */
  readonly otherPaths: string[];
  close(): Promise<void>;
}

interface RequestBody {
  readonly data?: ScriptedSqlServer['logins'][number];
  readonly sqlText?: string;
}

const bodyOf = async (request: IncomingMessage): Promise<RequestBody> => {
  const bytes = Buffer.concat(await request.toArray());
  const text = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes).toString() : bytes.toString();
  return text === '' ? {} : JSON.parse(text);
};

const send = (response: ServerResponse, body: object): void => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
};

const loggedIn = {
  token: 'session',
  masterToken: 'master',
  validityInSeconds: 3600,
  masterValidityInSeconds: 14400,
  sessionId: 1,
  parameters: [],
  sessionInfo: {},
};

const result = (answer: SqlAnswer): object => {
  if ('code' in answer) {
    const data = { errorCode: answer.code, sqlState: '02000', queryId: 'q' };
    return { success: false, code: answer.code, message: answer.message, data };
  }
  const rowtype = answer.columns.map((name) => ({ name, type: 'text', nullable: true, length: 16777216 }));
  const { rows: rowset } = answer;
  const counts = { total: rowset.length, returned: rowset.length };
  const data = {
    parameters: [],
    rowtype,
    rowset,
    ...counts,
    queryId: 'q',
    statementTypeId: 4096,
    queryResultFormat: 'json',
  };
  return { success: true, code: null, message: null, data };
};

/** Speaks to the official driver as Snowflake does, and answers statements from a script. */
export const startScriptedSqlServer = async (script: {
  readonly login?: () => { readonly code: string; readonly message: string } | null;
  readonly answer: (sql: string) => SqlAnswer;
}): Promise<ScriptedSqlServer> => {
  const statements: string[] = [];
  const logins: ScriptedSqlServer['logins'][number][] = [];
  const otherPaths: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const path = request.url?.split('?')[0] ?? '';
    if (path === '/session/v1/login-request') {
      logins.push(body.data ?? {});
      const refused = script.login?.() ?? null;
      send(
        response,
        refused === null
          ? { success: true, code: null, message: null, data: loggedIn }
          : { ...refused, success: false, data: {} },
      );
    } else if (path === '/queries/v1/query-request') {
      statements.push(String(body.sqlText));
      send(response, result(script.answer(String(body.sqlText))));
    } else {
      otherPaths.push(path);
      send(response, { success: true, code: null, message: null, data: {} });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    statements,
    logins,
    otherPaths,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};
