import type { EmulatorCatalog } from '../catalog/catalog.ts';
import type { EmulatorClock } from '../control/clock.ts';
import type { FaultDefinition } from '../control/fault.ts';
import { type Faults, faultProblem } from '../control/faults.ts';
import type { PipeName, StreamingLimits } from '../streaming/index.ts';
import type { HostedRows, StreamingHost } from '../streaming-host.ts';
import type { ThroughputStats } from '../throughput-stats.ts';
import { type HttpRequest, jsonReply, type Reply } from './exchange.ts';
import { readJsonObject } from './request-body.ts';

export interface ControlRoutesOptions<Rows extends HostedRows> {
  readonly host: StreamingHost<Rows>;
  readonly faults: Faults;
  readonly stats: ThroughputStats;
  readonly catalog: EmulatorCatalog;
  readonly clock: EmulatorClock;
}

const problem = (message: string): Reply => jsonReply(400, { error: message });

/** `/_emulator/…`: faults, commits, channels, counters. Its own API, no part of Snowflake's. */
export class ControlRoutes<Rows extends HostedRows> {
  readonly #options: ControlRoutesOptions<Rows>;
  readonly #initialLimits: StreamingLimits;

  constructor(options: ControlRoutesOptions<Rows>) {
    this.#options = options;
    this.#initialLimits = options.host.service.limits;
  }

  async handle(request: HttpRequest, rest: readonly string[]): Promise<Reply | null> {
    const [what, id] = rest;
    switch (`${request.method} ${what}`) {
      case 'GET stats':
        return jsonReply(200, { pipes: this.#options.stats.snapshot() });
      case 'GET state':
        return this.#state();
      case 'GET faults':
        return jsonReply(200, { faults: this.#options.faults.list() });
      case 'POST faults':
        return this.#addFault(await readJsonObject(request));
      case 'DELETE faults':
        return this.#removeFaults(id);
      case 'POST commits':
        return this.#commits(await readJsonObject(request));
      case 'POST limits':
        return this.#limits(await readJsonObject(request));
      case 'GET clock':
        return this.#clock({});
      case 'POST clock':
        return this.#clock(await readJsonObject(request));
      case 'POST channels':
        return this.#channel(await readJsonObject(request));
      case 'POST reset':
        return this.#reset();
      default:
        return null;
    }
  }

  #state(): Reply {
    const { host, catalog, clock } = this.#options;
    return jsonReply(200, {
      nowMs: clock.nowMs(),
      held: clock.isHeld,
      frozen: host.frozen,
      limits: host.service.limits,
      channels: [...host.service.channels()],
      tables: catalog.tables(),
      pipes: catalog.pipes(),
    });
  }

  #addFault(body: Record<string, unknown>): Reply {
    const wrong = faultProblem(body);
    if (wrong !== null) return problem(wrong);
    return jsonReply(200, { id: this.#options.faults.add(body as unknown as FaultDefinition) });
  }

  #removeFaults(id: string | undefined): Reply {
    if (id === undefined) this.#options.faults.clear();
    else if (!this.#options.faults.remove(Number(id))) return jsonReply(404, { error: `there is no fault ${id}` });
    return jsonReply(200, {});
  }

  /** `{"frozen": true}` holds commits back, `{"delayMs": 5000}` sets their delay. */
  async #commits(body: Record<string, unknown>): Promise<Reply> {
    const { host } = this.#options;
    const { frozen, delayMs } = body;
    if (frozen === true) await host.freeze();
    if (frozen === false) host.thaw();
    if (typeof delayMs === 'number' && delayMs >= 0)
      host.service.limits = { ...host.service.limits, commitDelayMs: delayMs };
    host.wake();
    return jsonReply(200, { frozen: host.frozen, delayMs: host.service.limits.commitDelayMs });
  }

  /** `{"appendsPerSecond": 10}` (null: no limit), `{"channelsPerPipe": 2}`. */
  #limits({ appendsPerSecond, channelsPerPipe }: Record<string, unknown>): Reply {
    const { service } = this.#options.host;
    const isRate = appendsPerSecond === null || (typeof appendsPerSecond === 'number' && appendsPerSecond > 0);
    if (isRate) service.limits = { ...service.limits, appendsPerSecond };
    if (typeof channelsPerPipe === 'number' && channelsPerPipe > 0)
      service.limits = { ...service.limits, channelsPerPipe };
    return jsonReply(200, service.limits);
  }

  /** `{"hold": true}` stops the clock, `{"advanceMs": 60000}` moves it (also back), `{"reset": true}` undoes both. */
  #clock({ hold, advanceMs, reset }: Record<string, unknown>): Reply {
    const { clock, host } = this.#options;
    if (reset === true) clock.reset();
    if (typeof hold === 'boolean') clock.hold(hold);
    if (typeof advanceMs === 'number' && Number.isFinite(advanceMs)) clock.advance(advanceMs);
    host.wake();
    return jsonReply(200, { nowMs: clock.nowMs(), held: clock.isHeld });
  }

  /** `{"action": "reopen" | "invalidate", database, schema, pipe, channel, code?, offsetToken?}` as somebody else would do it. */
  async #channel(body: Record<string, unknown>): Promise<Reply> {
    const { action, database, schema, pipe, channel, code, offsetToken } = body;
    if (![database, schema, pipe, channel].every((name) => typeof name === 'string'))
      return problem('database, schema, pipe and channel must be given, spelled as stored');
    const name: PipeName = { database: String(database), schema: String(schema), pipe: String(pipe) };
    const { host } = this.#options;
    if (action === 'reopen') {
      const seed = typeof offsetToken === 'string' ? offsetToken : null;
      const opened = await host.open(name, String(channel), { offsetToken: seed, failOnUncommittedRows: false });
      return opened.error === undefined ? jsonReply(200, opened.ok) : problem(opened.error.message);
    }
    if (action !== 'invalidate') return problem('action must be reopen or invalidate');
    const status = typeof code === 'string' ? code : 'ERR_CHANNEL_MUST_BE_REOPENED';
    return host.service.invalidate(name, String(channel), status)
      ? jsonReply(200, {})
      : jsonReply(404, { error: `there is no channel ${channel} that could be invalidated now` });
  }

  /** Forgets faults and counters, lets commits and the clock run, limits as at the start; tables, rows and channels stay. */
  #reset(): Reply {
    this.#options.faults.clear();
    this.#options.stats.reset();
    this.#options.clock.reset();
    this.#options.host.service.limits = this.#initialLimits;
    this.#options.host.thaw();
    return jsonReply(200, {});
  }
}
