/** Before: LSTM, GRU and RNN. After: Recurrent, whose results are pieces of one tensor. */
import { constant, constantOf, type Node, num, type Value } from "../../ir/graph.ts";
import { int64s, numbers, tensorOf } from "../../ir/tensor.ts";
import { elementCount } from "../../ir/types.ts";
import { build } from "../../ops/build.ts";
import { operand, recurrenceOfNode, returned } from "../../ops/recurrent.ts";
import { operatorOf } from "../../ops/registry.ts";
import type { Rule } from "../engine.ts";
import { any, op, optional } from "../pattern.ts";

const transpose = (x: Value, perm: readonly number[]): Value => build("Transpose", [x], { perm });

const reshape = (x: Value, shape: readonly number[]): Value =>
  build("Reshape", [x, constant(int64s(shape))]);

/** Steps, or directions, before the batch. */
const batchSecond = (x: Value | undefined): Value | undefined => x && transpose(x, [1, 0, 2]);

/** An operand that says nothing: absent states are 0, absent lengths all steps. */
const says = (v: Value | undefined, nothing: number): boolean => {
  const tensor = constantOf(v);
  return v !== undefined && !(tensor && Array.from(numbers(tensor)).every((x) => x === nothing));
};

/** The operands with the batch second, and those left out that say nothing. */
function operandsOf(root: Node, steps: number): (Value | undefined)[] {
  const inputs = [...root.inputs];
  if (num(root, "layout") === 1)
    for (const i of [operand.x, operand.h, operand.c]) inputs[i] = batchSecond(inputs[i]);
  for (const i of [operand.b, operand.h, operand.c, operand.p])
    if (!says(root.inputs[i], 0)) inputs[i] = undefined;
  if (!says(root.inputs[operand.lengths], steps)) inputs[operand.lengths] = undefined;
  return inputs.slice(0, inputs.findLastIndex((v) => v !== undefined) + 1);
}

/** What is left of one result: rows of the joined ones, with the batch first where it was. */
function result(all: Value, begin: number, root: Node, i: number): Value {
  const { shape } = root.outputs[i]!.type;
  const isFirst = num(root, "layout") === 1;
  const [, directions, batch, hidden] = all.type.shape as [number, number, number, number];
  const rows = i === 0 ? shape[isFirst ? 1 : 0]! : 1;
  const list = (x: number) => constant(int64s([x]));
  const piece =
    rows === all.type.shape[0]
      ? all
      : build("Slice", [all, list(begin), list(begin + rows), list(0)]);
  if (!isFirst) return i === 0 ? piece : reshape(piece, shape);
  return i === 0
    ? transpose(piece, [2, 0, 1, 3])
    : transpose(reshape(piece, [directions, batch, hidden]), [1, 0, 2]);
}

const recurrent: Rule = {
  name: "cells-to-recurrent",
  example: `graph imported "g" {
    %0: float32[3, 5, 4] = Input
    %1: float32[2, 24, 4] = Constant random 1
    %2: float32[2, 24, 6] = Constant random 2
    %3: float32[2, 48] = Constant random 3
    %4: float32[3, 5, 2, 6], %5: float32[3, 2, 6], %6: float32[3, 2, 6] = LSTM(%0, %1, %2, %3) {direction: "bidirectional", layout: 1}
    return %4 as "y", %6 as "c"
  }`,
  pattern: op(["LSTM", "GRU", "RNN"]),
  replace: (m) => {
    const { root, origins } = m;
    const returns = [0, 1, 2].map((i) => {
      const value = root.outputs[i];
      return value && m.isUsed(value) ? 1 : 0;
    });
    if (!returns.includes(1)) return undefined;
    const { layout = 0, ...attrs } = root.attrs;
    const steps = root.inputs[0]!.type.shape[layout === 1 ? 1 : 0]!;
    const own = { ...attrs, cell: root.op, returns };
    const all = build("Recurrent", operandsOf(root, steps), own, { origins });
    let begin = 0;
    return root.outputs.map((_, i) => {
      if (!returns[i]) return undefined;
      const value = result(all, begin, root, i);
      begin += i === 0 ? steps : 1;
      return value;
    });
  },
};

/** The elements of a Recurrent that a node picks from it, through views; each by its index. */
function picked(node: Node, from: Value): ArrayLike<number> {
  const { type } = node.inputs[0]!;
  const count = elementCount(from.type.shape);
  const all = tensorOf(
    "int32",
    type.shape,
    Array.from({ length: count }, (_, i) => i),
  );
  const [x, ...rest] = node.inputs;
  const { outputs, attrs } = node;
  const [result] = operatorOf(node).evaluate({
    inputs: [all, ...rest.map(constantOf)],
    attrs,
    inputTypes: [x!.type, ...rest.map((v) => v?.type)],
    types: outputs.map((v) => ({ ...v.type, elem: "int32" })),
    profile: "fast",
  });
  return numbers(result!);
}

const states = op("Recurrent", undefined, {
  as: "states",
  onlyUse: true,
  where: ({ attrs, inputs }) => returned(attrs).join() === "true,false,false" && !inputs[4],
});

/** All states but the last are dropped where only that one is read. */
const lastState = (name: string, pick: string, example: string, isView: boolean): Rule => ({
  name,
  example,
  pattern: op(
    pick,
    [
      isView ? op("Reshape", [states, any()], { onlyUse: true }) : states,
      ...[1, 2, 3, 4].map(() => optional(any())),
    ],
    { where: (n) => n.inputs.slice(1).every((v) => constantOf(v) !== undefined) },
  ),
  replace: (m) => {
    const { root, origins } = m;
    const node = m.node("states");
    const all = node.outputs[0]!;
    const c = recurrenceOfNode(node);
    const size = c.batch * c.hidden;
    const begin = c.isReverse ? 0 : (c.steps - 1) * size;
    const { shape } = root.outputs[0]!.type;
    if (c.directions > 1 || elementCount(shape) !== size) return undefined;
    if (Array.from(picked(root, all)).some((at, i) => at !== begin + i)) return undefined;
    const last = build(
      "Recurrent",
      node.inputs,
      { ...node.attrs, returns: [0, 1, 0] },
      { origins },
    );
    return reshape(last, shape);
  },
});

const cell = `graph imported "g" {
    %0: float32[5, 1, 4] = Input
    %1: float32[1, 18, 4] = Constant random 1
    %2: float32[1, 18, 6] = Constant random 2
    %3: float32[5, 1, 1, 6] = Recurrent(%0, %1, %2) {cell: "GRU", returns: [1, 0, 0]}`;

const lastStates: readonly Rule[] = [
  lastState(
    "gather-of-last-state",
    "Gather",
    `${cell}
    %4: int64[] = Constant [-1]
    %5: float32[1, 1, 6] = Gather(%3, %4) {axis: 0}
    return %5 as "y"
  }`,
    false,
  ),
  lastState(
    "gather-of-last-state-in-view",
    "Gather",
    `${cell}
    %4: int64[3] = Constant [1, 5, 6]
    %5: float32[1, 5, 6] = Reshape(%3, %4)
    %6: int64[] = Constant [-1]
    %7: float32[1, 6] = Gather(%5, %6) {axis: 1}
    return %7 as "y"
  }`,
    true,
  ),
  lastState(
    "slice-of-last-state-in-view",
    "Slice",
    `${cell}
    %4: int64[3] = Constant [1, 5, 6]
    %5: float32[1, 5, 6] = Reshape(%3, %4)
    %6: int64[1] = Constant [-1]
    %7: int64[1] = Constant [5]
    %8: int64[1] = Constant [1]
    %9: float32[1, 1, 6] = Slice(%5, %6, %7, %8)
    return %9 as "y"
  }`,
    true,
  ),
];

export const recurrentRules: readonly Rule[] = [recurrent, ...lastStates];
