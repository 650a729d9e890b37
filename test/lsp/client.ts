/** The built server as a process of its own, driven through the library that editors use. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { execa } from "execa";
import {
  CompletionRequest,
  createProtocolConnection,
  type Diagnostic,
  DidChangeTextDocumentNotification,
  DidOpenTextDocumentNotification,
  ExitNotification,
  HoverRequest,
  InitializedNotification,
  InitializeRequest,
  type InitializeResult,
  type MarkupContent,
  type Position,
  type ProtocolConnection,
  PublishDiagnosticsNotification,
  type PublishDiagnosticsParams,
  type Range,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
  type TextEdit,
} from "vscode-languageserver-protocol/node";
import { packagePath } from "../../compiler/paths.ts";
import { Source } from "../../compiler/read/dsl/source.ts";

const cli = packagePath("dist", "compiler", "cli.js");

/** A text in which `‸` marks places. */
export function marked(text: string): { text: string; places: Position[] } {
  const places: Position[] = [];
  const lines = text.split("\n").map((line, number) => {
    const [first, ...rest] = line.split("‸");
    let whole = first!;
    for (const part of rest) {
      places.push({ line: number, character: whole.length });
      whole += part;
    }
    return whole;
  });
  return { text: lines.join("\n"), places };
}

export function applied(text: string, edits: readonly TextEdit[]): string {
  const source = new Source("", text);
  const offset = ({ line, character }: Position) =>
    source.offset({ line: line + 1, column: character + 1 });
  const last = [...edits].sort((a, b) => offset(b.range.start) - offset(a.range.start));
  return last.reduce(
    (t, { range, newText }) =>
      t.slice(0, offset(range.start)) + newText + t.slice(offset(range.end)),
    text,
  );
}

/** The text of a range, which is in one line. */
export const textIn = (text: string, { start, end }: Range): string =>
  text.split("\n")[start.line]!.slice(start.character, end.character);

export class Client {
  readonly folder = mkdtempSync(join(tmpdir(), "mote-lsp-"));
  readonly process = execa("node", [cli, "--lsp"], {
    cwd: this.folder,
    reject: false,
    buffer: { stdout: false },
    timeout: 300_000,
  });
  readonly connection: ProtocolConnection;
  readonly #published: PublishDiagnosticsParams[] = [];
  readonly #waiting = new Set<() => void>();

  constructor() {
    this.connection = createProtocolConnection(
      new StreamMessageReader(this.process.stdout),
      new StreamMessageWriter(this.process.stdin),
    );
    this.connection.onNotification(PublishDiagnosticsNotification.type, (params) => {
      this.#published.push(params);
      for (const look of this.#waiting) look();
    });
    this.connection.listen();
  }

  /** What the server said of itself. */
  initialised!: InitializeResult;

  async initialise(): Promise<void> {
    this.initialised = await this.connection.sendRequest(InitializeRequest.type, {
      processId: process.pid,
      rootUri: pathToFileURL(this.folder).href,
      capabilities: {},
    });
    await this.connection.sendNotification(InitializedNotification.type, {});
  }

  uri(name: string): string {
    return pathToFileURL(join(this.folder, name)).href;
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** @returns the document's name for requests. */
  async open(name: string, text: string): Promise<{ uri: string }> {
    const uri = this.uri(name);
    const textDocument = { uri, languageId: "mote", version: 1, text };
    await this.connection.sendNotification(DidOpenTextDocumentNotification.type, { textDocument });
    return { uri };
  }

  change(uri: string, version: number, text: string, range?: Range): Promise<void> {
    return this.connection.sendNotification(DidChangeTextDocumentNotification.type, {
      textDocument: { uri, version },
      contentChanges: [range ? { range, text } : { text }],
    });
  }

  /** The diagnostics of a version, as soon as they are published, or one with a code is. */
  diagnostics(uri: string, version: number, code?: string): Promise<Diagnostic[]> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.#published.find(
          (p) =>
            p.uri === uri &&
            p.version === version &&
            (code === undefined || p.diagnostics.some((d) => d.code === code)),
        );
        if (!found) return;
        this.#waiting.delete(look);
        resolve(found.diagnostics);
      };
      this.#waiting.add(look);
      look();
    });
  }

  async hover(uri: string, position: Position): Promise<string | undefined> {
    const hover = await this.connection.sendRequest(HoverRequest.type, {
      textDocument: { uri },
      position,
    });
    return (hover?.contents as MarkupContent | undefined)?.value;
  }

  async completions(uri: string, position: Position) {
    const params = { textDocument: { uri }, position };
    const items = await this.connection.sendRequest(CompletionRequest.type, params);
    return items as Extract<typeof items, readonly unknown[]>;
  }

  /** @returns the exit code. */
  async end(): Promise<number | undefined> {
    await this.connection.sendRequest(ShutdownRequest.type);
    await this.connection.sendNotification(ExitNotification.type);
    const { exitCode } = await this.process;
    this.connection.dispose();
    rmSync(this.folder, { recursive: true });
    return exitCode;
  }
}
