/** Fast placement: the best of first fits in several fixed orders. */
import { type Problem, prepare } from "./problem.ts";
import { alignUp, type Buffer, endOf, type Placement } from "./types.ts";

/** What an order puts first, by the most of each key; ties go to the earlier buffer. */
type Keys = (b: number) => readonly number[];

/** Of each buffer, what is in use at most in one of its sections. */
function fullestOf({ buffers, first, last, row, high, low, sections }: Problem): number[] {
  const totals = new Float64Array(sections);
  for (const b of buffers.keys())
    for (let s = first[b]!; s < last[b]!; s++) totals[s]! += high[row[b]! + s]! - low[row[b]! + s]!;
  return buffers.map((_, b) =>
    totals.subarray(first[b], last[b]).reduce((most, bytes) => Math.max(most, bytes), 0),
  );
}

/** The orders, each a list of keys to be compared in turn. */
function ordersOf({ buffers, first, last }: Problem, fullest: readonly number[]): Keys[] {
  const width = (b: number): number => last[b]! - first[b]!;
  const size = (b: number): number => buffers[b]!.size;
  const area = (b: number): number => size(b) * width(b);
  return [
    (b) => [size(b), width(b)],
    (b) => [area(b), size(b)],
    (b) => [width(b), size(b)],
    (b) => [fullest[b]!, area(b)],
    (b) => [fullest[b]!, width(b), size(b)],
    (b) => [-first[b]!, size(b)],
    (b) => [last[b]!, size(b)],
  ];
}

function sorted(partition: readonly number[], keys: Keys): number[] {
  const keyed = partition.map((b) => ({ b, key: keys(b) }));
  keyed.sort((x, y) => {
    const at = x.key.findIndex((k, i) => k !== y.key[i]);
    return at < 0 ? x.b - y.b : y.key[at]! - x.key[at]!;
  });
  return keyed.map(({ b }) => b);
}

/**
 * First fit: each buffer at the lowest offset that meets none placed. What a placed one forbids
 * is an open interval of offsets; those that begin lower are passed first.
 */
class FirstFit {
  readonly #problem: Problem;
  readonly #isPlaced: Uint8Array;
  readonly #from: Float64Array;
  readonly #to: Float64Array;

  constructor(problem: Problem) {
    this.#problem = problem;
    this.#isPlaced = new Uint8Array(problem.buffers.length);
    this.#from = new Float64Array(problem.buffers.length);
    this.#to = new Float64Array(problem.buffers.length);
  }

  /** Writes the offsets; @returns the largest end, or Infinity once it is `bytesMax` or more. */
  run(order: readonly number[], offsets: Float64Array, bytesMax: number): number {
    const { buffers } = this.#problem;
    for (const b of order) this.#isPlaced[b] = 0;
    let bytes = 0;
    for (const b of order) {
      offsets[b] = this.#lowest(b, offsets);
      bytes = Math.max(bytes, offsets[b]! + buffers[b]!.size);
      if (bytes >= bytesMax) return Infinity;
      this.#isPlaced[b] = 1;
    }
    return bytes;
  }

  #lowest(b: number, offsets: Float64Array): number {
    const { aligns, meetings } = this.#problem;
    const { start, other, above, below } = meetings;
    const [from, to] = [this.#from, this.#to];
    let count = 0;
    for (let i = start[b]!; i < start[b + 1]!; i++) {
      if (this.#isPlaced[other[i]!] === 0) continue;
      const o = offsets[other[i]!]!;
      from[count] = o - above[i]!;
      to[count++] = o + below[i]!;
    }
    let offset = 0;
    for (let isRaised = true; isRaised; ) {
      isRaised = false;
      for (let i = 0; i < count; )
        if (to[i]! <= offset) {
          count--;
          from[i] = from[count]!;
          to[i] = to[count]!;
        } else if (from[i]! < offset) {
          offset = alignUp(to[i]!, aligns[b]!);
          isRaised = true;
        } else i++;
    }
    return offset;
  }
}

export function placeProblem(problem: Problem): Placement {
  const { buffers, partitions } = problem;
  const fullest = fullestOf(problem);
  const orders = ordersOf(problem, fullest);
  const firstFit = new FirstFit(problem);
  const offsets: number[] = new Array(buffers.length).fill(0);
  const trial = new Float64Array(buffers.length);
  for (const partition of partitions) {
    const enough = partition.reduce((most, b) => Math.max(most, fullest[b]!), 0);
    let least = Infinity;
    for (const keys of orders) {
      if (least <= enough) break;
      const bytes = firstFit.run(sorted(partition, keys), trial, least);
      if (bytes >= least) continue;
      least = bytes;
      for (const b of partition) offsets[b] = trial[b]!;
    }
  }
  return { offsets, bytes: endOf(buffers, offsets) };
}

/** A good placement in little time, for use inside a search. */
export const placeGreedily = (buffers: readonly Buffer[]): Placement =>
  placeProblem(prepare(buffers));
