/** ONNX Runtime as the judge of what a model means. */
import * as ort from "onnxruntime-node";
import type { Tensor, TensorData } from "../../compiler/ir/tensor.ts";
import { newArray } from "../../compiler/ir/tensor.ts";
import type { ElementType } from "../../compiler/ir/types.ts";

/** No optimisation: every operator as it stands in the file, one thread. */
const options: ort.InferenceSession.SessionOptions = {
  graphOptimizationLevel: "disabled",
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  logSeverityLevel: 4,
};

const toOrt = (t: Tensor) =>
  new ort.Tensor(t.elem as ort.Tensor.Type, t.data as never, [...t.shape]);

function fromOrt(t: ort.Tensor): Tensor {
  const elem = t.type as ElementType;
  const data = newArray(elem, t.size);
  data.set(t.data as never);
  return { elem, shape: [...t.dims], data: data as TensorData };
}

/** The model's outputs, in its order. */
export async function runOrt(
  bytes: Uint8Array,
  inputs: Readonly<Record<string, Tensor>>,
): Promise<Tensor[]> {
  const session = await ort.InferenceSession.create(bytes, options);
  const feeds = Object.fromEntries(Object.entries(inputs).map(([name, t]) => [name, toOrt(t)]));
  const results = await session.run(feeds);
  return session.outputNames.map((name) => fromOrt(results[name]!));
}
