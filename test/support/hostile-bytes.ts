import fc from 'fast-check';

/** Some bytes changed, some put in, the rest cut off. */
export const damaged = (good: Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(
      fc.array(fc.tuple(fc.nat(good.length), fc.nat(255)), { maxLength: 4 }),
      fc.tuple(fc.nat(good.length), fc.uint8Array({ maxLength: 12 })),
      fc.nat(good.length * 2),
    )
    .map(([changes, [at, more], length]) => {
      const bytes = Buffer.from(good);
      for (const [place, byte] of changes) if (place < bytes.length) bytes[place] = byte;
      return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]).subarray(0, length);
    });

const maxMs = 100;

/** Whether it takes at most 100 ms of this thread's CPU: a busy machine's clock goes on meanwhile, and so does the CPU time of a process whose other threads run other tests. The second try has to be quick, once compiled. */
export const isQuick = (run: () => void): boolean => {
  for (let attempt = 0; attempt < 3; attempt++) {
    const before = process.threadCpuUsage();
    run();
    const { user, system } = process.threadCpuUsage(before);
    if ((user + system) / 1000 < maxMs) return true;
  }
  return false;
};
