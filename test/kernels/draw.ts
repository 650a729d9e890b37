/** Random types and attributes that several families need. */
import { type Attrs, constant, input, type Value } from "../../compiler/ir/graph.ts";
import { tensorOf } from "../../compiler/ir/tensor.ts";
import {
  type ElementType,
  perTensor,
  type Quantization,
  type Shape,
  type TensorType,
} from "../../compiler/ir/types.ts";
import { randomTensor } from "./case.ts";
import type { Random } from "./random.ts";

export const stored = (r: Random, scale = r.real(0.005, 0.1)): Quantization =>
  perTensor(Math.fround(scale), r.pick([-128, 0, 127, r.int(-128, 127)]));

/** Types of numbers that are computed with. */
export const numberTypes: readonly ElementType[] = [
  ...(["float32", "float64"] as const),
  ...(["int8", "int16", "int32", "int64"] as const),
  ...(["uint8", "uint16", "uint32", "uint64"] as const),
];

export const floatInput = (shape: Shape): Value => input("", { elem: "float32", shape });

/** An input, float or int8. */
export const activation = (r: Random, shape: Shape, quantized: boolean): Value =>
  quantized ? input("", { elem: "int8", shape, quant: stored(r) }) : floatInput(shape);

export const randomConstant = (r: Random, type: TensorType): Value =>
  constant(randomTensor(type, r), "", type.quant);

export const floatConstant = (r: Random, shape: Shape): Value =>
  randomConstant(r, { elem: "float32", shape });

export const intConstant = (values: readonly number[], elem: ElementType = "int64"): Value =>
  constant(tensorOf(elem, [values.length], values));

/** Sometimes a lower bound, sometimes an upper one. */
export const clampAttributes = (r: Random, magnitude: number): Attrs => ({
  ...(r.chance(0.3) && { clamp_min: r.pick([0, -magnitude / 2]) }),
  ...(r.chance(0.3) && { clamp_max: magnitude / 2 }),
});

export const randomShape = (r: Random, rankMax = 4, rankMin = 0, sizeMax = 5): number[] =>
  r.list(r.int(rankMin, rankMax), () => r.int(1, sizeMax));

/** A shape that broadcasts to the given one. */
export function broadcastable(r: Random, shape: Shape): number[] {
  const keeps = r.pick([1, 1, 0.5]);
  const sizes = shape.map((d) => (r.chance(keeps) ? d : 1));
  return r.chance(0.2) ? sizes.slice(r.int(0, sizes.length)) : sizes;
}

export const windowAttributes = (r: Random, kernel: readonly number[], padMax: number): Attrs => ({
  ...(r.chance(0.6) && { strides: [r.int(1, 3), r.int(1, 3)] }),
  ...(r.chance(0.3) && { dilations: [r.int(1, 2), r.int(1, 3)] }),
  ...(r.chance(0.15)
    ? { auto_pad: r.pick(["SAME_UPPER", "SAME_LOWER"]) }
    : { pads: r.list(4, () => r.int(0, Math.min(padMax, Math.max(...kernel) - 1))) }),
});
