import type { Session } from './session.ts';

/** Parameters that drivers read, with Snowflake's defaults. [documented; which ones drivers need: seen on the wire] */
const defaults: Readonly<Record<string, string | number | boolean>> = {
  AUTOCOMMIT: true,
  TIMEZONE: 'UTC',
  TIMESTAMP_OUTPUT_FORMAT: 'YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM',
  TIMESTAMP_NTZ_OUTPUT_FORMAT: 'YYYY-MM-DD HH24:MI:SS.FF3',
  TIMESTAMP_LTZ_OUTPUT_FORMAT: '',
  TIMESTAMP_TZ_OUTPUT_FORMAT: '',
  DATE_OUTPUT_FORMAT: 'YYYY-MM-DD',
  TIME_OUTPUT_FORMAT: 'HH24:MI:SS',
  BINARY_OUTPUT_FORMAT: 'HEX',
  CLIENT_STAGE_ARRAY_BINDING_THRESHOLD: 65_280,
  CLIENT_SESSION_KEEP_ALIVE: false,
  CLIENT_TELEMETRY_ENABLED: false,
  CLIENT_PREFETCH_THREADS: 4,
  CLIENT_MEMORY_LIMIT: 1536,
  CLIENT_RESULT_CHUNK_SIZE: 160,
  CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY: 3600,
  STATEMENT_TIMEOUT_IN_SECONDS: 172_800,
  LOCK_TIMEOUT: 43_200,
};

export interface SessionParameter {
  readonly name: string;
  readonly value: string | number | boolean;
  readonly default: string;
}

/** What the session has set, and the defaults of the rest: in replies to drivers and for SHOW PARAMETERS. */
export const sessionParameters = ({ parameters }: Pick<Session, 'parameters'>): readonly SessionParameter[] => {
  const names = new Set([...Object.keys(defaults), ...parameters.keys()]);
  return [...names].sort().map((name) => {
    const initial = defaults[name];
    const set = parameters.get(name);
    return { name, value: set === undefined ? (initial ?? '') : typed(set, initial), default: String(initial ?? '') };
  });
};

const typed = (text: string, like: string | number | boolean | undefined): string | number | boolean => {
  if (typeof like === 'boolean') return text.toUpperCase() === 'TRUE';
  return typeof like === 'number' ? Number(text) : text;
};
