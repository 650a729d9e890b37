/** What the kernels for processors without SIMD need to know of a layer's filters. */
import { constantOf, type Node } from "../../ir/graph.ts";
import type { Profile } from "../../ops/numerics.ts";
import { convKernels } from "../conv.ts";
import type { Binding, ConstantArray, Kernel } from "../kernel.ts";
import type { Filters } from "./packing.ts";

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

/** What a core that rescales needs. A multiplier with bit 31 is to be multiplied in three parts. */
export interface Rescale {
  /** Those that have one result for all inputs have no weights here. */
  readonly filters: Filters;
  readonly bias: readonly number[];
  readonly multipliers: readonly number[];
}

/**
 * The rescale in the assembly, if nothing can overflow in it. On Armv6-M it multiplies the lowest
 * 12 bits of the multiplier apart, or the lowest two bytes:
 * (acc·high + (acc·low >> 12) + addend) >> 20.
 */
export function rescaleOf(filters: Filters, parts: Parts): Rescale | undefined {
  const { tflite, left_shift, zero_point, min } = parts.requantization;
  if (tflite !== 0 || left_shift !== 0) return undefined;
  const marked = (f: number, spread: number, [bias, m]: BiasAndMultiplier) => {
    const bound = Math.abs(bias) + spread;
    const fits = (bits: number, shift: number): boolean => {
      const addend = (Math.abs(zero_point! - min!) + 1) * 2 ** (32 - shift);
      return bound * 2 ** bits < 2 ** 31 && (bound * m) / 2 ** shift + 2 + addend < 2 ** 31;
    };
    if (m < 0) return undefined;
    if (fits(12, 12)) return { f, spread, bias, multiplier: m };
    return fits(8, 16) ? { f, spread, bias, multiplier: m - 2 ** 31 } : undefined;
  };
  const made = foldedBias(filters, parts).map((bias, f) => {
    const pair: BiasAndMultiplier = [bias, parts.multipliers[f]!];
    const spread = spreadOf(filters, f);
    const fewer = ofFewerBits(pair, spread, parts);
    const own = fewer.spread === 0 ? undefined : marked(f, spread, pair);
    return own ?? marked(f, fewer.spread, fewer.pair);
  });
  const all = made.filter((m) => m !== undefined);
  if (all.length < made.length) return undefined;
  const weights = Array.from(filters.weights, (w, i) =>
    all[Math.floor(i / filters.taps)]!.spread === 0 ? 0 : w,
  );
  return {
    filters: { ...filters, weights },
    bias: all.map((m) => m.bias),
    multipliers: all.map((m) => m.multiplier),
  };
}

type BiasAndMultiplier = readonly [bias: number, multiplier: number];

/** Largest |sum| of a filter less its bias, over any stored inputs. */
function spreadOf({ weights, taps }: Filters, f: number): number {
  let sum = 0;
  for (let t = 0; t < taps; t++) sum += Math.abs(weights[f * taps + t]!);
  return 128 * sum;
}

/**
 * The same results from smaller numbers, where sums in [-spread, spread] have two results at most,
 * or from none where they have one.
 */
function ofFewerBits(
  pair: BiasAndMultiplier,
  spread: number,
  { requantization: { zero_point, min, max } }: Parts,
): { spread: number; pair: BiasAndMultiplier } {
  const result = (sum: number): number => {
    const y = Number((BigInt(sum + pair[0]) * BigInt(pair[1]) + 2n ** 31n) >> 32n);
    return Math.min(Math.max(y, min! - zero_point!), max! - zero_point!);
  };
  const first = result(-spread);
  if (result(spread) === first) return { spread: 0, pair: [first * 256, 2 ** 24] };
  if (result(spread) > first + 1) return { spread, pair };
  let [below, least] = [-spread, spread];
  while (least - below > 1) {
    const middle = Math.floor((below + least) / 2);
    if (result(middle) > first) least = middle;
    else below = middle;
  }
  const multiplier = Math.floor((2 ** 32 - 1) / (2 * spread + 1));
  const bias = Math.ceil(((first + 0.5) * 2 ** 32) / multiplier) - least;
  return { spread, pair: [bias, multiplier] };
}
