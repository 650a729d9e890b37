import { buildNode } from "../../../compiler/ops/build.ts";
import type { Family, Sample } from "../case.ts";
import {
  activation,
  broadcastable,
  floatConstant,
  floatInput,
  randomShape,
  stored,
} from "../draw.ts";
import type { Random } from "../random.ts";

function matmul(r: Random): Sample {
  const batch = randomShape(r, 3, 0, 3);
  const [m, k, n] = [r.int(1, 5), r.int(1, 9), r.int(1, 5)];
  const a = r.chance(0.1) ? [k] : [...broadcastable(r, batch), m, k];
  const b = r.chance(0.1) ? [k] : [...broadcastable(r, batch), k, n];
  if (r.chance(0.5)) {
    const operands = [activation(r, a, true), activation(r, b, true)];
    const [one, other] = operands.map((v) => v.type.quant!.scale[0]!);
    const quant = stored(r, one! * other! * 60 * Math.sqrt(k) * r.real(0.3, 3));
    return { node: buildNode("MatMul", operands, {}, { stored: { elem: "int8", quant } }) };
  }
  const right = r.chance(0.2) ? floatConstant(r, b) : floatInput(b);
  return { node: buildNode("MatMul", [floatInput(a), right]) };
}

export const families: readonly Family[] = [{ name: "matrix products", sample: matmul }];
