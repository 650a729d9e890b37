/** A whole network of another file, in the place of a call. */
import * as say from "../../diagnostics.ts";
import { makeNode, type Value } from "../../ir/graph.ts";
import { sameType, typeText } from "../../ir/types.ts";
import { labelOf, placeOf } from "./problems.ts";
import type { Context, Given } from "./scope.ts";
import type { Site } from "./source.ts";
import { type Datum, kindText, type NetworkDatum, TensorDatum, TupleDatum } from "./values.ts";

/** @param path stands before the names of its layers. */
export function graft(
  { graph, name }: NetworkDatum,
  given: readonly Given[],
  site: Site,
  path: string,
  { session }: Context,
): Datum {
  const { inputs, outputs } = graph;
  if (given.length !== inputs.length)
    session.fail(
      say.badArguments(
        placeOf(site),
        name,
        `takes ${inputs.length} tensors: ${inputs.map((v) => `${v.name} ${typeText(v.type)}`).join(", ")}`,
      ),
    );
  const mapped = new Map<Value, Value>();
  for (const [i, value] of inputs.entries()) {
    const { datum, site: at } = given[i]!;
    if (!(datum instanceof TensorDatum) || !sameType(datum.value.type, value.type))
      session.fail({
        ...say.wrongKind(
          placeOf(at),
          `${typeText(value.type)} for '${value.name}'`,
          kindText(datum),
        ),
        labels: [labelOf(at, kindText(datum))],
      });
    mapped.set(value, (datum as TensorDatum).value);
  }
  for (const node of graph.nodes) {
    if (node.op === "Input") continue;
    const copy = makeNode({
      op: node.op,
      attrs: node.attrs,
      inputs: node.inputs.map((v) => v && (mapped.get(v) ?? v)),
      types: node.outputs.map((v) => v.type),
      names: node.outputs.map((v) => v.name),
      origins: node.origins.map((o) => (path === "" ? o : `${path}.${o}`)),
    });
    session.made(copy, site);
    node.outputs.forEach((v, i) => mapped.set(v, copy.outputs[i]!));
  }
  const data = outputs.map(({ value }) => new TensorDatum(mapped.get(value)!, site));
  return data.length === 1 ? data[0]! : new TupleDatum(data);
}
