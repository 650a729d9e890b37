/** From ranges of real numbers to quantisation parameters, by TFLite's int8 specification. */
import { constant, type Value } from "../ir/graph.ts";
import { numbers, type Tensor } from "../ir/tensor.ts";
import { perTensor, type Quantization } from "../ir/types.ts";
import { clamp, roundHalfAway } from "./numerics.ts";

/** int8 over [min, max] widened to hold 0, which is stored exactly. */
export function activationQuantization(min: number, max: number): Quantization {
  const [low, high] = [Math.min(min, 0), Math.max(max, 0)];
  const scale = Math.fround((high - low) / 255);
  if (!(scale > 2 ** -126)) return perTensor(1, 0);
  return perTensor(scale, clamp(roundHalfAway(-128 - low / scale), -128, 127));
}

/** Weights by filter (the outermost axis): symmetric, in [−127, 127]. */
export function quantizeWeights(w: Tensor, name: string): Value {
  const filters = w.shape[0]!;
  const each = w.data.length / filters;
  const from = numbers(w);
  const scale: number[] = [];
  const data = new Int8Array(w.data.length);
  for (let f = 0; f < filters; f++) {
    let largest = 0;
    for (let i = f * each; i < (f + 1) * each; i++) largest = Math.max(largest, Math.abs(from[i]!));
    const s = Math.fround(largest / 127);
    scale.push(s > 2 ** -126 ? s : 1);
    for (let i = f * each; i < (f + 1) * each; i++)
      data[i] = clamp(roundHalfAway(from[i]! / scale[f]!), -127, 127);
  }
  const quant = { scale, zeroPoint: scale.map(() => 0), ...(filters > 1 && { axis: 0 }) };
  return constant({ elem: "int8", shape: w.shape, data }, name, quant);
}
