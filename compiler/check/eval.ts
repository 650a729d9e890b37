/** The oracle: runs a graph of any level on the operators' references. */
import { type Graph, type Node, usesOf, type Value } from "../ir/graph.ts";
import { toHalf } from "../ir/half.ts";
import { givenOutputs, statesOf } from "../ir/states.ts";
import type { Tensor } from "../ir/tensor.ts";
import { isQuantized } from "../ir/types.ts";
import type { Profile } from "../ops/numerics.ts";
import { operatorOf } from "../ops/registry.ts";

/** Outputs of one node for the given inputs. */
export function evaluateNode(
  node: Node,
  inputs: readonly (Tensor | undefined)[],
  profile: Profile,
): readonly Tensor[] {
  if (node.op === "Constant") return [node.attrs.value as Tensor];
  const operator = operatorOf(node);
  const types = node.outputs.map((v) => v.type);
  const inputTypes = node.inputs.map((v) => v?.type);
  const context = { inputs, attrs: node.attrs, inputTypes, types, profile };
  const integer = types.some(isQuantized) && inputTypes.some((t) => t && isQuantized(t));
  const made =
    integer && operator.integer?.evaluate
      ? operator.integer.evaluate(context)
      : operator.evaluate(context);
  return made.map((t) => (t.elem === "float16" ? halves(t) : t));
}

/** Every result of float16 is a half. */
const halves = (t: Tensor): Tensor => ({ ...t, data: (t.data as Float32Array).map(toHalf) });

export interface EvaluateOptions {
  readonly profile?: Profile;
  /** Called with every tensor that a node makes, in order. */
  readonly observe?: (value: Value, tensor: Tensor) => void;
}

/**
 * The graph's outputs for inputs in the graph's order; tensors are dropped after their last use.
 */
export function evaluate(
  graph: Graph,
  inputs: readonly Tensor[],
  { profile = "fast", observe }: EvaluateOptions = {},
): Tensor[] {
  const values = new Map<Value, Tensor>();
  graph.inputs.forEach((value, i) => values.set(value, inputs[i]!));
  const pending = new Map([...usesOf(graph)].map(([value, uses]) => [value, uses.length]));
  for (const { value } of graph.outputs) pending.set(value, Infinity);
  const read = (value: Value | undefined): Tensor | undefined => {
    if (value === undefined) return undefined;
    const tensor = values.get(value)!;
    const left = pending.get(value)! - 1;
    pending.set(value, left);
    if (left === 0) values.delete(value);
    return tensor;
  };
  for (const node of graph.nodes) {
    if (node.op === "Input") continue;
    const results = evaluateNode(node, node.inputs.map(read), profile);
    for (const [i, value] of node.outputs.entries()) {
      if (pending.has(value)) values.set(value, results[i]!);
      if (node.op !== "Constant") observe?.(value, results[i]!);
    }
  }
  return graph.outputs.map(({ value }) => values.get(value)!);
}

/**
 * Runs that follow each other, from the initial states on.
 * @param runs what the caller gives each.
 * @returns what the caller gets of each.
 */
export function* evaluateRuns(
  graph: Graph,
  runs: Iterable<readonly Tensor[]>,
  options: EvaluateOptions = {},
): Generator<Tensor[]> {
  let states = statesOf(graph).map((s) => s.initial);
  const count = givenOutputs(graph).length;
  for (const given of runs) {
    const outputs = evaluate(graph, [...given, ...states], options);
    states = outputs.slice(count);
    yield outputs.slice(0, count);
  }
}
