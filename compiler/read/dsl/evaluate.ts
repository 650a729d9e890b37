/** Expressions → numbers, lists, or values of the network, whose layers are made here. */
import * as say from "../../diagnostics.ts";
import type * as ast from "../../language/ast.ts";
import { applyTo, operatorOn } from "./apply.ts";
import { builtins } from "./builtins.ts";
import { combine, numberOf } from "./numbers.ts";
import { placeOf, Reported } from "./problems.ts";
import { type Context, type Given, type Mark, Scope, siteOf } from "./scope.ts";
import { limits } from "./session.ts";
import type { Site } from "./source.ts";
import {
  type Datum,
  isList,
  kindText,
  NamespaceDatum,
  TensorDatum,
  TupleDatum,
  TypeDatum,
} from "./values.ts";

const noMark: Mark = { annotations: [] };

/** @throws Reported, after everything that is wrong was added to the session's problems. */
export function evaluate(expr: ast.Expr, context: Context, mark: Mark = noMark): Datum {
  const { session } = context;
  const site = siteOf(context, expr);
  session.spend(site);
  return session.within(site, () => {
    const datum = evaluated(expr, context, mark);
    if (!takesMark(expr)) refuseMark(mark, context);
    session.checkExtent(datum, site);
    return datum;
  });
}

/** Whether a name or annotation goes on to what is inside. */
const takesMark = ({ kind }: ast.Expr): boolean =>
  ["call", "pipe", "group", "choice", "binary", "unary", "marked", "index"].includes(kind);

function refuseMark({ label, annotations }: Mark, context: Context): void {
  const span = label ?? annotations[0];
  if (!span) return;
  const what = label ? "the name" : "the annotation";
  context.session.fail(say.emptyOperation(placeOf(siteOf(context, span)), what));
}

function evaluated(expr: ast.Expr, context: Context, mark: Mark): Datum {
  switch (expr.kind) {
    case "number":
      return numberOf(expr.text, siteOf(context, expr), context.session);
    case "boolean":
      return expr.value;
    case "template":
      return templateText(expr, context);
    case "reference":
      return lookUp(expr.name, context);
    case "list":
      return expr.items.map((item) => evaluate(item, context));
    case "tuple":
      return new TupleDatum(expr.items.map((item) => evaluate(item, context)));
    case "comprehension":
      return comprehension(expr, context);
    case "group":
      return evaluate(expr.inner, context, mark);
    case "member":
      return member(expr, context);
    case "index":
      return indexed(expr, context);
    case "call":
      return applyTo(expr.callee, expr.args ?? [], [], siteOf(context, expr), mark, context);
    case "marked":
      return evaluate(expr.inner, context, markedBy(expr, mark, context));
    case "unary":
      return unary(expr, context, mark);
    case "binary":
      return binary(expr, context, mark);
    case "pipe":
      return pipe(expr, context, mark);
    case "choice":
      return evaluate(chosen(expr, context), context, mark);
  }
}

/** The marks of an expression with those around it; two names are one too many. */
function markedBy(expr: ast.MarkedExpr, mark: Mark, context: Context): Mark {
  if (mark.label && expr.label)
    context.session.fail(say.emptyOperation(placeOf(siteOf(context, mark.label)), "a second name"));
  return {
    ...mark,
    label: expr.label ?? mark.label,
    annotations: [...expr.annotations, ...mark.annotations],
  };
}

/** The value of a name, which counts as read. */
export function lookUp(name: ast.Name, context: Context): Datum {
  const { session, scope, source, file } = context;
  const binding = scope.find(name.text);
  if (binding) {
    session.used(binding.name);
    if (binding.datum !== undefined) {
      session.saw(name, binding.datum, source);
      return binding.datum;
    }
    if (binding.isBroken) throw new Reported();
    return session.fail(
      say.notAssignable(
        placeOf(siteOf(context, name)),
        name.text,
        "has no value yet",
        "Give it one before this line.",
      ),
    );
  }
  const own = file.find(name.text, session);
  if (own !== undefined) session.saw(name, own, source);
  const datum = own ?? builtins.get(name.text);
  if (datum !== undefined) return datum;
  const known = [...scope.names(), ...file.names(), ...builtins.keys()];
  return session.fail(say.unknownName(placeOf(siteOf(context, name)), name.text, known));
}

/** What something is called: by its label, where it has one. */
export const nameText = (name: ast.Name, label: ast.Label | undefined, context: Context): string =>
  label ? ("kind" in label ? templateText(label, context) : label.text) : name.text;

/** The string, with what the braces in it give. */
export function templateText(template: ast.Template, context: Context): string {
  let text = "";
  for (const part of template.parts) {
    if (typeof part === "string") text += part;
    else {
      const datum = evaluate(part, context);
      if (typeof datum !== "string" && typeof datum !== "number" && typeof datum !== "boolean")
        context.session.fail(
          say.wrongKind(placeOf(siteOf(context, part)), "a number or string", kindText(datum)),
        );
      text += String(datum);
    }
    if (text.length > limits.characters)
      context.session.fail(
        say.tooMuch(
          placeOf(siteOf(context, template)),
          `The string is longer than ${limits.characters}`,
        ),
      );
  }
  return text;
}

/** Names of a pattern with what they stand for. */
export function bindPattern(
  pattern: ast.Pattern,
  datum: Datum | undefined,
  bind: (name: ast.Name, datum: Datum | undefined) => void,
  context: Context,
): void {
  if (!("kind" in pattern)) {
    bind(pattern, datum);
    return;
  }
  const items =
    datum === undefined
      ? []
      : datum instanceof TupleDatum
        ? datum.items
        : isList(datum)
          ? datum
          : undefined;
  if (datum !== undefined && items?.length !== pattern.items.length) {
    context.session.problems.add(
      say.wrongKind(
        placeOf(siteOf(context, pattern)),
        `${pattern.items.length} values`,
        items ? `${items.length}` : kindText(datum),
      ),
    );
    for (const item of pattern.items) bindPattern(item, undefined, bind, context);
    return;
  }
  pattern.items.forEach((item, i) => bindPattern(item, items?.[i], bind, context));
}

/** The elements of a list, and for each the names that a loop binds: value, or index and value. */
export function loopOver(
  names: readonly ast.Pattern[],
  list: ast.Expr,
  context: Context,
): { readonly count: number; scopeOf(index: number): Scope } {
  const { session, source } = context;
  const datum = evaluate(list, context);
  const items = datum instanceof TupleDatum ? datum.items : datum;
  if (!isList(items))
    return session.fail(say.wrongKind(placeOf(siteOf(context, list)), "a list", kindText(datum)));
  if (names.length > 2)
    return session.fail(
      say.badArguments(
        placeOf(siteOf(context, names[2]!)),
        "for",
        "binds a value, or an index and a value",
        "Write for i, (a, b) in … to take a tuple apart.",
      ),
    );
  const bind = (scope: Scope) => (name: ast.Name, value: Datum | undefined) => {
    const binding = scope.declare(name, "value", value, { session, source });
    binding.isBroken = value === undefined;
  };
  return {
    count: items.length,
    scopeOf: (index) => {
      const scope = new Scope(context.scope);
      const values = names.length === 2 ? [index, items[index]!] : [items[index]!];
      names.forEach((name, i) => bindPattern(name, values[i], bind(scope), context));
      return scope;
    },
  };
}

function comprehension(expr: ast.ComprehensionExpr, context: Context): Datum {
  const loop = loopOver(expr.names, expr.list, context);
  return Array.from({ length: loop.count }, (_, i) =>
    evaluate(expr.item, { ...context, scope: loop.scopeOf(i) }),
  );
}

function member({ object, name }: ast.MemberExpr, context: Context): Datum {
  const { session } = context;
  const of = evaluate(object, context);
  const place = () => placeOf(siteOf(context, name));
  if (of instanceof NamespaceDatum) {
    const found = of.find(name.text);
    return found ?? session.fail(say.unknownMember(place(), `'${of.name}'`, name.text, of.names()));
  }
  if (of instanceof TensorDatum) {
    const { type } = of.value;
    if (name.text === "shape") return type.shape;
    if (name.text === "type") return new TypeDatum(type.elem, undefined, type.quant);
    return session.fail(say.unknownMember(place(), "A tensor", name.text, ["shape", "type"]));
  }
  return session.fail(
    say.wrongKind(placeOf(siteOf(context, object)), "a tensor or name space", kindText(of)),
  );
}

/** A whole number that an expression gives. */
export function integerOf(expr: ast.Expr, context: Context): number {
  const datum = evaluate(expr, context);
  if (typeof datum === "number" && Number.isInteger(datum)) return datum;
  return context.session.fail(
    say.wrongKind(placeOf(siteOf(context, expr)), "a whole number", kindText(datum)),
  );
}

function indexed({ object, indices, ...span }: ast.IndexExpr, context: Context): Datum {
  const { session } = context;
  let of = evaluate(object, context);
  if (of instanceof TypeDatum && of.shape === undefined)
    return new TypeDatum(
      of.elem,
      indices.map((i) => integerOf(i, context)),
      of.quant,
    );
  for (const index of indices) {
    const items: Datum = of instanceof TupleDatum ? of.items : of;
    if (!isList(items))
      return session.fail(
        say.wrongKind(
          placeOf(siteOf(context, object)),
          "a list",
          kindText(of),
          of instanceof TensorDatum
            ? "Take a part of a tensor with 'slice' or 'split'."
            : undefined,
        ),
      );
    const i = integerOf(index, context);
    const item: Datum | undefined = items.at(i);
    if (item === undefined)
      return session.fail(
        say.badNumber(
          placeOf(siteOf(context, index)),
          `The list has ${items.length} items, so none at ${i}`,
        ),
      );
    of = item;
  }
  session.spend(siteOf(context, span));
  return of;
}

function unary({ operators, inner }: ast.UnaryExpr, context: Context, mark: Mark): Datum {
  const { session } = context;
  let datum = evaluate(inner, context);
  const site = siteOf(context, inner);
  operators.toReversed().forEach((operator, i) => {
    const last = i === operators.length - 1 ? mark : noMark;
    if (datum instanceof TensorDatum) {
      const given = [{ datum, site }];
      datum = operatorOn(operator === "-" ? "neg" : "not", given, site, last, context);
    } else if (operator === "-" && typeof datum === "number") datum = datum === 0 ? 0 : -datum;
    else if (operator === "!" && typeof datum === "boolean") datum = !datum;
    else {
      const wanted = operator === "-" ? "a number or tensor" : "true or false";
      session.fail(say.wrongKind(placeOf(site), wanted, kindText(datum)));
    }
  });
  return datum;
}

const tensorOperators: Partial<Record<ast.BinaryOperator, string>> = {
  "+": "add",
  "-": "sub",
  "*": "mul",
  "/": "div",
  "%": "mod",
  "==": "equal",
  "<": "less",
  "<=": "less_or_equal",
  ">": "greater",
  ">=": "greater_or_equal",
  "&&": "and",
  "||": "or",
};

/** `a && b`: the right side only if it matters. */
function isTrue(expr: ast.Expr, context: Context): boolean {
  const datum = evaluate(expr, context);
  return truthOf(datum, siteOf(context, expr), context);
}

export function truthOf(datum: Datum, site: Site, { session }: Context): boolean {
  if (typeof datum === "boolean") return datum;
  return session.fail(
    say.wrongKind(
      placeOf(site),
      "true or false",
      kindText(datum),
      datum instanceof TensorDatum
        ? "What a tensor holds is not known while compiling; choose between tensors with 'where'."
        : undefined,
    ),
  );
}

function binary({ first, rest }: ast.BinaryExpr, context: Context, mark: Mark): Datum {
  const { session, source } = context;
  let left: Given = { datum: evaluate(first, context), site: siteOf(context, first) };
  for (const [i, { operator, right, at }] of rest.entries()) {
    const site = { source, span: { start: first.start, end: right.end } };
    session.spend(site);
    const isLogic = operator === "&&" || operator === "||";
    if (isLogic && !(left.datum instanceof TensorDatum)) {
      const truth = truthOf(left.datum, left.site, context);
      const datum = truth === (operator === "&&") ? isTrue(right, context) : truth;
      left = { datum, site };
      continue;
    }
    const other: Given = { datum: evaluate(right, context), site: siteOf(context, right) };
    const isTensor = left.datum instanceof TensorDatum || other.datum instanceof TensorDatum;
    const name = isTensor ? tensorOperators[operator] : undefined;
    const last = i === rest.length - 1 ? mark : noMark;
    const datum = name
      ? operatorOn(name, [left, other], { source, span: at }, last, context)
      : combine(operator, left.datum, other.datum, site, session);
    left = { datum, site };
  }
  return left.datum;
}

/** The name and annotations of a stage, and the call itself. */
function stageOf(stage: ast.Expr, mark: Mark, context: Context): { call: ast.Expr; own: Mark } {
  let [call, own] = [stage, mark];
  while (call.kind === "marked") {
    own = markedBy(call, own, context);
    call = call.inner;
  }
  return { call, own };
}

function pipe({ first, stages }: ast.PipeExpr, context: Context, mark: Mark): Datum {
  let piped: Given = { datum: evaluate(first, context), site: siteOf(context, first) };
  for (const [i, stage] of stages.entries()) {
    const site = siteOf(context, stage);
    context.session.spend(site);
    const { call, own } = stageOf(stage, i === stages.length - 1 ? mark : noMark, context);
    const { datum } = piped;
    const before: Given[] =
      datum instanceof TupleDatum
        ? datum.items.map((item) => ({ datum: item, site: piped.site }))
        : [piped];
    const [callee, args] = call.kind === "call" ? [call.callee, call.args ?? []] : [call, []];
    piped = { datum: applyTo(callee, args, before, site, own, context), site };
  }
  return piped.datum;
}

function chosen({ branches, otherwise }: ast.ChoiceExpr, context: Context): ast.Expr {
  return branches.find(({ condition }) => isTrue(condition, context))?.value ?? otherwise;
}
