/**
 * Buffers prepared for placement: the sections of time, what each buffer occupies in each, and
 * how far apart any two that meet must lie. After MiniMalloc's sweep (Moffitt, ASPLOS 2023).
 *
 * A section is a moment just before some part's end: at any other moment no more is in use than
 * at the next of these. A buffer covers its sections from its first part's to its last's.
 */
import { alignUp, type Buffer, gcd, type Part } from "./types.ts";

export interface Problem {
  readonly buffers: readonly Buffer[];
  readonly aligns: readonly number[];
  /** All offsets and all beginnings of parts are multiples of it. */
  readonly grain: number;
  readonly sections: number;
  /** The sections [first, last) of each buffer; none for one that is never in use. */
  readonly first: Int32Array;
  readonly last: Int32Array;
  /** Lowest and past-the-highest byte in use, by `row[buffer] + section`; 0, 0 where none is. */
  readonly row: Int32Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly meetings: Meetings;
  /** Groups of buffers, no two of which are of one time. */
  readonly partitions: readonly (readonly number[])[];
}

/** The others that buffer b meets are at [start[b], start[b + 1]). */
export interface Meetings {
  readonly start: Int32Array;
  readonly other: Int32Array;
  /** How far the other's offset must exceed b's if it lies above; may be negative. */
  readonly above: Float64Array;
  /** How far b's offset must exceed the other's if it lies below. */
  readonly below: Float64Array;
}

const isLive = (p: Part): boolean => p.from < p.to && p.lower < p.upper;

export const partsOf = (b: Buffer): readonly Part[] =>
  (b.parts ?? [{ from: 0, to: b.size, lower: b.lower, upper: b.upper }]).filter(isLive);

/** How many of the ascending times are at or before `time`. */
export function countUntil(times: readonly number[], time: number): number {
  let [begin, end] = [0, times.length];
  while (begin < end) {
    const middle = (begin + end) >> 1;
    if (times[middle]! <= time) begin = middle + 1;
    else end = middle;
  }
  return begin;
}

/** The sections' times, ascending. */
export const sectionTimes = (parts: readonly (readonly Part[])[]): number[] =>
  [...new Set(parts.flatMap((ps) => ps.map((p) => p.upper)))].sort((a, b) => a - b);

export const grainOf = (buffers: readonly Buffer[], parts: readonly (readonly Part[])[]): number =>
  [...buffers.map((b) => b.align ?? 1), ...parts.flatMap((ps) => ps.map((p) => p.from))].reduce(
    gcd,
    0,
  ) || 1;

/** Fills what each buffer occupies in its sections. */
function occupy(p: Omit<Problem, "meetings" | "partitions">, parts: readonly (readonly Part[])[]) {
  const times = sectionTimes(parts);
  for (const [b, ps] of parts.entries())
    for (const part of ps) {
      const end = countUntil(times, part.upper);
      for (let s = countUntil(times, part.lower); s < end; s++) {
        const at = p.row[b]! + s;
        p.low[at] = p.high[at] === 0 ? part.from : Math.min(p.low[at]!, part.from);
        p.high[at] = Math.max(p.high[at]!, part.to);
      }
    }
}

/** How far buffer b must lie above a: the most over the sections of both; undefined if none. */
function separation(p: Omit<Problem, "meetings" | "partitions">, a: number, b: number) {
  const end = Math.min(p.last[a]!, p.last[b]!);
  let most: number | undefined;
  for (let s = Math.max(p.first[a]!, p.first[b]!); s < end; s++) {
    const high = p.high[p.row[a]! + s]!;
    if (high === 0 || p.high[p.row[b]! + s] === 0) continue;
    const apart = high - p.low[p.row[b]! + s]!;
    if (most === undefined || apart > most) most = apart;
  }
  return most;
}

/** All pairs that meet, from the buffers in order of their first sections. */
function meet(p: Omit<Problem, "meetings" | "partitions">, sorted: readonly number[]): Meetings {
  const pairs: number[] = [];
  const start = new Int32Array(p.buffers.length + 1);
  const add = (a: number, b: number, above: number, below: number) => {
    pairs.push(a, b, above, below);
    start[a + 1]!++;
    start[b + 1]!++;
  };
  const plain = p.buffers.map((b) => b.parts === undefined);
  for (const [k, a] of sorted.entries())
    for (let l = k + 1; l < sorted.length && p.first[sorted[l]!]! < p.last[a]!; l++) {
      const b = sorted[l]!;
      if (plain[a] && plain[b]) add(a, b, p.buffers[a]!.size, p.buffers[b]!.size);
      else {
        const above = separation(p, a, b);
        if (above !== undefined) add(a, b, above, separation(p, b, a)!);
      }
    }
  for (let b = 0; b < p.buffers.length; b++) start[b + 1]! += start[b]!;
  const next = start.slice();
  const total = start[p.buffers.length]!;
  const other = new Int32Array(total);
  const [above, below] = [new Float64Array(total), new Float64Array(total)];
  const put = (a: number, b: number, up: number, down: number) => {
    const at = next[a]!++;
    other[at] = b;
    above[at] = up;
    below[at] = down;
  };
  for (let i = 0; i < pairs.length; i += 4) {
    const [a, b, up, down] = pairs.slice(i, i + 4) as [number, number, number, number];
    put(a, b, up, down);
    put(b, a, down, up);
  }
  return { start, other, above, below };
}

function split(first: Int32Array, last: Int32Array, sorted: readonly number[]): number[][] {
  const partitions: number[][] = [];
  let end = -1;
  for (const b of sorted) {
    if (first[b]! >= end) partitions.push([]);
    partitions.at(-1)!.push(b);
    end = Math.max(end, last[b]!);
  }
  return partitions;
}

/** A buffer without parts in use meets nothing and is in no partition. */
export function prepare(buffers: readonly Buffer[]): Problem {
  const parts = buffers.map(partsOf);
  const times = sectionTimes(parts);
  const ticks = parts.map((ps) => [
    ps.reduce((least, p) => Math.min(least, p.lower), Infinity),
    ps.reduce((most, p) => Math.max(most, p.upper), -Infinity),
  ]);
  const first = Int32Array.from(ticks, ([lower]) => countUntil(times, lower!));
  const last = Int32Array.from(ticks, ([, upper]) => countUntil(times, upper!));
  const row = new Int32Array(buffers.length);
  let cells = 0;
  for (let b = 0; b < buffers.length; b++) {
    if (parts[b]!.length === 0) continue;
    row[b] = cells - first[b]!;
    cells += last[b]! - first[b]!;
  }
  const rest = {
    buffers,
    aligns: buffers.map((b) => b.align ?? 1),
    grain: grainOf(buffers, parts),
    sections: times.length,
    first,
    last,
    row,
    low: new Float64Array(cells),
    high: new Float64Array(cells),
  };
  occupy(rest, parts);
  const sorted = buffers.map((_, b) => b).filter((b) => parts[b]!.length > 0);
  sorted.sort((a, b) => first[a]! - first[b]! || a - b);
  return { ...rest, meetings: meet(rest, sorted), partitions: split(first, last, sorted) };
}

/** The largest sum at one time of what is in use, parts counted up to multiples of the grain. */
function fullest(parts: readonly (readonly Part[])[], grain: number): number {
  const times = sectionTimes(parts);
  const live = new Float64Array(times.length);
  const slack = new Float64Array(times.length);
  for (const ps of parts) {
    const covered = new Float64Array(times.length);
    for (const part of [...ps].sort((a, b) => a.from - b.from)) {
      const to = alignUp(part.to, grain);
      const end = countUntil(times, part.upper);
      for (let s = countUntil(times, part.lower); s < end; s++) {
        live[s]! += Math.max(0, to - Math.max(part.from, covered[s]!));
        covered[s] = Math.max(covered[s]!, to);
        slack[s] = Math.max(slack[s]!, to - part.to);
      }
    }
  }
  return live.reduce((most, bytes, s) => Math.max(most, bytes - slack[s]!), 0);
}

/**
 * The largest sum of bytes in use at one time: no placement needs less. Every part begins at a
 * multiple of the grain, so that all but the topmost may be counted up to the next multiple.
 */
export function lowerBound(buffers: readonly Buffer[]): number {
  const parts = buffers.map(partsOf);
  const largest = buffers.reduce((most, b) => Math.max(most, b.size), 0);
  return Math.max(largest, fullest(parts, 1), fullest(parts, grainOf(buffers, parts)));
}
