/** Expressions, types and names as documents. */
import type * as ast from "./ast.ts";
import { isName } from "./ast.ts";
import {
  concat,
  concatAll,
  type Doc,
  fill,
  group,
  hardLine,
  indent,
  join,
  layOut,
  leads,
  line,
  softLine,
} from "./doc.ts";
import { Words } from "./words.ts";

// ---- Brackets ----

interface BracketStyle {
  /** Several items a line. */
  readonly filled?: boolean;
  /** What stands inside of the brackets on one line. */
  readonly edge?: Doc;
}

/** Items with commas between: all on one line, or else the brackets on lines of their own. */
export function bracketed<T>(
  w: Words,
  [open, close]: readonly [string, string],
  items: readonly T[],
  print: (item: T) => Doc,
  { filled = false, edge = softLine }: BracketStyle = {},
): Doc {
  const first = w.token(open);
  const docs = items.map((item, i) => {
    const doc = print(item);
    return i === items.length - 1 ? doc : concat(doc, w.token(","));
  });
  const inner = docs.length === 0 ? [] : [edge, filled ? fill(docs) : join(line, docs)];
  for (const { text } of w.comments()) inner.push(hardLine, text);
  const last = w.token(close);
  if (inner.length === 0) return concat(first, last);
  return group(concat(first, indent(concatAll(inner)), edge, last));
}

const round = ["(", ")"] as const;
const square = ["[", "]"] as const;

/** What is short and alike, so that several may share a line. */
function isWord(expr: ast.Expr): boolean {
  if (expr.kind === "unary") return isWord(expr.inner);
  return ["number", "boolean", "template", "reference"].includes(expr.kind);
}

function items(w: Words, list: readonly ast.Expr[]): Doc {
  const filled = list.length > 1 && list.every(isWord);
  return bracketed(w, square, list, (item) => expression(w, item), { filled });
}

function argument(w: Words, { name, value }: ast.Argument): Doc {
  if (!name) return expression(w, value);
  return concat(w.token(name.text), w.token(":"), " ", expression(w, value));
}

const isBracketed = (expr: ast.Expr): boolean =>
  ["list", "tuple", "comprehension", "group", "call"].includes(expr.kind);

/** What ends its lines inside of brackets of its own, so that those around it need none. */
function isHugged(args: readonly ast.Argument[]): boolean {
  const [only] = args;
  if (!only || args.length > 1 || !isBracketed(only.value)) return false;
  if (only.value.kind !== "call") return true;
  const inner = only.value.args;
  return inner?.length !== 1 || inner[0]!.value.kind !== "call";
}

export function callArguments(w: Words, args: readonly ast.Argument[]): Doc {
  const filled = args.length > 1 && args.every((a) => isWord(a.value));
  if (!isHugged(args)) return bracketed(w, round, args, (a) => argument(w, a), { filled });
  return concat(w.token("("), argument(w, args[0]!), w.token(")"));
}

// ---- Names, types, marks ----

/** Characters that a string cannot have as they are. */
const escapes: Record<string, string> = {
  '"': '\\"',
  "\\": "\\\\",
  "{": "\\{",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

const quoted = ({ parts }: ast.Template): string =>
  `"${parts
    .map((part) =>
      typeof part === "string"
        ? part.replace(/["\\{\n\r\t]/g, (sign) => escapes[sign]!)
        : `{${printExpr(part)}}`,
    )
    .join("")}"`;

export const string = (w: Words, template: ast.Template): Doc => w.string(() => quoted(template));

export const nameOrString = (w: Words, label: ast.Label): Doc =>
  isName(label) ? w.token(label.text) : string(w, label);

/** ` as stem` */
export const label = (w: Words, given: ast.Label | undefined): Doc =>
  given ? concat(" ", w.token("as"), " ", nameOrString(w, given)) : "";

export function pattern(w: Words, given: ast.Pattern): Doc {
  if (isName(given)) return w.token(given.text);
  return bracketed(w, round, given.items, (item) => pattern(w, item));
}

/** `i, (a, b)` */
export function patterns(w: Words, names: readonly ast.Pattern[]): Doc {
  const docs = names.map((name, i) =>
    i === 0 ? pattern(w, name) : concat(w.token(","), line, pattern(w, name)),
  );
  return group(indent(concatAll(docs)));
}

/** `: float[1, 40]` */
export function ascription(w: Words, type: ast.TypeExpr | undefined): Doc {
  if (!type) return "";
  return concat(
    w.token(":"),
    " ",
    w.token(type.elem.text),
    type.dims ? items(w, type.dims) : "",
    type.quant ? callArguments(w, type.quant.args) : "",
  );
}

/** @param called whether a call follows, which needs this one's own brackets before it. */
function annotation(w: Words, { name, args }: ast.Annotation, called = false): Doc {
  const head = concat(w.token("@"), w.token(name.text));
  const hasBrackets = args.length > 0 || (called && w.isTreeOnly) || w.isNext("(");
  return hasBrackets ? concat(head, callArguments(w, args)) : head;
}

const onNextLine = (doc: Doc): Doc => group(indent(concat(line, doc)));

export const annotations = (w: Words, given: readonly ast.Annotation[]): Doc =>
  concatAll(given.map((a) => onNextLine(annotation(w, a))));

/** Name and annotations in the order in which they were written. */
function marks(w: Words, { label: given, annotations: all }: ast.MarkedExpr, called: boolean) {
  const before = all.filter((a) => given && a.start < given.start);
  const behind = all.slice(before.length);
  const docs = before.map((a) => annotation(w, a));
  if (given) docs.push(concat(w.token("as"), " ", nameOrString(w, given)));
  for (const [i, a] of behind.entries())
    docs.push(annotation(w, a, called && i === behind.length - 1));
  return concatAll(docs.map(onNextLine));
}

// ---- Expressions ----

const ranks: Record<ast.BinaryOperator, number> = {
  "||": 2,
  "&&": 3,
  "==": 4,
  "!=": 4,
  "<": 4,
  "<=": 4,
  ">": 4,
  ">=": 4,
  "..": 5,
  "+": 6,
  "-": 6,
  "*": 7,
  "/": 7,
  "%": 7,
};
const [pipeRank, rangeRank, prefixRank, postfixRank, primaryRank] = [1, 5, 8, 9, 10];

/** How tightly it holds together; what is looser needs brackets in its place. */
function rankOf(expr: ast.Expr): number {
  switch (expr.kind) {
    case "choice":
      return 0;
    case "pipe":
      return pipeRank;
    case "binary":
      return ranks[expr.rest[0]!.operator];
    case "unary":
      return prefixRank;
    case "number":
      return expr.text.startsWith("-") ? prefixRank : primaryRank;
    case "member":
    case "index":
    case "call":
    case "marked":
      return postfixRank;
    default:
      return primaryRank;
  }
}

const inRound = (w: Words, inner: ast.Expr): Doc =>
  bracketed(w, round, [inner], (e) => expression(w, e));

/** With brackets where it is looser than `rank`. */
const operand = (w: Words, expr: ast.Expr, rank: number): Doc =>
  rankOf(expr) < rank ? inRound(w, expr) : expression(w, expr);

type Postfix = ast.MemberExpr | ast.IndexExpr | ast.CallExpr | ast.MarkedExpr;
const isPostfix = (expr: ast.Expr): expr is Postfix => rankOf(expr) === postfixRank;

function innerOf(expr: Postfix): ast.Expr {
  if (expr.kind === "call") return expr.callee;
  return expr.kind === "marked" ? expr.inner : expr.object;
}

/** Whether the marks of both would be read as those of one. */
const isOneWith = (outer: Postfix | undefined, inner: Postfix): boolean =>
  outer?.kind === "marked" && inner.kind === "marked" && !(outer.label && inner.label);

const member = (w: Words, { name }: ast.MemberExpr): Doc =>
  group(indent(concat(softLine, w.token("."), w.token(name.text))));

/** `x.a[0](b) as c @d`: from the inside out, without recursion. */
function postfix(w: Words, outer: Postfix): Doc {
  const steps: Postfix[] = [];
  let inner: ast.Expr = outer;
  for (; isPostfix(inner) && !isOneWith(steps.at(-1), inner); inner = innerOf(inner))
    steps.push(inner);
  steps.reverse();
  const docs = [operand(w, inner, primaryRank)];
  for (const [i, step] of steps.entries()) {
    const next = steps[i + 1];
    if (step.kind === "member") docs.push(member(w, step));
    else if (step.kind === "index") docs.push(items(w, step.indices));
    else if (step.kind === "marked")
      docs.push(marks(w, step, next?.kind === "call" && next.args !== undefined));
    else if (step.args) docs.push(callArguments(w, step.args));
  }
  return concatAll(docs);
}

function binary(w: Words, { first, rest }: ast.BinaryExpr): Doc {
  const rank = ranks[rest[0]!.operator];
  const all = [first, ...rest.map((r) => r.right)];
  const isTight = rank === rangeRank && all.every((e) => rankOf(e) >= prefixRank);
  const docs = [operand(w, first, rank + 1)];
  for (const { operator, right } of rest) {
    const sign = w.token(operator);
    const end = operand(w, right, rank + 1);
    docs.push(isTight ? concat(softLine, sign, end) : concat(line, sign, " ", end));
  }
  return group(indent(concatAll(docs)));
}

/** @param isAlone whether it begins its line, so that its stages do so in the same column. */
export function pipe(w: Words, { first, stages }: ast.PipeExpr, isAlone = false): Doc {
  const docs = [operand(w, first, pipeRank + 1)];
  for (const stage of stages)
    docs.push(concat(line, w.token("|>"), " ", operand(w, stage, postfixRank)));
  const all = concatAll(docs);
  return group(isAlone ? all : indent(all));
}

/** A branch a line where there are several, else one value a line. */
function choice(w: Words, { branches, otherwise }: ast.ChoiceExpr): Doc {
  const isSingle = branches.length === 1;
  const docs: Doc[] = [];
  const colon = () => docs.push(line, w.token(":"), " ");
  for (const { condition, value } of branches) {
    if (docs.length > 0) colon();
    const when = operand(w, condition, pipeRank);
    const then = concat(line, w.token("?"), " ", operand(w, value, pipeRank));
    docs.push(isSingle ? concat(when, then) : group(concat(when, indent(then))));
  }
  colon();
  docs.push(operand(w, otherwise, pipeRank));
  return group(indent(concatAll(docs)));
}

function comprehension(w: Words, { item, names, list }: ast.ComprehensionExpr): Doc {
  const parts = [w.token("["), expression(w, item), w.token("for"), patterns(w, names)];
  const [open, value, word, bound] = parts as [Doc, Doc, Doc, Doc];
  const over = concat(w.token("in"), " ", expression(w, list));
  const inner = concat(softLine, value, line, word, " ", bound, " ", over);
  return group(concat(open, indent(inner), softLine, w.token("]")));
}

export function expression(w: Words, expr: ast.Expr): Doc {
  switch (expr.kind) {
    case "number":
      return w.token(expr.text);
    case "boolean":
      return w.token(String(expr.value));
    case "template":
      return string(w, expr);
    case "reference":
      return w.token(expr.name.text);
    case "list":
      return items(w, expr.items);
    case "tuple":
      return bracketed(w, round, expr.items, (item) => expression(w, item));
    case "comprehension":
      return comprehension(w, expr);
    case "group":
      return inRound(w, expr.inner);
    case "unary":
      return concat(
        concatAll(expr.operators.map((o) => w.token(o))),
        operand(w, expr.inner, postfixRank),
      );
    case "binary":
      return binary(w, expr);
    case "pipe":
      return pipe(w, expr);
    case "choice":
      return choice(w, expr);
    default:
      return postfix(w, expr);
  }
}

// ---- Values ----

/** Whether it can be broken inside, so that it need not begin on the next line. */
function isBreakable(expr: ast.Expr): boolean {
  let inner = expr;
  while (inner.kind === "marked") inner = inner.inner;
  return isBracketed(inner) || ["pipe", "binary", "choice", "index"].includes(inner.kind);
}

/** Behind a `=` or a word: on the same line, or on the next. */
export function value(w: Words, expr: ast.Expr): Doc {
  const doc = expression(w, expr);
  return isBreakable(expr) && !leads(doc) ? concat(" ", doc) : onNextLine(doc);
}

/** Behind a `=`: on one line with it, or all of it from the next line on. */
export const body = (w: Words, expr: ast.Expr): Doc =>
  onNextLine(expr.kind === "pipe" ? pipe(w, expr, true) : expression(w, expr));

/** On one line. */
export const printExpr = (expr: ast.Expr): string =>
  layOut(expression(new Words(), expr), Number.POSITIVE_INFINITY);
