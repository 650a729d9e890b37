/** The language server: what an editor asks, and who answers it. */
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  type Connection,
  ErrorCodes,
  type Location,
  LSPErrorCodes,
  MarkupKind,
  ResponseError,
  type ServerCapabilities,
  type TextDocumentPositionParams,
  TextDocumentSyncKind,
  TextDocuments,
  type TextEdit,
  type WorkspaceEdit,
} from "vscode-languageserver/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import type { Place } from "../diagnostics.ts";
import { isKeyword } from "../language/keywords.ts";
import { builtins } from "../read/dsl/builtins.ts";
import { completionItem, documentSymbols, legend, rangeIn, semanticTokens } from "./answers.ts";
import { completionsAt } from "./completion.ts";
import { Documents, fileOf, type Settings } from "./documents.ts";
import type { DeclaredFact } from "./facts.ts";
import { hoverAt } from "./hover.ts";
import type { References } from "./references.ts";
import { fileUri, locationOf, rangeOf, reported } from "./report.ts";
import { Thread } from "./thread.ts";

const capabilities: ServerCapabilities = {
  textDocumentSync: TextDocumentSyncKind.Incremental,
  hoverProvider: true,
  definitionProvider: true,
  referencesProvider: true,
  completionProvider: { triggerCharacters: [".", "@", "("] },
  renameProvider: { prepareProvider: true },
  documentFormattingProvider: true,
  documentSymbolProvider: true,
  semanticTokensProvider: { legend, full: true },
};

/** Longest wait for facts of the very text, before those of an older one are shown. */
const patience = 60;
/** Files of a folder that a rename looks into. */
const filesMax = 256;

const isName = (text: string): boolean => /^[A-Za-z_]\w*$/.test(text);

class Server {
  readonly #connection: Connection;
  readonly #texts = new TextDocuments(TextDocument);
  readonly #analyses: Thread;
  readonly #compiles: Thread;
  readonly #documents: Documents;

  constructor(connection: Connection, settings: Settings) {
    this.#connection = connection;
    const report = (fault: string) => connection.console.error(fault);
    this.#analyses = new Thread(report);
    this.#compiles = new Thread(report);
    this.#documents = new Documents(this.#analyses, this.#compiles, settings, {
      analysed: ({ uri, version }, file, { diagnostics }) => {
        const own = diagnostics.map((d) => reported(d, file, this.#uriOf));
        void connection.sendDiagnostics({ uri, version, diagnostics: own });
      },
    });
  }

  /** As the editor writes it, where it has the file open. */
  readonly #uriOf = (file: string): string =>
    this.#texts.all().find((d) => fileOf(d.uri) === file)?.uri ?? fileUri(file);

  start(): void {
    const connection = this.#connection;
    this.#texts.onDidChangeContent(({ document }) => this.#documents.changed(document));
    this.#texts.onDidClose(({ document }) => {
      this.#documents.closed(document);
      void connection.sendDiagnostics({ uri: document.uri, diagnostics: [] });
    });
    connection.onInitialize(() => ({ capabilities, serverInfo: { name: "mote" } }));
    connection.onDidChangeWatchedFiles(({ changes }) => {
      for (const { uri } of changes) {
        const file = fileOf(uri);
        this.#documents.fileChanged(file, file.endsWith(".json"));
      }
    });
    connection.onShutdown(() => this.#stop());
    this.#answer();
    this.#texts.listen(connection);
    connection.listen();
  }

  async #stop(): Promise<void> {
    this.#documents.stop();
    await Promise.all([this.#analyses.stop(), this.#compiles.stop()]);
  }

  #answer(): void {
    const connection = this.#connection;
    connection.onHover((at) => this.#hover(at));
    connection.onCompletion((at) => this.#completion(at));
    connection.onDefinition(async (at) => {
      const declared = await this.#declaredAt(at);
      return declared ? locationOf(declared.place, this.#uriOf) : null;
    });
    connection.onReferences(async (at) => {
      const declared = await this.#declaredAt(at);
      const { places = [] } = (declared && (await this.#references(declared, at))) ?? {};
      return places.map((place): Location => locationOf(place, this.#uriOf));
    });
    connection.onPrepareRename(async (at) => (await this.#renamed(at)).range);
    connection.onRenameRequest((at) => this.#rename(at, at.newName));
    connection.onDocumentFormatting(({ textDocument }) => this.#format(textDocument.uri));
    connection.onDocumentSymbol(async ({ textDocument: { uri } }) => {
      const [view, document] = [await this.#documents.view(uri), this.#texts.get(uri)];
      return view && document ? documentSymbols(document, view) : [];
    });
    connection.languages.semanticTokens.on(async ({ textDocument: { uri } }) => {
      const [view, document] = [await this.#documents.view(uri), this.#texts.get(uri)];
      return view && document ? semanticTokens(document, view) : { data: [] };
    });
  }

  async #hover({ textDocument: { uri }, position }: TextDocumentPositionParams) {
    const view = await this.#documents.view(uri, patience);
    const document = this.#texts.get(uri);
    const hover = view && document && hoverAt(view, document.offsetAt(position));
    if (!hover) return null;
    const contents = { kind: MarkupKind.Markdown, value: hover.markdown };
    return { contents, range: rangeIn(document, hover) };
  }

  async #completion({ textDocument: { uri }, position }: TextDocumentPositionParams) {
    const view = await this.#documents.view(uri, patience);
    const document = this.#texts.get(uri);
    if (!document) return [];
    const text = document.getText();
    return completionsAt(text, document.offsetAt(position), view).map(completionItem);
  }

  /** The declaration of the name at a place; undefined for the language's own names. */
  async #declaredAt({ textDocument: { uri }, position }: TextDocumentPositionParams) {
    const view = await this.#documents.view(uri);
    const document = this.#texts.get(uri);
    const at = view && document && view.occurrenceAt(document.offsetAt(position));
    return at && at.number >= 0 ? view!.declared(at.number) : undefined;
  }

  #references(
    declared: DeclaredFact,
    { textDocument: { uri } }: TextDocumentPositionParams,
    newName?: string,
  ): Promise<References | undefined> {
    const open = this.#documents.open();
    const file = declared.place.file!;
    const files = new Set([file, fileOf(uri), ...open.keys(), ...moteFilesBeside(file)]);
    const question = { file, start: declared.start, files: [...files], open, newName };
    return this.#analyses.ask("references", question);
  }

  /** The name at a place, if it is one that can be changed. @throws ResponseError */
  async #renamed(at: TextDocumentPositionParams) {
    const { uri } = at.textDocument;
    const refuse = (why: string): never => {
      throw new ResponseError(LSPErrorCodes.RequestFailed, why);
    };
    const document = this.#texts.get(uri) ?? refuse("The file is not open.");
    if (!(await this.#documents.isReadable(uri))) refuse("Correct the errors in the file first.");
    const view = (await this.#documents.view(uri))!;
    const occurrence = view.occurrenceAt(document.offsetAt(at.position));
    if (!occurrence) return refuse("There is no name here.");
    const text = view.text.slice(occurrence.start, occurrence.end);
    if (occurrence.number < 0) return refuse(`'${text}' belongs to the language.`);
    const declared = view.declared(occurrence.number);
    return { declared, range: rangeIn(document, occurrence) };
  }

  async #rename(at: TextDocumentPositionParams, newName: string): Promise<WorkspaceEdit> {
    const refuse = (why: string): never => {
      throw new ResponseError(ErrorCodes.InvalidParams, why);
    };
    const { declared } = await this.#renamed(at);
    if (!isName(newName)) refuse(`'${newName}' is no name.`);
    if (isKeyword(newName) || builtins.has(newName))
      refuse(`'${newName}' belongs to the language.`);
    const found = await this.#references(declared, at, newName);
    if (found?.taken && newName !== declared.name)
      refuse(`There is a '${newName}' already where line ${found.taken.line} needs the name.`);
    const changes: Record<string, TextEdit[]> = {};
    for (const place of found?.places ?? []) add(changes, this.#uriOf(place.file!), place, newName);
    return { changes };
  }

  async #format(uri: string): Promise<TextEdit[]> {
    const document = this.#texts.get(uri);
    if (!document) return [];
    const text = document.getText();
    const formatted = await this.#analyses.ask("format", { file: fileOf(uri), text });
    if (formatted === undefined || formatted === text || document.getText() !== text) return [];
    return [{ range: rangeIn(document, { start: 0, end: text.length }), newText: formatted }];
  }
}

function add(
  changes: Record<string, TextEdit[]>,
  uri: string,
  place: Place,
  newText: string,
): void {
  changes[uri] ??= [];
  changes[uri].push({ range: rangeOf(place), newText });
}

/** Files in the folder of one, which may import it. */
function moteFilesBeside(file: string): string[] {
  try {
    const folder = dirname(file);
    const names = readdirSync(folder).filter((name) => name.endsWith(".mote"));
    return names.slice(0, filesMax).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

export const serve = (connection: Connection, settings: Settings): void =>
  new Server(connection, settings).start();
