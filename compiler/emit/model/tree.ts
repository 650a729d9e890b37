/** Pieces of the model language's tree that stand in no text. */
import type { TensorType } from "../../ir/types.ts";
import type * as ast from "../../language/ast.ts";
import { elementName } from "../../language/operators/quantisation.ts";

const nowhere: ast.Span = { start: 0, end: 0 };

export const name = (text: string): ast.Name => ({ text, ...nowhere });
export const reference = (text: string): ast.Expr => ({
  kind: "reference",
  name: name(text),
  ...nowhere,
});

export function number(text: string): ast.Expr {
  const digits = text.startsWith("-") ? text.slice(1) : text;
  const inner: ast.Expr =
    digits === "inf" ? reference("inf") : { kind: "number", text: digits, ...nowhere };
  return digits === text ? inner : { kind: "unary", operators: ["-"], inner, ...nowhere };
}

export const boolean = (value: boolean): ast.Expr => ({ kind: "boolean", value, ...nowhere });
export const string = (parts: readonly (string | ast.Expr)[]): ast.Template => ({
  kind: "template",
  parts,
  ...nowhere,
});
export const list = (items: readonly ast.Expr[]): ast.Expr => ({ kind: "list", items, ...nowhere });
export const tuple = (items: readonly ast.Expr[]): ast.Expr =>
  items.length === 1 ? items[0]! : { kind: "tuple", items, ...nowhere };
export const sum = (
  first: ast.Expr,
  operator: "+" | "-" | "*" | "/",
  right: ast.Expr,
): ast.Expr => ({
  kind: "binary",
  first,
  rest: [{ operator, at: nowhere, right }],
  ...nowhere,
});
export const group = (inner: ast.Expr): ast.Expr => ({ kind: "group", inner, ...nowhere });
export const index = (object: ast.Expr, indices: readonly ast.Expr[]): ast.Expr => ({
  kind: "index",
  object,
  indices,
  ...nowhere,
});
export const member = (object: ast.Expr, text: string): ast.Expr => ({
  kind: "member",
  object,
  name: name(text),
  ...nowhere,
});

export interface NamedExpr {
  readonly name?: string | undefined;
  readonly value: ast.Expr;
}

const argument = ({ name: text, value }: NamedExpr): ast.Argument => ({
  name: text === undefined ? undefined : name(text),
  value,
  ...nowhere,
});

/** A call; as a stage of a pipe it has no parentheses where it takes nothing more. */
export const call = (callee: ast.Expr, args: readonly NamedExpr[], isStage = false): ast.Expr =>
  isStage && args.length === 0
    ? callee
    : { kind: "call", callee, args: args.map(argument), ...nowhere };

export const marked = (inner: ast.Expr, label: ast.Label | undefined): ast.Expr =>
  label ? { kind: "marked", inner, label, annotations: [], ...nowhere } : inner;

export const pipe = (first: ast.Expr, stages: readonly ast.Expr[]): ast.Expr =>
  stages.length === 0 ? first : { kind: "pipe", first, stages, ...nowhere };

export const pattern = (names: readonly string[]): ast.Pattern =>
  names.length === 1
    ? name(names[0]!)
    : { kind: "tuplePattern", items: names.map(name), ...nowhere };

export const bind = (
  kind: "let" | "var",
  names: readonly string[],
  value: ast.Expr,
): ast.Statement => ({ kind, pattern: pattern(names), value, ...nowhere });

export const assign = (text: string, value: ast.Expr): ast.Statement => ({
  kind: "assign",
  name: name(text),
  value,
  ...nowhere,
});

export const state = (
  text: string,
  label: ast.Label | undefined,
  of: ast.TypeExpr,
  initial: ast.Expr,
): ast.Statement => ({ kind: "state", name: name(text), label, type: of, initial, ...nowhere });

export const forEach = (
  names: readonly ast.Pattern[],
  over: ast.Expr,
  body: readonly ast.Statement[],
): ast.Statement => ({ kind: "for", names, list: over, body, ...nowhere });

export const result = (value: ast.Expr): ast.Statement => ({ kind: "return", value, ...nowhere });

export const weights = (file: string): ast.Statement => ({
  kind: "weights",
  file: string([file]),
  settings: [],
  ...nowhere,
});

/** @param quant scale and zero point. */
export const type = (
  elem: string,
  dims: readonly number[],
  quant?: readonly [number, number],
): ast.TypeExpr => ({
  elem: name(elem),
  dims: dims.map((d) => number(String(d))),
  ...nowhere,
  ...(quant && {
    quant: {
      args: [
        argument({ name: "scale", value: number(String(quant[0])) }),
        argument({ name: "zero", value: number(String(quant[1])) }),
      ],
      ...nowhere,
    },
  }),
});

/** A type as it is, with one scale if any. */
export const tensorType = ({ elem, shape, quant }: TensorType): ast.TypeExpr =>
  type(elementName(elem), shape, quant && [quant.scale[0]!, quant.zeroPoint[0]!]);

export const annotation = (text: string, value: ast.Expr): ast.Annotation => ({
  name: name(text),
  args: [argument({ value })],
  ...nowhere,
});

export const parameter = (
  text: string,
  { label, type: of }: { label?: ast.Label | undefined; type?: ast.TypeExpr } = {},
): ast.Parameter => ({ name: name(text), label, type: of, annotations: [], docs: [], ...nowhere });

export const block = (
  text: string,
  parameters: readonly string[],
  body: ast.Expr | readonly ast.Statement[],
): ast.BlockDeclaration => ({
  kind: "block",
  name: name(text),
  parameters: parameters.map((p) => parameter(p)),
  annotations: [],
  body,
  docs: [],
  ...nowhere,
});

export const model = (
  text: string,
  label: ast.Label | undefined,
  parameters: readonly ast.Parameter[],
  outputs: readonly ast.Output[],
  body: readonly ast.Statement[],
  annotations: readonly ast.Annotation[],
): ast.ModelDeclaration => ({
  kind: "model",
  name: name(text),
  label,
  parameters,
  outputs,
  annotations,
  body,
  docs: [],
  ...nowhere,
});

export const output = (text: string, label: ast.Label | undefined): ast.Output => ({
  name: name(text),
  label,
  ...nowhere,
});

export const file = (declarations: readonly ast.Declaration[]): ast.SourceFile => ({
  declarations,
  ...nowhere,
});
