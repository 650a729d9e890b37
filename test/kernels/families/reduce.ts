import { type Attrs, input } from "../../../compiler/ir/graph.ts";
import { tensorOf } from "../../../compiler/ir/tensor.ts";
import { buildNode } from "../../../compiler/ops/build.ts";
import { reductionNames } from "../../../compiler/ops/reduce.ts";
import type { Family, Sample } from "../case.ts";
import { intConstant, randomShape } from "../draw.ts";
import type { Random } from "../random.ts";

const wide = ["int32", "uint32", "int64", "uint64"] as const;
const ordered = ["int8", "uint8", "bool"] as const;
const exact = ["Sum", "Mean", "Prod", "L1", "SumSquare"];

function typed(r: Random, shape: readonly number[]) {
  const op = r.pick(reductionNames);
  const isOrder = op === "Max" || op === "Min";
  const integers = isOrder ? [...wide, ...ordered] : exact.includes(op) ? wide : [];
  const elem = r.chance(0.4) || integers.length === 0 ? "float32" : r.pick(integers);
  return { op: `Reduce${op}`, x: input("", { elem, shape }) };
}

const range = (op: string): readonly [number, number] =>
  op === "ReduceLogSum" ? [0.1, 2] : [-1, 1];

function reduction(r: Random): Sample {
  const shape = randomShape(r, 5, 1, 4);
  const { op, x } = typed(r, shape);
  const axes = shape.map((_, i) => i - (r.chance(0.5) ? shape.length : 0));
  const some = r.shuffled(axes).slice(0, r.int(0, shape.length));
  const attrs = {
    ...(r.chance(0.5) && { keepdims: r.int(0, 1) }),
    ...(r.chance(0.2) && { noop_with_empty_axes: 1 }),
  };
  const inputs = [x, ...(r.chance(0.8) ? [intConstant(some)] : [])];
  return { node: buildNode(op, inputs, attrs), range: range(op) };
}

/** Axes of run time, some outside the tensor; sometimes the declared shape is another one. */
function computed(r: Random): Sample {
  const shape = randomShape(r, 5, 1, 3);
  const { op, x } = typed(r, shape);
  const rank = shape.length;
  const values = r.list(r.int(1, 3), () => r.int(-rank - 1, rank));
  const folded = new Set(values.map((a) => (a < 0 ? a + rank : a)));
  const sizes = shape.map((d, i) => (folded.has(i) ? 1 : d));
  const declared = r.chance(0.9) ? sizes : shape;
  const axes = tensorOf("int64", [values.length], values);
  const attrs: Attrs = { declared, keepdims: r.int(0, 1) };
  const node = buildNode(op, [x, input("", axes)], attrs);
  return { node, range: range(op), given: { 1: axes } };
}

export const families: readonly Family[] = [
  { name: "reductions", sample: reduction },
  { name: "reductions over axes of run time", sample: computed },
];
