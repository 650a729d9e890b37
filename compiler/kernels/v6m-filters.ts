/** What the kernels for processors without SIMD need to know of a layer's filters. */
import { constantOf, type Node } from "../ir/graph.ts";
import type { Profile } from "../ops/numerics.ts";
import { convKernels } from "./conv.ts";
import type { Binding, ConstantArray, Kernel } from "./kernel.ts";
import type { Filters } from "./v6m-packing.ts";

export const portableNamed = (name: string): Kernel => convKernels.find((k) => k.name === name)!;

export function filtersOf(node: Node): Filters {
  const { data, shape } = constantOf(node.inputs[1])!;
  const weights = data as Int8Array;
  return { count: shape[0]!, taps: weights.length / shape[0]!, weights };
}

export interface Parts {
  readonly binding: Binding;
  readonly bias: readonly number[];
  readonly multipliers: readonly number[];
  readonly requantization: Readonly<Record<string, number>>;
}

export function partsOf(portable: Kernel, node: Node, profile: Profile): Parts {
  const binding = portable.bind(node, profile);
  const [, bias, multipliers] = binding.constants;
  const count = bias!.data.length;
  const each = (a: ConstantArray) => Array.from({ length: count }, (_, i) => numberAt(a, i));
  const requantization = binding.shape.requantization as Record<string, number>;
  return { binding, bias: each(bias!), multipliers: each(multipliers!), requantization };
}

const numberAt = ({ data }: ConstantArray, i: number): number =>
  Number(data[data.length === 1 ? 0 : i]);

/** Biases less the zero point's share. */
export function foldedBias(filters: Filters, { bias, binding }: Parts): number[] {
  const zero = binding.shape.x_zero_point as number;
  const { weights, taps } = filters;
  return bias.map((b, f) => {
    let sum = 0;
    for (let t = 0; t < taps; t++) sum += weights[f * taps + t]!;
    return b - zero * sum;
  });
}

/** Largest |sum| of a filter, over any stored inputs. */
function boundOf({ weights, taps }: Filters, f: number, bias: number): number {
  let sum = 0;
  for (let t = 0; t < taps; t++) sum += Math.abs(weights[f * taps + t]!);
  return Math.abs(bias) + 128 * sum;
}

/** Whether the rescale of 16-bit parts in the assembly cannot overflow. */
export function rescalesInParts(filters: Filters, parts: Parts, bias: readonly number[]): boolean {
  const { tflite, left_shift } = parts.requantization;
  if (tflite !== 0 || left_shift !== 0) return false;
  return bias.every((b, f) => {
    const high = Math.floor(boundOf(filters, f, b) / 65536) + 1;
    const m = parts.multipliers[f]!;
    const middle = high * 65536 + (Math.floor(m / 65536) + 1) * 65536;
    return m >= 0 && middle + 300 * 65536 < 2 ** 31;
  });
}
