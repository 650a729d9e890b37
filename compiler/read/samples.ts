/** Sample inputs for calibration, from a .npy or .npz file. */
import { readFileSync } from "node:fs";
import * as say from "../diagnostics.ts";
import { MoteError } from "../diagnostics.ts";
import type { Graph, Value } from "../ir/graph.ts";
import { givenInputs } from "../ir/states.ts";
import { float32s, numbers, type Tensor } from "../ir/tensor.ts";
import { elementCount, type Shape, sameShape } from "../ir/types.ts";
import { NumpyError, parseNpy, parseNpz } from "./numpy.ts";

function readArrays(file: string): Map<string, Tensor> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch {
    throw new MoteError(say.fileNotFound(file));
  }
  try {
    return file.endsWith(".npz") ? parseNpz(bytes) : new Map([["", parseNpy(bytes)]]);
  } catch (problem) {
    if (!(problem instanceof NumpyError)) throw problem;
    throw new MoteError(say.badDataFile(file, problem.message));
  }
}

/** The model's order, whatever the boundary's: images are given in NCHW. */
const modelShape = (shape: Shape, ioLayout: string): Shape =>
  ioLayout === "nhwc" && shape.length === 4 ? [0, 3, 1, 2].map((axis) => shape[axis]!) : shape;

/** Samples of one input: [count, …shape], with or without the batch axis of 1. */
function samplesOf(value: Value, array: Tensor, file: string, ioLayout: string): Tensor[] {
  const shape = modelShape(value.type.shape, ioLayout);
  const [count = 0, ...each] = array.shape;
  const fits = sameShape(each, shape) || (shape[0] === 1 && sameShape(each, shape.slice(1)));
  if (!fits || count === 0)
    throw new MoteError(say.calibrationShape(file, value.name, array.shape, shape));
  const size = elementCount(shape);
  const all = Float32Array.from(numbers(array));
  if (!all.every(Number.isFinite))
    throw new MoteError(say.badDataFile(file, "holds numbers that are not finite"));
  return Array.from({ length: count }, (_, i) => {
    const sample = float32s(shape, all.subarray(i * size, (i + 1) * size));
    return ioLayout === "nhwc" && shape.length === 4 ? toNhwc(sample) : sample;
  });
}

/** [1,C,H,W] as [1,H,W,C]. */
export function toNhwc(t: Tensor): Tensor {
  const [n, c, h, w] = t.shape as [number, number, number, number];
  const data = t.data.slice();
  for (let b = 0; b < n; b++)
    for (let k = 0; k < c; k++)
      for (let i = 0; i < h * w; i++)
        data[(b * h * w + i) * c + k] = t.data[(b * c + k) * h * w + i]!;
  return { ...t, shape: [n, h, w, c], data };
}

/**
 * For every sample, the tensors of the inputs that a caller gives. A .npz names all inputs, or none
 * in their order.
 */
export function readCalibration(file: string, graph: Graph, ioLayout = "nchw"): Tensor[][] {
  const arrays = readArrays(file);
  const inputs = givenInputs(graph);
  const isNamed = inputs.some((value) => arrays.has(value.name));
  const inOrder = arrays.size === inputs.length && !isNamed ? [...arrays.values()] : [];
  const lists = inputs.map((value, i) => {
    const array = arrays.get(value.name) ?? inOrder[i];
    if (!array) throw new MoteError(say.calibrationInput(file, value.name, [...arrays.keys()]));
    return samplesOf(value, array, file, ioLayout);
  });
  const count = Math.min(...lists.map((l) => l.length));
  if (lists.some((l) => l.length !== count)) throw new MoteError(say.calibrationCounts(file));
  return Array.from({ length: count }, (_, k) => lists.map((l) => l[k]!));
}
