/** If and Loop whose conditions and counts are known while compiling: the branch, the turns. */
import { constant, type Value } from "../../ir/graph.ts";
import { int64s, numbers, scalar, type Tensor, tensorOf } from "../../ir/tensor.ts";
import { fail } from "../../ops/operator.ts";
import { renamedGraph } from "./inline.ts";
import type { GraphProto, NodeProto } from "./proto.ts";

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

/** Each turn's results along a new first axis. */
function stacked(scope: Scope, turns: readonly Value[]): Value {
  if (turns.length === 0) fail("a loop of no turns has no results to join");
  const rows = turns.map((v) => scope.make("Unsqueeze", [v, constant(int64s([0]))]));
  return scope.make("Concat", rows, { axis: 0 });
}

function loop(node: NodeProto, scope: Scope): void {
  const [countName = "", conditionName = "", ...first] = node.input;
  const body = graphOf(node, "body");
  const count = countName === "" ? turnsMax + 1 : knownNumber(scope, countName, "M");
  let goesOn = conditionName === "" || knownNumber(scope, conditionName, "cond") !== 0;
  let carried = first.map((name) => defined(scope, name));
  const scans: Value[][] = body.output.slice(1 + carried.length).map(() => []);
  for (let turn = 0; turn < count && goesOn; turn++) {
    if (turn >= turnsMax) fail(`it has more than ${turnsMax} turns`);
    const own = new Set([
      ...body.input.map((i) => i.name),
      ...body.initializer.map((t) => t.name),
      ...body.node.flatMap((n) => n.output),
    ]);
    const prefix = `${node.name || node.output[0]}#${turn}/`;
    const graph = renamedGraph(body, (name) => (own.has(name) ? `${prefix}${name}` : name));
    const given = [
      constant(scalar("int64", turn)),
      constant(tensorOf("bool", [], [1])),
      ...carried,
    ];
    graph.input.forEach(({ name }, i) => scope.define(name, given[i] ?? fail("lacks operands")));
    scope.add(graph);
    const outputs = graph.output.map(({ name }) => name);
    goesOn = knownNumber(scope, outputs[0]!, "the condition of the body") !== 0;
    carried = carried.map((_, i) => defined(scope, outputs[1 + i]!));
    scans.forEach((list, i) => list.push(defined(scope, outputs[1 + carried.length + i]!)));
  }
  const results = [...carried, ...scans.map((list) => list)];
  node.output.forEach((name, i) => {
    const result = results[i] ?? fail(`has no result number ${i + 1}`);
    if (name !== "")
      scope.define(name, Array.isArray(result) ? stacked(scope, result) : (result as Value));
  });
}

/** By operator. */
export const control: Readonly<Record<string, (node: NodeProto, scope: Scope) => void>> = {
  If: branch,
  Loop: loop,
};
