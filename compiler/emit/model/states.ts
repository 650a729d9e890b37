/** States in the language: their declarations, and what they become. */
import type { Graph, Value } from "../../ir/graph.ts";
import { statesOf } from "../../ir/states.ts";
import { numbers, type Tensor } from "../../ir/tensor.ts";
import type * as ast from "../../language/ast.ts";
import { elementName } from "../../language/operators/quantisation.ts";
import { writable } from "./calls.ts";
import { atom, nameField } from "./items.ts";
import { fieldExpr } from "./render.ts";
import * as tree from "./tree.ts";
import type { WeightsWriter } from "./weights.ts";

/** A number where all are the same, or else a parameter. */
function initialExpr(tensor: Tensor, name: string, weights: WeightsWriter): ast.Expr {
  const { elem, shape } = tensor;
  const list = numbers(tensor);
  const isUniform = Array.from({ length: list.length }).every((_, i) =>
    Object.is(list[i], list[0]),
  );
  const [only] = (isUniform && writable({ elem, shape: [], data: tensor.data.slice(0, 1) })) || [];
  if (only !== undefined) return fieldExpr(atom(only));
  const type = fieldExpr({
    kind: "type",
    elem: elementName(elem),
    dims: shape.map(atom),
    quant: [],
  });
  return tree.call(tree.reference("parameter"), [
    { value: fieldExpr(nameField(weights.add(tensor, name))) },
    { value: type },
  ]);
}

/** A state, as the text calls it. */
export interface NamedState {
  readonly value: Value;
  readonly text: string;
  readonly label: ast.Label | undefined;
}

/** The statements that a model's body begins with. */
export function stateStatements(
  graph: Graph,
  named: readonly NamedState[],
  weights: WeightsWriter,
): ast.Statement[] {
  return statesOf(graph).map(({ value, initial }, i) => {
    const { text, label } = named[i]!;
    const type = tree.tensorType(value.type);
    return tree.state(text, label, type, initialExpr(initial, value.name, weights));
  });
}

/**
 * Assignments at the end of the body. One that takes what a state was before has to take it before
 * that state changes.
 */
export function assignments(
  outputs: readonly { readonly text: string; readonly result: ast.Expr }[],
  states: readonly NamedState[],
  nextName: () => string,
): ast.Statement[] {
  const before: ast.Statement[] = [];
  const after: ast.Statement[] = [];
  for (const { text, result } of outputs) {
    const read = result.kind === "reference" ? result.name.text : undefined;
    if (read === text) continue;
    if (read === undefined || !states.some((s) => s.text === read)) {
      after.push(tree.assign(text, result));
      continue;
    }
    const name = nextName();
    before.push(tree.bind("let", [name], result));
    after.push(tree.assign(text, tree.reference(name)));
  }
  return [...before, ...after];
}
