/** What a `.mote` file says, as a tree: made by the parser, walked by checker, formatter and server. */

/** Characters [start, end) of a file. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A name where it stands. */
export interface Name extends Span {
  readonly text: string;
}

/** A string with expressions in braces: `"stages.{i}"`. */
export interface Template extends Span {
  readonly kind: "template";
  readonly parts: readonly (string | Expr)[];
}

/** `as stem`, or `as "stages.{i}"`. */
export type Label = Name | Template;

export interface Annotation extends Span {
  readonly name: Name;
  readonly args: readonly Argument[];
}

/** `x`, or `stride: 2`. */
export interface Argument extends Span {
  readonly name?: Name | undefined;
  readonly value: Expr;
}

export interface QuantExpr extends Span {
  readonly args: readonly Argument[];
}

/** `float[1, 3, 32, 32]`, `int8(scale: 0.5, zero: 3)`; without a shape where that follows. */
export interface TypeExpr extends Span {
  readonly elem: Name;
  readonly dims?: readonly Expr[] | undefined;
  readonly quant?: QuantExpr | undefined;
}

export type BinaryOperator =
  | "||"
  | "&&"
  | "=="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | ".."
  | "+"
  | "-"
  | "*"
  | "/"
  | "%";

interface Of<K extends string> extends Span {
  readonly kind: K;
}

export interface NumberExpr extends Of<"number"> {
  readonly text: string;
}
export interface BooleanExpr extends Of<"boolean"> {
  readonly value: boolean;
}
export interface ReferenceExpr extends Of<"reference"> {
  readonly name: Name;
}
export interface ListExpr extends Of<"list"> {
  readonly items: readonly Expr[];
}
/** `(a, b)`: several values, as operators with several results give. */
export interface TupleExpr extends Of<"tuple"> {
  readonly items: readonly Expr[];
}
/** `[f(i) for i in 0..n]` */
export interface ComprehensionExpr extends Of<"comprehension"> {
  readonly item: Expr;
  readonly names: readonly Pattern[];
  readonly list: Expr;
}
/** `(a)`, kept for `as` and annotations, and for the formatter. */
export interface GroupExpr extends Of<"group"> {
  readonly inner: Expr;
}
export interface MemberExpr extends Of<"member"> {
  readonly object: Expr;
  readonly name: Name;
}
/** `list[i]`; of an element type, a type: `int64[2]`, `float[3, 3]`. */
export interface IndexExpr extends Of<"index"> {
  readonly object: Expr;
  readonly indices: readonly Expr[];
}
export interface CallExpr extends Of<"call"> {
  readonly callee: Expr;
  /** Absent for a stage of a pipe without parentheses: `x |> relu`. */
  readonly args?: readonly Argument[] | undefined;
}
/** What has a name or annotations: `conv(x, 8) as stem @bits(4)`. */
export interface MarkedExpr extends Of<"marked"> {
  readonly inner: Expr;
  readonly label?: Label | undefined;
  readonly annotations: readonly Annotation[];
}
/** `-x`, `!x`; several in a row. */
export interface UnaryExpr extends Of<"unary"> {
  readonly operators: readonly ("-" | "!")[];
  readonly inner: Expr;
}
/** Operators of one rank, from left to right. */
export interface BinaryExpr extends Of<"binary"> {
  readonly first: Expr;
  readonly rest: readonly {
    readonly operator: BinaryOperator;
    readonly at: Span;
    readonly right: Expr;
  }[];
}
/** `x |> a |> b(2) as c`: every stage takes what is before it as its first argument. */
export interface PipeExpr extends Of<"pipe"> {
  readonly first: Expr;
  readonly stages: readonly Expr[];
}
/** `a ? x : b ? y : z` */
export interface ChoiceExpr extends Of<"choice"> {
  readonly branches: readonly { readonly condition: Expr; readonly value: Expr }[];
  readonly otherwise: Expr;
}

export type Expr =
  | NumberExpr
  | BooleanExpr
  | Template
  | ReferenceExpr
  | ListExpr
  | TupleExpr
  | ComprehensionExpr
  | GroupExpr
  | MemberExpr
  | IndexExpr
  | CallExpr
  | MarkedExpr
  | UnaryExpr
  | BinaryExpr
  | PipeExpr
  | ChoiceExpr;

/** `x`, or `(a, b)`. */
export type Pattern = Name | TuplePattern;
export interface TuplePattern extends Span {
  readonly kind: "tuplePattern";
  readonly items: readonly Pattern[];
}

export interface BindStatement extends Of<"let" | "var"> {
  readonly pattern: Pattern;
  readonly type?: TypeExpr | undefined;
  readonly value: Expr;
}
/** `x = …`: a variable, or an output of the model. A `(` would go on with what is before it. */
export interface AssignStatement extends Of<"assign"> {
  readonly name: Name;
  readonly value: Expr;
}
export interface ForStatement extends Of<"for"> {
  readonly names: readonly Pattern[];
  readonly list: Expr;
  readonly body: readonly Statement[];
}
export interface IfStatement extends Of<"if"> {
  readonly branches: readonly { readonly condition: Expr; readonly body: readonly Statement[] }[];
  readonly otherwise?: readonly Statement[] | undefined;
}
export interface ReturnStatement extends Of<"return"> {
  readonly value: Expr;
}
export interface AssertStatement extends Of<"assert"> {
  readonly condition: Expr;
  readonly message?: Expr | undefined;
}
export interface StateStatement extends Of<"state"> {
  readonly name: Name;
  readonly label?: Label | undefined;
  readonly type: TypeExpr;
  readonly initial?: Expr | undefined;
}
/** `weights "net.npz" layout tensorflow { rename: … }`, `weights random(seed: 1)` */
export interface WeightsStatement extends Of<"weights"> {
  readonly file?: Template | undefined;
  readonly random?: { readonly word: Name; readonly args: readonly Argument[] } | undefined;
  readonly layout?: Name | undefined;
  readonly settings: readonly Setting[];
}
/** `rename: { "a": "b" }` */
export interface Setting extends Span {
  readonly key: Name | Template;
  readonly value: Name | Template | readonly Setting[];
}

export type Statement =
  | BindStatement
  | AssignStatement
  | ForStatement
  | IfStatement
  | ReturnStatement
  | AssertStatement
  | StateStatement
  | WeightsStatement;

export interface Parameter extends Span {
  readonly name: Name;
  readonly label?: Label | undefined;
  readonly type?: TypeExpr | undefined;
  /** `nhwc`, where an input is given channels last. */
  readonly layout?: Name | undefined;
  readonly initial?: Expr | undefined;
  readonly annotations: readonly Annotation[];
  readonly docs: readonly string[];
}
export interface Output extends Span {
  readonly name: Name;
  readonly label?: Label | undefined;
  readonly type?: TypeExpr | undefined;
}

export interface ImportDeclaration extends Of<"import"> {
  readonly file: Template;
  readonly name?: Name | undefined;
}
export interface BlockDeclaration extends Of<"block"> {
  readonly name: Name;
  readonly parameters: readonly Parameter[];
  readonly annotations: readonly Annotation[];
  /** `= value`, or statements of which `return` gives the result. */
  readonly body: Expr | readonly Statement[];
  readonly docs: readonly string[];
}
export interface ModelDeclaration extends Of<"model"> {
  readonly name: Name;
  readonly label?: Label | undefined;
  readonly parameters: readonly Parameter[];
  readonly outputs: readonly Output[];
  readonly annotations: readonly Annotation[];
  readonly body: readonly Statement[];
  readonly docs: readonly string[];
}
/** A value for the whole file. */
export type Declaration = ImportDeclaration | BlockDeclaration | ModelDeclaration | BindStatement;

export interface SourceFile extends Span {
  readonly declarations: readonly Declaration[];
}

export const isName = (x: Label | Pattern): x is Name => !("kind" in x);
