/** `mote run MODEL`: compiles, builds, runs, shows what came out and what it cost. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import * as say from "../diagnostics.ts";
import { MoteError } from "../diagnostics.ts";
import type { Arguments } from "./arguments.ts";
import { compareLayers, compareText } from "./compare.ts";
import { type Measured, measure, type OutputJson } from "./measure.ts";
import { type Console, compileOptions, grouped, printDiagnostics } from "./session.ts";

/** More numbers than this are cut in the text; --json has all. */
const shownElementsMax = 16;
const shownClassesMax = 3;

const real = ({ scale, zeroPoint }: OutputJson, x: number | string): number =>
  scale === null ? Number(x) : (Number(x) - (zeroPoint ?? 0)) * scale;

function readLabels(file: string): string[] {
  try {
    return readFileSync(file, "utf8")
      .split(/\r?\n/)
      .filter((line) => line !== "");
  } catch {
    throw new MoteError(say.fileNotFound(file));
  }
}

/** The classes with the largest outputs, of several runs those of the last. */
function answerText(output: OutputJson, labels: readonly string[], runs: number): string {
  const ranked = output.data
    .slice(-output.data.length / runs)
    .map((x, i) => ({ label: labels[i] ?? `class ${i}`, value: real(output, x) }))
    .sort((a, b) => b.value - a.value)
    .slice(0, shownClassesMax)
    .map(({ label, value }) => `${label} (${value.toFixed(3)})`);
  const [best, ...others] = ranked;
  return `answer        ${best}${others.length > 0 ? `, then ${others.join(", ")}` : ""}`;
}

function outputText(output: OutputJson): string {
  const shown = output.data
    .slice(0, shownElementsMax)
    .map((x) => (typeof x === "number" ? Number(x.toPrecision(6)) : x));
  const rest = output.data.length > shownElementsMax ? ", …" : "";
  const scale = output.scale === null ? "" : ` scale ${output.scale} zero ${output.zeroPoint}`;
  return `${output.name}: ${output.type}[${output.shape.join(", ")}]${scale}\n              ${shown.join(", ")}${rest}`;
}

const orNot = (n: number | null, unit = ""): string =>
  n === null ? "not known on this target" : `${grouped(n)}${unit}`;

function costText({ json }: Measured): string[] {
  const { flash } = json;
  const perMac =
    json.instructions && json.macs ? ` (${(json.instructions / json.macs).toFixed(2)} a MAC)` : "";
  return [
    `arena         ${grouped(json.arenaBytes)} bytes of RAM`,
    `stack         ${orNot(json.stackBytes, " bytes")}`,
    `flash         code ${orNot(flash.code)}, weights ${grouped(flash.weights)}, tables ${grouped(flash.tables)} bytes`,
    `instructions  ${orNot(json.instructions)}${perMac}`,
    `cycles        ${orNot(json.cycles)}${json.cycles === null ? "" : " (estimate, memory without wait states)"}`,
    `work          ${grouped(json.macs)} multiply-accumulates`,
  ];
}

function showText(
  measured: Measured,
  labels: readonly string[] | undefined,
  console: Console,
): void {
  const { json } = measured;
  console.out(`${json.model} on ${json.target}, profile ${json.profile}`);
  for (const output of json.outputs) console.out(`output        ${outputText(output)}`);
  if (labels && json.outputs[0])
    console.out(answerText(json.outputs[0], labels, measured.runs.length));
  for (const line of costText(measured)) console.out(line);
}

export async function runCommand({ files, values }: Arguments, console: Console): Promise<number> {
  if (files.length === 0) throw new MoteError(say.noModel("run "));
  if (files.length > 1) throw new MoteError(say.tooManyModels(files.length));
  const labels = values.labels === undefined ? undefined : readLabels(String(values.labels));
  const measured = await measure(files[0]!, compileOptions(values), {
    inputs: (values.input as readonly string[] | undefined) ?? [],
    outDir: values.outDir === undefined ? undefined : resolve(String(values.outDir)),
    timeoutSeconds: values.timeout as number | undefined,
    trace: values.compare === true,
  });
  printDiagnostics(console, measured.warnings);
  const layers = values.compare === true ? compareLayers(measured) : undefined;
  if (values.json === true)
    console.out(JSON.stringify({ ...measured.json, ...(layers && { layers }) }));
  else {
    showText(measured, labels, console);
    if (layers) console.out(compareText(layers));
  }
  return layers?.some((l) => l.different > 0) ? 1 : 0;
}
