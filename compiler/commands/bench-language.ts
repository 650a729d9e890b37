/**
 * `npm run bench:language`: how long a text of 5,000 lines takes to parse and check, the first time
 * in a process and later, and how long the server takes to answer a hover right after an edit.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { execa } from "execa";
import {
  createProtocolConnection,
  DidChangeTextDocumentNotification,
  DidOpenTextDocumentNotification,
  ExitNotification,
  HoverRequest,
  InitializedNotification,
  InitializeRequest,
  type ProtocolConnection,
  PublishDiagnosticsNotification,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver/node";
import { packagePath } from "../paths.ts";
import { check } from "../read/dsl/check.ts";
import { parse } from "../read/dsl/parse.ts";

const lineCount = 5000;
const blockLines = 8;
const rounds = 10;

/** A model that calls each of its blocks once, in 5,000 lines. */
export function longModel(lines = lineCount): string {
  const head = ["model long(image: float[1, 16, 8, 8]) -> y {", "  weights random(seed: 1)"];
  const count = Math.floor((lines - head.length - 4) / (blockLines + 1));
  const calls = Array.from(
    { length: count },
    (_, i) => `  x = x |> unit_${i}(16, stride: ${i % 3} < 3 ? 1 : 2) as "stages.${i}" |> relu`,
  );
  const blocks = Array.from({ length: count }, (_, i) => [
    "",
    `/// Unit ${i}.`,
    `block unit_${i}(x, channels, stride = 1, kernel = 3) {`,
    "  let a = x |> conv(channels, kernel: kernel, stride: stride, pad: same) as a |> relu",
    "  let b = a |> depthwise_conv(kernel: kernel, pad: same, bias: false) as b |> batch_norm as n",
    '  assert b.shape == x.shape, "a unit keeps the shape"',
    "  return relu(x + b * (0.5 + 1 / 2))",
    "}",
  ]);
  const text = [...head, "  var x = image", ...calls, "  y = x", "}", ...blocks.flat()];
  while (text.length < lines) text.push(`// line ${text.length + 1}`);
  return `${text.join("\n")}\n`;
}

const milliseconds = (n: number): string => `${n.toFixed(0).padStart(6)} ms`;

function timed(run: () => void): number {
  const begin = performance.now();
  run();
  return performance.now() - begin;
}

const median = (times: readonly number[]): number =>
  [...times].sort((a, b) => a - b)[times.length >> 1]!;

function printTimes(name: string, times: readonly number[]): void {
  const [first, ...later] = times;
  console.log(
    `${name.padEnd(28)} first ${milliseconds(first!)}, later median ${milliseconds(median(later))}, ` +
      `longest ${milliseconds(Math.max(...later))}`,
  );
}

/** Hovers one at a time, each right after an edit elsewhere in the file. */
async function hoverTimes(connection: ProtocolConnection, file: string, text: string) {
  const uri = pathToFileURL(file).href;
  const checked = new Promise<void>((resolve) =>
    connection.onNotification(PublishDiagnosticsNotification.type, () => resolve()),
  );
  await connection.sendRequest(InitializeRequest.type, {
    ...{ processId: process.pid, rootUri: null, capabilities: {} },
  });
  await connection.sendNotification(InitializedNotification.type, {});
  const opened = performance.now();
  await connection.sendNotification(DidOpenTextDocumentNotification.type, {
    textDocument: { uri, languageId: "mote", version: 1, text },
  });
  await checked;
  const untilChecked = performance.now() - opened;
  const line = text.split("\n").findIndex((l) => l.includes("conv("));
  const position = { line, character: text.split("\n")[line]!.indexOf("conv(") };
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const at = { line: 2, character: 0 };
    await connection.sendNotification(DidChangeTextDocumentNotification.type, {
      textDocument: { uri, version: round + 2 },
      contentChanges: [{ range: { start: at, end: at }, text: " " }],
    });
    const begin = performance.now();
    const hover = await connection.sendRequest(HoverRequest.type, {
      ...{ textDocument: { uri }, position },
    });
    times.push(performance.now() - begin);
    if (!hover) throw new Error("the server showed nothing");
    // A hover comes at any time of the check that follows the edit.
    await new Promise((resolve) => setTimeout(resolve, round * 100));
  }
  await connection.sendRequest(ShutdownRequest.type);
  await connection.sendNotification(ExitNotification.type);
  return { untilChecked, times };
}

export async function benchLanguage(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "mote-bench-"));
  const file = join(folder, "long.mote");
  const text = longModel();
  writeFileSync(file, text);
  try {
    console.log(`${text.split("\n").length - 1} lines, ${text.length} characters`);
    const checks = Array.from({ length: rounds }, () => timed(() => check(file)));
    printTimes("parse and check", checks);
    printTimes(
      "parse alone",
      Array.from({ length: rounds }, () => timed(() => parse(text))),
    );
    const server = execa("node", [packagePath("dist", "compiler", "cli.js"), "--lsp"], {
      ...{ reject: false, buffer: false },
    });
    const connection = createProtocolConnection(
      new StreamMessageReader(server.stdout),
      new StreamMessageWriter(server.stdin),
    );
    connection.listen();
    const { untilChecked, times } = await hoverTimes(connection, file, text);
    await server;
    console.log(`${"open to diagnostics".padEnd(28)}       ${milliseconds(untilChecked)}`);
    printTimes("hover after an edit", times);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
