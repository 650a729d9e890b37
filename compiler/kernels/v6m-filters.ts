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

/** What a core that rescales needs. A multiplier with bit 31 is to be multiplied in three parts. */
export interface Rescale {
  readonly filters: Filters;
  readonly bias: readonly number[];
  readonly multipliers: readonly number[];
}

/**
 * The rescale in the assembly, if nothing can overflow in it. On Armv6-M it multiplies the lowest 12 bits of
 * the multiplier apart, (acc·high + (acc·low >> 12) + addend) >> 20, or the lowest two bytes each.
 */
export function rescaleOf(filters: Filters, parts: Parts): Rescale | undefined {
  const { tflite, left_shift, zero_point, min } = parts.requantization;
  if (tflite !== 0 || left_shift !== 0) return undefined;
  const folded = foldedBias(filters, parts);
  const results = folded.map((bias, f) => constantResult(filters, parts, bias, f));
  const weights = Array.from(filters.weights, (w, i) =>
    results[Math.floor(i / filters.taps)] === undefined ? w : 0,
  );
  const made = { ...filters, weights };
  const bias = folded.map((b, f) => (results[f] === undefined ? b : results[f] * 256));
  const multipliers = parts.multipliers.map((m, f) => (results[f] === undefined ? m : 2 ** 24));
  const fits = (f: number, bits: number, shift: number): boolean => {
    const bound = boundOf(made, f, bias[f]!);
    const sum = (bound * multipliers[f]!) / 2 ** shift;
    const addend = (zero_point! - min! + 1) * 2 ** (32 - shift);
    return bound * 2 ** bits < 2 ** 31 && sum + 2 + addend < 2 ** 31;
  };
  const marked = multipliers.map((m, f) => {
    if (m < 0) return undefined;
    if (fits(f, 12, 12)) return m;
    return fits(f, 8, 16) ? m - 2 ** 31 : undefined;
  });
  if (marked.includes(undefined)) return undefined;
  return { filters: made, bias, multipliers: marked as number[] };
}

/** The one result, less the zero point, of a filter that has the same one for all inputs. */
function constantResult(
  filters: Filters,
  { multipliers, requantization: { zero_point, min, max } }: Parts,
  bias: number,
  f: number,
): number | undefined {
  const product = (acc: number) => BigInt(acc) * BigInt(multipliers[f]!);
  const result = (acc: number) => {
    const y = Number((product(acc) + 2n ** 31n) >> 32n);
    return Math.min(Math.max(y, min! - zero_point!), max! - zero_point!);
  };
  const spread = boundOf(filters, f, 0);
  const [least, most] = [result(bias - spread), result(bias + spread)];
  return least === most ? most : undefined;
}
