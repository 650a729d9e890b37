/** Blocks of a schedule as buffers of the placement. */
import { type Block, disjoint } from "./buffers.ts";
import { placeGreedily } from "./placement/greedy.ts";
import { type Minimum, minimize } from "./placement/placement.ts";
import type { Buffer } from "./placement/types.ts";

function bufferOf(block: Block): Buffer {
  const parts = disjoint(block).map((p) => ({ ...p, lower: p.begin, upper: p.end }));
  const lower = parts.reduce((least, p) => Math.min(least, p.lower), Infinity);
  const upper = parts.reduce((most, p) => Math.max(most, p.upper), 0);
  const [only] = parts;
  const isWhole = parts.length === 1 && only!.from === 0 && only!.to === block.bytes;
  const { bytes: size, align } = block;
  return { size, lower, upper, align, ...(!isWhole && { parts }) };
}

const isUsed = ({ parts }: Block): boolean => parts.length > 0;

/** Offsets of all blocks; those that nothing lies in are at 0. */
export function place(blocks: readonly Block[]): Minimum {
  const used = blocks.filter(isUsed);
  const placed = minimize(used.map(bufferOf));
  const offsetOf = new Map(used.map((block, i) => [block, placed.offsets[i]!]));
  const offsets = blocks.map((b) => offsetOf.get(b) ?? 0);
  return { ...placed, offsets, bytes: Math.max(1, placed.bytes) };
}

/** Bytes of an arena that is found quickly. */
export const placedBytes = (blocks: readonly Block[]): number =>
  placeGreedily(blocks.filter(isUsed).map(bufferOf)).bytes;
