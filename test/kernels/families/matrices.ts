import { buildNode } from "../../../compiler/ops/build.ts";
import type { Family, Sample } from "../case.ts";
import {
  activation,
  broadcastable,
  floatConstant,
  floatInput,
  intConstant,
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

const reductions = ["Mean", "Sum", "Max", "Min", "Prod", "L1", "L2", "SumSquare", "LogSum"];

function reduction(r: Random): Sample {
  const op = `Reduce${r.pick(reductions)}`;
  const shape = randomShape(r, 5, 1, 4);
  const axes = shape.map((_, i) => i - (r.chance(0.5) ? shape.length : 0));
  const some = r.shuffled(axes).slice(0, r.int(0, shape.length));
  const attrs = {
    ...(r.chance(0.5) && { keepdims: r.int(0, 1) }),
    ...(r.chance(0.2) && { noop_with_empty_axes: 1 }),
  };
  const inputs = [floatInput(shape), ...(r.chance(0.8) ? [intConstant(some)] : [])];
  return { node: buildNode(op, inputs, attrs), range: op === "ReduceLogSum" ? [0.1, 2] : [-1, 1] };
}

export const families: readonly Family[] = [
  { name: "matrix products", sample: matmul },
  { name: "reductions", sample: reduction },
];
