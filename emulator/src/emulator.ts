import type { AddressInfo } from 'node:net';
import { Authenticator } from './auth/authenticator.ts';
import { readPublicKey, registeredKeys, withFingerprints } from './auth/public-keys.ts';
import { EmulatorCatalog } from './catalog/catalog.ts';
import { EmulatorClock } from './control/clock.ts';
import type { FaultAction } from './control/fault.ts';
import { Faults } from './control/faults.ts';
import { AccountRoutes } from './http/account-routes.ts';
import { ControlRoutes } from './http/control-routes.ts';
import { type HttpRequest, jsonReply, type Reply } from './http/exchange.ts';
import { FilePipeRoutes } from './http/file-pipe-routes.ts';
import { createHttpServer, type TlsFiles } from './http/http-server.ts';
import { page } from './http/page.ts';
import { RequestLog } from './http/request-log.ts';
import { SqlRoutes } from './http/sql-routes.ts';
import { StageRoutes } from './http/stage-routes.ts';
import { type ReadRows, StreamingRoutes } from './http/streaming-routes.ts';
import { FilePipes } from './sql/file-pipes.ts';
import { PipeTransforms } from './sql/pipe-transforms.ts';
import { SessionRegistry } from './sql/session-registry.ts';
import { SqlEngine } from './sql/sql-engine.ts';
import { countRows, discardRowStore } from './storage/counted-rows.ts';
import { Database } from './storage/database.ts';
import { DuckDbRowStore } from './storage/duckdb-row-store.ts';
import { type ScannedRows, scanRows } from './storage/scanned-rows.ts';
import { StageFiles, stageBucket } from './storage/stage-files.ts';
import {
  type ChannelRecord,
  type PipeName,
  type RowStore,
  type StreamingLimits,
  StreamingService,
} from './streaming/index.ts';
import { type HostedRows, StreamingHost } from './streaming-host.ts';
import { ThroughputStats } from './throughput-stats.ts';

export interface EmulatorOptions {
  /** 0 (default): any free port. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Keep everything in this folder; default: in memory. */
  readonly data?: string;
  /** The only user; default: any name. */
  readonly user?: string;
  /** PEM of the user's public key. */
  readonly publicKey?: string;
  /** Take key-pair tokens whatever key signed them. */
  readonly trustAnyKey?: boolean;
  readonly password?: string;
  /** An OAuth, programmatic access or workload identity token that is taken as it is. */
  readonly token?: string;
  readonly tls?: TlsFiles;
  /** Milliseconds from append to commit. Default 1000. */
  readonly commitDelayMs?: number;
  /** Append requests per second and channel; Snowflake's is 10. Default: no limit. */
  readonly appendsPerSecond?: number;
  /** SQL statements to run before the first connection. */
  readonly init?: string;
  /** Count rows instead of storing them: for benchmarks. */
  readonly discard?: boolean;
  /** Refuse what a role was not granted; ACCOUNTADMIN may do everything. Default: roles may do everything. */
  readonly enforceGrants?: boolean;
  /** Life of scoped tokens in milliseconds. Default one hour. */
  readonly tokenLifeMs?: number;
  /** DuckDB threads. Default 2. */
  readonly threads?: number;
  /** DuckDB's memory limit; what tables take beyond it lies in a temporary file. Default 800MB. */
  readonly memoryLimit?: string;
  readonly nowMs?: () => number;
  /** For faults with a probability; default Math.random. */
  readonly random?: () => number;
  /** The emulator's own troubles. Default: stderr. */
  readonly onProblem?: (problem: string) => void;
  /** The store has stopped working for good (a full disk): nothing is taken any more. Default: `onProblem`. */
  readonly onFatal?: (problem: string) => void;
}

export interface RunningEmulator {
  readonly url: string;
  readonly port: number;
  readonly faults: Faults;
  /** Commits what waits and stops. */
  close(): Promise<void>;
}

const defaultLimits = { commitDelayMs: 1000, channelsPerPipe: 2000 };

/** The streaming half, whatever it keeps of a row. */
interface Streaming {
  readonly handle: (request: HttpRequest, rest: readonly string[]) => Promise<Reply | null>;
  readonly control: (request: HttpRequest, rest: readonly string[]) => Promise<Reply | null>;
  readonly channels: () => Iterable<{ record: ChannelRecord }>;
  readonly seedChannel: (pipe: PipeName, channel: string, token: string | null) => Promise<void>;
  readonly wake: () => void;
  readonly close: () => Promise<readonly ChannelRecord[]>;
}

/** Starts the emulator; fails if the port is taken, a key is no key, or `init` does not run. */
export const startEmulator = async (options: EmulatorOptions = {}): Promise<RunningEmulator> => {
  const clock = new EmulatorClock(options.nowMs ?? Date.now);
  const { nowMs } = clock;
  const onProblem = options.onProblem ?? ((problem: string) => process.stderr.write(`snowsink-emulator: ${problem}\n`));
  const faults = new Faults(options.random ?? Math.random);
  const givenKey = options.publicKey === undefined ? null : readPublicKey(options.publicKey);
  const database = await Database.open({
    folder: options.data ?? null,
    threads: options.threads ?? 2,
    memoryLimit: options.memoryLimit ?? '800MB',
    onFatal: options.onFatal ?? onProblem,
  });
  const catalog = await EmulatorCatalog.load(database);
  catalog.enforceGrants = options.enforceGrants ?? false;
  const authenticator = new Authenticator({
    user: options.user ?? null,
    publicKeysOf: (user) => [
      ...(givenKey === null || options.user !== undefined ? [] : [givenKey]),
      ...registeredKeys(catalog.object('USER', [user])?.properties ?? {}),
    ],
    trustAnyKey: options.trustAnyKey ?? false,
    password: options.password ?? null,
    token: options.token ?? null,
    tokenLifeMs: options.tokenLifeMs ?? 3_600_000,
    nowMs,
  });
  const stageFiles = StageFiles.open(options.data ?? null);
  const rowStore = new DuckDbRowStore(database, catalog, new PipeTransforms(database, catalog));
  const limits: StreamingLimits = {
    ...defaultLimits,
    ...(options.commitDelayMs === undefined ? {} : { commitDelayMs: options.commitDelayMs }),
    ...(options.discard === true ? { commitDelayMs: 0 } : {}),
    appendsPerSecond: options.appendsPerSecond ?? null,
  };

  const startStreaming = <Rows extends HostedRows>(
    store: RowStore<Rows>,
    readRows: ReadRows<Rows>,
    channels: readonly ChannelRecord[],
  ): Streaming => {
    const stats = new ThroughputStats();
    const service = new StreamingService<Rows>(catalog, limits);
    for (const channel of channels) service.restore(channel);
    const host = new StreamingHost({ service, store, stats, nowMs, onProblem });
    const routes = new StreamingRoutes({
      host,
      readRows,
      authenticator,
      faults,
      stageFiles,
      nowMs,
      mayInsert: (role, pipe) => catalog.mayInsert(role, pipe),
      mayEvolve: (role, pipe) => catalog.mayEvolve(role, pipe),
      runSql: async (statement) => {
        const session = await sessions.openInternal();
        await engine.execute(session, statement).catch((error: unknown) => onProblem(`the fault's SQL: ${error}`));
      },
    });
    const control = new ControlRoutes({ host, faults, stats, catalog, clock });
    return {
      handle: (request, rest) => routes.handle(request, rest),
      control: (request, rest) => control.handle(request, rest),
      channels: () => service.channels(),
      seedChannel: async (pipe, channel, token) => {
        await host.open(pipe, channel, { offsetToken: token, failOnUncommittedRows: false });
      },
      wake: () => host.wake(),
      close: () => host.close(),
    };
  };
  const streaming =
    options.discard === true
      ? startStreaming(discardRowStore, (body) => countRows(body), [])
      : startStreaming(rowStore, readScannedRows(faults), await rowStore.loadChannels());

  const { channels, seedChannel } = streaming;
  const engine = new SqlEngine({ catalog, nowMs, channels, seedChannel, stageFiles, database });
  const sessions = new SessionRegistry({ database, catalog, nowMs });
  if (options.init !== undefined) await engine.runScript(await sessions.openInternal(), options.init);
  if (options.user !== undefined) await registerUser(catalog, options.user, options.publicKey, nowMs());

  const account = new AccountRoutes(authenticator, faults);
  const sql = new SqlRoutes({
    engine,
    sessions,
    authenticator,
    faults,
    mayAssume: (user, role) => catalog.mayAssume(user, role),
    nowMs,
    isTls: options.tls !== undefined,
  });
  const filePipes = new FilePipes({
    database,
    openSession: () => sessions.openInternal(),
    contextOf: (session) => engine.contextOf(session),
    nowMs,
  });
  const filePipeRoutes = new FilePipeRoutes({ pipes: filePipes, catalog, authenticator, nowMs });
  const log = new RequestLog(nowMs);
  const stages = new StageRoutes(stageFiles, nowMs);
  const handler = async (request: HttpRequest): Promise<Reply | null> => {
    const [first, second] = request.segments;
    if (first === undefined && request.method === 'GET') return page();
    if (first === '_emulator' && second === 'requests') return jsonReply(200, { requests: log.latest() });
    if (first === '_emulator') return streaming.control(request, request.segments.slice(1));
    return log.around(request, () => snowflake(request));
  };
  const snowflake = async (request: HttpRequest): Promise<Reply | null> => {
    const [first, second, third, ...rest] = request.segments;
    if (first === 'v2' && second === 'streaming')
      return third === 'hostname' ? account.hostname(request) : streaming.handle(request, [third ?? '', ...rest]);
    if (first === 'v1' && second === 'data' && third === 'pipes') return filePipeRoutes.handle(request, rest);
    if (first === 'oauth' && second === 'token') return account.token(request);
    if (first === stageBucket) return stages.handle(request);
    if (first === 'telemetry')
      return jsonReply(200, { data: 'Log Received', code: null, message: null, success: true });
    return sql.handle(request);
  };

  const server = createHttpServer({ handler, tls: options.tls ?? null, onProblem });
  const host = options.host ?? '127.0.0.1';
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // A thousand clients that start at once must not wait for each other's handshake to be sent again.
    server.listen({ port: options.port ?? 0, host, backlog: 4096 }, () => resolve());
  });
  const { port } = server.address() as AddressInfo;
  streaming.wake();

  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://${host}:${port}`,
    port,
    faults,
    close: async () => {
      server.close();
      server.closeAllConnections();
      const records = await streaming.close();
      if (options.discard !== true) await rowStore.saveAtShutdown(records);
      await filePipes.close();
      await sessions.closeAll();
      await database.close();
      stageFiles.close();
    },
  };
};

/** As `CREATE USER … RSA_PUBLIC_KEY = …` would, which the user can change by ALTER USER. */
const registerUser = async (
  catalog: EmulatorCatalog,
  user: string,
  publicKey: string | undefined,
  createdOnMs: number,
): Promise<void> => {
  const name = [user.toUpperCase()];
  const found = catalog.object('USER', name);
  const key = publicKey === undefined ? {} : withFingerprints({ RSA_PUBLIC_KEY: publicKey });
  const made = { kind: 'USER', name, properties: {}, owner: 'ACCOUNTADMIN', comment: '', createdOnMs } as const;
  await catalog.saveObject({ ...made, ...found, properties: { ...found?.properties, ...key } });
};

/** Rows as bytes for DuckDB; a `row-errors` fault rejects some of them. */
const readScannedRows =
  (faults: Faults): ReadRows<ScannedRows> =>
  (body, actions) => {
    const rejecting = actions.find((action) => action.type === 'row-errors');
    return rejecting === undefined ? scanRows(body) : scanRows(body, { rejectRow: rejector(rejecting, faults) });
  };

const rejector = (
  { contains, share }: Extract<FaultAction, { type: 'row-errors' }>,
  faults: Faults,
): ((row: Uint8Array) => boolean) => {
  const needle = contains === undefined ? null : Buffer.from(contains);
  return (row) =>
    (needle === null || Buffer.from(row).includes(needle)) && (share === undefined || faults.random() < share);
};
