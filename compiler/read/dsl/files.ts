/** Files of the language and what they import, each read once. */
import { readFileSync, realpathSync } from "node:fs";
import { dirname, extname, isAbsolute, relative, resolve, sep } from "node:path";
import * as say from "../../diagnostics.ts";
import { MoteError } from "../../diagnostics.ts";
import type * as ast from "../../language/ast.ts";
import { readOnnx } from "../onnx/read.ts";
import { fileBytes } from "../size.ts";
import { evaluate } from "./evaluate.ts";
import { parse, textMax } from "./parse.ts";
import { placeOf, Reported } from "./problems.ts";
import { Scope } from "./scope.ts";
import type { Session } from "./session.ts";
import { Source } from "./source.ts";
import { BlockDatum, type Datum, type FileScope, NamespaceDatum, NetworkDatum } from "./values.ts";

/** Files open in an editor, by path, as they stand there. */
export type OpenFiles = ReadonlyMap<string, string>;

const filesMax = 256;

/** A file's declarations, found by name; values are worked out when they are first asked for. */
export class SourceModule implements FileScope {
  readonly source: Source;
  readonly tree: ast.SourceFile;
  readonly #session: Session;
  readonly #data = new Map<string, Datum>();
  readonly #broken = new Set<string>();
  readonly #lets = new Map<string, { readonly statement: ast.BindStatement; isBusy: boolean }>();

  constructor(source: Source, tree: ast.SourceFile, session: Session) {
    this.source = source;
    this.tree = tree;
    this.#session = session;
  }

  #taken(name: ast.Name): boolean {
    if (!this.#data.has(name.text) && !this.#lets.has(name.text)) return false;
    const place = placeOf({ source: this.source, span: name });
    this.#session.problems.add(say.redeclared(place, name.text, place.line!));
    return true;
  }

  /** What is asked of a name whose import failed was reported with the import. */
  breakName(name: string): void {
    this.#broken.add(name);
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
        default:
          if (!this.#taken(declaration.name))
            this.#data.set(declaration.name.text, new BlockDatum(declaration, this));
      }
    }
  }

  #bind(statement: ast.BindStatement): void {
    const { pattern, kind } = statement;
    const { problems } = this.#session;
    const place = placeOf({ source: this.source, span: pattern });
    if ("kind" in pattern || kind === "var")
      problems.add(
        say.badArguments(place, kind, "at the top of a file binds one name", "Write let name = …."),
      );
    else if (!this.#taken(pattern)) this.#lets.set(pattern.text, { statement, isBusy: false });
  }

  set(name: string, datum: Datum): void {
    this.#data.set(name, datum);
  }

  find(name: string): Datum | undefined {
    if (this.#broken.has(name)) throw new Reported();
    const known = this.#data.get(name);
    const own = this.#lets.get(name);
    if (known !== undefined || !own) return known;
    const site = { source: this.source, span: own.statement };
    if (own.isBusy)
      return this.#session.fail(say.tooMuch(placeOf(site), `'${name}' is defined by itself`));
    own.isBusy = true;
    const datum = evaluate(own.statement.value, {
      session: this.#session,
      source: this.source,
      file: this,
      scope: new Scope(),
      path: "",
      frame: undefined,
    });
    own.isBusy = false;
    this.#data.set(name, datum);
    return datum;
  }

  *names(): Iterable<string> {
    yield* this.#data.keys();
    yield* this.#lets.keys();
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
  readonly #session: Session;
  readonly #root: string;
  readonly #open: OpenFiles;
  readonly #modules = new Map<string, SourceModule>();
  readonly #reading = new Set<string>();
  /** Files of the language by what imports them. */
  readonly imported = new Map<ast.ImportDeclaration, SourceModule>();
  readonly #onRead: (path: string) => void;

  constructor(
    session: Session,
    root: string,
    open: OpenFiles,
    onRead: (path: string) => void = () => {},
  ) {
    this.#session = session;
    this.#root = root;
    this.#open = open;
    this.#onRead = onRead;
  }

  /** The path that a string in a file names. @throws Reported */
  resolve(text: string, at: ast.Template, source: Source): string {
    const place = placeOf({ source, span: at });
    if (isAbsolute(text) || text.includes("\0"))
      this.#session.fail(
        say.badPath(
          place,
          text,
          "is no path below the model's folder",
          "Write it relative to this file.",
        ),
      );
    const path = resolve(dirname(source.file), text);
    if (!isWithin(this.#root, path))
      this.#session.fail(
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
    const module = new SourceModule(source, file, this.#session);
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
      if (declaration.name) into.breakName(declaration.name.text);
      if (problem instanceof Reported) return;
      if (!(problem instanceof MoteError)) throw problem;
      const place = placeOf({ source: into.source, span: declaration.file });
      for (const d of problem.diagnostics)
        this.#session.problems.add(d.place.line === undefined ? { ...d, place } : d);
    }
  }

  #importFile(declaration: ast.ImportDeclaration, into: SourceModule): void {
    const { file, name } = declaration;
    const { source } = into;
    const { parts } = file;
    const place = placeOf({ source, span: file });
    if (parts.some((p) => typeof p !== "string"))
      this.#session.fail(
        say.badPath(place, source.textOf(file).slice(1, -1), "must be plain text"),
      );
    const text = parts.join("");
    const path = this.resolve(text, file, source);
    if (this.#reading.has(path))
      this.#session.fail(
        say.badPath(
          place,
          text,
          "imports this file again",
          "Move what both need into a third file.",
        ),
      );
    if (this.#modules.size >= filesMax)
      this.#session.fail(say.tooMuch(place, `More than ${filesMax} files are imported`));
    const kind = extname(path).toLowerCase();
    if (kind === ".onnx") {
      if (!name)
        this.#session.fail(
          say.badPath(place, text, "needs a name", `Write import "${text}" as name.`),
        );
      const report = this.#session.problems.add.bind(this.#session.problems);
      this.#onRead(path);
      into.set(name!.text, new NetworkDatum(name!.text, readOnnx(path, { report })));
    } else if (kind === ".mote") {
      const module = this.load(path);
      this.imported.set(declaration, module);
      this.#importModule(module, name, into);
    } else this.#session.fail(say.badPath(place, text, "is no .mote or .onnx file"));
  }

  #importModule(module: SourceModule, name: ast.Name | undefined, into: SourceModule): void {
    const find = (member: string) => module.find(member);
    if (name) into.set(name.text, new NamespaceDatum(name.text, find, () => module.names()));
    else
      for (const { kind, ...declaration } of module.tree.declarations) {
        const own =
          "name" in declaration
            ? declaration.name
            : "pattern" in declaration
              ? declaration.pattern
              : undefined;
        if (own && !("kind" in own) && kind !== "import" && kind !== "model") {
          const datum = module.find(own.text);
          if (datum !== undefined) into.set(own.text, datum);
        }
      }
  }
}
