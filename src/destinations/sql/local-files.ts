import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SqlRow } from './snowflake-session.ts';

/** A temporary folder for PUT and GET: of files, and not of streams, the driver renews expired storage tokens and tells what became of them. */
export class LocalFiles {
  #folder: Promise<string> | null = null;

  /** Null: uploaded; else what PUT said instead. `upload`: PUT of that local file. */
  async upload(
    name: string,
    chunks: readonly Uint8Array[],
    upload: (localFile: string) => Promise<readonly SqlRow[]>,
  ): Promise<string | null> {
    const local = join(await this.#inFolder(), name);
    await writeFile(local, chunks);
    try {
      const [uploaded] = await upload(local);
      const status = String(uploaded?.['status'] ?? 'nothing');
      return status === 'UPLOADED' ? null : status;
    } finally {
      await rm(local, { force: true });
    }
  }

  /** `download`: GET into that local folder. */
  async download(name: string, download: (folder: string) => Promise<unknown>): Promise<Buffer> {
    const folder = await mkdtemp(join(await this.#inFolder(), 'get-'));
    try {
      await download(folder);
      return await readFile(join(folder, name));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async remove(): Promise<void> {
    const folder = await this.#folder?.catch(() => null);
    if (folder != null) await rm(folder, { recursive: true, force: true });
  }

  #inFolder(): Promise<string> {
    this.#folder ??= mkdtemp(join(tmpdir(), 'snowsink-copy-'));
    return this.#folder;
  }
}
