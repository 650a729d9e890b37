/** GridSample and AffineGrid: elements at places that are computed. */
import { type Attrs, constant, num, str } from "../ir/graph.ts";
import { int64s, newArray, tensorOf } from "../ir/tensor.ts";
import { elementCount, rowMajorStrides, type Shape } from "../ir/types.ts";
import { constantInts } from "./move.ts";
import { roundHalfEven } from "./numerics.ts";
import { fail, floats, type Operator, type RawNode } from "./operator.ts";
import { positionOf } from "./spatial.ts";
import type { Tap } from "./taps.ts";

export const gridModes = ["nearest", "linear", "cubic"] as const;
export const gridPaddings = ["zeros", "border", "reflection"] as const;

/** How a GridSample reads its input; mode and padding are indices of the lists above. */
export interface GridSampling {
  readonly mode: number;
  readonly padding: number;
  readonly alignsCorners: boolean;
}

export const gridSampling = (attrs: Attrs): GridSampling => ({
  mode: (gridModes as readonly string[]).indexOf(str({ attrs }, "mode", "linear")),
  padding: (gridPaddings as readonly string[]).indexOf(str({ attrs }, "padding_mode", "zeros")),
  alignsCorners: num({ attrs }, "align_corners") !== 0,
});

const f32 = Math.fround;

/** A coordinate from [−1, 1] as a place on an axis, in float32. */
const placeOf = (n: number, size: number, { alignsCorners }: GridSampling): number =>
  alignsCorners ? f32(f32(f32(n + 1) / 2) * (size - 1)) : f32(f32(f32(f32(n + 1) * size) - 1) / 2);

/** Folded at both ends until it is inside. */
function reflect(x: number, low: number, high: number): number {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(x)) return low;
  const rest = f32(f32(x < low ? low - x : x - high) % (2 * span));
  if (x >= low && x <= high) return x;
  const inside = rest > span ? 2 * span - rest : rest;
  return x < low ? low + inside : high - inside;
}

const clampTo = (x: number, low: number, high: number): number =>
  !(x > low) ? low : x > high ? high : x;

/** Keys' weights of the four neighbours, for a place this far behind the second. */
function cubicWeights(d: number): number[] {
  const a = -0.75;
  const far = (x: number) => ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  const near = (x: number) => ((a + 2) * x - (a + 3)) * x * x + 1;
  return [far(d + 1), near(d), near(1 - d), far(2 - d)];
}

/**
 * What a coordinate reads along an axis; an index of −1 is outside. With cubic weights the border
 * stands for elements outside, as in ONNX Runtime, not for places.
 */
function tapsOf(n: number, size: number, s: GridSampling): Tap[] {
  const [low, high] = s.alignsCorners ? [0, size - 1] : [-0.5, size - 0.5];
  const given = placeOf(n, size, s);
  const rounded = gridModes[s.mode] === "nearest" ? roundHalfEven(given) : given;
  const padding = gridPaddings[s.padding]!;
  const resolve = (i: number): number => {
    if (padding === "border") return clampTo(i, 0, size - 1);
    if (padding === "zeros") return i < 0 || i >= size ? -1 : i;
    return clampTo(Math.trunc(reflect(i, low, high)), 0, size - 1);
  };
  const moved = () => {
    const isNear = padding === "zeros" || (padding === "border" && gridModes[s.mode] === "cubic");
    if (isNear) return clampTo(rounded, -3, size + 2);
    if (rounded >= low && rounded <= high) return rounded;
    return padding === "border" ? clampTo(rounded, 0, size - 1) : reflect(rounded, low, high);
  };
  const x = moved();
  if (gridModes[s.mode] === "nearest") return [{ index: resolve(Math.trunc(x)), weight: 1 }];
  const first = Math.floor(x);
  const d = f32(x - first);
  const isLinear = gridModes[s.mode] === "linear";
  const weights = isLinear ? [1 - d, d] : cubicWeights(d);
  const start = isLinear ? first : first - 1;
  return weights.map((weight, k) => ({ index: resolve(start + k), weight }));
}

/** Σ of all products of taps, axis by axis. */
function sampled(
  x: ArrayLike<number>,
  at: number,
  steps: readonly number[],
  taps: readonly (readonly Tap[])[],
): number {
  const [own, ...rest] = taps;
  if (!own) return x[at]!;
  let sum = 0;
  for (const { index, weight } of own)
    if (index >= 0) sum += weight * sampled(x, at + index * steps[0]!, steps.slice(1), rest);
  return sum;
}

function gridShape(x: Shape, grid: Shape): number[] {
  const rank = x.length - 2;
  if (rank < 1 || grid.length !== x.length || grid.at(-1) !== rank)
    fail(`a grid of shape [${grid}] does not fit an input of shape [${x}]`);
  if (grid[0] !== x[0]) fail(`the input has ${x[0]} images, the grid ${grid[0]}`);
  return [x[0]!, x[1]!, ...grid.slice(1, -1)];
}

const olderModes: Readonly<Record<string, string>> = { bilinear: "linear", bicubic: "cubic" };

/** X [N,C,D…], grid [N,positions…,axes], the last axis' coordinate first → [N,C,positions…]. */
const gridSample: Operator = {
  name: "GridSample",
  level: "any",
  inputs: ["X: T", "grid: T1"],
  outputs: 1,
  attrs: { align_corners: "flag", mode: gridModes, padding_mode: gridPaddings },
  defaults: { align_corners: 0, mode: "linear", padding_mode: "zeros" },
  types: { T: floats, T1: floats },
  upgrade: (node: RawNode) => {
    const mode = olderModes[str(node, "mode")];
    return mode ? { ...node, attrs: { ...node.attrs, mode } } : node;
  },
  infer: ({ inputs: [x, grid] }) => {
    return [{ elem: x!.elem, shape: gridShape(x!.shape, grid!.shape) }];
  },
  evaluate: ({ inputs: [x, grid], attrs, types }) => {
    const [{ elem, shape }, s] = [types[0]!, gridSampling(attrs)];
    const data = newArray(elem, elementCount(shape)) as Float32Array;
    const size = x!.shape.slice(2);
    const [planes, positions] = [shape[1]!, elementCount(shape.slice(2))];
    const [steps, length] = [rowMajorStrides(size), elementCount(size)];
    const places = grid!.data as Float32Array;
    for (let i = 0; i < shape[0]! * positions; i++) {
      const taps = size.map((d, axis) => tapsOf(places[(i + 1) * size.length - 1 - axis]!, d, s));
      const n = Math.floor(i / positions);
      for (let c = n * planes; c < (n + 1) * planes; c++)
        data[c * positions + (i % positions)] = sampled(
          x!.data as Float32Array,
          c * length,
          steps,
          taps,
        );
    }
    return [{ elem, shape, data }];
  },
};

// ---- grids ----

/** The coordinate in [−1, 1] of a position on an axis. */
const coordinate = (i: number, size: number, alignsCorners: boolean): number => {
  if (!alignsCorners) return (2 * i + 1) / size - 1;
  return size > 1 ? (2 * i) / (size - 1) - 1 : 0;
};

/** The coordinates of each axis one after the other, the first axis first. */
const gridCoordinates = (size: readonly number[], attrs: Attrs): number[] =>
  size.flatMap((d) =>
    Array.from({ length: d }, (_, i) => coordinate(i, d, num({ attrs }, "align_corners") !== 0)),
  );

/** theta [N,axes,axes + 1] → [N,positions…,axes], the last axis' coordinate first. */
const affineGrid: Operator = {
  name: "AffineGrid",
  level: "any",
  inputs: ["theta: T", "size: I"],
  outputs: 1,
  attrs: { align_corners: "flag" },
  defaults: { align_corners: 0 },
  types: { T: floats, I: ["int64"] },
  declares: {
    inputs: [1],
    take: (node, [shape]) => {
      const size = [shape![0]!, 1, ...shape!.slice(1, -1)];
      return { ...node, inputs: [node.inputs[0], constant(int64s(size))] };
    },
  },
  infer: (context) => {
    const { elem, shape } = context.inputs[0]!;
    const size = constantInts(context, 1, "size");
    const rank = size.length - 2;
    if ((rank !== 2 && rank !== 3) || size.some((d) => d < 1))
      fail(`cannot make a grid for [${size}]`);
    if (shape.join() !== [size[0], rank, rank + 1].join())
      fail(`'theta' has the shape [${shape}] instead of [${size[0]}, ${rank}, ${rank + 1}]`);
    return [{ elem, shape: [size[0]!, ...size.slice(2), rank] }];
  },
  evaluate: ({ inputs: [theta], attrs, types }) => {
    const { elem, shape } = types[0]!;
    const size = shape.slice(1, -1);
    const rank = size.length;
    const flat = gridCoordinates(size, attrs);
    const firsts = size.map((_, axis) => size.slice(0, axis).reduce((a, b) => a + b, 0));
    const factors = theta!.data as Float32Array;
    const values = Array.from({ length: elementCount(shape) }, (_, i) => {
      const [n, ...place] = positionOf(i, shape);
      const row = (n! * rank + place.pop()!) * (rank + 1);
      const own = place.map((p, axis) => flat[firsts[axis]! + p]!).toReversed();
      return own.reduce((sum, c, k) => sum + c * factors[row + k]!, factors[row + rank]!);
    });
    return [tensorOf(elem, shape, values)];
  },
};

export const samplingOperators: readonly Operator[] = [gridSample, affineGrid];
