/** The activation that a lowered operator applies to its result: a clamp of the real value. */
import { type Attrs, num } from "../ir/graph.ts";
import type { TensorType } from "../ir/types.ts";
import { integerRange } from "../ir/types.ts";
import { clamp, roundHalfAway } from "./numerics.ts";
import type { AttrKind } from "./operator.ts";

/** Attributes of every lowered operator that can clamp its result; absent ones do not clamp. */
export const clampAttrs: Record<string, AttrKind> = { clamp_min: "float", clamp_max: "float" };

export interface Range {
  readonly min: number;
  readonly max: number;
}

export const clampOf = (attrs: Attrs): Range => ({
  min: num({ attrs }, "clamp_min", -Infinity),
  max: num({ attrs }, "clamp_max", Infinity),
});

/** Attributes for a clamp; nothing where there is no bound. */
export const clampAttributes = ({ min, max }: Range): Attrs => ({
  ...(min > -Infinity && { clamp_min: min }),
  ...(max < Infinity && { clamp_max: max }),
});

/** A clamp to `first`, then one to `second`. */
export const composeClamps = (first: Range, second: Range): Range => ({
  min: clamp(first.min, second.min, second.max),
  max: clamp(first.max, second.min, second.max),
});

/** The clamp in stored integers of a quantised type, as TFLite computes it. */
export function integerClamp(attrs: Attrs, type: TensorType): Range {
  const [low, high] = integerRange(type.elem);
  const [scale, zero] = [type.quant!.scale[0]!, type.quant!.zeroPoint[0]!];
  const stored = (real: number) => zero + roundHalfAway(Math.fround(Math.fround(real) / scale));
  const { min, max } = clampOf(attrs);
  return {
    min: min === -Infinity ? low : clamp(stored(min), low, high),
    max: max === Infinity ? high : clamp(stored(max), low, high),
  };
}
