/** A graph → the text of a `.mote` file and its weights. */
import type { ModelDocs } from "../../ir/docs.ts";
import type { Graph, Value } from "../../ir/graph.ts";
import { givenOutputs, isState } from "../../ir/states.ts";
import type { Tensor } from "../../ir/tensor.ts";
import type * as ast from "../../language/ast.ts";
import { keywords } from "../../language/keywords.ts";
import { layerOperators } from "../../language/operators/table.ts";
import { printFile } from "../../language/print.ts";
import { Calls } from "./calls.ts";
import { fold } from "./fold.ts";
import { type Item, nameField, type Wire } from "./items.ts";
import { labelOf, Names, Renderer, renderBlock } from "./render.ts";
import { assignments, stateStatements } from "./states.ts";
import * as tree from "./tree.ts";
import { WeightsWriter } from "./weights.ts";

export interface WrittenModel {
  readonly text: string;
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Names of tensors by the paths of parameters, where these differ. */
  readonly aliases: ReadonlyMap<string, string>;
}

/** Names of inputs, outputs and the model: identifiers, with the true name where it differs. */
class Identifiers {
  readonly taken = new Set<string>([...keywords, "_", ...layerOperators.keys()]);

  take(wanted: string): { text: string; label: ast.Label | undefined } {
    const plain = wanted.replace(/\W+/g, "_").replace(/^(?=\d)/, "_");
    const base = plain === "" ? "unnamed" : plain;
    let text = base;
    for (let i = 2; this.taken.has(text); i++) text = `${base}_${i}`;
    this.taken.add(text);
    return { text, label: text === wanted ? undefined : labelOf(nameField(wanted)) };
  }
}

const operatorsNamed = 3;

/** `conv_relu`, for what a block is made of. */
function blockName(body: readonly Item[], identifiers: Identifiers): string {
  const callees = [...new Set(body.map((i) => i.callee.replace(/\W/g, "_")))];
  const own = callees.filter((c) => layerOperators.has(c)).slice(0, operatorsNamed);
  return identifiers.take(own.length > 1 ? own.join("_") : `${own[0] ?? "more"}_block`).text;
}

function inputParameter({ name, type }: Value, { text, label }: ReturnType<Identifiers["take"]>) {
  return tree.parameter(text, {
    label: text === name ? undefined : label,
    type: tree.tensorType(type),
  });
}

/** @param weightsFile as the model's text names it. */
export function writeModel(graph: Graph, weightsFile: string, docs?: ModelDocs): WrittenModel {
  const weights = new WeightsWriter();
  const calls = new Calls(graph, weights);
  const identifiers = new Identifiers();
  const name = identifiers.take(graph.name);
  const inputs = graph.inputs.map((value) => ({ value, ...identifiers.take(value.name) }));
  const given = inputs.filter((v) => !isState(v.value));
  const states = inputs.filter((v) => isState(v.value));
  const outputs = givenOutputs(graph).map((o) => ({ ...o, ...identifiers.take(o.name) }));
  const wires = graph.outputs.map((o) => calls.output(o.value));
  const { items, blocks } = fold(calls.items, wires, (body) => blockName(body, identifiers));
  const names = new Names(identifiers.taken);
  const known = new Map<Wire, string>(inputs.map(({ value, text }) => [calls.symbol(value), text]));
  const { statements, results } = new Renderer(items, known, wires, names).rendered(wires);
  const assigned = [...outputs, ...states].map(({ text }, i) => ({ text, result: results[i]! }));
  const declared = stateStatements(graph, states, weights);
  const body: ast.Statement[] = [
    ...(weights.tensors.size > 0 ? [tree.weights(weightsFile)] : []),
    ...declared,
    ...statements,
    ...assignments(assigned, states, () => names.next()),
  ];
  const model = tree.model(
    name.text,
    name.label,
    given.map((v, i) => ({ ...inputParameter(v.value, v), docs: docs?.inputs[i] ?? [] })),
    outputs.map(({ text, label }) => tree.output(text, label)),
    body,
    graph.level === "lowered" ? [tree.annotation("level", tree.string(["lowered"]))] : [],
  );
  const documented = { ...model, docs: docs?.model ?? [] };
  const text = printFile(tree.file([documented, ...blocks.toReversed().map(renderBlock)]));
  return { text, tensors: weights.tensors, aliases: weights.aliases };
}
