/**
 * The lowered forms of Resize: ResizeNearest picks elements, Interpolate weighs neighbours, along
 * one axis or two adjacent ones, by constant tables.
 */
import { type Attrs, constantOf, type Node, num } from "../ir/graph.ts";
import { newArray, numbers, type Tensor, tensorOf } from "../ir/tensor.ts";
import { elementCount, rowMajorStrides, type TensorType } from "../ir/types.ts";
import { gather, moves } from "./move.ts";
import { clamp, makeRescale, quantizeNumber } from "./numerics.ts";
import { type EvalContext, fail, floats, normalAxis, type Operator } from "./operator.ts";
import { listedRows, type RowsRead, sameRow } from "./rows.ts";
import { type AxisTable, resampleAxis } from "./taps.ts";

const axisOf = (attrs: Attrs, { shape }: TensorType, axes: number): number => {
  const axis = normalAxis(num({ attrs }, "axis"), shape.length);
  return axis + axes <= shape.length ? axis : fail(`axis ${axis} has no axis behind it`);
};

/** The input's shape with the axes from `axis` on replaced. */
const resized = (x: TensorType, axis: number, sizes: readonly number[]): TensorType => ({
  elem: x.elem,
  shape: x.shape.map((d, i) => sizes[i - axis] ?? d),
});

// ---- nearest ----

const inferNearest: Operator["infer"] = ({ inputs: [x, ...indices], attrs }) => {
  const lists = indices.filter((t) => t !== undefined);
  return [
    resized(
      x!,
      axisOf(attrs, x!, lists.length),
      lists.map((t) => elementCount(t.shape)),
    ),
  ];
};

const evaluateNearest: Operator["evaluate"] = ({ inputs, inputTypes, attrs, types }) => {
  const lists = inputs.slice(1).flatMap((t) => (t ? [numbers(t)] : []));
  const axis = axisOf(attrs, inputTypes[0]!, lists.length);
  const { shape } = types[0]!;
  const [own, steps] = [rowMajorStrides(inputTypes[0]!.shape), rowMajorStrides(shape)];
  const from = Array.from({ length: elementCount(shape) }, (_, i) =>
    shape.reduce((at, size, a) => {
      const position = Math.floor(i / steps[a]!) % size;
      return at + (lists[a - axis]?.[position] ?? position) * own[a]!;
    }, 0),
  );
  return [gather(inputs[0]!, shape, from)];
};

const nearestRows = (node: Node): RowsRead | undefined => {
  const [axis, picked] = [num(node, "axis"), constantOf(node.inputs[1])];
  if (axis === 2) return sameRow;
  return axis === 1 && picked ? listedRows(numbers(picked), 1) : undefined;
};

/** Y[…, i, j, …] = X[…, rows[i], columns[j], …] from `axis` on. */
const resizeNearest: Operator = {
  name: "ResizeNearest",
  level: "lowered",
  inputs: ["X: T", "rows: I", "columns?: I"],
  outputs: 1,
  attrs: { axis: "int" },
  types: { I: ["int32"] },
  infer: inferNearest,
  evaluate: evaluateNearest,
  rows: nearestRows,
  integer: moves,
};

// ---- interpolation ----

/** The tables among an Interpolate's operands: one axis or two. */
function tablesOf(inputs: readonly (Tensor | undefined)[]): AxisTable[] {
  return [1, 3].flatMap((at) => {
    const [begin, weights] = [inputs[at], inputs[at + 1]];
    if (!begin || !weights) return [];
    const data = { begin: begin.data as Int32Array, weights: weights.data as Float32Array };
    return [{ taps: weights.shape[1]!, ...data }];
  });
}

/** The tables of a node, all constants. */
export const nodeTables = (node: Node): AxisTable[] => tablesOf(node.inputs.map(constantOf));

const inferInterpolate: Operator["infer"] = ({ inputs: [x, b0, w0, b1, w1], attrs }) => {
  const begins = b1 ? [b0!, b1] : [b0!];
  const weights = [w0!, w1].slice(0, begins.length);
  if (weights.some((w, i) => w?.shape.length !== 2 || w.shape[0] !== begins[i]!.shape[0]))
    fail("begins and weights do not fit together");
  const sizes = begins.map((t) => elementCount(t.shape));
  return [resized(x!, axisOf(attrs, x!, sizes.length), sizes)];
};

/** Runs `write` for every element that is outside along either axis. */
function eachOutside(
  shape: readonly number[],
  axis: number,
  tables: readonly AxisTable[],
  write: (i: number) => void,
): void {
  if (tables.every((t) => !t.begin.includes(-1))) return;
  const steps = rowMajorStrides(shape);
  for (let i = 0; i < elementCount(shape); i++)
    if (tables.some((t, k) => t.begin[Math.floor(i / steps[axis + k]!) % shape[axis + k]!]! < 0))
      write(i);
}

/** Σ over both axes. */
function resample(x: Tensor, axis: number, tables: readonly AxisTable[]): Float64Array {
  let [data, shape]: [ArrayLike<number>, readonly number[]] = [numbers(x), x.shape];
  for (const [k, table] of tables.entries()) {
    data = resampleAxis(data, shape, axis + k, table);
    shape = shape.with(axis + k, table.begin.length);
  }
  return data as Float64Array;
}

const evaluateFloat: Operator["evaluate"] = ({ inputs, inputTypes, attrs, types }) => {
  const tables = tablesOf(inputs);
  const axis = axisOf(attrs, inputTypes[0]!, tables.length);
  const { elem, shape } = types[0]!;
  const data = resample(inputs[0]!, axis, tables);
  const value = num({ attrs }, "extrapolation_value");
  eachOutside(shape, axis, tables, (i) => {
    data[i] = value;
  });
  return [tensorOf(elem, shape, data)];
};

/** Fixed-point weights have this many fractional bits an axis; TFLite's have as many. */
export const weightBits = 10;
/** What the weights of both axes add to; a missing axis counts as one weight of 1. */
export const weightSum = 2 ** (2 * weightBits);

/** Each output's weights rounded, and the largest one changed so that they add to 2^weightBits. */
export function fixedWeights({ taps, weights }: AxisTable): Int16Array {
  const fixed = Int16Array.from(weights, (w) => Math.round(w * 2 ** weightBits));
  for (let i = 0; i < fixed.length; i += taps) {
    const own = fixed.subarray(i, i + taps);
    const rest = 2 ** weightBits - own.reduce((sum, w) => sum + w, 0);
    const largest = own.reduce((at, w, k) => (w > own[at]! ? k : at), 0);
    own[largest]! += rest;
  }
  return fixed;
}

/** The real factor from Σ a·b·(q − z), whose weights add to weightSum, to the stored result. */
export const interpolationFactor = (x: TensorType, y: TensorType): number =>
  x.quant!.scale[0]! / (y.quant!.scale[0]! * weightSum);

/**
 * Σ a·b·q over stored integers, rounded once: where parameters are equal, by a shift (half up) in
 * profile fast and by a division (half away from zero) in profile tflite; else rescaled, less
 * weightSum·z.
 */
function evaluateInteger({ inputs, inputTypes, types, attrs, profile }: EvalContext): Tensor[] {
  const [tx, ty] = [inputTypes[0]!, types[0]!];
  const [qx, qy] = [tx.quant!, ty.quant!];
  const [zx, zy] = [qx.zeroPoint[0]!, qy.zeroPoint[0]!];
  const tables = tablesOf(inputs);
  const axis = axisOf(attrs, tx, tables.length);
  const fixed = tables.map((t) => ({ ...t, weights: Float32Array.from(fixedWeights(t)) }));
  const acc = resample(inputs[0]!, axis, fixed);
  const one = weightSum / 2 ** (weightBits * tables.length);
  const half = weightSum / 2;
  const rescale = makeRescale([interpolationFactor(tx, ty)], profile);
  const finish = (sum: number): number => {
    if (qx.scale[0] !== qy.scale[0] || zx !== zy)
      return zy + rescale.apply(sum - weightSum * zx, 0);
    if (profile === "fast") return Math.floor((sum + half) / weightSum);
    return Math.trunc((sum > 0 ? sum + half : sum - half) / weightSum);
  };
  const data = newArray("int8", acc.length) as Int8Array;
  for (let i = 0; i < data.length; i++) data[i] = clamp(finish(acc[i]! * one), -128, 127);
  const value = storedExtrapolation(attrs, ty);
  eachOutside(ty.shape, axis, tables, (i) => {
    data[i] = value;
  });
  return [{ elem: "int8", shape: ty.shape, data }];
}

/** The extrapolation value as it is stored. */
export const storedExtrapolation = (attrs: Attrs, { quant }: TensorType): number =>
  quantizeNumber(
    num({ attrs }, "extrapolation_value"),
    quant!.scale[0]!,
    quant!.zeroPoint[0]!,
    [-128, 127],
  );

/** Largest Σ|w| of any output. */
function magnitude(table: AxisTable): number {
  const fixed = fixedWeights(table);
  let largest = 0;
  for (let i = 0; i < fixed.length; i += table.taps) {
    const sum = fixed.subarray(i, i + table.taps).reduce((total, w) => total + Math.abs(w), 0);
    largest = Math.max(largest, sum);
  }
  return largest;
}

function accumulatorBound(node: Node): number {
  const tables = nodeTables(node);
  const weights = tables.reduce((product, t) => product * magnitude(t), 1);
  return 255 * weights * (weightSum / 2 ** (weightBits * tables.length));
}

const interpolatedRows = (node: Node): RowsRead | undefined => {
  const axis = num(node, "axis");
  if (axis === 2) return sameRow;
  const [height] = nodeTables(node);
  return axis === 1 && height ? listedRows(height.begin, height.taps) : undefined;
};

/**
 * Y at (i, j) is Σ weights_0[i, t] · weights_1[j, u] · X at (begin_0[i] + t, begin_1[j] + u), from
 * `axis` on; `extrapolation_value` where a begin is −1. Each output's weights add to 1.
 */
const interpolate: Operator = {
  name: "Interpolate",
  level: "lowered",
  inputs: ["X: T", "begin_0: I", "weights_0: W", "begin_1?: I", "weights_1?: W"],
  outputs: 1,
  attrs: { axis: "int", extrapolation_value: "float" },
  types: { T: floats, I: ["int32"], W: ["float32"] },
  infer: inferInterpolate,
  evaluate: evaluateFloat,
  rows: interpolatedRows,
  integer: {
    roles: ["activation", "plain"],
    output: "free",
    evaluate: evaluateInteger,
    accumulatorBound,
  },
};

export const interpolateOperators: readonly Operator[] = [resizeNearest, interpolate];
