/**
 * The grammar of the model language: one rule a method, each giving its piece of the tree. docs/language.md
 * shows the same rules as text, made from this parser.
 */
import { EmbeddedActionsParser, type IToken, type ParserMethod, type TokenType } from "chevrotain";
import type * as ast from "../../language/ast.ts";
import { messages } from "./messages.ts";
import * as t from "./tokens.ts";

/** What a rule gives that was recovered from an error; such a tree is never checked. */
const nothing: ast.ReferenceExpr = {
  kind: "reference",
  name: { text: "", start: 0, end: 0 },
  start: 0,
  end: 0,
};

const spanOf = (token: IToken): ast.Span => ({
  start: token.startOffset,
  end: token.startOffset + token.image.length,
});

/** The parts of a string: text, and the expressions in braces with where they stand. */
export type TemplateReader = (token: IToken) => ast.Template;
export type DocsReader = (start: number) => readonly string[];

type Rule<T> = ParserMethod<[], T>;

const comparisons: readonly TokenType[] = [
  t.Equal,
  t.Unequal,
  t.AtMost,
  t.AtLeast,
  t.Less,
  t.Greater,
];

export class Grammar extends EmbeddedActionsParser {
  /** Set for each text; the recording of rules needs them to be there. */
  template: TemplateReader = (token) => ({ kind: "template", parts: [], ...spanOf(token) });
  docs: DocsReader = () => [];

  constructor() {
    super([...t.tokens], {
      recoveryEnabled: true,
      maxLookahead: 2,
      errorMessageProvider: messages,
    });
    this.performSelfAnalysis();
  }

  protected rule<T>(name: string, read: () => T, recovered?: T): Rule<T> {
    return this.RULE(name, read, recovered && { recoveryValueFunc: () => recovered });
  }

  /** From `start` to the last token that was read. */
  #to(start: number): ast.Span {
    const last = this.LA(0);
    return { start, end: last ? last.startOffset + last.image.length : start };
  }

  #start(): number {
    return this.LA(1).startOffset;
  }

  // ---- A file ----

  file = this.rule<ast.SourceFile>("file", () => {
    const declarations: ast.Declaration[] = [];
    this.MANY(() => declarations.push(this.SUBRULE(this.declaration)));
    return { declarations, ...this.#to(0) };
  });

  declaration = this.rule<ast.Declaration>("declaration", () =>
    this.OR<ast.Declaration>([
      { ALT: () => this.SUBRULE(this.import) },
      { ALT: () => this.SUBRULE(this.binding) },
      { ALT: () => this.SUBRULE(this.block) },
      { ALT: () => this.SUBRULE(this.model) },
    ]),
  );

  import = this.rule<ast.ImportDeclaration>("import", () => {
    const { start } = spanOf(this.CONSUME(t.Import));
    const file = this.SUBRULE(this.string);
    const name = this.OPTION(() => {
      this.CONSUME(t.As);
      return this.SUBRULE(this.name);
    });
    return { kind: "import", file, name, ...this.#to(start) };
  });

  block = this.rule<ast.BlockDeclaration>("block", () => {
    const { start } = spanOf(this.CONSUME(t.Block));
    const name = this.SUBRULE(this.name);
    const parameters = this.SUBRULE(this.parameters);
    const annotations = this.SUBRULE(this.annotations);
    const body = this.OR<ast.Expr | ast.Statement[]>([
      {
        ALT: () => {
          this.CONSUME(t.Becomes);
          return this.SUBRULE(this.expression);
        },
      },
      { ALT: () => this.SUBRULE(this.body) },
    ]);
    const docs = this.docs(start);
    return { kind: "block", name, parameters, annotations, body, docs, ...this.#to(start) };
  });

  model = this.rule<ast.ModelDeclaration>("model", () => {
    const { start } = spanOf(this.CONSUME(t.Model));
    const name = this.SUBRULE(this.name);
    const label = this.OPTION(() => this.SUBRULE(this.label));
    const parameters = this.SUBRULE(this.parameters);
    this.CONSUME(t.Arrow);
    const outputs = this.SUBRULE(this.outputs);
    const annotations = this.SUBRULE(this.annotations);
    const body = this.SUBRULE(this.body);
    const docs = this.docs(start);
    const end = this.#to(start);
    return { kind: "model", name, label, parameters, outputs, annotations, body, docs, ...end };
  });

  outputs = this.rule<ast.Output[]>("outputs", () => {
    const outputs: ast.Output[] = [];
    this.OR([
      { ALT: () => outputs.push(this.SUBRULE(this.output)) },
      {
        ALT: () => {
          this.CONSUME(t.OpenRound);
          this.AT_LEAST_ONE_SEP({
            SEP: t.Comma,
            DEF: () => outputs.push(this.SUBRULE1(this.output)),
          });
          this.CONSUME(t.CloseRound);
        },
      },
    ]);
    return outputs;
  });

  output = this.rule<ast.Output>("output", () => {
    const name = this.SUBRULE(this.name);
    const label = this.OPTION(() => this.SUBRULE(this.label));
    const type = this.OPTION1(() => this.SUBRULE(this.ascription));
    return { name, label, type, ...this.#to(name.start) };
  });

  parameters = this.rule<ast.Parameter[]>("parameters", () => {
    const parameters: ast.Parameter[] = [];
    this.CONSUME(t.OpenRound);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => parameters.push(this.SUBRULE(this.parameter)) });
    this.CONSUME(t.CloseRound);
    return parameters;
  });

  parameter = this.rule<ast.Parameter>("parameter", () => {
    const name = this.SUBRULE(this.name);
    const label = this.OPTION(() => this.SUBRULE(this.label));
    const type = this.OPTION1(() => this.SUBRULE(this.ascription));
    const layout = this.OPTION2(() => this.SUBRULE1(this.name));
    const initial = this.OPTION3(() => {
      this.CONSUME(t.Becomes);
      return this.SUBRULE(this.expression);
    });
    const annotations = this.SUBRULE(this.annotations);
    const docs = this.docs(name.start);
    const span = this.#to(name.start);
    return { name, label, type, layout, initial, annotations, docs, ...span };
  });

  // ---- Statements ----

  body = this.rule<ast.Statement[]>("body", () => {
    const statements: ast.Statement[] = [];
    this.CONSUME(t.OpenCurly);
    this.MANY(() => statements.push(this.SUBRULE(this.statement)));
    this.CONSUME(t.CloseCurly);
    return statements;
  });

  statement = this.rule<ast.Statement>("statement", () =>
    this.OR<ast.Statement>([
      { ALT: () => this.SUBRULE(this.binding) },
      { ALT: () => this.SUBRULE(this.assignment) },
      { ALT: () => this.SUBRULE(this.loop) },
      { ALT: () => this.SUBRULE(this.choice) },
      { ALT: () => this.SUBRULE(this.result) },
      { ALT: () => this.SUBRULE(this.assertion) },
      { ALT: () => this.SUBRULE(this.state) },
      { ALT: () => this.SUBRULE(this.weights) },
    ]),
  );

  binding = this.rule<ast.BindStatement>("binding", () => {
    const word = this.OR([{ ALT: () => this.CONSUME(t.Let) }, { ALT: () => this.CONSUME(t.Var) }]);
    const pattern = this.SUBRULE(this.pattern);
    const type = this.OPTION(() => this.SUBRULE(this.ascription));
    this.CONSUME(t.Becomes);
    const value = this.SUBRULE(this.expression);
    const kind = word.tokenType === t.Let ? "let" : "var";
    return { kind, pattern, type, value, ...this.#to(word.startOffset) };
  });

  assignment = this.rule<ast.AssignStatement>("assignment", () => {
    const pattern = this.SUBRULE(this.pattern);
    this.CONSUME(t.Becomes);
    const value = this.SUBRULE(this.expression);
    return { kind: "assign", pattern, value, ...this.#to(pattern.start) };
  });

  pattern = this.rule<ast.Pattern>("pattern", () =>
    this.OR<ast.Pattern>([
      { ALT: () => this.SUBRULE(this.name) },
      {
        ALT: () => {
          const items: ast.Pattern[] = [];
          const start = this.#start();
          this.CONSUME(t.OpenRound);
          this.AT_LEAST_ONE_SEP({
            SEP: t.Comma,
            DEF: () => items.push(this.SUBRULE(this.pattern)),
          });
          this.CONSUME(t.CloseRound);
          return { kind: "tuplePattern", items, ...this.#to(start) };
        },
      },
    ]),
  );

  loop = this.rule<ast.ForStatement>("loop", () => {
    const { start } = spanOf(this.CONSUME(t.For));
    const names = this.SUBRULE(this.patterns);
    this.CONSUME(t.In);
    const list = this.SUBRULE(this.expression);
    const body = this.SUBRULE(this.body);
    return { kind: "for", names, list, body, ...this.#to(start) };
  });

  patterns = this.rule<ast.Pattern[]>("patterns", () => {
    const names: ast.Pattern[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => names.push(this.SUBRULE(this.pattern)) });
    return names;
  });

  choice = this.rule<ast.IfStatement>("choice", () => {
    const { start } = spanOf(this.CONSUME(t.If));
    const branches: ast.IfStatement["branches"][number][] = [];
    branches.push({ condition: this.SUBRULE(this.expression), body: this.SUBRULE(this.body) });
    this.MANY(() => {
      this.CONSUME(t.Else);
      this.CONSUME1(t.If);
      branches.push({ condition: this.SUBRULE1(this.expression), body: this.SUBRULE1(this.body) });
    });
    const otherwise = this.OPTION(() => {
      this.CONSUME1(t.Else);
      return this.SUBRULE2(this.body);
    });
    return { kind: "if", branches, otherwise, ...this.#to(start) };
  });

  result = this.rule<ast.ReturnStatement>("result", () => {
    const { start } = spanOf(this.CONSUME(t.Return));
    const value = this.SUBRULE(this.expression);
    return { kind: "return", value, ...this.#to(start) };
  });

  assertion = this.rule<ast.AssertStatement>("assertion", () => {
    const { start } = spanOf(this.CONSUME(t.Assert));
    const condition = this.SUBRULE(this.expression);
    const message = this.OPTION(() => {
      this.CONSUME(t.Comma);
      return this.SUBRULE1(this.expression);
    });
    return { kind: "assert", condition, message, ...this.#to(start) };
  });

  state = this.rule<ast.StateStatement>("state", () => {
    const { start } = spanOf(this.CONSUME(t.State));
    const name = this.SUBRULE(this.name);
    const label = this.OPTION(() => this.SUBRULE(this.label));
    const type = this.SUBRULE(this.ascription);
    const initial = this.OPTION1(() => {
      this.CONSUME(t.Becomes);
      return this.SUBRULE(this.expression);
    });
    return { kind: "state", name, label, type, initial, ...this.#to(start) };
  });

  weights = this.rule<ast.WeightsStatement>("weights", () => {
    const { start } = spanOf(this.CONSUME(t.Weights));
    let file: ast.Template | undefined;
    let random: ast.WeightsStatement["random"];
    this.OR([
      {
        ALT: () => {
          file = this.SUBRULE(this.string);
        },
      },
      {
        ALT: () => {
          const word = this.SUBRULE(this.name);
          random = { word, args: this.SUBRULE(this.arguments) };
        },
      },
    ]);
    const layout = this.OPTION({
      GATE: () => this.LA(1).image === "layout",
      DEF: () => {
        this.CONSUME(t.Identifier);
        return this.SUBRULE1(this.name);
      },
    });
    const settings = this.OPTION1(() => this.SUBRULE(this.settings)) ?? [];
    return { kind: "weights", file, random, layout, settings, ...this.#to(start) };
  });

  settings = this.rule<ast.Setting[]>("settings", () => {
    const settings: ast.Setting[] = [];
    this.CONSUME(t.OpenCurly);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => settings.push(this.SUBRULE(this.setting)) });
    this.CONSUME(t.CloseCurly);
    return settings;
  });

  setting = this.rule<ast.Setting>("setting", () => {
    const start = this.#start();
    const key = this.SUBRULE(this.nameOrString);
    this.CONSUME(t.Colon);
    const value = this.OR<ast.Setting["value"]>([
      { ALT: () => this.SUBRULE1(this.nameOrString) },
      { ALT: () => this.SUBRULE(this.settings) },
    ]);
    return { key, value, ...this.#to(start) };
  });

  // ---- Types, names, marks ----

  ascription = this.rule<ast.TypeExpr>("ascription", () => {
    this.CONSUME(t.Colon);
    return this.SUBRULE(this.type);
  });

  type = this.rule<ast.TypeExpr>("type", () => {
    const elem = this.SUBRULE(this.name);
    const dims = this.OPTION(() => this.SUBRULE(this.items));
    const quant = this.OPTION1(() => {
      const start = this.#start();
      const args = this.SUBRULE(this.arguments);
      return { args, ...this.#to(start) };
    });
    return { elem, dims, quant, ...this.#to(elem.start) };
  });

  name = this.rule<ast.Name>("name", () => {
    const token = this.CONSUME(t.Identifier);
    return { text: token.image, ...spanOf(token) };
  });

  string = this.rule<ast.Template>("string", () => {
    const token = this.CONSUME(t.StringLiteral);
    return this.ACTION(() => this.template(token));
  });

  nameOrString = this.rule<ast.Label>("nameOrString", () =>
    this.OR<ast.Label>([
      { ALT: () => this.SUBRULE(this.name) },
      { ALT: () => this.SUBRULE(this.string) },
    ]),
  );

  label = this.rule<ast.Label>("label", () => {
    this.CONSUME(t.As);
    return this.SUBRULE(this.nameOrString);
  });

  annotations = this.rule<ast.Annotation[]>("annotations", () => {
    const annotations: ast.Annotation[] = [];
    this.MANY(() => annotations.push(this.SUBRULE(this.annotation)));
    return annotations;
  });

  annotation = this.rule<ast.Annotation>("annotation", () => {
    const { start } = spanOf(this.CONSUME(t.At));
    const name = this.SUBRULE(this.name);
    const args = this.OPTION(() => this.SUBRULE(this.arguments)) ?? [];
    return { name, args, ...this.#to(start) };
  });

  arguments = this.rule<ast.Argument[]>("arguments", () => {
    const args: ast.Argument[] = [];
    this.CONSUME(t.OpenRound);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => args.push(this.SUBRULE(this.argument)) });
    this.CONSUME(t.CloseRound);
    return args;
  });

  argument = this.rule<ast.Argument>("argument", () => {
    const start = this.#start();
    const name = this.OPTION(() => {
      const found = this.SUBRULE(this.name);
      this.CONSUME(t.Colon);
      return found;
    });
    const value = this.SUBRULE(this.expression);
    return { name, value, ...this.#to(start) };
  });

  /** `[a, b]` */
  items = this.rule<ast.Expr[]>("items", () => {
    const items: ast.Expr[] = [];
    this.CONSUME(t.OpenSquare);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => items.push(this.SUBRULE(this.expression)) });
    this.CONSUME(t.CloseSquare);
    return items;
  });

  // ---- Expressions, the loosest first ----

  expression = this.rule<ast.Expr>(
    "expression",
    () => {
      const start = this.#start();
      const branches: ast.ChoiceExpr["branches"][number][] = [];
      let last = this.SUBRULE(this.pipe);
      this.MANY(() => {
        this.CONSUME(t.Question);
        const value = this.SUBRULE1(this.pipe);
        this.CONSUME(t.Colon);
        branches.push({ condition: last, value });
        last = this.SUBRULE2(this.pipe);
      });
      return branches.length === 0
        ? last
        : { kind: "choice", branches, otherwise: last, ...this.#to(start) };
    },
    nothing,
  );

  pipe = this.rule<ast.Expr>("pipe", () => {
    const start = this.#start();
    const first = this.SUBRULE(this.disjunction);
    const stages: ast.Expr[] = [];
    this.MANY(() => {
      this.CONSUME(t.Pipe);
      stages.push(this.SUBRULE(this.postfix));
    });
    return stages.length === 0 ? first : { kind: "pipe", first, stages, ...this.#to(start) };
  });

  #chain(start: number, first: ast.Expr, rest: ast.BinaryExpr["rest"]): ast.Expr {
    return rest.length === 0 ? first : { kind: "binary", first, rest, ...this.#to(start) };
  }

  /** Operands of one rank of operators, and the operators between them. */
  #rank(operand: Rule<ast.Expr>, operators: readonly TokenType[]): ast.Expr {
    const start = this.#start();
    const rest: ast.BinaryExpr["rest"][number][] = [];
    const first = this.SUBRULE(operand);
    this.MANY(() => {
      const token = this.OR1(
        operators.map((type, i) => ({ ALT: () => this.consume(i + 1, type) as IToken })),
      );
      const right = this.SUBRULE1(operand);
      const operator = token.image as ast.BinaryOperator;
      this.ACTION(() => rest.push({ operator, at: spanOf(token), right }));
    });
    return this.#chain(start, first, rest);
  }

  disjunction = this.rule<ast.Expr>("disjunction", () => this.#rank(this.conjunction, [t.Or]));
  conjunction = this.rule<ast.Expr>("conjunction", () => this.#rank(this.comparison, [t.And]));
  comparison = this.rule<ast.Expr>("comparison", () => this.#rank(this.range, comparisons));
  range = this.rule<ast.Expr>("range", () => this.#rank(this.sum, [t.Range]));
  sum = this.rule<ast.Expr>("sum", () => this.#rank(this.product, [t.Plus, t.Minus]));
  product = this.rule<ast.Expr>("product", () =>
    this.#rank(this.prefix, [t.Times, t.Over, t.Modulo]),
  );

  prefix = this.rule<ast.Expr>("prefix", () => {
    const start = this.#start();
    const operators: ("-" | "!")[] = [];
    this.MANY(() =>
      this.OR([
        {
          ALT: () => {
            this.CONSUME(t.Minus);
            operators.push("-");
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.Not);
            operators.push("!");
          },
        },
      ]),
    );
    const inner = this.SUBRULE(this.postfix);
    return operators.length === 0 ? inner : { kind: "unary", operators, inner, ...this.#to(start) };
  });

  postfix = this.rule<ast.Expr>("postfix", () => {
    const start = this.#start();
    let object = this.SUBRULE(this.primary);
    this.MANY(() => {
      object = this.OR<ast.Expr>([
        {
          ALT: () => {
            this.CONSUME(t.Dot);
            const name = this.SUBRULE(this.name);
            return { kind: "member", object, name, ...this.#to(start) };
          },
        },
        {
          ALT: () => {
            const indices = this.SUBRULE(this.items);
            return { kind: "index", object, indices, ...this.#to(start) };
          },
        },
        {
          ALT: () => {
            const args = this.SUBRULE(this.arguments);
            return { kind: "call", callee: object, args, ...this.#to(start) };
          },
        },
        { ALT: () => this.#marked(object, this.SUBRULE(this.label), undefined, start) },
        { ALT: () => this.#marked(object, undefined, this.SUBRULE(this.annotation), start) },
      ]);
    });
    return object;
  });

  /** Names and annotations of one thing stand in one node, which is made only here. */
  #marked(
    object: ast.Expr,
    label: ast.Label | undefined,
    annotation: ast.Annotation | undefined,
    start: number,
  ): ast.MarkedExpr {
    if (object?.kind !== "marked" || (label && object.label)) {
      const annotations = annotation ? [annotation] : [];
      return { kind: "marked", inner: object, label, annotations, ...this.#to(start) };
    }
    if (annotation) (object.annotations as ast.Annotation[]).push(annotation);
    return { ...object, label: object.label ?? label, ...this.#to(start) };
  }

  primary = this.rule<ast.Expr>(
    "primary",
    () =>
      this.OR<ast.Expr>([
        { ALT: () => this.#number(this.CONSUME(t.Decimal)) },
        { ALT: () => this.#number(this.CONSUME(t.Integer)) },
        { ALT: () => ({ kind: "boolean", value: true, ...spanOf(this.CONSUME(t.True)) }) },
        { ALT: () => ({ kind: "boolean", value: false, ...spanOf(this.CONSUME(t.False)) }) },
        { ALT: () => this.SUBRULE(this.string) },
        { ALT: () => this.SUBRULE(this.reference) },
        { ALT: () => this.SUBRULE(this.list) },
        { ALT: () => this.SUBRULE(this.group) },
      ]),
    nothing,
  );

  #number(token: IToken): ast.NumberExpr {
    return { kind: "number", text: token.image, ...spanOf(token) };
  }

  reference = this.rule<ast.ReferenceExpr>("reference", () => {
    const name = this.SUBRULE(this.name);
    return { kind: "reference", name, ...this.#to(this.ACTION(() => name.start)) };
  });

  list = this.rule<ast.Expr>("list", () => {
    const start = this.#start();
    const items: ast.Expr[] = [];
    let over: Pick<ast.ComprehensionExpr, "names" | "list"> | undefined;
    this.CONSUME(t.OpenSquare);
    this.OPTION(() => {
      items.push(this.SUBRULE(this.expression));
      this.OR([
        {
          ALT: () => {
            this.CONSUME(t.For);
            const names = this.SUBRULE(this.patterns);
            this.CONSUME(t.In);
            over = { names, list: this.SUBRULE1(this.expression) };
          },
        },
        {
          ALT: () =>
            this.MANY(() => {
              this.CONSUME(t.Comma);
              items.push(this.SUBRULE2(this.expression));
            }),
        },
      ]);
    });
    this.CONSUME(t.CloseSquare);
    const span = this.#to(start);
    return over
      ? { kind: "comprehension", item: items[0]!, ...over, ...span }
      : { kind: "list", items, ...span };
  });

  group = this.rule<ast.Expr>("group", () => {
    const start = this.#start();
    const items: ast.Expr[] = [];
    this.CONSUME(t.OpenRound);
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => items.push(this.SUBRULE(this.expression)),
    });
    this.CONSUME(t.CloseRound);
    const span = this.#to(start);
    return items.length === 1
      ? { kind: "group", inner: items[0]!, ...span }
      : { kind: "tuple", items, ...span };
  });
}
