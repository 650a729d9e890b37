/** Files of the language and what they import, each read once. */
import { readFileSync, realpathSync } from "node:fs";
import { dirname, extname, isAbsolute, relative, resolve, sep } from "node:path";
import * as say from "../../diagnostics.ts";
import { MoteError } from "../../diagnostics.ts";
import type { Graph } from "../../ir/graph.ts";
import type * as ast from "../../language/ast.ts";
import { readOnnx } from "../onnx/read.ts";
import { fileBytes } from "../size.ts";
import { evaluate } from "./evaluate.ts";
import { parse, textMax } from "./parse.ts";
import { type Problems, placeOf, Reported, reportedBefore } from "./problems.ts";
import { Scope } from "./scope.ts";
import type { Session } from "./session.ts";
import { Source } from "./source.ts";
import {
  BlockDatum,
  type Datum,
  type FileScope,
  ModelDatum,
  NamespaceDatum,
  NetworkDatum,
} from "./values.ts";

/** Files open in an editor, by path, as they stand there. */
export type OpenFiles = ReadonlyMap<string, string>;

const filesMax = 256;

/** What a name stands for in a session. @throws Reported */
type Find = (session: Session) => Datum | undefined;

/** A file's declarations, found by name; values are worked out when they are first asked for. */
export class SourceModule implements FileScope {
  readonly source: Source;
  readonly tree: ast.SourceFile;
  readonly models: ModelDatum[] = [];
  readonly #problems: Problems;
  readonly #members = new Map<string, Find>();

  constructor(source: Source, tree: ast.SourceFile, problems: Problems) {
    this.source = source;
    this.tree = tree;
    this.#problems = problems;
  }

  declareAll(importFile: (declaration: ast.ImportDeclaration) => void): void {
    for (const declaration of this.tree.declarations) {
      switch (declaration.kind) {
        case "import":
          importFile(declaration);
          break;
        case "let":
        case "var":
          this.#bind(declaration);
          break;
        case "model": {
          const model = new ModelDatum(declaration, this);
          this.models.push(model);
          this.#declare(declaration.name, () => model);
          break;
        }
        case "block": {
          const block = new BlockDatum(declaration, this);
          this.#declare(declaration.name, () => block);
        }
      }
    }
  }

  #declare(name: ast.Name, find: Find): void {
    if (this.#members.has(name.text)) {
      const place = placeOf({ source: this.source, span: name });
      this.#problems.add(say.redeclared(place, name.text, place.line!));
    } else this.#members.set(name.text, find);
  }

  #bind(statement: ast.BindStatement): void {
    const { pattern, kind } = statement;
    const place = placeOf({ source: this.source, span: pattern });
    if ("kind" in pattern || kind === "var")
      this.#problems.add(
        say.badArguments(place, kind, "at the top of a file binds one name", "Write let name = …."),
      );
    else this.#declare(pattern, (session) => this.#valueOf(statement, pattern.text, session));
  }

  #valueOf(statement: ast.BindStatement, name: string, session: Session): Datum {
    const { source } = this;
    const context = { session, source, file: this, scope: new Scope(), path: "", frame: undefined };
    const place = placeOf({ source, span: statement });
    return session.lets.get(
      statement,
      () => evaluate(statement.value, context),
      () => session.fail(say.tooMuch(place, `'${name}' is defined by itself`)),
    );
  }

  /** Gives a name that an import brings. */
  set(name: string, find: Find): void {
    this.#members.set(name, find);
  }

  find(name: string, session: Session): Datum | undefined {
    return this.#members.get(name)?.(session);
  }

  names(): Iterable<string> {
    return this.#members.keys();
  }
}

/** Whether a path stays in a folder, links followed. */
function isWithin(folder: string, path: string): boolean {
  const real = (p: string) => {
    try {
      return realpathSync(p);
    } catch {
      return p;
    }
  };
  const way = relative(real(folder), real(path));
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

export class Files {
  readonly #problems: Problems;
  readonly #root: string;
  readonly #open: OpenFiles;
  readonly #modules = new Map<string, SourceModule>();
  readonly #reading = new Set<string>();
  readonly #graphs = new Map<string, Graph<"imported">>();
  /** Files of the language by what imports them. */
  readonly imported = new Map<ast.ImportDeclaration, SourceModule>();
  readonly #onRead: (path: string) => void;

  constructor(
    problems: Problems,
    root: string,
    open: OpenFiles,
    onRead: (path: string) => void = () => {},
  ) {
    this.#problems = problems;
    this.#root = root;
    this.#open = open;
    this.#onRead = onRead;
  }

  /** The path that a string in a file names. @throws Reported */
  resolve(text: string, at: ast.Template, source: Source): string {
    const place = placeOf({ source, span: at });
    if (isAbsolute(text) || text.includes("\0"))
      this.#problems.fail(
        say.badPath(
          place,
          text,
          "is no path below the model's folder",
          "Write it relative to this file.",
        ),
      );
    const path = resolve(dirname(source.file), text);
    if (!isWithin(this.#root, path))
      this.#problems.fail(
        say.badPath(place, text, "leaves the model's folder", "Copy the file into it."),
      );
    return path;
  }

  /** Tells that a file of another kind is read. */
  reads(path: string): void {
    this.#onRead(path);
  }

  #text(path: string): string {
    const open = this.#open.get(path);
    if (open !== undefined) return open;
    const bytes = fileBytes(path);
    if (bytes === undefined) throw new MoteError(say.fileNotFound(path));
    if (bytes > 4 * textMax) throw new MoteError(say.notText(path, bytes));
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
    } catch (problem) {
      if (problem instanceof TypeError) throw new MoteError(say.notUtf8(path));
      throw new MoteError(say.fileNotFound(path));
    }
  }

  /** @throws MoteError with all that is wrong with its syntax. */
  load(path: string): SourceModule {
    const known = this.#modules.get(path);
    if (known) return known;
    this.#onRead(path);
    const source = new Source(path, this.#text(path));
    const { file, problems } = parse(source.text);
    if (!file)
      throw new MoteError(
        ...problems.map(({ text, help, ...span }) =>
          say.syntaxError(placeOf({ source, span }), text, help),
        ),
      );
    const module = new SourceModule(source, file, this.#problems);
    this.#modules.set(path, module);
    this.#reading.add(path);
    module.declareAll((declaration) => this.#import(declaration, module));
    this.#reading.delete(path);
    return module;
  }

  #import(declaration: ast.ImportDeclaration, into: SourceModule): void {
    try {
      this.#importFile(declaration, into);
    } catch (problem) {
      if (declaration.name) into.set(declaration.name.text, reportedBefore);
      if (problem instanceof Reported) return;
      if (!(problem instanceof MoteError)) throw problem;
      const place = placeOf({ source: into.source, span: declaration.file });
      for (const d of problem.diagnostics)
        this.#problems.add(d.place.line === undefined ? { ...d, place } : d);
    }
  }

  #importFile(declaration: ast.ImportDeclaration, into: SourceModule): void {
    const { file, name } = declaration;
    const { source } = into;
    const { parts } = file;
    const place = placeOf({ source, span: file });
    if (parts.some((p) => typeof p !== "string"))
      this.#problems.fail(
        say.badPath(place, source.textOf(file).slice(1, -1), "must be plain text"),
      );
    const text = parts.join("");
    const path = this.resolve(text, file, source);
    if (this.#reading.has(path))
      this.#problems.fail(
        say.badPath(
          place,
          text,
          "imports this file again",
          "Move what both need into a third file.",
        ),
      );
    if (this.#modules.size >= filesMax)
      this.#problems.fail(say.tooMuch(place, `More than ${filesMax} files are imported`));
    const kind = extname(path).toLowerCase();
    if (kind === ".onnx") {
      if (!name)
        this.#problems.fail(
          say.badPath(place, text, "needs a name", `Write import "${text}" as name.`),
        );
      const network = this.#network(path, name!.text);
      into.set(name!.text, () => network);
    } else if (kind === ".mote") {
      const module = this.load(path);
      this.imported.set(declaration, module);
      importModule(module, name, into);
    } else this.#problems.fail(say.badPath(place, text, "is no .mote or .onnx file"));
  }

  #network(path: string, name: string): NetworkDatum {
    this.#onRead(path);
    const report = (d: say.Diagnostic) => this.#problems.add(d);
    const graph = this.#graphs.get(path) ?? readOnnx(path, { report });
    this.#graphs.set(path, graph);
    return new NetworkDatum(
      name,
      graph,
      graph.inputs.map((v) => v.name),
    );
  }
}

function importModule(module: SourceModule, name: ast.Name | undefined, into: SourceModule): void {
  if (name)
    into.set(name.text, (session) => {
      const find = (member: string) => module.find(member, session);
      return new NamespaceDatum(name.text, find, () => module.names(), module.models);
    });
  else
    for (const { kind, ...declaration } of module.tree.declarations) {
      const own =
        "name" in declaration
          ? declaration.name
          : "pattern" in declaration
            ? declaration.pattern
            : undefined;
      if (own && !("kind" in own) && kind !== "import" && kind !== "model")
        into.set(own.text, (session) => module.find(own.text, session));
    }
}
