import type { EmulatorCatalog } from '../../catalog/catalog.ts';
import type { Database } from '../../storage/database.ts';
import type { StageFiles } from '../../storage/stage-files.ts';
import type { ChannelRecord, PipeName } from '../../streaming/index.ts';
import type { ResultSet } from '../result-set.ts';
import type { Session } from '../session.ts';
import type { TokenCursor } from '../token-cursor.ts';

export interface CommandContext {
  readonly session: Session;
  readonly catalog: EmulatorCatalog;
  readonly nowMs: number;
  /** For SHOW CHANNELS. */
  readonly channels: () => Iterable<{ record: ChannelRecord }>;
  /** Opens a channel with this committed token. */
  readonly seedChannel: (pipe: PipeName, channel: string, token: string | null) => Promise<void>;
  readonly stageFiles: StageFiles;
  readonly database: Database;
  /** How the client reaches this server. */
  readonly origin: string;
}

/** One kind of statement that DuckDB never sees; the cursor stands behind the words that chose it. */
export type Command = (context: CommandContext, cursor: TokenCursor) => Promise<ResultSet>;
