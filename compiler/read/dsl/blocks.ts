/** Blocks and the bodies of models: statements one after the other, in the place of the call. */
import * as say from "../../diagnostics.ts";
import type * as ast from "../../language/ast.ts";
import { annotate } from "./annotations.ts";
import { ascribed } from "./ascribe.ts";
import { bindPattern, evaluate, loopOver, truthOf } from "./evaluate.ts";
import { type Frame, framesText, placeOf, Reported } from "./problems.ts";
import { type Binding, type Context, type Given, Scope, siteOf } from "./scope.ts";
import type { Site } from "./source.ts";
import { checkBecomes, declareState } from "./states.ts";
import { type BlockDatum, type Datum, datumText, kindText, TensorDatum } from "./values.ts";

const callsMax = 64;

function depthOf(
  frame: Frame | undefined,
  declaration: object,
): { calls: number; isInside: boolean } {
  let [calls, isInside] = [0, false];
  for (let f = frame; f !== undefined; f = f.parent) {
    if (f.of) calls++;
    isInside ||= f.of === declaration;
  }
  return { calls, isInside };
}

/** A block at the place of its call; layers in it are called `path.…`. */
export function callBlock(
  { declaration, scope: file }: BlockDatum,
  given: readonly Given[],
  site: Site,
  path: string,
  context: Context,
): Datum {
  const { session } = context;
  const { name, annotations } = declaration;
  const { calls, isInside } = depthOf(context.frame, declaration);
  if (isInside)
    session.fail(
      say.tooMuch(placeOf(site), `The block '${name.text}' calls itself`, "Write a loop."),
    );
  if (calls >= callsMax)
    session.fail(say.tooMuch(placeOf(site), `More than ${callsMax} blocks call each other here`));
  const frame: Frame = { site, text: "called from line", parent: context.frame, of: declaration };
  const scope = new Scope();
  const inside: Context = { session, source: file.source, file, scope, path, frame };
  bindParameters(declaration, given, site, inside, context);
  const { body } = declaration;
  const before = session.sites.size;
  const result = isStatements(body) ? runBody(body, inside) : evaluate(body, inside);
  annotate(annotations, before, inside);
  if (result === undefined)
    return session.fail(
      say.badArguments(
        placeOf({ source: file.source, span: name }),
        name.text,
        "returns nothing",
        "End the block with 'return'.",
      ),
    );
  return result;
}

const isStatements = (
  body: ast.Expr | readonly ast.Statement[],
): body is readonly ast.Statement[] => Array.isArray(body);

/** Arguments to a block's parameters; what is absent has its initial value. */
function bindParameters(
  { name: block, parameters }: ast.BlockDeclaration,
  given: readonly Given[],
  site: Site,
  inside: Context,
  { session, frame }: Context,
): void {
  const names = parameters.map((p) => p.name.text);
  const byName = new Map<string, Given>();
  for (const g of given.filter((g) => g.name)) {
    const place = placeOf({ source: g.site.source, span: g.name! });
    if (!names.includes(g.name!.text))
      session.fail(say.unknownArgument(place, block.text, g.name!.text, names));
    if (byName.has(g.name!.text))
      session.fail(say.badArguments(place, block.text, `has '${g.name!.text}' twice`));
    byName.set(g.name!.text, g);
  }
  const rest = given.filter((g) => !g.name);
  for (const parameter of parameters) {
    const { name, initial, type } = parameter;
    const own = byName.get(name.text) ?? rest.shift();
    if (!own && !initial)
      session.fail(
        say.badArguments(
          placeOf(site),
          block.text,
          `needs '${name.text}'`,
          `It takes ${names.join(", ")}.`,
        ),
      );
    const datum = own ? own.datum : evaluate(initial!, inside);
    if (type && datum instanceof TensorDatum) ascribed(datum, type, { ...inside, frame });
    inside.scope.declare(name, "parameter", datum, inside);
  }
  if (rest.length > 0)
    session.fail(
      say.badArguments(
        placeOf(rest[0]!.site),
        block.text,
        `takes ${names.length} arguments, and this is one more`,
        `It takes ${names.join(", ")}.`,
      ),
    );
}

/** Runs statements until one returns; an error in one does not keep the next from being checked. */
export function runBody(body: readonly ast.Statement[], context: Context): Datum | undefined {
  const before = context.session.problems.errors;
  for (const statement of body) {
    try {
      const result = run(statement, context);
      if (result !== undefined) return result;
    } catch (problem) {
      if (!(problem instanceof Reported)) throw problem;
      abandon(statement, context);
    }
  }
  if (context.session.problems.errors > before && context.frame?.of) throw new Reported();
  return undefined;
}

/** What reads the name is passed over in silence. */
function leaveBroken(name: ast.Name, context: Context): void {
  const { scope } = context;
  const binding = scope.find(name.text) ?? scope.declare(name, "variable", undefined, context);
  [binding.datum, binding.isBroken] = [undefined, true];
}

/** Names that a statement would have given a value are without one, and nothing is said of that. */
function abandon(statement: ast.Statement, context: Context): void {
  const { scope } = context;
  const inner = (statements: readonly ast.Statement[]) => {
    for (const s of statements) abandonAssigned(s, context);
  };
  switch (statement.kind) {
    case "let":
    case "var":
      bindPattern(statement.pattern, undefined, declareIn(statement.kind, context), context);
      break;
    case "assign":
      leaveBroken(statement.name, context);
      break;
    case "for":
      inner(statement.body);
      break;
    case "if":
      for (const { body } of statement.branches) inner(body);
      inner(statement.otherwise ?? []);
      break;
    case "state":
      scope.declare(statement.name, "state", undefined, context).isBroken = true;
      break;
    default:
  }
}

/** What is bound inside is out of sight. */
function abandonAssigned(statement: ast.Statement, context: Context): void {
  if (statement.kind === "assign" || statement.kind === "for" || statement.kind === "if")
    abandon(statement, context);
}

const declareIn =
  (kind: "let" | "var", context: Context) => (name: ast.Name, datum: Datum | undefined) => {
    const binding = context.scope.declare(
      name,
      kind === "var" ? "variable" : "value",
      datum,
      context,
    );
    binding.isBroken = datum === undefined;
  };

function run(statement: ast.Statement, context: Context): Datum | undefined {
  const { session } = context;
  session.spend(siteOf(context, statement));
  switch (statement.kind) {
    case "let":
    case "var": {
      const datum = evaluate(statement.value, context);
      const typed = statement.type ? ascribed(datum, statement.type, context) : datum;
      bindPattern(statement.pattern, typed, declareIn(statement.kind, context), context);
      return undefined;
    }
    case "assign":
      assign(statement, context);
      return undefined;
    case "for":
      return session.within(siteOf(context, statement), () => loop(statement, context));
    case "if":
      return session.within(siteOf(context, statement), () => choose(statement, context));
    case "return":
      return evaluate(statement.value, context);
    case "assert":
      assertThat(statement, context);
      return undefined;
    case "state":
      declareState(statement, context);
      return undefined;
    case "weights":
      return session.fail(
        say.badWeightsStatement(
          placeOf(siteOf(context, statement)),
          "'weights' stands in a model itself, before its layers",
        ),
      );
  }
}

function assign({ name, value }: ast.AssignStatement, context: Context): void {
  const { session, scope, source } = context;
  const datum = evaluate(value, context);
  const place = placeOf(siteOf(context, name));
  const binding = scope.find(name.text) ?? session.fail(say.notBound(place, name.text));
  const problem = refusal(binding, datum);
  if (problem) session.fail(say.notAssignable(place, name.text, ...problem));
  if (binding.kind === "state" && datum instanceof TensorDatum)
    checkBecomes(name, datum, binding, context);
  [binding.datum, binding.isBroken] = [datum, false];
  session.saw(name, datum, source);
}

/** Why a name cannot be given that value, and what to do. */
function refusal(
  { kind, datum, isBroken }: Binding,
  given: Datum | undefined,
): [string, string] | undefined {
  if (kind === "variable") return undefined;
  if (kind === "state")
    return given === undefined || given instanceof TensorDatum
      ? undefined
      : [`is a state, and this is ${kindText(given)}`, "Give it a tensor."];
  if (kind !== "output") return ["is bound once and for all", "Bind it with 'var' to change it."];
  if (datum !== undefined && !isBroken)
    return ["is an output that has its value already", "Gather the value in a 'var' first."];
  return given === undefined || given instanceof TensorDatum
    ? undefined
    : [`is an output, and this is ${kindText(given)}`, "Give it a tensor."];
}

function loop(
  { names, list, body, ...span }: ast.ForStatement,
  context: Context,
): Datum | undefined {
  const { session } = context;
  const { count, scopeOf } = loopOver(names, list, context);
  const before = session.problems.errors;
  for (let i = 0; i < count; i++) {
    const scope = scopeOf(i);
    const values = [...scope.own()]
      .filter((b) => b.datum !== undefined)
      .map((b) => `${b.name.text} = ${datumText(b.datum!)}`);
    const site = siteOf(context, { start: span.start, end: list.end });
    const text = `in round ${i + 1} of the loop (${values.join(", ")}), line`;
    const frame: Frame = { site, text, parent: context.frame };
    const result = runBody(body, { ...context, scope, frame });
    if (session.problems.errors > before) throw new Reported();
    if (result !== undefined) return result;
  }
  return undefined;
}

function choose({ branches, otherwise }: ast.IfStatement, context: Context): Datum | undefined {
  const { session } = context;
  const isTrue = (condition: ast.Expr) =>
    truthOf(evaluate(condition, context), siteOf(context, condition), context);
  const body = branches.find(({ condition }) => isTrue(condition))?.body ?? otherwise;
  if (!body) return undefined;
  const before = session.problems.errors;
  const result = runBody(body, { ...context, scope: new Scope(context.scope) });
  if (session.problems.errors > before) throw new Reported();
  return result;
}

function assertThat({ condition, message }: ast.AssertStatement, context: Context): void {
  const { session, frame } = context;
  if (truthOf(evaluate(condition, context), siteOf(context, condition), context)) return;
  const site = siteOf(context, condition);
  const text = message ? evaluate(message, context) : undefined;
  const sides = sidesOf(condition, context);
  const problem = typeof text === "string" ? text : `This does not hold${sides}.`;
  session.problems.add(say.assertionFailed(placeOf(site), problem, { notes: framesText(frame) }));
}

/** What stands on both sides of a comparison. */
function sidesOf(condition: ast.Expr, context: Context): string {
  if (condition.kind !== "binary" || condition.rest.length !== 1) return "";
  const [left, right] = [condition.first, condition.rest[0]!.right];
  const text = (side: ast.Expr) => datumText(evaluate(side, context));
  return `: ${text(left)} ${condition.rest[0]!.operator} ${text(right)}`;
}
