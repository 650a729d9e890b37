/** Expressions, types and names: one rule a method, each giving its piece of the tree. */
import { EmbeddedActionsParser, type IToken, type ParserMethod, type TokenType } from "chevrotain";
import type * as ast from "../../language/ast.ts";
import { messages } from "./messages.ts";
import * as t from "./tokens.ts";

/** What any rule gives that was recovered from an error; such a tree is never checked. */
const nothing: ast.ReferenceExpr = {
  kind: "reference",
  name: { text: "", start: 0, end: 0 },
  start: 0,
  end: 0,
};

export const spanOf = (token: IToken): ast.Span => ({
  start: token.startOffset,
  end: token.startOffset + token.image.length,
});

/** The parts of a string: text, and the expressions in braces with where they stand. */
export type TemplateReader = (token: IToken) => ast.Template;

export type Rule<T> = ParserMethod<[], T>;

const comparisons: readonly TokenType[] = [
  t.Equal,
  t.Unequal,
  t.AtMost,
  t.AtLeast,
  t.Less,
  t.Greater,
];

export class Expressions extends EmbeddedActionsParser {
  /** Set for each text; the recording of rules needs it to be there. */
  template: TemplateReader = (token) => ({ kind: "template", parts: [], ...spanOf(token) });

  constructor() {
    super([...t.tokens], {
      recoveryEnabled: true,
      maxLookahead: 2,
      errorMessageProvider: messages,
    });
  }

  protected rule<T>(name: string, read: () => T): Rule<T> {
    return this.RULE(name, read, { recoveryValueFunc: () => nothing as T });
  }

  /** From `start` to the last token that was read. */
  protected spanFrom(start: number): ast.Span {
    const last = this.LA(0);
    return { start, end: last ? last.startOffset + last.image.length : start };
  }

  /** Where the next token begins. */
  protected start(): number {
    return this.LA(1).startOffset;
  }

  // ---- Types, names, marks ----

  ascription = this.rule<ast.TypeExpr>("ascription", () => {
    this.CONSUME(t.Colon);
    return this.SUBRULE(this.type);
  });

  type = this.rule<ast.TypeExpr>("type", () => {
    const elem = this.SUBRULE(this.name);
    const dims = this.OPTION(() => this.SUBRULE(this.items));
    const quant = this.OPTION1(() => {
      const start = this.start();
      const args = this.SUBRULE(this.arguments);
      return { args, ...this.spanFrom(start) };
    });
    return { elem, dims, quant, ...this.spanFrom(elem.start) };
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
    this.CONSUME(t.words.as);
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
    return { name, args, ...this.spanFrom(start) };
  });

  arguments = this.rule<ast.Argument[]>("arguments", () => {
    const args: ast.Argument[] = [];
    this.CONSUME(t.OpenRound);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => args.push(this.SUBRULE(this.argument)) });
    this.CONSUME(t.CloseRound);
    return args;
  });

  argument = this.rule<ast.Argument>("argument", () => {
    const start = this.start();
    const name = this.OPTION(() => {
      const found = this.SUBRULE(this.name);
      this.CONSUME(t.Colon);
      return found;
    });
    const value = this.SUBRULE(this.expression);
    return { name, value, ...this.spanFrom(start) };
  });

  /** `[a, b]` */
  items = this.rule<ast.Expr[]>("items", () => {
    const items: ast.Expr[] = [];
    this.CONSUME(t.OpenSquare);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => items.push(this.SUBRULE(this.expression)) });
    this.CONSUME(t.CloseSquare);
    return items;
  });

  pattern = this.rule<ast.Pattern>("pattern", () =>
    this.OR<ast.Pattern>([
      { ALT: () => this.SUBRULE(this.name) },
      {
        ALT: () => {
          const items: ast.Pattern[] = [];
          const start = this.start();
          this.CONSUME(t.OpenRound);
          this.AT_LEAST_ONE_SEP({
            SEP: t.Comma,
            DEF: () => items.push(this.SUBRULE(this.pattern)),
          });
          this.CONSUME(t.CloseRound);
          return { kind: "tuplePattern", items, ...this.spanFrom(start) };
        },
      },
    ]),
  );

  patterns = this.rule<ast.Pattern[]>("patterns", () => {
    const names: ast.Pattern[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => names.push(this.SUBRULE(this.pattern)) });
    return names;
  });

  // ---- Expressions, the loosest first ----

  expression = this.rule<ast.Expr>("expression", () => {
    const start = this.start();
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
      : { kind: "choice", branches, otherwise: last, ...this.spanFrom(start) };
  });

  pipe = this.rule<ast.Expr>("pipe", () => {
    const start = this.start();
    const first = this.SUBRULE(this.disjunction);
    const stages: ast.Expr[] = [];
    this.MANY(() => {
      this.CONSUME(t.Pipe);
      stages.push(this.SUBRULE(this.postfix));
    });
    return stages.length === 0 ? first : { kind: "pipe", first, stages, ...this.spanFrom(start) };
  });

  #chain(start: number, first: ast.Expr, rest: ast.BinaryExpr["rest"]): ast.Expr {
    return rest.length === 0 ? first : { kind: "binary", first, rest, ...this.spanFrom(start) };
  }

  /** Operands of one rank of operators, and the operators between them. */
  #rank(operand: Rule<ast.Expr>, operators: readonly TokenType[]): ast.Expr {
    const start = this.start();
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
    const start = this.start();
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
    return operators.length === 0
      ? inner
      : { kind: "unary", operators, inner, ...this.spanFrom(start) };
  });

  postfix = this.rule<ast.Expr>("postfix", () => {
    const start = this.start();
    let object = this.SUBRULE(this.primary);
    this.MANY(() => {
      object = this.OR<ast.Expr>([
        {
          ALT: () => {
            this.CONSUME(t.Dot);
            const name = this.SUBRULE(this.name);
            return { kind: "member", object, name, ...this.spanFrom(start) };
          },
        },
        {
          ALT: () => {
            const indices = this.SUBRULE(this.items);
            return { kind: "index", object, indices, ...this.spanFrom(start) };
          },
        },
        {
          ALT: () => {
            const args = this.SUBRULE(this.arguments);
            return { kind: "call", callee: object, args, ...this.spanFrom(start) };
          },
        },
        { ALT: () => this.#marked(object, this.SUBRULE(this.label), undefined, start) },
        { ALT: () => this.#marked(object, undefined, this.SUBRULE(this.annotation), start) },
      ]);
    });
    return object;
  });

  /** Names and annotations of one thing stand in one node. */
  #marked(
    object: ast.Expr,
    label: ast.Label | undefined,
    annotation: ast.Annotation | undefined,
    start: number,
  ): ast.MarkedExpr {
    if (object?.kind !== "marked" || (label && object.label)) {
      const annotations = annotation ? [annotation] : [];
      return { kind: "marked", inner: object, label, annotations, ...this.spanFrom(start) };
    }
    // Growing the list in place keeps a long row of marks from taking quadratic time.
    const annotations = object.annotations as ast.Annotation[];
    if (annotation) annotations.push(annotation);
    return { ...object, label: object.label ?? label, annotations, ...this.spanFrom(start) };
  }

  primary = this.rule<ast.Expr>("primary", () =>
    this.OR<ast.Expr>([
      { ALT: () => this.#number(this.CONSUME(t.Decimal)) },
      { ALT: () => this.#number(this.CONSUME(t.Integer)) },
      { ALT: () => ({ kind: "boolean", value: true, ...spanOf(this.CONSUME(t.words.true)) }) },
      { ALT: () => ({ kind: "boolean", value: false, ...spanOf(this.CONSUME(t.words.false)) }) },
      { ALT: () => this.SUBRULE(this.string) },
      { ALT: () => this.SUBRULE(this.reference) },
      { ALT: () => this.SUBRULE(this.list) },
      { ALT: () => this.SUBRULE(this.group) },
    ]),
  );

  #number(token: IToken): ast.NumberExpr {
    return { kind: "number", text: token.image, ...spanOf(token) };
  }

  reference = this.rule<ast.ReferenceExpr>("reference", () => {
    const name = this.SUBRULE(this.name);
    return { kind: "reference", name, ...this.spanFrom(this.ACTION(() => name.start)) };
  });

  list = this.rule<ast.Expr>("list", () => {
    const start = this.start();
    const items: ast.Expr[] = [];
    let over: Pick<ast.ComprehensionExpr, "names" | "list"> | undefined;
    this.CONSUME(t.OpenSquare);
    this.OPTION(() => {
      items.push(this.SUBRULE(this.expression));
      this.OR([
        {
          ALT: () => {
            this.CONSUME(t.words.for);
            const names = this.SUBRULE(this.patterns);
            this.CONSUME(t.words.in);
            over = { names, list: this.SUBRULE1(this.expression) };
          },
        },
        {
          ALT: () => {
            this.MANY(() => {
              this.CONSUME(t.Comma);
              items.push(this.SUBRULE2(this.expression));
            });
            this.OPTION1(() => this.CONSUME1(t.Comma));
          },
        },
      ]);
    });
    this.CONSUME(t.CloseSquare);
    const span = this.spanFrom(start);
    return over
      ? { kind: "comprehension", item: items[0]!, ...over, ...span }
      : { kind: "list", items, ...span };
  });

  group = this.rule<ast.Expr>("group", () => {
    const start = this.start();
    const items: ast.Expr[] = [];
    this.CONSUME(t.OpenRound);
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => items.push(this.SUBRULE(this.expression)),
    });
    this.CONSUME(t.CloseRound);
    const span = this.spanFrom(start);
    return items.length === 1
      ? { kind: "group", inner: items[0]!, ...span }
      : { kind: "tuple", items, ...span };
  });
}
