/** Ensembles of decision trees. */
import { num } from "../ir/graph.ts";
import { treesOf } from "../ops/tree-ensemble.ts";
import {
  hasTypes,
  inputType,
  type Kernel,
  oneInput,
  outputType,
  tableArray,
  weightsArray,
} from "./kernel.ts";

/** Nodes that a row passes in a tree, by a guess of its depth. */
const depth = (nodes: number, trees: number): number => Math.ceil(Math.log2(2 + nodes / trees)) + 1;

export const treeEnsembleKernel: Kernel = {
  name: "tree_ensemble_f32",
  header: "tree_ensemble_f32.h",
  ops: ["TreeEnsemble"],
  serves: (node) => hasTypes(node, ["float32"], "float32"),
  cost: (node) => {
    const { nodes, roots } = treesOf(node.attrs);
    const count = roots.length * depth(nodes.length, Math.max(1, roots.length));
    return outputType(node).shape[0]! * count * 20;
  },
  bind: (node) => {
    const { nodes, roots, leafTargets, leafWeights } = treesOf(node.attrs);
    const aggregate = num(node, "aggregate_function", 1);
    const [rows, targets] = outputType(node).shape as [number, number];
    const scale = aggregate === 0 ? 1 / roots.length : 1;
    const ways = nodes.flatMap((n) => [n.feature, n.ifTrue, n.ifFalse]);
    const modes = nodes.map((n) => n.mode + (n.missingIsTrue ? 8 : 0));
    const call = oneInput("mote_tree_ensemble_shape", {
      rows,
      features: inputType(node).shape[1]!,
      targets,
      trees: roots.length,
      nodes: nodes.length,
      aggregate,
    });
    const constants = [
      tableArray("ways", "int32", Int32Array.from(ways)),
      weightsArray(
        "splits",
        "float32",
        Float32Array.from(nodes, (n) => n.split),
      ),
      tableArray("modes", "uint8", Uint8Array.from(modes)),
      tableArray("roots", "int32", Int32Array.from(roots)),
      weightsArray(
        "weights",
        "float32",
        Float32Array.from(leafWeights, (w) => w * scale),
      ),
      tableArray("leaf_targets", "int32", Int32Array.from(leafTargets)),
    ];
    return { ...call, constants };
  },
};
