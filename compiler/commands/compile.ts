/** `mote MODEL…`: compiles models and writes their files. */
import { existsSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { type Compilation, compile, type Program } from "../compile.ts";
import * as say from "../diagnostics.ts";
import { type Diagnostic, MoteError } from "../diagnostics.ts";
import { programName } from "../emit/c.ts";
import { givenInputs, givenOutputs, statesOf } from "../ir/states.ts";
import type { OptionValues } from "../options.ts";
import { moteVersion } from "../version.ts";
import { type Arguments, helpText } from "./arguments.ts";
import { configName, findConfig, initialConfig, readConfig } from "./config.ts";
import { emitModel } from "./emit-model.ts";
import { explainText } from "./explain.ts";
import {
  certificate,
  frontierText,
  memoryJson,
  orderText,
  pointJson,
  poolLines,
  poolsJson,
} from "./memory.ts";
import { memoryMap } from "./memory-map.ts";
import { memoryText } from "./memory-text.ts";
import {
  type Console,
  compileOptions,
  grouped,
  hasErrors,
  type Job,
  printDiagnostics,
  stem,
} from "./session.ts";
import { watch } from "./watch.ts";
import { writeFiles } from "./write.ts";

export function jobOf({ files, values }: Arguments, folder: string): Job | undefined {
  if (values.project !== undefined && files.length > 0) throw new MoteError(say.projectWithFiles());
  if (files.length > 0) return { files, values };
  const config =
    values.project !== undefined ? resolve(folder, String(values.project)) : findConfig(folder);
  if (config === undefined) return undefined;
  const project = readConfig(config);
  return { files: project.files, values: { ...project.values, ...values }, config: project.file };
}

/** Two models of one name would overwrite each other. */
function checkNames(files: readonly string[], values: OptionValues): void {
  const byName = new Map<string, string[]>();
  for (const file of files) {
    const name = programName(String(values.name ?? stem(file)));
    byName.set(name, [...(byName.get(name) ?? []), file]);
  }
  for (const [name, same] of byName)
    if (same.length > 1) throw new MoteError(say.sameName(name, same));
}

const mapName = ({ name }: Program): string => `${name}.memory.svg`;

function summary(program: Program, outDir: string, hasMap: boolean): string {
  const { name, graph, memory, macs, emitted } = program;
  const { arenaBytes } = graph.plan;
  const map = hasMap ? `, ${mapName(program)}` : "";
  return [
    `${name}: ${join(outDir, `${name}.c`)}, ${name}.h, mote/${map}`,
    `  arena    ${grouped(arenaBytes)} bytes (${certificate(arenaBytes, memory)})`,
    ...poolLines(program),
    `  weights  ${grouped(emitted.weightsBytes)} bytes, tables ${grouped(emitted.tablesBytes)}`,
    `  work     ${grouped(macs)} multiply-accumulates`,
  ].join("\n");
}

const portJson = (name: string, type: Program["graph"]["inputs"][number]["type"]) => ({
  name,
  shape: type.shape,
  type: type.elem,
  scale: type.quant?.scale[0] ?? null,
  zeroPoint: type.quant?.zeroPoint[0] ?? null,
});

function jsonOf(file: string, { program, diagnostics }: Compilation, files: readonly string[]) {
  const shown = diagnostics.map(({ code, severity, place, text, help }) => ({
    code: `MOTE${code}`,
    severity,
    ...place,
    text,
    help: help ?? null,
  }));
  if (!program) return { model: stem(file), diagnostics: shown };
  const { graph, emitted } = program;
  return {
    model: program.name,
    target: program.target.name,
    profile: program.profile,
    inputs: givenInputs(graph).map((v) => portJson(v.name, v.type)),
    outputs: givenOutputs(graph).map((o) => portJson(o.name, o.value.type)),
    states: statesOf(graph).map(({ value }) => portJson(value.name, value.type)),
    macs: program.macs,
    arenaBytes: graph.plan.arenaBytes,
    arenaLowerBoundBytes: program.memory.lowerBoundBytes,
    arenaGapBytes: graph.plan.arenaBytes - program.memory.lowerBoundBytes,
    arenaIsProvedOptimal: program.memory.isProved,
    order: program.memory.order,
    ...(program.memory.frontier.length > 0 && { frontier: program.memory.frontier.map(pointJson) }),
    ...poolsJson(program),
    weightsBytes: emitted.weightsBytes,
    tablesBytes: emitted.tablesBytes,
    memory: memoryJson(program),
    files,
    diagnostics: shown,
  };
}

/** The graph as text, its large constants in a side file beside the output. */
function printDumps(console: Console, { dumps }: Compilation, outDir: string, name: string): void {
  for (const [stage, { text, weights }] of dumps) {
    const side = new Map<string, string | Uint8Array>([
      [`${name}.${stage}.graph`, text],
      [`${name}.${stage}.weights`, weights],
    ]);
    writeFiles(outDir, side);
    console.out(text);
  }
}

function timings({ milliseconds, rewrites, program }: Compilation): string {
  const lines = [...milliseconds].map(
    ([stage, ms]) => `  ${stage.padEnd(10)}${ms.toFixed(0).padStart(6)} ms`,
  );
  const total = [...rewrites.values()].reduce((a, b) => a + b, 0);
  const order = program ? [`  ${orderText(program.memory)}`] : [];
  return [...lines, `  ${total} rewrites`, ...order].join("\n");
}

const filesOf = (program: Program, { emitMemoryMap }: OptionValues): Map<string, string> =>
  new Map([
    ...program.emitted.files,
    ...(emitMemoryMap === true ? [[mapName(program), memoryMap(program)] as const] : []),
  ]);

function explain(program: Program, values: OptionValues, console: Console): void {
  const asked = (values.explain ?? []) as readonly string[];
  if (asked.includes("kernels")) console.out(explainText(program));
  if (asked.includes("memory")) console.out(memoryText(program, console.columns));
}

function compileOne(
  file: string,
  { values, onRead }: Job,
  outDir: string,
  console: Console,
): object {
  const compilation = compile(file, { ...compileOptions(values), ...(onRead && { onRead }) });
  const { program, diagnostics } = compilation;
  printDiagnostics(console, diagnostics);
  const quiet = values.json === true;
  if (compilation.dumps.size > 0) printDumps(console, compilation, outDir, stem(file));
  const writes = program !== undefined && values.noEmit !== true;
  const files = writes ? filesOf(program, values) : new Map<string, string>();
  if (writes) writeFiles(outDir, files);
  const shown = relative(process.cwd(), outDir) || ".";
  if (program && !quiet)
    console.out(
      writes ? summary(program, shown, files.has(mapName(program))) : `${program.name}: no errors`,
    );
  if (program && !quiet) explain(program, values, console);
  if (program && values.pareto === true && !quiet) console.out(frontierText(program.memory));
  if (values.diagnostics === true) console.error(timings(compilation));
  return jsonOf(file, compilation, [...files.keys()]);
}

/** Compiles every file of a job; the exit code. Problems of one file do not stop the others. */
export function compileJob(job: Job, console: Console): number {
  const { files, values } = job;
  if (values.emitModel !== undefined) return emitModel(files, values, console);
  checkNames(files, values);
  const outDir = resolve(String(values.outDir ?? "out"));
  const results = files.map((file) => {
    try {
      return compileOne(file, job, outDir, console);
    } catch (problem) {
      if (!(problem instanceof MoteError)) throw problem;
      printDiagnostics(console, problem.diagnostics);
      return { model: stem(file), diagnostics: problem.diagnostics };
    }
  });
  const failed = results.some((r) =>
    hasErrors((r as { diagnostics: readonly Diagnostic[] }).diagnostics),
  );
  if (values.json === true)
    console.out(JSON.stringify(results.length === 1 ? results[0] : results, null, 2));
  return failed ? 1 : 0;
}

function initialise(folder: string, console: Console): number {
  const file = join(folder, configName);
  if (existsSync(file)) throw new MoteError(say.configExists(file));
  try {
    writeFileSync(file, initialConfig(folder));
  } catch {
    throw new MoteError(say.cannotWrite(folder, "the folder cannot be written"));
  }
  console.out(`Wrote ${configName}. Compile with: mote`);
  return 0;
}

export function compileCommand(given: Arguments, console: Console): number | Promise<number> {
  const { values } = given;
  if (values.version === true) {
    console.out(`Version ${moteVersion}`);
    return 0;
  }
  // Loaded only for editors.
  if (values.lsp === true) return import("./lsp.ts").then(({ lspCommand }) => lspCommand());
  if (values.init === true) return initialise(process.cwd(), console);
  const job = jobOf(given, process.cwd());
  if (values.watch === true && job)
    return watch(job, (onRead) => compileJob({ ...job, onRead }, console), console);
  if (job) return compileJob(job, console);
  console.out(helpText("compile"));
  return 0;
}
