/**
 * ai.onnx.ml's TreeEnsemble (version 5): the leaves that rows of features reach, by target. What it
 * makes of the sums afterwards, and memberships of sets, are other nodes' (read/onnx/composed.ts).
 */
import { type Attrs, num } from "../ir/graph.ts";
import { newArray, numbers, type Tensor } from "../ir/tensor.ts";
import { type AttrKind, fail, floats, type Operator } from "./operator.ts";

/** How a feature is compared with a node's number. */
export const treeModes = ["<=", "<", ">=", ">", "==", "!="] as const;

/** A node, or from `nodes.length` on a leaf: leaf k is number nodes.length + k. */
export interface TreeNode {
  readonly feature: number;
  readonly mode: number;
  readonly split: number;
  readonly ifTrue: number;
  readonly ifFalse: number;
  /** Whether no number goes the way of true. */
  readonly missingIsTrue: boolean;
}

export interface TreeEnsemble {
  readonly nodes: readonly TreeNode[];
  readonly leafTargets: readonly number[];
  readonly leafWeights: readonly number[];
  readonly roots: readonly number[];
}

const list = (attrs: Attrs, name: string): readonly number[] =>
  (attrs[name] as readonly number[] | undefined) ?? [];

const tensor = (attrs: Attrs, name: string): ArrayLike<number> => {
  const t = attrs[name] as Tensor | undefined;
  return t ? numbers(t) : fail(`lacks the attribute '${name}'`);
};

/** A tree of one leaf has a root that is a node of two equal leaves. */
export function treesOf(attrs: Attrs): TreeEnsemble {
  const modes = Array.from(tensor(attrs, "nodes_modes"));
  const count = modes.length;
  const splits = Array.from(tensor(attrs, "nodes_splits"));
  const lists = {
    nodes_splits: splits,
    nodes_featureids: list(attrs, "nodes_featureids"),
    nodes_truenodeids: list(attrs, "nodes_truenodeids"),
    nodes_falsenodeids: list(attrs, "nodes_falsenodeids"),
    nodes_trueleafs: list(attrs, "nodes_trueleafs"),
    nodes_falseleafs: list(attrs, "nodes_falseleafs"),
  };
  for (const [name, { length }] of Object.entries(lists))
    if (length !== count) fail(`'${name}' has ${length} numbers for ${count} nodes`);
  const missing = list(attrs, "nodes_missing_value_tracks_true");
  const leafWeights = Array.from(tensor(attrs, "leaf_weights"));
  const leafTargets = list(attrs, "leaf_targetids");
  if (leafTargets.length !== leafWeights.length)
    fail(`${leafWeights.length} leaves have ${leafTargets.length} targets`);
  const goal = (id: number, isLeaf: number): number => {
    const last = isLeaf ? leafWeights.length : count;
    if (!(id >= 0 && id < last)) fail(`there is no ${isLeaf ? "leaf" : "node"} ${id}`);
    return isLeaf ? count + id : id;
  };
  const nodes = modes.map((mode, i) => ({
    feature: lists.nodes_featureids[i]!,
    mode,
    split: splits[i]!,
    ifTrue: goal(lists.nodes_truenodeids[i]!, lists.nodes_trueleafs[i]!),
    ifFalse: goal(lists.nodes_falsenodeids[i]!, lists.nodes_falseleafs[i]!),
    missingIsTrue: missing[i] === 1,
  }));
  const odd = modes.find((mode) => treeModes[mode] === undefined);
  if (odd !== undefined) fail(`unknown mode ${odd} of a node`);
  const roots = list(attrs, "tree_roots").map((id) => goal(id, 0));
  refuseCycles(nodes, roots);
  return { nodes, leafTargets, leafWeights, roots };
}

/** Every way down ends in a leaf. */
function refuseCycles(nodes: readonly TreeNode[], roots: readonly number[]): void {
  const seen = new Set<number>();
  const stack = [...roots];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (id >= nodes.length) continue;
    if (seen.has(id)) fail(`two ways lead to node ${id}`);
    seen.add(id);
    const { ifTrue, ifFalse } = nodes[id]!;
    stack.push(ifFalse);
    if (ifTrue !== ifFalse) stack.push(ifTrue);
  }
}

const holds: readonly ((x: number, split: number) => boolean)[] = [
  (x, split) => x <= split,
  (x, split) => x < split,
  (x, split) => x >= split,
  (x, split) => x > split,
  (x, split) => x === split,
  (x, split) => x !== split,
];

/** The leaf that a row reaches. */
function leafOf({ nodes }: TreeEnsemble, root: number, feature: (i: number) => number): number {
  let id = root;
  while (id < nodes.length) {
    const node = nodes[id]!;
    const x = feature(node.feature);
    const isTrue = holds[node.mode]!(x, node.split) || (node.missingIsTrue && Number.isNaN(x));
    id = isTrue ? node.ifTrue : node.ifFalse;
  }
  return id - nodes.length;
}

/** Average, sum, least and largest. */
const aggregates: readonly { start: number; step: (acc: number, w: number) => number }[] = [
  { start: 0, step: (acc, w) => acc + w },
  { start: 0, step: (acc, w) => acc + w },
  { start: 3.4028234663852886e38, step: Math.min },
  { start: -3.4028234663852886e38, step: Math.max },
];

const attrs: Readonly<Record<string, AttrKind>> = {
  aggregate_function: "int",
  post_transform: "int",
  tree_roots: "ints",
  nodes_hitrates: "tensor",
  nodes_missing_value_tracks_true: "ints",
  nodes_modes: "tensor",
  nodes_splits: "tensor",
  nodes_featureids: "ints",
  nodes_truenodeids: "ints",
  nodes_falsenodeids: "ints",
  nodes_trueleafs: "ints",
  nodes_falseleafs: "ints",
  leaf_weights: "tensor",
  leaf_targetids: "ints",
  n_targets: "int",
  membership_values: "tensor",
};

export const treeEnsemble: Operator = {
  name: "TreeEnsemble",
  level: "any",
  inputs: ["X: T"],
  outputs: 1,
  attrs,
  types: { T: floats },
  infer: (context) => {
    const { elem, shape } = context.inputs[0]!;
    if (shape.length !== 2) fail(`its features have the shape [${shape}], not rows of features`);
    const { nodes, leafTargets } = treesOf(context.attrs);
    const targets = num(context, "n_targets", 1);
    const far = nodes.find((n) => !(n.feature >= 0 && n.feature < shape[1]!));
    if (far) fail(`a node asks for feature ${far.feature} of ${shape[1]}`);
    if (leafTargets.some((t) => !(t >= 0 && t < targets)))
      fail(`a leaf has a target beyond ${targets}`);
    if (!aggregates[num(context, "aggregate_function", 1)]) fail("unknown 'aggregate_function'");
    return [{ elem, shape: [shape[0]!, targets] }];
  },
  evaluate: ({ inputs: [x], attrs: given, types }) => {
    const trees = treesOf(given);
    const { elem, shape } = types[0]!;
    const [rows, targets] = shape as [number, number];
    const kind = num({ attrs: given }, "aggregate_function", 1);
    const { start, step } = aggregates[kind]!;
    const from = numbers(x!);
    const data = (newArray(elem, rows * targets) as Float32Array).fill(start);
    for (let row = 0; row < rows; row++)
      for (const root of trees.roots) {
        const leaf = leafOf(trees, root, (i) => from[row * x!.shape[1]! + i]!);
        const at = row * targets + trees.leafTargets[leaf]!;
        const weight = trees.leafWeights[leaf]! / (kind === 0 ? trees.roots.length : 1);
        data[at] = step(data[at]!, weight);
      }
    return [{ elem, shape, data }];
  },
};
