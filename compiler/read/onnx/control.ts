/** If, Loop and Scan of conditions and counts that are known while compiling: branch and turns. */
import { constant, type Value } from "../../ir/graph.ts";
import { int64s, numbers, scalar, type Tensor, tensorOf } from "../../ir/tensor.ts";
import { fail, normalAxis } from "../../ops/operator.ts";
import { renamedGraph } from "./inline.ts";
import { type GraphProto, type NodeProto, toNumber } from "./proto.ts";

/** What control flow asks of the importer. */
export interface Scope {
  /** The nodes and initialisers of a graph, among the values that there are. */
  add(graph: GraphProto): void;
  define(name: string, value: Value): void;
  /** A value that is there, or nothing after a message. */
  value(name: string): Value | undefined;
  known(value: Value | undefined): Tensor | undefined;
  make(op: string, inputs: readonly Value[], attrs?: Record<string, number>): Value;
}

const turnsMax = 1000;

const graphOf = (node: NodeProto, name: string): GraphProto =>
  node.attribute.find((a) => a.name === name)?.g ?? fail(`lacks its graph '${name}'`);

function knownNumber(scope: Scope, name: string, what: string): number {
  const tensor = scope.known(scope.value(name));
  return tensor
    ? numbers(tensor)[0]!
    : fail(`'${what}' must be known while compiling, but it is computed at run time`);
}

const defined = (scope: Scope, name: string): Value =>
  scope.value(name) ?? fail(`its graph does not make '${name}'`);

function branch(node: NodeProto, scope: Scope): void {
  const isTrue = knownNumber(scope, node.input[0]!, "cond") !== 0;
  const graph = graphOf(node, isTrue ? "then_branch" : "else_branch");
  scope.add(graph);
  node.output.forEach((name, i) => scope.define(name, defined(scope, graph.output[i]!.name)));
}

/** Each turn's results along a new axis. */
function stacked(scope: Scope, turns: readonly Value[], axis = 0): Value {
  if (turns.length === 0) fail("a loop of no turns has no results to join");
  const rows = turns.map((v) => scope.make("Unsqueeze", [v, constant(int64s([axis]))]));
  return scope.make("Concat", rows, { axis });
}

/** The names of what a turn of a body makes. */
function turnOf(
  node: NodeProto,
  body: GraphProto,
  turn: number,
  given: readonly Value[],
  scope: Scope,
): readonly string[] {
  if (turn >= turnsMax) fail(`it has more than ${turnsMax} turns`);
  const own = new Set([
    ...body.input.map((i) => i.name),
    ...body.initializer.map((t) => t.name),
    ...body.node.flatMap((n) => n.output),
  ]);
  const prefix = `${node.name || node.output[0]}#${turn}/`;
  const graph = renamedGraph(body, (name) => (own.has(name) ? `${prefix}${name}` : name));
  graph.input.forEach(({ name }, i) => scope.define(name, given[i] ?? fail("lacks operands")));
  scope.add(graph);
  return graph.output.map(({ name }) => name);
}

function give(node: NodeProto, scope: Scope, results: readonly (() => Value)[]): void {
  node.output.forEach((name, i) => {
    const result = results[i] ?? fail(`has no result number ${i + 1}`);
    if (name !== "") scope.define(name, result());
  });
}

function loop(node: NodeProto, scope: Scope): void {
  const [countName = "", conditionName = "", ...first] = node.input;
  const body = graphOf(node, "body");
  const count = countName === "" ? turnsMax + 1 : knownNumber(scope, countName, "M");
  let goesOn = conditionName === "" || knownNumber(scope, conditionName, "cond") !== 0;
  let carried = first.map((name) => defined(scope, name));
  const scans: Value[][] = body.output.slice(1 + carried.length).map(() => []);
  for (let turn = 0; turn < count && goesOn; turn++) {
    const head = [constant(scalar("int64", turn)), constant(tensorOf("bool", [], [1]))];
    const outputs = turnOf(node, body, turn, [...head, ...carried], scope);
    goesOn = knownNumber(scope, outputs[0]!, "the condition of the body") !== 0;
    carried = carried.map((_, i) => defined(scope, outputs[1 + i]!));
    for (const [i, list] of scans.entries())
      list.push(defined(scope, outputs[1 + carried.length + i]!));
  }
  give(node, scope, [...carried.map((v) => () => v), ...scans.map((l) => () => stacked(scope, l))]);
}

const intsOf = (node: NodeProto, name: string): readonly number[] =>
  node.attribute.find((a) => a.name === name)?.ints.map(toNumber) ?? [];

/** The body goes along axes of its scanned operands, from opset 9 on. */
function scan(node: NodeProto, scope: Scope): void {
  const body = graphOf(node, "body");
  const scanned = toNumber(node.attribute.find((a) => a.name === "num_scan_inputs")?.i ?? 0);
  const operands = node.input.map((name) => defined(scope, name));
  const states = operands.length - scanned;
  if (scanned < 1 || states < 0) fail("'num_scan_inputs' does not fit its inputs");
  const axes = operands.slice(states).map(({ type }, i) => {
    const axis = intsOf(node, "scan_input_axes")[i] ?? 0;
    return normalAxis(axis, type.shape.length);
  });
  const backward = intsOf(node, "scan_input_directions");
  const lengths = axes.map((axis, i) => operands[states + i]!.type.shape[axis]!);
  const [count] = lengths as [number];
  if (lengths.some((n) => n !== count)) fail(`its operands have ${lengths.join(" and ")} turns`);
  let carried = operands.slice(0, states);
  const scans: Value[][] = body.output.slice(states).map(() => []);
  for (let turn = 0; turn < count; turn++) {
    const rows = axes.map((axis, i) => {
      const at = backward[i] === 1 ? count - 1 - turn : turn;
      return scope.make("Gather", [operands[states + i]!, constant(scalar("int64", at))], { axis });
    });
    const outputs = turnOf(node, body, turn, [...carried, ...rows], scope);
    carried = carried.map((_, i) => defined(scope, outputs[i]!));
    for (const [i, list] of scans.entries()) {
      const made = defined(scope, outputs[states + i]!);
      if (intsOf(node, "scan_output_directions")[i] === 1) list.unshift(made);
      else list.push(made);
    }
  }
  const joined = scans.map((list, i) => () => {
    const axis = intsOf(node, "scan_output_axes")[i] ?? 0;
    return stacked(scope, list, normalAxis(axis, (list[0]?.type.shape.length ?? 0) + 1));
  });
  give(node, scope, [...carried.map((v) => () => v), ...joined]);
}

/** By operator. */
export const control: Readonly<Record<string, (node: NodeProto, scope: Scope) => void>> = {
  If: branch,
  Loop: loop,
  Scan: scan,
};
