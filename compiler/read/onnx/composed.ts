/** Operators that ONNX itself defines by others, read as those. */
import { type Attrs, constant, num, str, type Value } from "../../ir/graph.ts";
import { int64s, numbers, scalar, type Tensor, tensorOf } from "../../ir/tensor.ts";
import { elementCount, type Shape } from "../../ir/types.ts";
import { fail } from "../../ops/operator.ts";
import { treeEnsemble } from "../../ops/tree-ensemble.ts";
import { onnxCode } from "../../ops/typing.ts";
import type { Contributed, Expansion } from "./microsoft.ts";

const ints = (...list: number[]): Value => constant(int64s(list));

const operand = ({ inputs }: Expansion, at: number): Value =>
  inputs[at] ?? fail(`lacks its input number ${at + 1}`);

/** Swish(A) · B (opset 28). */
const swiGlu: Contributed = {
  attrs: { alpha: "float" },
  expand: (node) => {
    const [a, b] = [operand(node, 0), operand(node, 1)];
    if (a.type.shape.join() !== b.type.shape.join())
      fail(`its operands are [${a.type.shape}] and [${b.type.shape}]; they must be the same`);
    return node.make("Mul", [node.make("Swish", [a], node.attrs), b]);
  },
};

const zeros = (elem: Value["type"]["elem"], shape: Shape): Value =>
  constant(tensorOf(elem, shape, new Array(elementCount(shape)).fill(0)));

/**
 * A depthwise convolution of a signal behind what came before it, and the last of both, which comes
 * before the next signal (opset 27).
 */
const causalConv: Contributed = {
  attrs: { activation: "string" },
  expand: (node) => {
    const [x, w] = [operand(node, 0), operand(node, 1)];
    if (x.type.shape.length !== 3 || w.type.shape.length !== 3)
      fail("its signal and weights must have three axes");
    const [batch, channels, length] = x.type.shape as [number, number, number];
    const before = w.type.shape[2]! - 1;
    const past = node.inputs[3] ?? zeros(x.type.elem, [batch, channels, before]);
    const padded = before > 0 ? node.make("Concat", [past, x], { axis: 2 }) : x;
    const y = node.make("Conv", [padded, w, node.inputs[2]], { group: channels });
    const activation = str(node, "activation", "none");
    if (!["none", "silu", "swish"].includes(activation)) fail(`unknown activation '${activation}'`);
    const end = length + before;
    const present = node.make("Slice", [padded, ints(length), ints(end), ints(2)]);
    return [activation === "none" ? y : node.make("Swish", [y]), present];
  },
};

/** 1 where an element is above the threshold. */
const binarizer: Contributed = {
  attrs: { threshold: "float" },
  expand: (node) => {
    const x = operand(node, 0);
    const threshold = constant(scalar(x.type.elem, num(node, "threshold")));
    const above = node.make("Greater", [x, threshold]);
    return node.make("Cast", [above], { to: onnxCode(x.type.elem) });
  },
};

/** Elements along the last axis; those of a vector as a row. */
const featureExtractor: Contributed = {
  attrs: {},
  expand: (node) => {
    const [x, y] = [operand(node, 0), operand(node, 1)];
    const count = elementCount(y.type.shape);
    const picked = node.make("Gather", [x, node.make("Reshape", [y, ints(count)])], { axis: -1 });
    return x.type.shape.length === 1 ? node.make("Reshape", [picked, ints(1, count)]) : picked;
  },
};

const memberMode = 6;

/** Nodes that ask whether a number is in a set, as one after another that ask for each of it. */
function withoutSets(attrs: Attrs): Attrs {
  const modes = Array.from(numbers(attrs.nodes_modes as Tensor));
  if (!modes.includes(memberMode)) return attrs;
  const members = Array.from(
    numbers((attrs.membership_values as Tensor | undefined) ?? fail("lacks 'membership_values'")),
  );
  const names = [
    ...["nodes_featureids", "nodes_truenodeids", "nodes_falsenodeids"],
    ...["nodes_trueleafs", "nodes_falseleafs", "nodes_missing_value_tracks_true"],
  ];
  const lists = Object.fromEntries(
    names.map((name) => [
      name,
      [...((attrs[name] as readonly number[] | undefined) ?? modes.map(() => 0))],
    ]),
  );
  const splits = Array.from(numbers(attrs.nodes_splits as Tensor));
  let next = 0;
  for (const [i, mode] of [...modes.entries()]) {
    if (mode !== memberMode) continue;
    const end = members.findIndex((x, k) => k >= next && Number.isNaN(x));
    const set = members.slice(next, end < 0 ? members.length : end);
    next = end < 0 ? members.length : end + 1;
    if (set.length === 0) fail(`node ${i} asks for a set of nothing`);
    let at = i;
    for (const [k, x] of set.entries()) {
      [modes[at], splits[at]] = [4, x];
      if (k === set.length - 1) continue;
      const more = modes.length;
      for (const name of names) lists[name]!.push(lists[name]![at]!);
      modes.push(4);
      splits.push(0);
      [lists.nodes_falsenodeids![at], lists.nodes_falseleafs![at]] = [more, 0];
      at = more;
    }
  }
  const { membership_values: sets, ...rest } = attrs;
  return {
    ...rest,
    ...lists,
    nodes_modes: tensorOf("uint8", [modes.length], modes),
    nodes_splits: tensorOf("float32", [splits.length], splits),
  };
}

/** What is made of the sums: nothing, a softmax, or a sigmoid. */
const treeEnsembleNode: Contributed = {
  attrs: treeEnsemble.attrs,
  expand: (node) => {
    const { post_transform: given = 0, nodes_hitrates: rates, ...attrs } = node.attrs;
    const y = node.make("TreeEnsemble", [operand(node, 0)], withoutSets(attrs));
    if (given === 0) return y;
    if (given === 1) return node.make("Softmax", [y], { axis: -1 });
    return given === 2
      ? node.make("Sigmoid", [y])
      : fail(`'post_transform' ${given} is not supported`);
  },
};

/** By domain and name. */
export const composed: ReadonlyMap<string, Contributed> = new Map([
  ["SwiGLU", swiGlu],
  ["CausalConvWithState", causalConv],
  ["ai.onnx.ml.TreeEnsemble", treeEnsembleNode],
  ["ai.onnx.ml.Binarizer", binarizer],
  ["ai.onnx.ml.ArrayFeatureExtractor", featureExtractor],
]);
