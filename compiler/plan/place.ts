/**
 * Blocks of a schedule as buffers of the placement, the right way up and upside down: where a large
 * block dies from its first row on, what comes after grows into it best from below.
 */
import { type Block, disjoint } from "./buffers.ts";
import { placeGreedily } from "./placement/greedy.ts";
import { type Minimum, minimize } from "./placement/placement.ts";
import { alignUp, type Buffer } from "./placement/types.ts";

function bufferOf(block: Block): Buffer {
  const parts = disjoint(block).map((p) => ({ ...p, lower: p.begin, upper: p.end }));
  const lower = parts.reduce((least, p) => Math.min(least, p.lower), Infinity);
  const upper = parts.reduce((most, p) => Math.max(most, p.upper), 0);
  const [only] = parts;
  const isWhole = parts.length === 1 && only!.from === 0 && only!.to === block.bytes;
  const { bytes: size, align } = block;
  return { size, lower, upper, align, ...(!isWhole && { parts }) };
}

/** A buffer with its bytes in the other order, filled up to a multiple of its alignment. */
function turned({ size: bytes, align = 1, parts, ...life }: Buffer): Buffer {
  const size = alignUp(bytes, align);
  if (!parts && size === bytes) return { size, align, ...life };
  const all = parts ?? [{ from: 0, to: bytes, ...life }];
  return {
    size,
    align,
    ...life,
    parts: all.map((p) => ({ ...p, from: size - p.to, to: size - p.from })),
  };
}

/** Offsets in the buffers' own order of bytes. */
function turnedBack(found: Minimum, buffers: readonly Buffer[]): Minimum {
  const ends = buffers.map(({ size, align = 1 }, i) => found.offsets[i]! + alignUp(size, align));
  const widest = buffers.reduce((most, { align = 1 }) => Math.max(most, align), 1);
  const top = alignUp(Math.max(0, ...ends), widest);
  const offsets = ends.map((end) => top - end);
  const bytes = Math.max(0, ...buffers.map(({ size }, i) => offsets[i]! + size));
  return { ...found, offsets, bytes, status: bytes <= found.bytes ? found.status : "feasible" };
}

const isUsed = ({ parts }: Block): boolean => parts.some(({ from, to }) => to > from);
const isPieced = ({ parts }: Buffer): boolean => parts !== undefined;

function smallest(buffers: readonly Buffer[]): Minimum {
  const upright = minimize(buffers);
  if (upright.bytes <= upright.lowerBound || !buffers.some(isPieced)) return upright;
  const other = turnedBack(minimize(buffers.map(turned)), buffers);
  const best = other.bytes < upright.bytes ? other : upright;
  const isLeast = best.bytes <= upright.lowerBound;
  return { ...best, lowerBound: upright.lowerBound, status: isLeast ? "optimal" : "feasible" };
}

/** Offsets of all blocks; those that nothing lies in are at 0. */
export function place(blocks: readonly Block[]): Minimum {
  const used = blocks.filter(isUsed);
  const placed = smallest(used.map(bufferOf));
  const offsetOf = new Map(used.map((block, i) => [block, placed.offsets[i]!]));
  const offsets = blocks.map((b) => offsetOf.get(b) ?? 0);
  return { ...placed, offsets, bytes: Math.max(1, placed.bytes) };
}

/** Bytes of an arena that is found quickly; no search for less than `enough`. */
export function placedBytes(blocks: readonly Block[], enough = 0): number {
  const buffers = blocks.filter(isUsed).map(bufferOf);
  const { bytes } = placeGreedily(buffers);
  if (bytes <= enough || !buffers.some(isPieced)) return bytes;
  return Math.min(bytes, placeGreedily(buffers.map(turned)).bytes);
}
