/** Einsum by two operands at a time, as matrix products where it is one. */
import { constant, type Node, type Value } from "../../ir/graph.ts";
import { int64s, tensorOf } from "../../ir/tensor.ts";
import { elementCount, type Shape } from "../../ir/types.ts";
import { build } from "../../ops/build.ts";
import { einsumOf, equationOf } from "../../ops/einsum.ts";
import type { Rule } from "../engine.ts";
import { op } from "../pattern.ts";

type Labels = readonly string[];

const equationIn = (node: Node) =>
  einsumOf(
    node.attrs,
    node.inputs.map((v) => v!.type.shape),
  );

const reshape = (x: Value, shape: Shape): Value => build("Reshape", [x, constant(int64s(shape))]);

/** The axes in the order of other labels. */
const ordered = (x: Value, from: Labels, to: Labels): Value =>
  build("Transpose", [x], { perm: to.map((l) => from.indexOf(l)) });

const inPairs: Rule = {
  name: "einsum-in-pairs",
  example: `graph imported "g" {
    %0: float32[2, 3] = Input
    %1: float32[3, 3, 4] = Input
    %2: float32[4, 2] = Input
    %3: float32[3, 2] = Einsum(%0, %1, %2) {equation: "ij,jjk,kl->jl"}
    return %3 as "y"
  }`,
  pattern: op("Einsum", undefined, { where: (n) => n.inputs.length > 2 }),
  replace: ({ root, origins }) => {
    const { operands, output } = equationIn(root);
    const [a, b, ...rest] = operands;
    const later = new Set([...rest.flat(), ...output]);
    const between = [...new Set([...a!, ...b!])].filter((l) => later.has(l));
    const first = { equation: equationOf([a!, b!], between) };
    const joined = build("Einsum", root.inputs.slice(0, 2), first, { origins });
    const equation = equationOf([between, ...rest], output);
    return build("Einsum", [joined, ...root.inputs.slice(2)], { equation }, { origins });
  },
};

/** A transposition, or a product with 1. */
const ofOne: Rule = {
  name: "einsum-of-one",
  example: `graph imported "g" {
    %0: float32[3, 2, 3] = Input
    %1: float32[2, 3] = Einsum(%0) {equation: "iji->ji"}
    return %1 as "y"
  }`,
  pattern: op("Einsum", undefined, { where: (n) => n.inputs.length === 1 }),
  replace: ({ root, origins }) => {
    const { operands, output } = equationIn(root);
    const [x, own] = [root.inputs[0]!, operands[0]!];
    if (own.length === output.length && new Set(own).size === own.length)
      return build("Transpose", [x], { perm: output.map((l) => own.indexOf(l)) }, { origins });
    const one = constant(tensorOf(x.type.elem, [], [1]));
    return build("Einsum", [x, one], { equation: equationOf([own, []], output) }, { origins });
  },
};

/** Labels of a matrix product: of both operands, summed over, and of one operand alone. */
function productLabels(node: Node) {
  const { operands, output, sizes } = equationIn(node);
  const [a, b] = operands as [Labels, Labels];
  const isPlain = operands.every(
    (labels, i) =>
      new Set(labels).size === labels.length &&
      labels.every((l, axis) => node.inputs[i]!.type.shape[axis] === sizes.get(l)),
  );
  const shared = a.filter((l) => b.includes(l));
  const own = [a, b].map((labels) => labels.filter((l) => !shared.includes(l)));
  const summed = shared.filter((l) => !output.includes(l));
  if (!isPlain || summed.length === 0 || !own.flat().every((l) => output.includes(l)))
    return undefined;
  const batch = shared.filter((l) => output.includes(l));
  return { a, b, output, sizes, batch, summed, rows: own[0]!, columns: own[1]! };
}

const asMatMul: Rule = {
  name: "einsum-to-matmul",
  example: `graph imported "g" {
    %0: float32[2, 5, 3, 4] = Input
    %1: float32[2, 6, 3, 4] = Input
    %2: float32[2, 3, 5, 6] = Einsum(%0, %1) {equation: "bqhd,bkhd->bhqk"}
    return %2 as "y"
  }`,
  pattern: op("Einsum", undefined, {
    where: (n) =>
      n.inputs.length === 2 &&
      n.inputs[0]!.type.elem === "float32" &&
      productLabels(n) !== undefined,
  }),
  replace: ({ root, origins }) => {
    const { a, b, output, sizes, batch, summed, rows, columns } = productLabels(root)!;
    const shapeOf = (labels: Labels) => labels.map((l) => sizes.get(l)!);
    const length = (labels: Labels) => elementCount(shapeOf(labels));
    const outer = batch.length > 0 ? [length(batch)] : [];
    const matrix = (x: Value, from: Labels, m: Labels, n: Labels) =>
      reshape(ordered(x, from, [...batch, ...m, ...n]), [...outer, length(m), length(n)]);
    const [x, y] = root.inputs as [Value, Value];
    const operands = [matrix(x, a, rows, summed), matrix(y, b, summed, columns)];
    const product = build("MatMul", operands, {}, { origins });
    const made = [...batch, ...rows, ...columns];
    return ordered(reshape(product, shapeOf(made)), made, output);
  },
};

export const einsumRules: readonly Rule[] = [inPairs, ofOne, asMatMul];
