/** Operators that ONNX itself defines by others, read as those. */
import { type Attrs, constant, num, str, type Value } from "../../ir/graph.ts";
import { int64s, numbers, scalar, type Tensor, tensorOf } from "../../ir/tensor.ts";
import { elementCount, type Shape } from "../../ir/types.ts";
import { fail, floats } from "../../ops/operator.ts";
import { treeEnsemble } from "../../ops/tree-ensemble.ts";
import { onnxCode } from "../../ops/typing.ts";
import { type Composed, required } from "./expansion.ts";
import { microsoft } from "./microsoft.ts";
import { microsoftFloat } from "./microsoft-float.ts";

const ints = (...list: number[]): Value => constant(int64s(list));

/** Swish(A) · B (opset 28). */
const swiGlu: Composed = {
  inputs: ["A: T", "B: T"],
  types: { T: floats },
  attrs: { alpha: "float" },
  expand: (node) => {
    const [a, b] = [required(node, 0), required(node, 1)];
    if (a.type.shape.join() !== b.type.shape.join())
      fail(`its operands are [${a.type.shape}] and [${b.type.shape}]; they must be the same`);
    return node.make("Mul", [node.make("Swish", [a], node.attrs), b]);
  },
};

/** What ONNX Runtime's optimiser calls RMSNormalization where the opset has none. */
const simplifiedLayerNormalization: Composed = {
  inputs: ["X: T", "scale: T"],
  types: { T: floats },
  attrs: { axis: "int", epsilon: "float", stash_type: "int" },
  expand: (node) => node.make("RMSNormalization", node.inputs, node.attrs),
};

const zeros = (elem: Value["type"]["elem"], shape: Shape): Value =>
  constant(tensorOf(elem, shape, new Array(elementCount(shape)).fill(0)));

/**
 * A depthwise convolution of a signal behind what came before it, and the last of both, which comes
 * before the next signal (opset 27).
 */
const causalConv: Composed = {
  inputs: ["input: T", "weight: T", "bias?: T", "past_state?: T"],
  types: { T: floats },
  attrs: { activation: ["none", "silu", "swish"] },
  expand: (node) => {
    const [x, w] = [required(node, 0), required(node, 1)];
    if (x.type.shape.length !== 3 || w.type.shape.length !== 3)
      fail("its signal and weights must have three axes");
    const [batch, channels, length] = x.type.shape as [number, number, number];
    const before = w.type.shape[2]! - 1;
    const past = node.inputs[3] ?? zeros(x.type.elem, [batch, channels, before]);
    const padded = before > 0 ? node.make("Concat", [past, x], { axis: 2 }) : x;
    const y = node.make("Conv", [padded, w, node.inputs[2]], { group: channels });
    const activation = str(node, "activation", "none");
    const end = length + before;
    const present = node.make("Slice", [padded, ints(length), ints(end), ints(2)]);
    return [activation === "none" ? y : node.make("Swish", [y]), present];
  },
};

/** 1 where an element is above the threshold. */
const binarizer: Composed = {
  inputs: ["X: T"],
  types: { T: ["float32", "float64", "int32", "int64"] },
  attrs: { threshold: "float" },
  expand: (node) => {
    const x = required(node, 0);
    const threshold = constant(scalar(x.type.elem, num(node, "threshold")));
    const above = node.make("Greater", [x, threshold]);
    return node.make("Cast", [above], { to: onnxCode(x.type.elem) });
  },
};

/** Elements along the last axis; those of a vector as a row. */
const featureExtractor: Composed = {
  inputs: ["X: T", "Y: I"],
  types: { I: ["int64"] },
  attrs: {},
  expand: (node) => {
    const [x, y] = [required(node, 0), required(node, 1)];
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
const treeEnsembleNode: Composed = {
  inputs: treeEnsemble.inputs,
  types: treeEnsemble.types,
  attrs: treeEnsemble.attrs,
  expand: (node) => {
    const { post_transform: given = 0, nodes_hitrates: rates, ...attrs } = node.attrs;
    const y = node.make("TreeEnsemble", [required(node, 0)], withoutSets(attrs));
    if (given === 0) return y;
    if (given === 1) return node.make("Softmax", [y], { axis: -1 });
    return given === 2
      ? node.make("Sigmoid", [y])
      : fail(`'post_transform' ${given} is not supported`);
  },
};

/** By domain and name. */
export const composed: ReadonlyMap<string, Composed> = new Map([
  ["SwiGLU", swiGlu],
  ["CausalConvWithState", causalConv],
  ["SimplifiedLayerNormalization", simplifiedLayerNormalization],
  ["ai.onnx.ml.TreeEnsemble", treeEnsembleNode],
  ["ai.onnx.ml.Binarizer", binarizer],
  ["ai.onnx.ml.ArrayFeatureExtractor", featureExtractor],
  ...Object.entries({ ...microsoft, ...microsoftFloat }).map(
    ([name, operator]): [string, Composed] => [`com.microsoft.${name}`, operator],
  ),
]);
