/**
 * Tensors that live from one run to the next. A graph reads one as an input with an initial value;
 * what the next run reads is an output. States are the last inputs, and the last outputs, in the
 * same order.
 */
import type { Graph, GraphOutput, Value } from "./graph.ts";
import type { Tensor } from "./tensor.ts";

export interface State {
  readonly value: Value;
  /** Of the same type. */
  readonly next: Value;
  /** What the first run reads. */
  readonly initial: Tensor;
}

const initialOf = ({ node }: Value): Tensor | undefined =>
  node.op === "Input" ? (node.attrs.initial as Tensor | undefined) : undefined;

export const isState = (value: Value): boolean => initialOf(value) !== undefined;

/** Inputs that the caller gives. */
export const givenInputs = ({ inputs }: Graph): readonly Value[] =>
  inputs.filter((v) => !isState(v));

const stateCount = ({ inputs }: Graph): number => inputs.filter(isState).length;

/** Outputs that the caller gets. */
export const givenOutputs = (graph: Graph): readonly GraphOutput[] =>
  graph.outputs.slice(0, graph.outputs.length - stateCount(graph));

export function statesOf(graph: Graph): State[] {
  const values = graph.inputs.filter(isState);
  const next = graph.outputs.slice(graph.outputs.length - values.length);
  return values.map((value, i) => ({
    value,
    next: next[i]!.value,
    initial: initialOf(value)!,
  }));
}
