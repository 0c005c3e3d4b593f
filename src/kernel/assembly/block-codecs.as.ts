// LZ4 blocks (lz4_Block_format.md) and Snappy (format_description.txt). Both return the end of what they wrote to [target, limit), 0 if the
// input is corrupt or does not fit. Frames around them are walked by the host.
import { copy } from './bytes.as';

/** Copies a match that may overlap itself. */
@inline
function repeat(target: usize, distance: usize, n: usize): void {
  let source = target - distance;
  const end = target + n;
  if (distance >= 16) {
    do {
      v128.store(target, v128.load(source));
      target += 16;
      source += 16;
    } while (target < end);
  } else if (distance >= 8) {
    do {
      store<u64>(target, load<u64>(source));
      target += 8;
      source += 8;
    } while (target < end);
  } else while (target < end) store<u8>(target++, load<u8>(source++));
}

/** window: the lowest address that a match may reach back to (linked blocks of a frame share one). */
export function lz4Block(p: usize, n: usize, target: usize, limit: usize, window: usize): usize {
  const end = p + n;
  while (p < end) {
    const token = <usize>load<u8>(p++);
    let length = token >> 4;
    if (length == 15) {
      let more: usize;
      do {
        if (p >= end) return 0;
        more = load<u8>(p++);
        length += more;
      } while (more == 255);
    }
    if (length > end - p || length > limit - target) return 0;
    target = copy(target, p, length);
    p += length;
    if (p == end) return target;
    if (p + 2 > end) return 0;
    const distance = <usize>load<u16>(p);
    p += 2;
    length = (token & 15) + 4;
    if (length == 19) {
      let more: usize;
      do {
        if (p >= end) return 0;
        more = load<u8>(p++);
        length += more;
      } while (more == 255);
    }
    if (distance == 0 || distance > target - window || length > limit - target) return 0;
    repeat(target, distance, length);
    target += length;
  }
  return target;
}

export function snappyBlock(p: usize, n: usize, target: usize, limit: usize): usize {
  const end = p + n;
  const start = target;
  let size: usize = 0;
  let shift: usize = 0;
  let byte: usize;
  do {
    if (p >= end || shift > 28) return 0;
    byte = load<u8>(p++);
    size |= (byte & 127) << shift;
    shift += 7;
  } while (byte > 127);
  if (size > limit - target) return 0;
  while (p < end) {
    const tag = <usize>load<u8>(p++);
    if ((tag & 3) == 0) {
      let length = (tag >> 2) + 1;
      if (length > 60) {
        const bytes = length - 60;
        if (bytes > end - p) return 0;
        const mask: u32 = bytes == 4 ? 0xffffffff : (1 << (<u32>bytes * 8)) - 1;
        if ((load<u32>(p) & mask) == 0xffffffff) return 0;
        length = (load<u32>(p) & mask) + 1;
        p += bytes;
      }
      if (length > end - p || length > limit - target) return 0;
      target = copy(target, p, length);
      p += length;
      continue;
    }
    let length = (tag >> 2) + 1;
    let distance: usize;
    if ((tag & 3) == 1) {
      length = ((tag >> 2) & 7) + 4;
      distance = ((tag >> 5) << 8) | load<u8>(p);
      p += 1;
    } else if ((tag & 3) == 2) {
      distance = load<u16>(p);
      p += 2;
    } else {
      distance = load<u32>(p);
      p += 4;
    }
    if (p > end || distance == 0 || distance > target - start || length > limit - target) return 0;
    repeat(target, distance, length);
    target += length;
  }
  return target - start == size ? target : 0;
}
