import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface StageFile {
  /** Below the bucket, for example `stages/<id>/a/b.json.gz`. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly md5: string;
  readonly modifiedMs: number;
}

/** The one bucket of the emulator's cloud storage: the first path segment of its URLs. */
export const stageBucket = 'snowsink-stage';

/** Files that clients upload: internal stages, and rows too many for one append. Kept on disk, found by their path. */
export class StageFiles {
  readonly #root: string;
  readonly #isTemporary: boolean;
  readonly #secret: Buffer;
  readonly #files = new Map<string, StageFile>();
  #uploads = 0;

  private constructor(root: string, isTemporary: boolean) {
    this.#root = root;
    this.#isTemporary = isTemporary;
    mkdirSync(join(root, 'files'), { recursive: true });
    this.#secret = lastingSecret(join(root, 'secret'));
    for (const path of filesBelow(join(root, 'files'), '')) this.#files.set(path, describe(this.#onDisk(path), path));
  }

  /** `folder` null: gone with the process. */
  static open(folder: string | null): StageFiles {
    return folder === null
      ? new StageFiles(mkdtempSync(join(tmpdir(), 'snowsink-stages-')), true)
      : new StageFiles(join(folder, 'stages'), false);
  }

  /** What upload credentials must contain; the same after a restart with the same folder. */
  get uploadToken(): string {
    return createHmac('sha256', this.#secret).update('upload').digest('hex');
  }

  /** 32 bytes by which a client encrypts the files of one pipe. */
  keyOf(name: string): Buffer {
    return createHmac('sha256', this.#secret).update(`pipe ${name}`).digest();
  }

  /** Of a URL that reads and writes this one file. */
  signatureOf(path: string): string {
    return createHmac('sha256', this.#secret).update(`file ${path}`).digest('hex');
  }

  /** By the token that was handed out, or by the file's own signature. */
  allows(path: string, given: string): boolean {
    return [this.uploadToken, this.signatureOf(path)].some((expected) => isSame(given, expected));
  }

  /** Replaces a file of that path; readers see the old or the new one. */
  async put(path: string, bytes: Uint8Array, nowMs: number): Promise<StageFile> {
    const target = this.#onDisk(path);
    this.#uploads += 1;
    const upload = join(this.#root, `upload-${this.#uploads}`);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(upload, bytes);
    await rename(upload, target);
    const file = { path, sizeBytes: bytes.length, md5: md5Of(bytes), modifiedMs: nowMs };
    this.#files.set(path, file);
    return file;
  }

  find(path: string): StageFile | null {
    return this.#files.get(path) ?? null;
  }

  list(prefix: string): readonly StageFile[] {
    return [...this.#files.values()]
      .filter(({ path }) => path.startsWith(prefix))
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** Null: there is no such file. */
  async read(path: string): Promise<Buffer | null> {
    return this.#files.has(path) ? readFile(this.#onDisk(path)) : null;
  }

  async remove(path: string): Promise<void> {
    this.#files.delete(path);
    await rm(this.#onDisk(path), { force: true });
  }

  close(): void {
    if (this.#isTemporary) rmSync(this.#root, { recursive: true, force: true });
  }

  /** Names are escaped, so that no path leads out of the folder. */
  #onDisk(path: string): string {
    const names = path.split('/').map((name) => `_${encodeURIComponent(name)}`);
    return join(this.#root, 'files', ...names);
  }
}

const isSame = (given: string, expected: string): boolean =>
  given.length === expected.length && timingSafeEqual(Buffer.from(given, 'latin1'), Buffer.from(expected, 'latin1'));

const md5Of = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');

const lastingSecret = (path: string): Buffer => {
  if (!existsSync(path)) writeFileSync(path, randomBytes(32), { mode: 0o600 });
  return readFileSync(path);
};

function* filesBelow(folder: string, path: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const name = decodeURIComponent(entry.name.slice(1));
    const full = path === '' ? name : `${path}/${name}`;
    if (entry.isDirectory()) yield* filesBelow(join(folder, entry.name), full);
    else yield full;
  }
}

const describe = (onDisk: string, path: string): StageFile => {
  const bytes = readFileSync(onDisk);
  return { path, sizeBytes: bytes.length, md5: md5Of(bytes), modifiedMs: statSync(onDisk).mtimeMs };
};
