/** Axes as loops see them: those that step evenly are one, those of one element are none. */
import { rowMajorStrides, type Shape } from "../ir/types.ts";
import { fail } from "../ops/operator.ts";

/** A loop nest: sizes, and by operand the steps in elements along each axis. */
export interface Nest {
  readonly sizes: readonly number[];
  readonly steps: readonly (readonly number[])[];
}

/** The same nest with as few axes as can be. */
export function mergeAxes({ sizes, steps }: Nest): Nest {
  const merged: number[] = [];
  const kept: number[][] = steps.map(() => []);
  for (const [axis, size] of sizes.entries()) {
    if (size === 1) continue;
    const even = merged.length > 0 && steps.every((s, k) => kept[k]!.at(-1) === s[axis]! * size);
    if (even) merged[merged.length - 1]! *= size;
    else merged.push(size);
    for (const [k, s] of steps.entries()) {
      if (even) kept[k]![kept[k]!.length - 1] = s[axis]!;
      else kept[k]!.push(s[axis]!);
    }
  }
  return { sizes: merged, steps: kept };
}

/** The merged nest with leading axes of one element up to `rank`. */
export function nestOf(nest: Nest, rank: number): Nest {
  const { sizes, steps } = mergeAxes(nest);
  const missing = rank - sizes.length;
  if (missing < 0)
    fail(`its operands step unevenly over ${sizes.length} axes; ${rank} are possible`);
  const lead = (value: number) => Array.from({ length: missing }, () => value);
  return { sizes: [...lead(1), ...sizes], steps: steps.map((s) => [...lead(0), ...s]) };
}

/** Steps of a dense operand along the axes of the shape that it is broadcast to. */
export function broadcastSteps(from: Shape, to: Shape): number[] {
  const own = rowMajorStrides(from);
  return to.map((_, axis) => {
    const i = axis - to.length + from.length;
    return i < 0 || from[i] === 1 ? 0 : own[i]!;
  });
}
