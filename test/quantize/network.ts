/** A small float network with a residual, made up from a seed, and samples for it. */
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { elementCount, type Shape } from "../../compiler/ir/types.ts";
import { npyBytes } from "../support/npy.ts";
import { type ModelInput, type NodeInput, writeBytes, writeModel } from "../support/onnx.ts";
import { Random } from "../support/random.ts";
import { number } from "../support/tensors.ts";

export const imageShape = [1, 3, 8, 8] as const;

const random = new Random(21);
const weights = (...shape: number[]): Tensor => {
  const reach = Math.sqrt(3 / elementCount(shape.slice(1)));
  return random.tensor("float32", shape, -reach, reach);
};

export const constants: Record<string, Tensor> = {
  w1: weights(8, 3, 3, 3),
  b1: random.tensor("float32", [8], -0.2, 0.2),
  w2: weights(8, 1, 3, 3),
  b2: random.tensor("float32", [8], -0.2, 0.2),
  w3: weights(8, 8, 1, 1),
  w4: weights(5, 8),
  b4: random.tensor("float32", [5], -0.2, 0.2),
  zero: number(0),
  six: number(6),
};

const body: readonly NodeInput[] = [
  { op: "Conv", inputs: ["x", "w1", "b1"], outputs: ["c1"], attrs: { pads: [1, 1, 1, 1] } },
  { op: "Relu", inputs: ["c1"], outputs: ["r1"] },
  {
    op: "Conv",
    inputs: ["r1", "w2", "b2"],
    outputs: ["c2"],
    attrs: { group: 8, pads: [1, 1, 1, 1] },
  },
  { op: "Clip", inputs: ["c2", "zero", "six"], outputs: ["r2"] },
  { op: "Conv", inputs: ["r2", "w3"], outputs: ["c3"] },
  { op: "Add", inputs: ["c3", "r1"], outputs: ["a"] },
  {
    op: "MaxPool",
    inputs: ["a"],
    outputs: ["p"],
    attrs: { kernel_shape: [2, 2], strides: [2, 2] },
  },
  { op: "GlobalAveragePool", inputs: ["p"], outputs: ["g"] },
  { op: "Flatten", inputs: ["g"], outputs: ["f"] },
];

/** The network with one more operator at its end. */
export const network = (last: string): ModelInput => ({
  nodes: [
    ...body,
    { op: "Gemm", inputs: ["f", "w4", "b4"], outputs: ["l"], attrs: { transB: 1 } },
    { op: last, inputs: ["l"] },
  ],
  inputs: [{ name: "x", elem: "float32", shape: imageShape }],
  outputs: [{ name: "y" }],
  initializers: constants,
});

export const networkFile = (last: string): string => writeModel(network(last));

/** Inputs of the same kind as those that calibrate. */
export const images = (seed: number, count: number): Tensor[] => {
  const source = new Random(seed);
  return Array.from({ length: count }, () => source.tensor("float32", imageShape, -1, 2));
};

/** A .npy file of samples, one behind the other. */
export function samplesFile(samples: readonly Tensor[], shape: Shape = imageShape): string {
  const data = Float32Array.from(samples.flatMap((t) => Array.from(t.data as Float32Array)));
  return writeBytes(npyBytes(data, [samples.length, ...shape]), "samples.npy");
}
