/** How the C kernels get a layer's rescale: tables of multipliers, and the literal struct. */
import type { Attrs } from "../ir/graph.ts";
import type { TensorType } from "../ir/types.ts";
import { integerClamp } from "../ops/clamp.ts";
import { type Profile, quantizeMultiplier, singleRounding } from "../ops/numerics.ts";
import { type ConstantArray, type Fields, tableArray } from "./kernel.ts";

export interface Requantization {
  readonly multipliers: ConstantArray;
  /** Profile tflite only. */
  readonly exponents: ConstantArray | undefined;
  /** The C struct `mote_requantization`. */
  readonly shape: Fields;
}

/** For factors of every output channel, or one for all. */
export function requantization(
  factors: readonly number[],
  to: TensorType,
  attrs: Attrs,
  profile: Profile,
): Requantization {
  const per_channel = factors.length > 1 ? 1 : 0;
  const rest = { per_channel, zero_point: to.quant!.zeroPoint[0]!, ...integerClamp(attrs, to) };
  if (profile === "fast") {
    const { multipliers, leftShift } = singleRounding(factors);
    return {
      multipliers: tableArray("multipliers", "int32", Int32Array.from(multipliers)),
      exponents: undefined,
      shape: { tflite: 0, left_shift: leftShift, ...rest },
    };
  }
  const pairs = factors.map(quantizeMultiplier);
  return {
    multipliers: tableArray(
      "multipliers",
      "int32",
      Int32Array.from(pairs, (p) => p.multiplier),
    ),
    exponents: tableArray(
      "exponents",
      "int8",
      Int8Array.from(pairs, (p) => p.exponent),
    ),
    shape: { tflite: 1, left_shift: 0, ...rest },
  };
}

/** One factor for a whole tensor, as two literals instead of tables. */
export function literalRequantization(
  factor: number,
  to: TensorType,
  attrs: Attrs,
  profile: Profile,
): Fields {
  const { multipliers, exponents, shape } = requantization([factor], to, attrs, profile);
  return {
    multiplier: Number(multipliers.data[0]),
    exponent: Number(exponents?.data[0] ?? 0),
    requantization: shape,
  };
}
