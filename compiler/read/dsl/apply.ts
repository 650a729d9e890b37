/** Calls: of operators, blocks, functions of numbers, types, and networks of other files. */
import * as say from "../../diagnostics.ts";
import type * as ast from "../../language/ast.ts";
import type { LayerOperator } from "../../language/operators/operator.ts";
import { layerOperators } from "../../language/operators/table.ts";
import { OperatorError } from "../../ops/operator.ts";
import { annotate } from "./annotations.ts";
import { bindArguments } from "./arguments.ts";
import { callBlock } from "./blocks.ts";
import { FunctionError, numberFunction } from "./builtins.ts";
import { evaluate, lookUp, templateText } from "./evaluate.ts";
import { graft, networkOf } from "./graft.ts";
import { Layer } from "./layer.ts";
import { framesText, labelOf, placeOf, Reported } from "./problems.ts";
import { quantizedType } from "./quantised-type.ts";
import { type Context, type Given, type Mark, siteOf } from "./scope.ts";
import type { Site } from "./source.ts";
import {
  BlockDatum,
  type Datum,
  extentOf,
  FunctionDatum,
  isList,
  kindText,
  OperatorDatum,
  TensorDatum,
  TupleDatum,
  TypeDatum,
} from "./values.ts";

/** @param piped arguments that stand before those in parentheses. */
export function applyTo(
  callee: ast.Expr,
  args: readonly ast.Argument[],
  piped: readonly Given[],
  site: Site,
  mark: Mark,
  context: Context,
): Datum {
  const datum =
    callee.kind === "reference" ? lookUp(callee.name, context) : evaluate(callee, context);
  const given = [
    ...piped,
    ...args.map(
      ({ name, value }): Given => ({
        name,
        datum: evaluate(value, context),
        site: siteOf(context, value),
      }),
    ),
  ];
  return call(datum, given, site, siteOf(context, callee), mark, context);
}

const hasTensor = (datum: Datum): boolean =>
  datum instanceof TensorDatum ||
  (datum instanceof TupleDatum && datum.items.some(hasTensor)) ||
  (isList(datum) && datum.some(hasTensor));

function call(
  callee: Datum,
  given: readonly Given[],
  site: Site,
  calleeSite: Site,
  mark: Mark,
  context: Context,
): Datum {
  const { session } = context;
  const before = session.sites.size;
  session.spend(
    site,
    given.reduce((sum, { datum }) => sum + extentOf(datum).items, 0),
  );
  if (callee instanceof OperatorDatum) {
    const numbers = numberFunction(callee.operator.name);
    return numbers && !given.some((g) => hasTensor(g.datum))
      ? callFunction(numbers, given, site, context)
      : callOperator(callee.operator, given, calleeSite, mark, context);
  }
  const network = networkOf(callee, calleeSite, context);
  if (network || callee instanceof BlockDatum) {
    const path = pathOf(mark, context) ?? context.path;
    const result = network
      ? graft(network, given, site, path, context)
      : callBlock(callee as BlockDatum, given, site, path, context);
    annotate(mark.annotations, before, context);
    session.saw(calleeSite.span, result, calleeSite.source);
    return result;
  }
  if (callee instanceof FunctionDatum) return callFunction(callee, given, site, context);
  if (callee instanceof TypeDatum) return quantizedType(callee, given, site, context);
  return session.fail(
    say.wrongKind(placeOf(calleeSite), "an operator, block or function", kindText(callee)),
  );
}

/** The name that a mark gives, behind those of the blocks around. */
export function pathOf({ label }: Mark, context: Context): string | undefined {
  if (!label) return undefined;
  const name = "kind" in label ? templateText(label, context) : label.text;
  return context.path === "" ? name : `${context.path}.${name}`;
}

function callFunction(
  { name, apply }: FunctionDatum,
  given: readonly Given[],
  site: Site,
  { session }: Context,
): Datum {
  try {
    return apply(given.map((g) => g.datum));
  } catch (problem) {
    if (!(problem instanceof FunctionError)) throw problem;
    return session.fail(say.badArguments(placeOf(site), name, problem.message));
  }
}

export const operatorOn = (
  name: string,
  given: readonly Given[],
  site: Site,
  mark: Mark,
  context: Context,
): Datum => {
  const operator = layerOperators.get(name);
  return operator
    ? callOperator(operator, given, site, mark, context)
    : context.session.fail(
        say.notYet(placeOf(site), `the operator '${name}'`, "Write it with operators that it has."),
      );
};

/** What every operand is and where it comes from, for a message about shapes. */
function operandLabels(given: readonly Given[]) {
  return given.flatMap(({ datum, site }) => {
    if (!(datum instanceof TensorDatum)) return [];
    const { line } = datum.site.source.position(datum.site.span.start);
    const own = site.source.position(site.span.start).line;
    const from = line === own ? "" : `, from line ${line}`;
    return [labelOf(site, `[${datum.value.type.shape.join(", ")}]${from}`)];
  });
}

function callOperator(
  operator: LayerOperator,
  given: readonly Given[],
  site: Site,
  mark: Mark,
  context: Context,
): Datum {
  const { session, frame } = context;
  const before = session.sites.size;
  const bound = bindArguments(operator.args, given, operator.name, site, session);
  const name = pathOf(mark, context) ?? session.unnamed(context.path, operator.name);
  const layer = new Layer(operator, bound, name, site, context);
  try {
    const data = operator.build(layer).map((value) => new TensorDatum(value, site));
    annotate(mark.annotations, before, context);
    return data.length === 1 ? data[0]! : new TupleDatum(data);
  } catch (problem) {
    if (!(problem instanceof OperatorError)) throw problem;
    const notes = framesText(frame);
    const labels = operandLabels(given);
    const place = placeOf(site);
    session.problems.add(
      say.layerProblem(place, operator.name, problem.message, { labels, notes }),
    );
    throw new Reported();
  }
}
