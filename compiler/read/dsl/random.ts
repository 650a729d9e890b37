/** Weights before there is training: of the sizes and magnitudes that networks begin with. */
import { type Tensor, tensorOf } from "../../ir/tensor.ts";
import { elementCount, isFloat } from "../../ir/types.ts";
import type { ParameterSpec } from "../../language/operators/operator.ts";

/** FNV-1a. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** Marsaglia's xorshift32, as numbers in [0, 1). */
function generator(seed: number): () => number {
  let s = seed >>> 0 || 0x9e3779b9;
  return () => {
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    return (s >>> 0) / 2 ** 32;
  };
}

/** [lowest, highest] of what a parameter is drawn from; weights as He et al. 2015, uniform. */
function rangeOf({ role, shape }: ParameterSpec): readonly [number, number] {
  if (role === "mean" || role === "bias") return [-0.05, 0.05];
  if (role === "scale") return [0.95, 1.05];
  if (role === "variance") return [0.9, 1.1];
  const limit = Math.sqrt(6 / Math.max(1, elementCount(shape.slice(1))));
  return [-limit, limit];
}

/** The same for a path and seed, whatever else the model has. */
export function randomParameter(path: string, spec: ParameterSpec, seed: number): Tensor {
  const { elem = "float32", shape } = spec;
  const next = generator(hash(`${seed} ${path}`));
  const [low, high] = isFloat(elem) ? rangeOf(spec) : [0, 2];
  const draw = () => low + (high - low) * next();
  const values = Float64Array.from({ length: elementCount(shape) }, draw);
  return tensorOf(elem, shape, isFloat(elem) ? values : values.map(Math.floor));
}
