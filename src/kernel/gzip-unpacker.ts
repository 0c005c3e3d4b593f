import { constants, createGunzip, type Gunzip, type ZlibReset } from 'node:zlib';
import { ZlibEngine } from '../util/zlib-engine.ts';

/** Decompresses gzip bodies one after another by one decoder, to where they are wanted. */
export class GzipUnpacker {
  #engine: ZlibEngine<Gunzip & ZlibReset> | null = null;

  /** Bytes written to `target`. -1: damaged or too large for it; whoever looks more closely decides. */
  unpack(body: Uint8Array, target: Uint8Array): number {
    // @types/node leaves out reset(), which zlib has for all its streams but zstd's.
    this.#engine ??= new ZlibEngine(createGunzip() as Gunzip & ZlibReset);
    const engine = this.#engine;
    try {
      engine.run(constants.Z_FINISH, body, 0, target, 0);
      engine.stream.reset();
    } catch {
      engine.close();
      this.#engine = null;
      return -1;
    }
    // In a full target the end may be missing.
    return engine.written < target.length ? engine.written : -1;
  }
}
