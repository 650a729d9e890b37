/** What placement is given and what it answers. Bytes and ticks are whole numbers. */

/** Bytes [from, to) of a buffer are in use in the ticks [lower, upper). */
export interface Part {
  readonly from: number;
  readonly to: number;
  readonly lower: number;
  readonly upper: number;
}

/** `size` bytes, in use in the ticks [lower, upper). */
export interface Buffer {
  readonly size: number;
  readonly lower: number;
  readonly upper: number;
  /** The offset is a multiple of it; 1 unless given. */
  readonly align?: number;
  /** If given, only these are in use, and they lie within the buffer and its ticks. */
  readonly parts?: readonly Part[];
}

/** Work is counted in nodes of the search, never in time: every machine finds the same. */
export interface Limits {
  readonly nodes?: number;
}

export interface Placement {
  /** Of each buffer, in the order given. */
  readonly offsets: number[];
  /** The largest end of a buffer. */
  readonly bytes: number;
}

export const alignUp = (x: number, align: number): number => Math.ceil(x / align) * align;

export const endOf = (buffers: readonly Buffer[], offsets: readonly number[]): number =>
  buffers.reduce((most, b, i) => Math.max(most, offsets[i]! + b.size), 0);

export const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
