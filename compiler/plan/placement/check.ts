/** Whether a placement is sound, pair by pair. It shares no code with what places. */
import type { Buffer } from "./types.ts";

const inUse = ({ parts, size, lower, upper }: Buffer) =>
  parts ?? [{ from: 0, to: size, lower, upper }];

/** Whether some part of each is in use in one tick and at one address. */
const clash = (a: Buffer, aOffset: number, b: Buffer, bOffset: number): boolean =>
  inUse(a).some((p) =>
    inUse(b).some(
      (q) =>
        Math.max(p.lower, q.lower) < Math.min(p.upper, q.upper) &&
        Math.max(aOffset + p.from, bOffset + q.from) < Math.min(aOffset + p.to, bOffset + q.to),
    ),
  );

/** What is wrong with a placement in an arena of `capacity` bytes; empty for a sound one. */
export function placementProblems(
  buffers: readonly Buffer[],
  offsets: readonly number[],
  capacity: number,
): string[] {
  if (offsets.length !== buffers.length) return ["not every buffer has an offset"];
  return buffers.flatMap((a, i) => {
    const at = offsets[i]!;
    const isInside = Number.isInteger(at) && at >= 0 && at + a.size <= capacity;
    const isAligned = at % (a.align ?? 1) === 0;
    const clashes = buffers.slice(0, i).flatMap((b, j) => {
      const isClash = clash(a, at, b, offsets[j]!);
      return isClash ? [`buffers ${j} and ${i} overlap`] : [];
    });
    return [
      ...(isInside ? [] : [`buffer ${i} at ${at} lies outside the arena`]),
      ...(isAligned ? [] : [`buffer ${i} at ${at} is not aligned`]),
      ...clashes,
    ];
  });
}
