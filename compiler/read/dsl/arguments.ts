/** Arguments of a call, by place and by name, to those that an operator has. */
import * as say from "../../diagnostics.ts";
import type { ArgumentSpec } from "../../language/operators/operator.ts";
import { placeOf } from "./problems.ts";
import type { Given } from "./scope.ts";
import type { Session } from "./session.ts";
import type { Site } from "./source.ts";
import { isList, TensorDatum, TupleDatum } from "./values.ts";

/** What was given for each argument, by its name; several for a list of tensors. */
export type Bound = ReadonlyMap<string, readonly Given[]>;

/** A list of tensors, given as one or as all arguments that follow. */
function tensorsFrom(rest: Given[]): Given[] {
  const [first] = rest;
  const { datum } = first!;
  const items = datum instanceof TupleDatum ? datum.items : isList(datum) ? datum : undefined;
  if (items?.some((item) => item instanceof TensorDatum)) {
    rest.shift();
    return items.map((item) => ({ datum: item, site: first!.site }));
  }
  const end = rest.findIndex((g) => !(g.datum instanceof TensorDatum));
  return rest.splice(0, end < 0 ? rest.length : Math.max(1, end));
}

export function bindArguments(
  specs: readonly ArgumentSpec[],
  given: readonly Given[],
  callee: string,
  site: Site,
  session: Session,
): Bound {
  const bound = new Map<string, Given[]>();
  const names = specs.map((s) => s.name);
  for (const g of given.filter((g) => g.name)) {
    const { text } = g.name!;
    const place = placeOf({ source: g.site.source, span: g.name! });
    if (!names.includes(text)) session.fail(say.unknownArgument(place, callee, text, names));
    if (bound.has(text)) session.fail(say.badArguments(place, callee, `has '${text}' twice`));
    bound.set(text, [g]);
  }
  const rest = given.filter((g) => !g.name);
  for (const { name, named, kinds } of specs) {
    if (named || bound.has(name) || rest.length === 0) continue;
    bound.set(name, kinds.includes("tensors") ? tensorsFrom(rest) : [rest.shift()!]);
  }
  if (rest.length > 0) {
    const places = specs.filter((s) => !s.named).map((s) => s.name);
    const named = specs.filter((s) => s.named).map((s) => s.name);
    session.fail(
      say.badArguments(
        placeOf(rest[0]!.site),
        callee,
        `takes ${places.length === 0 ? "nothing" : places.join(", ")} by place, and this is one more`,
        named.length > 0 ? `By name it takes ${named.join(", ")}.` : undefined,
      ),
    );
  }
  const missing = specs.filter((s) => !s.optional && s.initial === undefined && !bound.has(s.name));
  if (missing.length > 0)
    session.fail(
      say.badArguments(
        placeOf(site),
        callee,
        `needs ${missing.map((s) => `'${s.name}'`).join(", ")}`,
      ),
    );
  return bound;
}
