/**
 * Post-training quantisation: ranges of a float graph's values over sample inputs (min-max), put
 * into
 * the graph as Quantize and Dequantize, which the integer rules then take into the operators.
 */
import { evaluateRuns } from "../check/eval.ts";
import { type Graph, makeGraph, makeNode, type Node, usesOf, type Value } from "../ir/graph.ts";
import { givenInputs, statesOf } from "../ir/states.ts";
import type { Tensor } from "../ir/tensor.ts";
import type { Quantization } from "../ir/types.ts";
import { build } from "../ops/build.ts";
import { activationQuantization } from "../ops/ranges.ts";
import { operatorOf } from "../ops/registry.ts";

export interface Range {
  readonly min: number;
  readonly max: number;
}

export type Ranges = ReadonlyMap<Value, Range>;

function extend(ranges: Map<Value, Range>, value: Value, tensor: Tensor): void {
  if (tensor.elem !== "float32") return;
  let { min, max } = ranges.get(value) ?? { min: Infinity, max: -Infinity };
  for (const x of tensor.data as Float32Array) {
    if (x < min && x > -Infinity) min = x;
    if (x > max && x < Infinity) max = x;
  }
  ranges.set(value, { min, max });
}

/**
 * Smallest and largest finite number of every float value over all samples. Those of a network with
 * states are runs that follow each other; a state has one range, before a run and after.
 */
export function observeRanges(graph: Graph, samples: readonly (readonly Tensor[])[]): Ranges {
  const ranges = new Map<Value, Range>();
  const given = givenInputs(graph);
  for (const sample of samples) given.forEach((value, i) => extend(ranges, value, sample[i]!));
  const observe = (value: Value, tensor: Tensor) => extend(ranges, value, tensor);
  for (const _ of evaluateRuns(graph, samples, { observe }));
  for (const { value, next, initial } of statesOf(graph)) {
    extend(ranges, value, initial);
    const [a, b] = [ranges.get(value), ranges.get(next)];
    if (!a || !b) continue;
    const both = { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
    ranges.set(value, both);
    ranges.set(next, both);
  }
  return ranges;
}

const formOf = (node: Node) =>
  node.op === "Input" || node.op === "Constant" ? undefined : operatorOf(node).integer;

/** Whether the value's own node chooses its parameters: others keep those of what they move. */
function choosesParameters(node: Node): boolean {
  const form = formOf(node);
  return form?.output !== "same" || node.op === "Concat";
}

/** Operators that stay float take and make floats. */
type IsFloat = (node: Node) => boolean;

function parametersFor(value: Value, ranges: Ranges): Quantization | undefined {
  const output = formOf(value.node)?.output;
  if (typeof output === "object") return output;
  const range = ranges.get(value);
  return range && activationQuantization(range.min, range.max);
}

/** The value quantised and back, if an integer operator makes or reads it. */
function quantizedAndBack(
  original: Value,
  made: Value,
  readers: readonly Node[],
  ranges: Ranges,
  isFloat: IsFloat,
): Value {
  const { node } = original;
  const isInteger = (n: Node) => formOf(n) !== undefined && !isFloat(n);
  const isWanted = isInteger(node) || readers.some(isInteger);
  const choosing = node.op !== "Constant" && choosesParameters(node);
  if (!choosing || !isWanted || made.type.elem !== "float32") return made;
  const quant = parametersFor(original, ranges);
  if (!quant) return made;
  const o = { origins: node.origins };
  const q = build("Quantize", [made], {}, { ...o, stored: { elem: "int8", quant } });
  return build("Dequantize", [q], {}, o);
}

/** The graph with every activation that an integer operator makes or reads quantised and back. */
export function insertQuantization(
  graph: Graph<"lowered">,
  ranges: Ranges,
  isFloat: IsFloat,
): Graph<"lowered"> {
  const uses = usesOf(graph);
  const read = new Map<Value, Value>();
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((v) => v && read.get(v)!);
    const types = node.outputs.map((v) => v.type);
    const names = node.outputs.map((v) => v.name);
    const keep = inputs.every((v, i) => v === node.inputs[i]);
    const made = keep ? node : makeNode({ ...node, inputs, types, names });
    node.outputs.forEach((value, i) => {
      const readers = uses.get(value) ?? [];
      read.set(value, quantizedAndBack(value, made.outputs[i]!, readers, ranges, isFloat));
    });
  }
  const outputs = graph.outputs.map((o) => ({ ...o, value: read.get(o.value)! }));
  return makeGraph("lowered", graph.name, graph.inputs, outputs);
}
