/** A whole network of another file, in the place of a call. */
import * as say from "../../diagnostics.ts";
import { input, makeNode, type Value } from "../../ir/graph.ts";
import type { Choice } from "../../ir/layers.ts";
import { givenInputs, givenOutputs, statesOf } from "../../ir/states.ts";
import { sameType, typeText } from "../../ir/types.ts";
import { bindArguments } from "./arguments.ts";
import { labelOf, placeOf } from "./problems.ts";
import type { Context, Given } from "./scope.ts";
import type { Session } from "./session.ts";
import type { Site } from "./source.ts";
import { addState } from "./states.ts";
import {
  type Datum,
  kindText,
  ModelDatum,
  NamespaceDatum,
  NetworkDatum,
  TensorDatum,
  TupleDatum,
} from "./values.ts";

/** The network that something stands for, if it is one. @throws Reported */
export function networkOf(callee: Datum, site: Site, context: Context): NetworkDatum | undefined {
  const { session, file } = context;
  if (callee instanceof NetworkDatum) return callee;
  if (callee instanceof NamespaceDatum && callee.models.length > 0) {
    const { name, models } = callee;
    const calls = models.map(({ declaration }) => `${name}.${declaration.name.text}`);
    return models.length === 1
      ? networkOf(models[0]!, site, context)
      : session.fail(
          say.badArguments(
            placeOf(site),
            name,
            `has ${models.length} models`,
            `Say which: ${calls.join(", ")}.`,
          ),
        );
  }
  if (!(callee instanceof ModelDatum)) return undefined;
  if (callee.scope === file)
    session.fail(
      say.wrongKind(
        placeOf(site),
        "an operator, a block or a network of another file",
        kindText(callee),
        "Make a block of what is needed more than once.",
      ),
    );
  return session.networkOf(callee, site);
}

/** The tensors that a call gives a network, in the order of its inputs. */
function operands(
  { name, graph, inputs }: NetworkDatum,
  given: readonly Given[],
  site: Site,
  session: Session,
): Value[] {
  const specs = inputs.map((name) => ({ name, kinds: ["tensor"] as const }));
  const bound = bindArguments(specs, given, name, site, session);
  return givenInputs(graph).map(({ type }, i) => {
    const [{ datum, site: at }] = bound.get(inputs[i]!)! as [Given];
    if (datum instanceof TensorDatum && sameType(datum.value.type, type)) return datum.value;
    return session.fail({
      ...say.wrongKind(placeOf(at), `${typeText(type)} for '${inputs[i]}'`, kindText(datum)),
      labels: [labelOf(at, kindText(datum))],
    });
  });
}

/** @param path stands before the names of its layers and states. */
export function graft(
  network: NetworkDatum,
  given: readonly Given[],
  site: Site,
  path: string,
  context: Context,
): Datum {
  const { session } = context;
  const { name, graph, choices } = network;
  if (graph.level !== "imported" || session.level !== "imported")
    session.fail(
      say.badArguments(
        placeOf(site),
        name,
        'is called only where both models are @level("imported")',
      ),
    );
  const named = [...choices.kernels, ...choices.pools].reduce((n, c) => n + c.layers.length, 0);
  session.spend(site, graph.nodes.length + named);
  const values = operands(network, given, site, session);
  const mapped = new Map(givenInputs(graph).map((value, i) => [value, values[i]!]));
  const renamed = new Map<string, string>();
  const nameOf = (own: string): string => {
    const known = renamed.get(own) ?? session.unnamed(path, own);
    renamed.set(own, known);
    return known;
  };
  for (const { value, initial } of statesOf(graph))
    mapped.set(value, input(nameOf(value.name), value.type, initial));
  for (const node of graph.nodes) {
    if (node.op === "Input") continue;
    const copy = makeNode({
      op: node.op,
      attrs: node.attrs,
      inputs: node.inputs.map((v) => v && mapped.get(v)),
      types: node.outputs.map((v) => v.type),
      names: node.outputs.map((v) => v.name),
      origins: node.origins.map(nameOf),
    });
    session.made(copy, site);
    node.outputs.forEach((v, i) => mapped.set(v, copy.outputs[i]!));
  }
  for (const { value, next } of statesOf(graph))
    addState({ value: mapped.get(value)!, site, next: () => mapped.get(next)! }, context);
  const { kernels, pools, float } = session.choices;
  const renamedIn = ({ layers, value }: Choice): Choice => ({ layers: layers.map(nameOf), value });
  for (const choice of choices.kernels) kernels.push(renamedIn(choice));
  for (const choice of choices.pools) pools.push(renamedIn(choice));
  for (const layer of choices.float) float.add(nameOf(layer));
  const data = givenOutputs(graph).map(({ value }) => new TensorDatum(mapped.get(value)!, site));
  return data.length === 1 ? data[0]! : new TupleDatum(data);
}
