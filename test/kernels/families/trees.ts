/** Random ensembles of decision trees. */
import { input, type Node } from "../../../compiler/ir/graph.ts";
import { tensorOf } from "../../../compiler/ir/tensor.ts";
import { buildNode } from "../../../compiler/ops/build.ts";
import type { Family } from "../case.ts";
import type { Random } from "../random.ts";

class Grower {
  readonly #r: Random;
  readonly #features: number;
  readonly modes: number[] = [];
  readonly splits: number[] = [];
  readonly features: number[] = [];
  readonly missing: number[] = [];
  readonly ways = [[], []] as [number[], number[]];
  readonly leafs = [[], []] as [number[], number[]];
  leafCount = 0;

  constructor(r: Random, features: number) {
    this.#r = r;
    this.#features = features;
  }

  /** A node; its number. */
  node(depth: number): number {
    const id = this.modes.length;
    this.modes.push(this.#r.int(0, 5));
    this.splits.push(this.#r.real(-1, 1));
    this.features.push(this.#r.int(0, this.#features - 1));
    this.missing.push(this.#r.int(0, 1));
    for (const side of [0, 1] as const) {
      const isLeaf = depth === 0 || this.#r.chance(0.3);
      [this.ways[side][id], this.leafs[side][id]] = [0, Number(isLeaf)];
      this.ways[side][id] = isLeaf ? this.leafCount++ : this.node(depth - 1);
    }
    return id;
  }
}

function ensemble(r: Random): Node {
  const [features, targets] = [r.int(1, 5), r.int(1, 3)];
  const grower = new Grower(r, features);
  const roots = r.list(r.int(1, 4), () => grower.node(r.int(0, 3)));
  const count = grower.modes.length;
  const leaves = r.list(grower.leafCount, () => r.real(-2, 2));
  const attrs = {
    aggregate_function: r.int(0, 3),
    n_targets: targets,
    tree_roots: roots,
    nodes_modes: tensorOf("uint8", [count], grower.modes),
    nodes_splits: tensorOf("float32", [count], grower.splits),
    nodes_featureids: grower.features,
    nodes_missing_value_tracks_true: grower.missing,
    nodes_truenodeids: grower.ways[0],
    nodes_falsenodeids: grower.ways[1],
    nodes_trueleafs: grower.leafs[0],
    nodes_falseleafs: grower.leafs[1],
    leaf_weights: tensorOf("float32", [leaves.length], leaves),
    leaf_targetids: r.list(leaves.length, () => r.int(0, targets - 1)),
  };
  return buildNode(
    "TreeEnsemble",
    [input("", { elem: "float32", shape: [r.int(1, 4), features] })],
    attrs,
  );
}

export const families: readonly Family[] = [
  { name: "tree ensembles", sample: (r) => ({ node: ensemble(r) }) },
];
