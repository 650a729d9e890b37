/** Elementwise nodes on integers, doubles and bools. */
import { constant, input } from "../../../compiler/ir/graph.ts";
import { tensorOf } from "../../../compiler/ir/tensor.ts";
import { elementCount } from "../../../compiler/ir/types.ts";
import { buildNode } from "../../../compiler/ops/build.ts";
import { integers } from "../../../compiler/ops/operator.ts";
import type { Family, Sample } from "../case.ts";
import { broadcastable, randomShape } from "../draw.ts";
import type { Random } from "../random.ts";

function unaryOfIntegers(r: Random): Sample {
  const op = r.pick(["Abs", "Neg", "Sign", "BitwiseNot", "Not"]);
  const elem = op === "Not" ? "bool" : r.pick(integers);
  return { node: buildNode(op, [input("", { elem, shape: randomShape(r) })]) };
}

/** Functions of doubles, where they are defined. */
const domains: Readonly<Record<string, readonly [number, number]>> = {
  Log: [0.01, 9],
  Sqrt: [0, 9],
  Asin: [-1, 1],
  Acos: [-1, 1],
  Acosh: [1, 9],
  Atanh: [-0.99, 0.99],
  Tan: [-1.5, 1.5],
  Reciprocal: [0.1, 4],
};
const functions =
  "Exp Log Sqrt Reciprocal Abs Neg Floor Ceil Round Sign Erf Sin Cos Tan Asin Acos Atan Sinh Cosh Tanh Asinh Acosh Atanh Sigmoid";

function unaryOfDoubles(r: Random): Sample {
  const op = r.pick(functions.split(" "));
  const node = buildNode(op, [input("", { elem: "float64", shape: randomShape(r) })]);
  return { node, range: domains[op] ?? [-4, 4] };
}

function binaryOfDoubles(r: Random): Sample {
  const op = r.pick("Add Sub Mul Div Pow Max Min Mod Less Equal".split(" "));
  const shape = randomShape(r);
  const operands = [shape, broadcastable(r, shape)].map((s) =>
    input("", { elem: "float64", shape: s }),
  );
  const attrs = op === "Mod" ? { fmod: 1 } : {};
  return { node: buildNode(op, r.shuffled(operands), attrs), range: [0.5, 4] };
}

/** Numbers among which some are infinite, or none. */
function kinds(r: Random): Sample {
  const elem = r.pick(["float32", "float64"] as const);
  const shape = randomShape(r);
  const values = r.list(elementCount(shape), () =>
    r.pick([0, 1.5, Number.NaN, Infinity, -Infinity, -3]),
  );
  const x = constant(tensorOf(elem, shape, values));
  const detect = () => r.int(0, 1);
  const node = r.chance(0.3)
    ? buildNode("IsNaN", [x])
    : buildNode("IsInf", [x], { detect_negative: detect(), detect_positive: detect() });
  return { node };
}

export const families: readonly Family[] = [
  { name: "unary of integers", sample: unaryOfIntegers },
  { name: "unary of doubles", sample: unaryOfDoubles },
  { name: "binary of doubles", sample: binaryOfDoubles },
  { name: "kinds of numbers", sample: kinds },
];
