/** Calls: of operators, blocks, functions of numbers, types, and networks of other files. */
import * as say from "../../diagnostics.ts";
import type { Quantization } from "../../ir/types.ts";
import type * as ast from "../../language/ast.ts";
import type { LayerOperator } from "../../language/operators/operator.ts";
import { layerOperators } from "../../language/operators/table.ts";
import { OperatorError } from "../../ops/operator.ts";
import { annotate } from "./annotations.ts";
import { bindArguments } from "./arguments.ts";
import { callBlock } from "./blocks.ts";
import { FunctionError, numberFunction } from "./builtins.ts";
import { evaluate, lookUp, siteOf, templateText } from "./evaluate.ts";
import { graft } from "./graft.ts";
import { Layer } from "./layer.ts";
import { framesText, labelOf, placeOf, Reported } from "./problems.ts";
import type { Context } from "./scope.ts";
import type { Site } from "./source.ts";
import {
  BlockDatum,
  type Datum,
  datumText,
  extentOf,
  FunctionDatum,
  isList,
  kindText,
  NetworkDatum,
  OperatorDatum,
  TensorDatum,
  TupleDatum,
  TypeDatum,
} from "./values.ts";

/** An argument with where it stands. */
export interface Given {
  readonly name?: ast.Name | undefined;
  readonly datum: Datum;
  readonly site: Site;
}

/** What stands behind an operation: its name, and what the compiler is told of it. */
export interface Mark {
  readonly label?: ast.Label | undefined;
  readonly annotations: readonly ast.Annotation[];
}

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
  if (callee instanceof BlockDatum) {
    const path = pathOf(mark, context) ?? context.path;
    const result = callBlock(callee, given, site, path, context);
    annotate(mark.annotations, path, context);
    session.saw(calleeSite.span, result, calleeSite.source);
    return result;
  }
  if (callee instanceof FunctionDatum) return callFunction(callee, given, site, context);
  if (callee instanceof TypeDatum) return quantizedType(callee, given, site, context);
  if (callee instanceof NetworkDatum)
    return graft(callee, given, site, pathOf(mark, context) ?? context.path, context);
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
  const bound = bindArguments(operator.args, given, operator.name, site, session);
  const name = pathOf(mark, context) ?? session.unnamed(context.path, operator.name);
  const layer = new Layer(operator, bound, name, site, context);
  try {
    const data = operator.build(layer).map((value) => new TensorDatum(value, site));
    annotate(mark.annotations, name, context);
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

const numbersIn = (datum: Datum): number[] | undefined =>
  typeof datum === "number"
    ? [datum]
    : isList(datum) && datum.every((d) => typeof d === "number")
      ? (datum as number[])
      : undefined;

/** `int8(scale: 0.5, zero: 3)` */
export function quantizedType(
  { elem, shape }: TypeDatum,
  given: readonly Given[],
  site: Site,
  { session }: Context,
): TypeDatum {
  const parts: { scale?: number[]; zero?: number[]; axis?: number[] } = {};
  for (const [i, { name, datum, site: at }] of given.entries()) {
    const key = (name?.text ?? ["scale", "zero"][i]) as keyof typeof parts | undefined;
    if (key === undefined)
      return session.fail(
        say.badArguments(placeOf(at), elem, "takes scale and zero by place, and this is one more"),
      );
    if (!["scale", "zero", "axis"].includes(key))
      session.fail(say.unknownArgument(placeOf(at), elem, key, ["scale", "zero", "axis"]));
    parts[key] =
      numbersIn(datum) ??
      session.fail(say.wrongKind(placeOf(at), "a number or a list of them", datumText(datum)));
  }
  const { scale, zero = [0], axis } = parts;
  if (!scale) return session.fail(say.badArguments(placeOf(site), elem, "needs a scale"));
  if (zero.length !== 1 && zero.length !== scale.length)
    session.fail(
      say.badArguments(
        placeOf(site),
        elem,
        `has ${scale.length} scales and ${zero.length} zero points`,
      ),
    );
  const zeroPoint = scale.map((_, i) => zero[zero.length === 1 ? 0 : i]!);
  const quant: Quantization = {
    scale: scale.map(Math.fround),
    zeroPoint,
    axis: axis?.[0] ?? (scale.length === 1 ? undefined : 1),
  };
  return new TypeDatum(elem, shape, quant);
}
