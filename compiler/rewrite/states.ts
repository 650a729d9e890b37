/** States in the form in which they are read, and none exchanged with another. */
import { evaluateNode } from "../check/eval.ts";
import {
  constant,
  constantOf,
  type Graph,
  type GraphOutput,
  input,
  makeNode,
  type Node,
  usesOf,
  type Value,
} from "../ir/graph.ts";
import { isState, type State, statesOf } from "../ir/states.ts";
import { substitute } from "../ir/substitute.ts";
import { int64s } from "../ir/tensor.ts";
import { type Shape, sameType } from "../ir/types.ts";
import { view } from "../kernels/views.ts";

/** A state that is read through itself alone would change its form for ever. */
const formsMax = 8;

const changesForm = ["Transpose", "Reshape", "Quantize", "StorageCast"];

const sameAttrs = (a: Node, b: Node): boolean =>
  JSON.stringify(a.attrs) === JSON.stringify(b.attrs);

/** What all readers of a state begin with, if that is the same. */
function firstOf({ value }: State, readers: readonly Node[]): Node | undefined {
  const [first] = readers;
  const isSame = (n: Node) =>
    changesForm.includes(n.op) &&
    n.inputs[0] === value &&
    n.inputs.slice(1).every((v) => constantOf(v)) &&
    sameAttrs(n, first!) &&
    sameType(n.outputs[0]!.type, first!.outputs[0]!.type);
  return first && readers.every(isSame) ? first : undefined;
}

/** The same of another value. */
function applied(changed: Node, to: Value): Value {
  const types = changed.outputs.map((v) => v.type);
  const inputs = [to, ...changed.inputs.slice(1)];
  return makeNode({ ...changed, inputs, types, names: [] }).outputs[0]!;
}

function changedForm(graph: Graph<"lowered">): Graph<"lowered"> | undefined {
  const uses = usesOf(graph);
  const outputs = new Set(graph.outputs.map((o) => o.value));
  const states = statesOf(graph);
  for (const [i, state] of states.entries()) {
    const { value, initial } = state;
    const readers = uses.get(value) ?? [];
    const first = outputs.has(value) ? undefined : firstOf(state, readers);
    if (!first) continue;
    const [began] = evaluateNode(
      first,
      [initial, ...first.inputs.slice(1).map(constantOf)],
      "fast",
    );
    const stored = input(value.name, first.outputs[0]!.type, began);
    const replaced = new Map(readers.map((n): [Value, Value] => [n.outputs[0]!, stored]));
    const own = graph.outputs.length - states.length + i;
    return substitute(
      graph,
      replaced,
      graph.outputs.map((o, k) => (k === own ? { ...o, value: applied(first, o.value) } : o)),
      graph.inputs.map((v) => (v === value ? stored : v)),
    );
  }
  return undefined;
}

/**
 * What all readers of a state do with it first, to its layout or its type, is done where the state
 * is written: once, and often nothing, since what makes it has that form.
 */
export function statesAsRead(graph: Graph<"lowered">): Graph<"lowered"> {
  let current = graph;
  const most = formsMax * graph.inputs.filter(isState).length;
  for (let i = 0; i < most; i++) {
    const next = changedForm(current);
    if (!next) break;
    current = next;
  }
  return current;
}

/** What a value may show without a copy. */
function shownBy(value: Value): Value {
  let v = value;
  while (view.ops.includes(v.node.op)) v = v.node.inputs[0]!;
  return v;
}

/** States that become each other in a circle: one of each circle. */
function inCircles(states: readonly State[]): Set<number> {
  const becomes = states.map((s) => states.findIndex((t) => t.value === shownBy(s.next)));
  const found = new Set<number>();
  const isDone = new Set<number>();
  for (const start of states.keys()) {
    const path = new Set<number>();
    let i = start;
    for (; i >= 0 && !isDone.has(i) && !path.has(i); i = becomes[i]!) path.add(i);
    if (i >= 0 && path.has(i) && becomes[i] !== i) found.add(i);
    for (const seen of path) isDone.add(seen);
  }
  return found;
}

function copyOf(v: Value): Value {
  const { type } = v;
  const isScalar = type.shape.length === 0;
  const shaped = (x: Value, shape: Shape) => {
    const inputs = [x, constant(int64s(shape))];
    return makeNode({ op: "Reshape", inputs, types: [{ ...type, shape }] }).outputs[0]!;
  };
  const x = isScalar ? shaped(v, [1]) : v;
  const attrs = { axis: 0 };
  const [y] = makeNode({ op: "Concat", inputs: [x], attrs, types: [x.type] }).outputs;
  return isScalar ? shaped(y!, []) : y!;
}

/**
 * The graph with copies of what states were: where an output is that, which would be overwritten,
 * and where states become each other in a circle, so that there is an order to write them in.
 */
export function statesApart(graph: Graph<"lowered">): Graph<"lowered"> {
  const states = statesOf(graph);
  const circles = inCircles(states);
  const given = graph.outputs.length - states.length;
  const isChanged = new Set(states.filter((s) => s.next !== s.value).map((s) => s.value));
  const isCopied = (o: GraphOutput, k: number): boolean =>
    k < given ? isChanged.has(shownBy(o.value)) : circles.has(k - given);
  if (!graph.outputs.some(isCopied)) return graph;
  return substitute(
    graph,
    new Map(),
    graph.outputs.map((o, k) => (isCopied(o, k) ? { ...o, value: copyOf(o.value) } : o)),
  );
}
