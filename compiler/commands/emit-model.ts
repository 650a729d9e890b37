/** `mote MODEL --emitModel NET.mote`: a network in the model language, with its weights beside it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { compile } from "../compile.ts";
import * as say from "../diagnostics.ts";
import { MoteError } from "../diagnostics.ts";
import { writeModel } from "../emit/model/write.ts";
import type { Graph } from "../ir/graph.ts";
import { printGraph } from "../ir/print.ts";
import type { OptionValues } from "../options.ts";
import { readModel } from "../read/model.ts";
import { writeSafetensors } from "../read/safetensors.ts";
import { type Console, compileOptions, grouped, hasErrors, printDiagnostics } from "./session.ts";
import { writeFiles } from "./write.ts";

/** Stages whose graphs the language can say. */
const writable: readonly string[] = ["read", "simplify", "fuse", "lower", "quantize"];

const sameGraph = (a: Graph, b: Graph): boolean => {
  const [x, y] = [printGraph(a), printGraph(b)];
  return x.text === y.text && Buffer.compare(x.weights, y.weights) === 0;
};

/** Reads what was written; it must be the graph that it was written from. */
function isReadBack(graph: Graph, name: string, files: ReadonlyMap<string, string | Uint8Array>) {
  const folder = mkdtempSync(join(tmpdir(), "mote-model-"));
  try {
    writeFiles(folder, files);
    return sameGraph(graph, readModel(join(folder, name), { report: () => {} }).graph);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Writes the network as it was read, or as it is after the stage to stop after: the quantised one,
 * where it is quantised here. The exit code.
 */
export function emitModel(
  files: readonly string[],
  values: OptionValues,
  console: Console,
): number {
  const path = resolve(String(values.emitModel));
  if (!/\.mote$/i.test(path)) throw new MoteError(say.badModelFile(path));
  const [file, ...more] = files;
  if (more.length > 0) throw new MoteError(say.tooManyModels(files.length, "--emitModel writes"));
  const isQuantized = values.quantize !== undefined || values.calib !== undefined;
  const { stopAfter = isQuantized ? "quantize" : "read" } = compileOptions(values);
  if (!writable.includes(stopAfter))
    throw new MoteError(say.badOptionValue("stopAfter", stopAfter, writable));
  const { graph, docs, diagnostics } = compile(file!, { ...compileOptions(values), stopAfter });
  printDiagnostics(console, diagnostics);
  if (hasErrors(diagnostics) || !graph) return 1;
  const name = basename(path);
  const weightsName = name.replace(/\.mote$/i, ".safetensors");
  const { text, tensors, aliases } = writeModel(graph, weightsName, docs);
  const written = new Map<string, string | Uint8Array>([[name, text]]);
  if (tensors.size > 0) written.set(weightsName, writeSafetensors(tensors, aliases));
  if (!isReadBack(graph, name, written))
    throw new Error("the model does not give the same graph when it is read again");
  writeFiles(dirname(path), written);
  const shown = relative(process.cwd(), path) || path;
  const lines = text.split("\n").length - 1;
  const parameters = [...tensors.values()].reduce((n, t) => n + t.data.length, 0);
  const weights = tensors.size > 0 ? `, ${weightsName}` : "";
  if (values.json === true)
    console.out(
      JSON.stringify({ model: shown, lines, parameters, files: [...written.keys()] }, null, 2),
    );
  else console.out(`${shown}${weights}: ${lines} lines, ${grouped(parameters)} parameters`);
  return 0;
}
