/**
 * The grammar of the model language: files and statements; docs/grammar.md shows all rules as text,
 * made from this parser.
 */
import type * as ast from "../../language/ast.ts";
import { Expressions, spanOf } from "./expressions.ts";
import * as t from "./tokens.ts";

export class Grammar extends Expressions {
  /** The lines of documentation before a place; set for each text. */
  docs: (start: number) => readonly string[] = () => [];

  constructor() {
    super();
    this.performSelfAnalysis();
  }

  // ---- A file ----

  file = this.rule<ast.SourceFile>("file", () => {
    const declarations: ast.Declaration[] = [];
    this.MANY(() => declarations.push(this.SUBRULE(this.declaration)));
    return { declarations, ...this.spanFrom(0) };
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
    const { start } = spanOf(this.CONSUME(t.words.import));
    const file = this.SUBRULE(this.string);
    const name = this.OPTION(() => {
      this.CONSUME(t.words.as);
      return this.SUBRULE(this.name);
    });
    return { kind: "import", file, name, ...this.spanFrom(start) };
  });

  block = this.rule<ast.BlockDeclaration>("block", () => {
    const { start } = spanOf(this.CONSUME(t.words.block));
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
    return { kind: "block", name, parameters, annotations, body, docs, ...this.spanFrom(start) };
  });

  model = this.rule<ast.ModelDeclaration>("model", () => {
    const { start } = spanOf(this.CONSUME(t.words.model));
    const name = this.SUBRULE(this.name);
    const label = this.OPTION(() => this.SUBRULE(this.label));
    const parameters = this.SUBRULE(this.parameters);
    this.CONSUME(t.Arrow);
    const outputs = this.SUBRULE(this.outputs);
    const annotations = this.SUBRULE(this.annotations);
    const body = this.SUBRULE(this.body);
    const docs = this.docs(start);
    const end = this.spanFrom(start);
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
    return { name, label, type, ...this.spanFrom(name.start) };
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
    const span = this.spanFrom(name.start);
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
    const word = this.OR([
      { ALT: () => this.CONSUME(t.words.let) },
      { ALT: () => this.CONSUME(t.words.var) },
    ]);
    const pattern = this.SUBRULE(this.pattern);
    const type = this.OPTION(() => this.SUBRULE(this.ascription));
    this.CONSUME(t.Becomes);
    const value = this.SUBRULE(this.expression);
    const kind = word.tokenType === t.words.let ? "let" : "var";
    return { kind, pattern, type, value, ...this.spanFrom(word.startOffset) };
  });

  assignment = this.rule<ast.AssignStatement>("assignment", () => {
    const name = this.SUBRULE(this.name);
    this.CONSUME(t.Becomes);
    const value = this.SUBRULE(this.expression);
    return { kind: "assign", name, value, ...this.spanFrom(name.start) };
  });

  loop = this.rule<ast.ForStatement>("loop", () => {
    const { start } = spanOf(this.CONSUME(t.words.for));
    const names = this.SUBRULE(this.patterns);
    this.CONSUME(t.words.in);
    const list = this.SUBRULE(this.expression);
    const body = this.SUBRULE(this.body);
    return { kind: "for", names, list, body, ...this.spanFrom(start) };
  });

  choice = this.rule<ast.IfStatement>("choice", () => {
    const { start } = spanOf(this.CONSUME(t.words.if));
    const branches: ast.IfStatement["branches"][number][] = [];
    branches.push({ condition: this.SUBRULE(this.expression), body: this.SUBRULE(this.body) });
    this.MANY(() => {
      this.CONSUME(t.words.else);
      this.CONSUME1(t.words.if);
      branches.push({ condition: this.SUBRULE1(this.expression), body: this.SUBRULE1(this.body) });
    });
    const otherwise = this.OPTION(() => {
      this.CONSUME1(t.words.else);
      return this.SUBRULE2(this.body);
    });
    return { kind: "if", branches, otherwise, ...this.spanFrom(start) };
  });

  result = this.rule<ast.ReturnStatement>("result", () => {
    const { start } = spanOf(this.CONSUME(t.words.return));
    const value = this.SUBRULE(this.expression);
    return { kind: "return", value, ...this.spanFrom(start) };
  });

  assertion = this.rule<ast.AssertStatement>("assertion", () => {
    const { start } = spanOf(this.CONSUME(t.words.assert));
    const condition = this.SUBRULE(this.expression);
    const message = this.OPTION(() => {
      this.CONSUME(t.Comma);
      return this.SUBRULE1(this.expression);
    });
    return { kind: "assert", condition, message, ...this.spanFrom(start) };
  });

  state = this.rule<ast.StateStatement>("state", () => {
    const { start } = spanOf(this.CONSUME(t.words.state));
    const name = this.SUBRULE(this.name);
    const label = this.OPTION(() => this.SUBRULE(this.label));
    const type = this.SUBRULE(this.ascription);
    const initial = this.OPTION1(() => {
      this.CONSUME(t.Becomes);
      return this.SUBRULE(this.expression);
    });
    return { kind: "state", name, label, type, initial, ...this.spanFrom(start) };
  });

  weights = this.rule<ast.WeightsStatement>("weights", () => {
    const { start } = spanOf(this.CONSUME(t.words.weights));
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
    return { kind: "weights", file, random, layout, settings, ...this.spanFrom(start) };
  });

  settings = this.rule<ast.Setting[]>("settings", () => {
    const settings: ast.Setting[] = [];
    this.CONSUME(t.OpenCurly);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => settings.push(this.SUBRULE(this.setting)) });
    this.CONSUME(t.CloseCurly);
    return settings;
  });

  setting = this.rule<ast.Setting>("setting", () => {
    const start = this.start();
    const key = this.SUBRULE(this.nameOrString);
    this.CONSUME(t.Colon);
    const value = this.OR<ast.Setting["value"]>([
      { ALT: () => this.SUBRULE1(this.nameOrString) },
      { ALT: () => this.SUBRULE(this.settings) },
    ]);
    return { key, value, ...this.spanFrom(start) };
  });
}
