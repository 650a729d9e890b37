/** The MLPerf Tiny networks' inputs and TensorFlow Lite's outputs for them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { float32s, type Tensor, tensorFromBytes } from "../../compiler/ir/tensor.ts";
import type { TensorType } from "../../compiler/ir/types.ts";
import { quantizeTensor } from "../../compiler/ops/quantisation.ts";

export const dataFile = (name: string): string => join(import.meta.dirname, "..", "models", name);

/** Float input `i` (0 to 2) of a network, in the model's order. */
export function floatInput(model: string, i: number, shape: readonly number[]): Tensor {
  const bytes = readFileSync(dataFile(`${model}_int8_${i}_in.f32`));
  return float32s(
    shape,
    tensorFromBytes("float32", [bytes.length / 4], bytes).data as Float32Array,
  );
}

/** The same as the int8 network stores it. */
export const storedInput = (model: string, i: number, type: TensorType): Tensor =>
  quantizeTensor(floatInput(model, i, type.shape), "int8", type.quant!);

/** What TensorFlow Lite makes of input `i`. */
export const tfliteOutput = (model: string, i: number): Int8Array =>
  new Int8Array(readFileSync(dataFile(`${model}_int8_${i}_out.i8`)));

export const argmax = (xs: ArrayLike<number>): number =>
  Array.from(xs).reduce((best, x, i) => (x > xs[best]! ? i : best), 0);
