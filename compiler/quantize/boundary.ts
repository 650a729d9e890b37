/**
 * The outermost Quantize and Dequantize: they become the types of the program's inputs and
 * outputs.
 */
import { type Graph, type GraphOutput, input, type Node, usesOf, type Value } from "../ir/graph.ts";
import { givenOutputs, isState } from "../ir/states.ts";
import { substitute } from "../ir/substitute.ts";
import { sameType, type TensorType } from "../ir/types.ts";

/** The one stored type under which all readers of an input want it. */
function storedInput(readers: readonly Node[]): TensorType | undefined {
  const [first] = readers;
  const isStored = (n: Node) => n.op === "Quantize" || n.op === "StorageCast";
  if (!first || !readers.every(isStored)) return undefined;
  const { type } = first.outputs[0]!;
  const same = readers.every((n) => sameType(n.outputs[0]!.type, type));
  return same && type.quant?.scale.length === 1 ? type : undefined;
}

/** A quantised value whose dequantised form is all that the caller would get. */
const storedOutput = (value: Value): Value =>
  value.node.op === "Dequantize" && value.node.inputs[0]!.type.quant?.scale.length === 1
    ? value.node.inputs[0]!
    : value;

/** Inputs and outputs as stored integers, where the network quantises them itself. */
export function integerBoundary(graph: Graph<"lowered">): Graph<"lowered"> {
  const uses = usesOf(graph);
  const isOutput = new Set(graph.outputs.map((o) => o.value));
  const replaced = new Map<Value, Value>();
  const inputs = graph.inputs.map((value) => {
    const readers = uses.get(value) ?? [];
    const isKept = isOutput.has(value) || isState(value);
    const type = isKept ? undefined : storedInput(readers);
    if (!type) return value;
    const stored = input(value.name, type);
    for (const reader of readers) replaced.set(reader.outputs[0]!, stored);
    return stored;
  });
  const given = givenOutputs(graph);
  const outputs: GraphOutput[] = [
    ...given.map((o) => ({ ...o, value: storedOutput(o.value) })),
    ...graph.outputs.slice(given.length),
  ];
  return substitute(graph, replaced, outputs, inputs);
}
