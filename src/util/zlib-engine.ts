import type { Transform } from 'node:stream';

/** What a zlib stream of Node's works by, also in its own synchronous functions; @types/node leaves it out. */
interface EngineOfStream {
  readonly _handle: {
    writeSync(
      flush: number,
      input: Uint8Array,
      from: number,
      length: number,
      output: Uint8Array,
      at: number,
      room: number,
    ): void;
  };
  /** Room left in the output and bytes left of the input, after a call. */
  readonly _writeState: Uint32Array;
}

/**
 * A zlib stream on the calling thread, used again and again. zlib's synchronous functions make a new one for each call, which for a
 * record batch costs as much as the work itself; its streams wake another thread for each piece.
 */
export class ZlibEngine<Stream extends Transform & { close(): void }> {
  readonly stream: Stream;
  readonly #engine: EngineOfStream;
  /** Where the last call ended in its input. */
  read = 0;
  /** Where the last call ended in its output. */
  written = 0;

  constructor(stream: Stream) {
    this.stream = stream;
    this.#engine = stream as unknown as EngineOfStream;
    const { _handle: handle, _writeState: left } = this.#engine as Partial<EngineOfStream>;
    if (typeof handle?.writeSync !== 'function' || !(left instanceof Uint32Array))
      throw new Error(`zlib of Node.js ${process.version} is not what snowsink knows: run it with Node.js 24`);
    stream.on('error', () => {}); // `run` throws it
  }

  /** After an error it is of no more use. */
  get isBroken(): boolean {
    return this.stream.destroyed;
  }

  /** Until the input from `from` on is read, or the output is full behind what is written from `at` on. @throws what zlib says */
  run(flush: number, input: Uint8Array, from: number, output: Uint8Array, at: number): void {
    const { _handle: handle, _writeState: left } = this.#engine;
    handle.writeSync(flush, input, from, input.length - from, output, at, output.length - at);
    if (this.isBroken) throw this.stream.errored ?? new Error('the stream is closed');
    this.written = output.length - (left[0] ?? 0);
    this.read = input.length - (left[1] ?? 0);
  }

  close(): void {
    this.stream.close();
  }
}
