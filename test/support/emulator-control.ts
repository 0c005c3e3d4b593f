import type { FaultDefinition } from '../../emulator/src/control/fault.ts';
import type { FaultState } from '../../emulator/src/control/faults.ts';

/** A fault that was ordered: it must be seen to strike. */
export interface OrderedFault {
  /** How often it has struck. */
  fired(): Promise<number>;
  /** Takes it back; how often it struck in all. */
  remove(): Promise<number>;
}

interface ChannelState {
  readonly record: { readonly pipe: { readonly pipe: string }; readonly channel: string };
  readonly pendingRows: number;
}

/** The emulator's control API (emulator/README.md), as any program would use it. */
export interface EmulatorControl {
  order(fault: FaultDefinition): Promise<OrderedFault>;
  freezeCommits(frozen: boolean): Promise<void>;
  /** Rows that are accepted and not committed, of one pipe. */
  pendingRows(pipe: string): Promise<number>;
  /** Appends that were taken, of one table. */
  appends(table: string): Promise<number>;
}

export const emulatorControl = (url: string, database = 'SNOWSINK_TEST', schema = 'PUBLIC'): EmulatorControl => {
  const call = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const reply = await fetch(`${url}/_emulator/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
    return JSON.parse(text) as T;
  };
  const firedOf = async (id: number): Promise<number> => {
    const { faults } = await call<{ faults: readonly FaultState[] }>('GET', 'faults');
    const fault = faults.find((each) => each.id === id);
    if (fault === undefined) throw new Error(`the emulator has forgotten fault ${id}`);
    return fault.fired;
  };
  return {
    order: async (fault) => {
      const { id } = await call<{ id: number }>('POST', 'faults', fault);
      return {
        fired: () => firedOf(id),
        remove: async () => {
          const fired = await firedOf(id);
          await call('DELETE', `faults/${id}`);
          return fired;
        },
      };
    },
    freezeCommits: async (frozen) => void (await call('POST', 'commits', { frozen })),
    pendingRows: async (pipe) => {
      const { channels } = await call<{ channels: readonly ChannelState[] }>('GET', 'state');
      return channels
        .filter(({ record }) => record.pipe.pipe === pipe)
        .reduce((sum, { pendingRows }) => sum + pendingRows, 0);
    },
    appends: async (table) => {
      const { pipes } = await call<{ pipes: Readonly<Record<string, { readonly appends: number }>> }>('GET', 'stats');
      return pipes[`${database}.${schema}.${table}`]?.appends ?? 0;
    },
  };
};
