/** Resampling along one axis: each output is a weighted sum of neighbouring inputs. */
import { elementCount, type Shape } from "../ir/types.ts";

export interface Tap {
  readonly index: number;
  readonly weight: number;
}

/** Taps of an output that lies outside the input and takes a given value. */
export const outside: readonly Tap[] = [];

/** Output i is Σ weights[i·taps + t] · input[begin[i] + t]; a begin of −1 is outside. */
export interface AxisTable {
  readonly taps: number;
  readonly begin: Int32Array;
  readonly weights: Float32Array;
}

/** A table of outputs' taps, which may name an index more than once. */
export function makeTable(outputs: readonly (readonly Tap[])[], size: number): AxisTable {
  const used = outputs.map((list) => list.filter((t) => t.weight !== 0).map((t) => t.index));
  const spans = used.map((list) => Math.max(...list) - Math.min(...list) + 1);
  const taps = Math.max(1, ...spans);
  const begin = Int32Array.from(used, (list) =>
    list.length === 0 ? -1 : Math.min(Math.min(...list), size - taps),
  );
  const weights = new Float64Array(outputs.length * taps);
  for (const [i, list] of outputs.entries())
    for (const { index, weight } of list)
      if (weight !== 0) weights[i * taps + index - begin[i]!]! += weight;
  return { taps, begin, weights: Float32Array.from(weights) };
}

/** Whether every output is the input at its own place. */
export const isIdentity = ({ taps, begin, weights }: AxisTable, size: number): boolean =>
  taps === 1 &&
  begin.length === size &&
  begin.every((from, i) => from === i) &&
  weights.every((w) => w === 1);

/** The tensor with one axis resampled; what is outside is 0. */
export function resampleAxis(
  x: ArrayLike<number>,
  shape: Shape,
  axis: number,
  { taps, begin, weights }: AxisTable,
): Float64Array<ArrayBuffer> {
  const [outer, size] = [elementCount(shape.slice(0, axis)), shape[axis]!];
  const inner = elementCount(shape.slice(axis + 1));
  const y = new Float64Array(outer * begin.length * inner);
  let to = 0;
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < begin.length; i++, to += inner) {
      if (begin[i]! < 0) continue;
      for (let t = 0; t < taps; t++) {
        const from = (o * size + begin[i]! + t) * inner;
        const w = weights[i * taps + t]!;
        for (let k = 0; k < inner; k++) y[to + k]! += w * x[from + k]!;
      }
    }
  return y;
}
