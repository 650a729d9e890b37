/** What rules of several files make and ask of values. */
import { constant, constantOf, type Value } from "../../ir/graph.ts";
import { int64s } from "../../ir/tensor.ts";
import type { Shape } from "../../ir/types.ts";
import { build } from "../../ops/build.ts";

export const transpose = (x: Value, perm: readonly number[]): Value =>
  build("Transpose", [x], { perm });
export const reshape = (x: Value, shape: Shape): Value =>
  build("Reshape", [x, constant(int64s(shape))]);

const storage = [
  "Dequantize",
  "DequantizeLinear",
  "Transpose",
  "Reshape",
  "StorageCast",
  "Requantize",
];

/** Weights: a constant, or one that is dequantised. */
export const isWeights = (v: Value): boolean =>
  constantOf(v) !== undefined || (storage.includes(v.node.op) && isWeights(v.node.inputs[0]!));
