import type { Authenticator } from '../auth/authenticator.ts';
import type { EmulatorCatalog } from '../catalog/catalog.ts';
import type { PipeDefinition } from '../catalog/pipe-definition.ts';
import type { FilePipes, PipeFile } from '../sql/file-pipes.ts';
import { TokenCursor } from '../sql/token-cursor.ts';
import { refuse } from './error-body.ts';
import { bearerToken, HttpRefusal, type HttpRequest, headerOf, jsonReply, type Reply } from './exchange.ts';
import { readBody } from './request-body.ts';

export interface FilePipeRoutesOptions {
  readonly pipes: FilePipes;
  readonly catalog: EmulatorCatalog;
  readonly authenticator: Authenticator;
  readonly nowMs: () => number;
}

const maxFiles = 5000;
const maxPathBytes = 1024;

/** Snowpipe's REST API: `/v1/data/pipes/{pipe}/insertFiles`, `insertReport`, `loadHistoryScan`. [documented] */
export class FilePipeRoutes {
  readonly #options: FilePipeRoutesOptions;

  constructor(options: FilePipeRoutesOptions) {
    this.#options = options;
  }

  /** `rest`: the path segments behind `/v1/data/pipes`. Null: no such route. */
  async handle(request: HttpRequest, rest: readonly string[]): Promise<Reply | null> {
    const [name, action, ...more] = rest;
    if (name === undefined || action === undefined || more.length > 0) return null;
    const auth = this.#options.authenticator.bearer(bearerToken(request) ?? '');
    if ('refused' in auth) return refuse(401, '390144', auth.refused);
    const pipe = this.#pipe(name);
    if (pipe === null)
      return refuse(404, '390404', `Specified object does not exist or not authorized. Pipe not found: ${name}`);
    switch (`${request.method} ${action}`) {
      case 'POST insertFiles':
        return this.#insertFiles(request, pipe);
      case 'GET insertReport':
        return this.#insertReport(request, pipe);
      case 'GET loadHistoryScan':
        return this.#loadHistory(request, pipe);
      default:
        return null;
    }
  }

  #pipe(name: string): PipeDefinition | null {
    try {
      const [database = '', schema = '', pipe = ''] = new TokenCursor(name).name();
      const found = this.#options.catalog.pipe({ database, schema, pipe });
      return found?.streaming === undefined ? found : null;
    } catch {
      return null;
    }
  }

  async #insertFiles(request: HttpRequest, pipe: PipeDefinition): Promise<Reply> {
    const body = (await readBody(request, 16 * 1024 * 1024)).toString('utf8');
    const isText = headerOf(request, 'content-type')?.startsWith('text/plain') === true;
    const files = isText
      ? body.split('\n').flatMap((path) => (path.trim() === '' ? [] : [fileOf({ path: path.trim() })]))
      : readFiles(body);
    if (files.length > maxFiles)
      return refuse(400, '000400', `A request may name ${maxFiles} files, not ${files.length}.`);
    await this.#options.pipes.insert(pipe, files);
    return jsonReply(200, { requestId: request.query.get('requestId'), status: 'SUCCESS' });
  }

  async #insertReport(request: HttpRequest, pipe: PipeDefinition): Promise<Reply> {
    const { pipes } = this.#options;
    const all = await pipes.reports(pipe);
    const from = Number(/^(\d+)$/.exec(request.query.get('beginMark') ?? '')?.[1] ?? 0);
    const done = all.filter(({ complete }) => complete);
    return jsonReply(200, {
      pipe: nameOf(pipe),
      completeResult: true,
      nextBeginMark: String(done.length),
      files: done.slice(from),
      statistics: { activeFilesCount: pipes.activeFiles(pipe) },
    });
  }

  async #loadHistory(request: HttpRequest, pipe: PipeDefinition): Promise<Reply> {
    const start = Date.parse(request.query.get('startTimeInclusive') ?? '');
    const end = Date.parse(request.query.get('endTimeExclusive') ?? '');
    if (Number.isNaN(start)) return refuse(400, '000400', 'startTimeInclusive must be an ISO 8601 time.');
    const until = Number.isNaN(end) ? this.#options.nowMs() + 1 : end;
    const files = (await this.#options.pipes.reports(pipe, start - 24 * 3_600_000)).filter(({ lastInsertTime }) => {
      const at = Date.parse(lastInsertTime ?? '');
      return at >= start && at < until;
    });
    return jsonReply(200, {
      pipe: nameOf(pipe),
      completeResult: true,
      startTimeInclusive: new Date(start).toISOString(),
      endTimeExclusive: new Date(until).toISOString(),
      files,
    });
  }
}

const nameOf = ({ name }: PipeDefinition): string => `${name.database}.${name.schema}.${name.pipe}`;

const badFiles = (problem: string): HttpRefusal => new HttpRefusal(refuse(400, '000400', problem));

const readFiles = (body: string): readonly PipeFile[] => {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw badFiles('The body is no valid JSON.');
  }
  const files = typeof value === 'object' && value !== null ? Reflect.get(value, 'files') : null;
  if (!Array.isArray(files)) throw badFiles('The body must be {"files": [{"path": "…"}]}.');
  return files.map(fileOf);
};

const fileOf = (value: unknown): PipeFile => {
  const { path, size } = Object(value) as Record<string, unknown>;
  if (typeof path !== 'string' || path === '') throw badFiles('Each file needs a path.');
  if (Buffer.byteLength(path) > maxPathBytes) throw badFiles(`A path may have ${maxPathBytes} bytes.`);
  return { path, size: typeof size === 'number' ? size : null };
};
