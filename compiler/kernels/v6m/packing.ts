/**
 * Weights for kernels that multiply two pixels in a word at once (`runtime-c/kernels/pairs.h`): the
 * sums of a group of products must fit in 16 bits, which large weights are cut for; what is cut off
 * is added by corrections.
 */

/** Largest Σ|w| of a group: 255 · 128 < 2^15, also with the borrow of the low half. */
export const groupLimit = 255;

/** Instructions on Armv6-M: for two words of a tap, to take a group apart, for a correction. */
const [perTap, perGroup, perCorrection] = [6, 8, 19];

/** Filters of equal length, one after the other. */
export interface Filters {
  readonly count: number;
  readonly taps: number;
  readonly weights: ArrayLike<number>;
}

export interface Packing {
  /** Products in a group. */
  readonly size: number;
  /** Taps with those that fill the last group, and groups in a turn of the loop. */
  readonly taps: number;
  readonly unroll: number;
  /** Whether carries between halves would add up to too much, so that each group is exact. */
  readonly exact: boolean;
  /** [filters / 8][taps][8] */
  readonly weights: Int8Array;
  /** For each filter, weight · 2^16 + byte offset of the tap's words. */
  readonly corrections: readonly number[][];
  /** Estimated instructions for one block of four pixels. */
  readonly instructions: number;
}

/** Cuts a group's weights down to the limit; the parts cut off, by tap. */
function cut(group: Int8Array): [tap: number, weight: number][] {
  const parts: [number, number][] = [];
  let excess = group.reduce((sum, w) => sum + Math.abs(w), 0) - groupLimit;
  while (excess > 0) {
    const largest = group.reduce((at, w, i) => (Math.abs(w) > Math.abs(group[at]!) ? i : at), 0);
    const part = Math.sign(group[largest]!) * Math.min(Math.abs(group[largest]!), excess);
    group[largest]! -= part;
    parts.push([largest, part]);
    excess -= Math.abs(part);
  }
  return parts;
}

/** A filter's weights, cut where they must be, and its corrections. */
function cutFilter({ taps, weights }: Filters, filter: number, size: number) {
  const own = new Int8Array(Math.ceil(taps / size) * size);
  for (let t = 0; t < taps; t++) own[t] = weights[filter * taps + t]!;
  const corrections: number[] = [];
  for (let t = 0; t < taps; t += size)
    for (const [tap, weight] of cut(own.subarray(t, t + size)))
      corrections.push(weight * 65536 + (t + tap) * 8);
  return { own, corrections };
}

/** Groups in a turn of the loop: few turns, little code, and no more than a few empty groups. */
export function unrolling(groups: number, size: number): { unroll: number; groups: number } {
  const most = Math.max(1, Math.floor(32 / size));
  const turns = Math.ceil(groups / most);
  const unroll = Math.ceil(groups / turns);
  return { unroll, groups: unroll * turns };
}

/** Packed in groups of `size` products. */
export function packed(filters: Filters, size: number): Packing {
  const { unroll, groups } = unrolling(Math.ceil(filters.taps / size), size);
  const taps = groups * size;
  const weights = new Int8Array(Math.ceil(filters.count / 8) * 8 * taps);
  const corrections: number[][] = [];
  for (let f = 0; f < filters.count; f++) {
    const filter = cutFilter(filters, f, size);
    corrections.push(filter.corrections);
    const begin = Math.floor(f / 8) * 8 * taps + (f % 8);
    filter.own.forEach((w, t) => {
      weights[begin + t * 8] = w;
    });
  }
  const longest = Math.max(...corrections.map((c) => c.length));
  const exact = groups + longest > 256;
  const extracting = groups * (perGroup + (exact ? 2 : 0));
  const correcting = corrections.reduce((sum, c) => sum + c.length, 0) * perCorrection;
  const instructions = filters.count * (taps * perTap + extracting) + correcting;
  return { size, taps, unroll, exact, weights, corrections, instructions };
}

/** The cheapest packing. */
export function pack(filters: Filters): Packing {
  const sizes = [2, 3, 4, 5, 6, 8, 9, 10, 12, 16].filter((n) => n <= Math.max(2, filters.taps));
  const all = sizes.map((size) => packed(filters, size));
  return all.reduce((best, p) => (p.instructions < best.instructions ? p : best));
}
