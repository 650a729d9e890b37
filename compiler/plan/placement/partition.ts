/** A partition of a problem as the search wants it: numbered in a static order. */
import type { Problem } from "./problem.ts";
import { alignUp, type Buffer } from "./types.ts";

export interface Partition {
  /** The problem's number of each buffer. */
  readonly buffers: readonly number[];
  readonly count: number;
  readonly sections: number;
  readonly grain: number;
  /** Whether whatever lies above another has a greater offset. */
  readonly isMonotone: boolean;
  readonly size: Int32Array;
  readonly align: Int32Array;
  /** From a buffer's offset to where all that meets it may lie above. */
  readonly height: Int32Array;
  readonly first: Int32Array;
  readonly last: Int32Array;
  readonly row: Int32Array;
  /** From the lowest byte in use to the highest, by `row[buffer] + section`. */
  readonly hull: Int32Array;
  readonly start: Int32Array;
  readonly other: Int32Array;
  readonly above: Int32Array;
  /** The buffers in use in each section, and their lowest bytes there. */
  readonly memberStart: Int32Array;
  readonly members: Int32Array;
  readonly memberLow: Int32Array;
  /** The sum of hulls in each section. */
  readonly rest: Float64Array;
  /** Buffers that span this section and the next. */
  readonly spans: Int32Array;
}

/** The partition's buffers by area and duration, or by duration and area; the greatest first. */
function arrange(buffers: readonly Buffer[], partition: readonly number[], by: "AW" | "WA") {
  const width = (b: number): number => buffers[b]!.upper - buffers[b]!.lower;
  const area = (b: number): number => buffers[b]!.size * width(b);
  const [major, minor] = by === "AW" ? [area, width] : [width, area];
  return [...partition].sort((a, b) => major(b) - major(a) || minor(b) - minor(a) || a - b);
}

/** Who is in use in each section. */
function memberLists(problem: Problem, numbered: readonly number[], from: number, count: number) {
  const { first, last, row, low, high } = problem;
  const lists: number[][] = Array.from({ length: count }, () => []);
  for (const [i, b] of numbered.entries())
    for (let s = first[b]!; s < last[b]!; s++) if (high[row[b]! + s]! > 0) lists[s - from]!.push(i);
  const memberStart = new Int32Array(count + 1);
  for (const [s, list] of lists.entries()) memberStart[s + 1] = memberStart[s]! + list.length;
  const members = Int32Array.from(lists.flat());
  const lows = lists.flatMap((list, s) => list.map((i) => low[row[numbered[i]!]! + s + from]!));
  return { memberStart, members, memberLow: Int32Array.from(lows) };
}

/** The hulls by `row[buffer] + section`, their sums, and the buffers across each border. */
function hulls(problem: Problem, numbered: readonly number[], from: number, count: number) {
  const { first, last, row, low, high, grain } = problem;
  const rows = new Int32Array(numbered.length);
  const hull: number[] = [];
  const rest = new Float64Array(count);
  const spans = new Int32Array(count);
  for (const [i, b] of numbered.entries()) {
    rows[i] = hull.length - (first[b]! - from);
    for (let s = first[b]!; s < last[b]!; s++) {
      const at = row[b]! + s;
      const bytes = alignUp(high[at]! - low[at]!, grain);
      hull.push(bytes);
      rest[s - from]! += bytes;
      if (s + 1 < last[b]!) spans[s - from]!++;
    }
  }
  return { row: rows, hull: Int32Array.from(hull), rest, spans };
}

/** Who meets whom, by the partition's numbers. */
function meetings(problem: Problem, numbered: readonly number[]) {
  const numberOf = new Map(numbered.map((b, i) => [b, i]));
  const { meetings: all } = problem;
  const start = new Int32Array(numbered.length + 1);
  const other: number[] = [];
  const above: number[] = [];
  for (const [i, b] of numbered.entries()) {
    for (let k = all.start[b]!; k < all.start[b + 1]!; k++) {
      other.push(numberOf.get(all.other[k]!)!);
      above.push(all.above[k]!);
    }
    start[i + 1] = other.length;
  }
  const height = numbered.map((_, i) =>
    above.slice(start[i], start[i + 1]).reduce((most, bytes) => Math.max(most, bytes), 1),
  );
  return {
    start,
    other: Int32Array.from(other),
    above: Int32Array.from(above),
    height: Int32Array.from(height),
    isMonotone: above.every((bytes) => bytes > 0),
  };
}

export function arranged(
  problem: Problem,
  partition: readonly number[],
  by: "AW" | "WA",
): Partition {
  const numbered = arrange(problem.buffers, partition, by);
  const from = numbered.reduce((least, b) => Math.min(least, problem.first[b]!), Infinity);
  const to = numbered.reduce((most, b) => Math.max(most, problem.last[b]!), 0);
  const pick = (of: ArrayLike<number>) => Int32Array.from(numbered, (b) => of[b]!);
  return {
    buffers: numbered,
    count: numbered.length,
    sections: to - from,
    grain: problem.grain,
    size: Int32Array.from(numbered, (b) => problem.buffers[b]!.size),
    align: pick(problem.aligns),
    first: pick(problem.first).map((s) => s - from),
    last: pick(problem.last).map((s) => s - from),
    ...hulls(problem, numbered, from, to - from),
    ...memberLists(problem, numbered, from, to - from),
    ...meetings(problem, numbered),
  };
}
