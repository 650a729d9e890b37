/**
 * Which declaration each name of a file stands for, found without working anything out: for
 * editors, and for code that nothing calls. Scopes are those of blocks.ts and evaluate.ts.
 */
import type * as ast from "../../language/ast.ts";
import { elementsByName } from "../../language/operators/quantisation.ts";
import { builtins } from "./builtins.ts";
import type { BindingKind } from "./scope.ts";
import { limits } from "./session.ts";
import type { Source } from "./source.ts";

export type DeclaredKind = BindingKind | "block" | "model" | "import";

/** A name where it is bound. */
export interface Declared {
  readonly name: ast.Name;
  readonly kind: DeclaredKind;
  readonly source: Source;
  readonly docs?: readonly string[] | undefined;
  /** Of a block or model. */
  readonly parameters?: ReadonlyMap<string, Declared>;
  /** Of another file, under the name of its import. */
  readonly members?: FileNames["names"];
}

/** What all declarations of a file see. */
export interface FileNames {
  readonly names: ReadonlyMap<string, Declared>;
  /** Blocks and values that the file itself declares. */
  readonly own: ReadonlyMap<string, Declared>;
  /** Whether all files were found whose names it takes over. */
  readonly isWhole: boolean;
}

/** The file that a declaration imports, if that is one of the language and can be read. */
export type Imports = (declaration: ast.ImportDeclaration) => FileNames | undefined;

/** A name that is read, or given a value; operators and functions have no declaration. */
export interface Reference {
  readonly name: ast.Name;
  readonly declared: Declared | undefined;
}

/** Where a name can be used: from there to the end of its scope. */
export interface Visible extends ast.Span {
  readonly declared: Declared;
}

export interface Unknown {
  readonly name: ast.Name;
  readonly known: readonly string[];
}

export interface Names {
  readonly file: FileNames;
  readonly declared: readonly Declared[];
  readonly references: readonly Reference[];
  readonly visible: readonly Visible[];
  readonly unknown: readonly Unknown[];
  /** Names that are given a value, but bound nowhere. */
  readonly unbound: readonly ast.Name[];
}

const unknownMax = 100;
/** Names of a scope that a misspelt one is compared with. */
const candidatesMax = 1000;
/** Points in the name of something that another file declares. */
const pointsMax = 8;

type Callable = ast.BlockDeclaration | ast.ModelDeclaration;

function parametersOf(declaration: Callable, source: Source): Map<string, Declared> {
  const isModel = declaration.kind === "model";
  return new Map(
    declaration.parameters.map(({ name, type, docs }) => {
      const kind = isModel && type ? "input" : "parameter";
      return [name.text, { name, kind, source, docs }];
    }),
  );
}

/** A file's own names and those that it imports. */
export function fileNames(tree: ast.SourceFile, source: Source, imports: Imports): FileNames {
  const names = new Map<string, Declared>();
  const own = new Map<string, Declared>();
  let isWhole = true;
  for (const declaration of tree.declarations) {
    if (declaration.kind === "import") {
      const other = imports(declaration);
      const { name } = declaration;
      if (name) {
        const members = other && { members: other.names };
        names.set(name.text, { name, kind: "import", source, ...members });
      } else if (other) for (const [text, declared] of other.own) names.set(text, declared);
      else isWhole = false;
    } else if ("pattern" in declaration) {
      const { pattern } = declaration;
      if ("kind" in pattern) continue;
      own.set(pattern.text, { name: pattern, kind: "value", source });
    } else {
      const { name, kind, docs } = declaration;
      const parameters = parametersOf(declaration, source);
      const declared: Declared = { name, kind, source, docs, parameters };
      (kind === "model" ? names : own).set(name.text, declared);
    }
  }
  return { names: new Map([...names, ...own]), own, isWhole };
}

/** Names of one pair of braces, or of a comprehension. */
interface Scope {
  readonly names: Map<string, Declared>;
  readonly parent: Scope | undefined;
  /** Where it ends. */
  readonly end: number;
}

class Finder {
  readonly declared: Declared[] = [];
  readonly references: Reference[] = [];
  readonly visible: Visible[] = [];
  readonly unknown: Unknown[] = [];
  readonly unbound: ast.Name[] = [];
  readonly file: FileNames;
  readonly #source: Source;
  #scope: Scope | undefined;
  #depth = 0;

  constructor(file: FileNames, source: Source) {
    this.file = file;
    this.#source = source;
  }

  #within(end: number, run: () => void): void {
    const parent = this.#scope;
    this.#scope = { names: new Map(), parent, end };
    run();
    this.#scope = parent;
  }

  #add(declared: Declared, start: number): void {
    const { names, end } = this.#scope!;
    names.set(declared.name.text, declared);
    this.declared.push(declared);
    this.visible.push({ declared, start, end });
  }

  #bind(pattern: ast.Pattern, kind: DeclaredKind, start: number): void {
    if ("kind" in pattern) for (const item of pattern.items) this.#bind(item, kind, start);
    else this.#add({ name: pattern, kind, source: this.#source }, start);
  }

  #local(name: string): Declared | undefined {
    for (let s = this.#scope; s !== undefined; s = s.parent) {
      const declared = s.names.get(name);
      if (declared) return declared;
    }
    return undefined;
  }

  #find(name: string): Declared | undefined {
    return this.#local(name) ?? this.file.names.get(name);
  }

  #use(name: ast.Name): void {
    const declared = this.#find(name.text);
    if (declared || builtins.has(name.text)) this.references.push({ name, declared });
    else if (this.file.isWhole) this.#report(name, this.#known());
  }

  #report(name: ast.Name, known: Iterable<string>): void {
    if (this.unknown.length < unknownMax) this.unknown.push({ name, known: [...known] });
  }

  #known(): string[] {
    const known: string[] = [];
    for (let s = this.#scope; s !== undefined; s = s.parent)
      for (const name of s.names.keys()) {
        if (known.length >= candidatesMax) break;
        known.push(name);
      }
    return [...known, ...[...this.file.names.keys()].slice(0, candidatesMax), ...builtins.keys()];
  }

  declaration(declaration: ast.Declaration): void {
    if (declaration.kind === "import") {
      if (declaration.name) this.#top(declaration.name);
    } else if ("pattern" in declaration) {
      if (!("kind" in declaration.pattern)) this.#top(declaration.pattern);
      this.#type(declaration.type);
      this.#expr(declaration.value);
    } else {
      this.#top(declaration.name);
      this.#within(declaration.end, () => this.#callable(declaration));
    }
  }

  #top(name: ast.Name): void {
    const declared = this.file.names.get(name.text);
    if (declared?.name === name) this.declared.push(declared);
  }

  #callable(declaration: Callable): void {
    const { name, parameters, annotations, body } = declaration;
    const own = this.file.names.get(name.text)?.parameters ?? new Map<string, Declared>();
    // Sizes of a model are known in the types of its inputs, wherever they stand.
    const [early, late] =
      declaration.kind === "model"
        ? [parameters.filter((p) => !p.type), parameters.filter((p) => p.type)]
        : [parameters, []];
    for (const parameter of [...early, ...late]) {
      this.#label(parameter.label);
      this.#type(parameter.type);
      this.#expr(parameter.initial);
      const kind = declaration.kind === "model" && parameter.type ? "input" : "parameter";
      const declared = own.get(parameter.name.text);
      this.#add(
        declared?.name === parameter.name
          ? declared
          : { name: parameter.name, kind, source: this.#source },
        parameter.name.start,
      );
      this.#annotations(parameter.annotations);
    }
    const outputs = declaration.kind === "model" ? declaration.outputs : [];
    for (const output of outputs) this.#bind(output.name, "output", output.start);
    if (isStatements(body)) this.#body(body);
    else this.#expr(body);
    for (const { label, type } of outputs) {
      this.#label(label);
      this.#type(type);
    }
    if (declaration.kind === "model") this.#label(declaration.label);
    this.#annotations(annotations);
  }

  #body(statements: readonly ast.Statement[]): void {
    for (const statement of statements) this.#statement(statement);
  }

  #block(statements: readonly ast.Statement[], end: number): void {
    this.#within(end, () => this.#body(statements));
  }

  #statement(statement: ast.Statement): void {
    switch (statement.kind) {
      case "let":
      case "var":
        this.#expr(statement.value);
        this.#type(statement.type);
        this.#bind(
          statement.pattern,
          statement.kind === "var" ? "variable" : "value",
          statement.end,
        );
        break;
      case "assign":
        this.#expr(statement.value);
        this.#assigned(statement.name);
        break;
      case "for":
        this.#expr(statement.list);
        this.#within(statement.end, () => {
          for (const name of statement.names) this.#bind(name, "value", statement.list.end);
          this.#body(statement.body);
        });
        break;
      case "if":
        statement.branches.forEach(({ condition, body }, i) => {
          const next = statement.branches[i + 1]?.condition ?? statement.otherwise?.[0];
          this.#expr(condition);
          this.#block(body, next?.start ?? statement.end);
        });
        if (statement.otherwise) this.#block(statement.otherwise, statement.end);
        break;
      case "return":
        this.#expr(statement.value);
        break;
      case "assert":
        this.#expr(statement.condition);
        this.#expr(statement.message);
        break;
      case "state":
        this.#label(statement.label);
        this.#type(statement.type);
        this.#expr(statement.initial);
        this.#bind(statement.name, "state", statement.end);
        break;
      case "weights":
        this.#expr(statement.file);
        this.#arguments(statement.random?.args ?? [], undefined);
        this.#settings(statement.settings);
    }
  }

  #assigned(name: ast.Name): void {
    const declared = this.#local(name.text);
    if (declared) {
      this.references.push({ name, declared });
      return;
    }
    this.unbound.push(name);
    // What reads it is not wrong as well.
    this.#bind(name, "variable", name.end);
  }

  #settings(settings: readonly ast.Setting[]): void {
    for (const { key, value } of settings) {
      this.#label(key);
      if (isSettings(value)) this.#settings(value);
      else this.#label(value);
    }
  }

  #label(label: ast.Label | undefined): void {
    if (label && "kind" in label) this.#expr(label);
  }

  #annotations(annotations: readonly ast.Annotation[]): void {
    for (const { args } of annotations) this.#arguments(args, undefined);
  }

  #type(type: ast.TypeExpr | undefined): void {
    if (!type) return;
    const { elem } = type;
    if (elementsByName.has(elem.text)) this.references.push({ name: elem, declared: undefined });
    else this.#report(elem, elementsByName.keys());
    for (const dim of type.dims ?? []) this.#expr(dim);
    this.#arguments(type.quant?.args ?? [], undefined);
  }

  #arguments(args: readonly ast.Argument[], callee: Declared | undefined): void {
    for (const { name, value } of args) {
      const declared = name && callee?.parameters?.get(name.text);
      if (declared) this.references.push({ name, declared });
      this.#expr(value);
    }
  }

  /** The declaration that an expression names. */
  #named(expr: ast.Expr): Declared | undefined {
    const members: string[] = [];
    let of = expr;
    for (; of.kind === "member" && members.length < pointsMax; of = of.object)
      members.push(of.name.text);
    if (of.kind !== "reference") return undefined;
    const first = this.#find(of.name.text);
    return members.reduceRight((found, name) => found?.members?.get(name), first);
  }

  #expr(expr: ast.Expr | undefined): void {
    if (!expr || this.#depth > limits.depth) return;
    this.#depth++;
    this.#parts(expr);
    this.#depth--;
  }

  #all(exprs: readonly ast.Expr[]): void {
    for (const expr of exprs) this.#expr(expr);
  }

  #parts(expr: ast.Expr): void {
    switch (expr.kind) {
      case "template":
        this.#all(expr.parts.filter((p) => typeof p !== "string"));
        break;
      case "reference":
        this.#use(expr.name);
        break;
      case "list":
      case "tuple":
        this.#all(expr.items);
        break;
      case "comprehension":
        this.#expr(expr.list);
        this.#within(expr.list.start, () => {
          for (const name of expr.names) this.#bind(name, "value", expr.start);
          this.#expr(expr.item);
        });
        break;
      case "group":
        this.#expr(expr.inner);
        break;
      case "member": {
        this.#expr(expr.object);
        const declared = this.#named(expr);
        if (declared) this.references.push({ name: expr.name, declared });
        break;
      }
      case "index":
        this.#all([expr.object, ...expr.indices]);
        break;
      case "call":
        this.#expr(expr.callee);
        this.#arguments(expr.args ?? [], calledBy(this.#named(expr.callee)));
        break;
      case "marked":
        this.#expr(expr.inner);
        this.#label(expr.label);
        this.#annotations(expr.annotations);
        break;
      case "unary":
        this.#expr(expr.inner);
        break;
      case "binary":
        this.#all([expr.first, ...expr.rest.map((r) => r.right)]);
        break;
      case "pipe":
        this.#all([expr.first, ...expr.stages]);
        break;
      case "choice":
        this.#all([...expr.branches.flatMap((b) => [b.condition, b.value]), expr.otherwise]);
    }
  }
}

/** The name of a file's import stands for its model, too. */
function calledBy(callee: Declared | undefined): Declared | undefined {
  if (callee?.kind !== "import") return callee;
  const models = [...(callee.members?.values() ?? [])].filter((d) => d.kind === "model");
  return models.length === 1 ? models[0] : undefined;
}

const isStatements = (body: Callable["body"]): body is readonly ast.Statement[] =>
  Array.isArray(body);

const isSettings = (value: ast.Setting["value"]): value is readonly ast.Setting[] =>
  Array.isArray(value);

export function namesOf(tree: ast.SourceFile, source: Source, file: FileNames): Names {
  const finder = new Finder(file, source);
  for (const declaration of tree.declarations) finder.declaration(declaration);
  return finder;
}

/** Blocks that nothing but they themselves call. */
export function uncalledBlocks(
  { declarations }: ast.SourceFile,
  { references }: Names,
): ast.BlockDeclaration[] {
  const callers = new Map<ast.Name, ast.Name[]>();
  for (const { name, declared } of references) {
    if (declared?.kind !== "block") continue;
    const known = callers.get(declared.name);
    if (known) known.push(name);
    else callers.set(declared.name, [name]);
  }
  return declarations.filter(
    (d): d is ast.BlockDeclaration =>
      d.kind === "block" &&
      !d.name.text.startsWith("_") &&
      (callers.get(d.name) ?? []).every((at) => d.start <= at.start && at.end <= d.end),
  );
}
