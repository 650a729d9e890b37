/** `mote bench`: models × targets, measured. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import Table from "cli-table3";
import { MoteError } from "../diagnostics.ts";
import { packagePath } from "../paths.ts";
import { listTargets, loadTarget } from "../target.ts";
import type { Arguments } from "./arguments.ts";
import { measure, type RunJson } from "./measure.ts";
import { peersOf, readPeers } from "./peers.ts";
import { type Console, compileOptions, grouped, printDiagnostics } from "./session.ts";

/** The networks that come with mote: `models/<name>/<name>.onnx`. */
export function bundledModels(): string[] {
  const folder = packagePath("models");
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name, `${name}.onnx`))
    .filter((file) => existsSync(file));
}

const measurable = (): string[] =>
  listTargets().filter((name) => loadTarget(name).machine !== null);

const perMac = ({ instructions, macs }: RunJson): string =>
  instructions === null || macs === 0 ? "" : (instructions / macs).toFixed(2);

const orDash = (n: number | null): string => (n === null ? "-" : grouped(n));

/** Each peer's figures as rows of the same table. */
const peerRows = (row: RunJson, peers: ReturnType<typeof readPeers>): string[][] =>
  peersOf(row, peers).map((p) => [
    "",
    p.tool,
    orDash(p.instructions ?? null),
    p.instructions ? (p.instructions / row.macs).toFixed(2) : "",
    orDash(p.cycles ?? null),
    orDash(p.arenaBytes ?? null),
    "",
    orDash(p.codeBytes ?? null),
    "",
    "",
  ]);

function tableText(rows: readonly RunJson[]): string {
  const peers = readPeers();
  const head = [
    "model",
    "target",
    "instructions",
    "per MAC",
    "cycles",
    "arena",
    "stack",
    "code",
    "weights",
    "tables",
  ];
  const table = new Table({
    head,
    colAligns: ["left", "left", ...Array(8).fill("right")],
    style: { head: [], border: [] },
  });
  for (const r of rows) {
    table.push([
      r.model,
      r.target,
      orDash(r.instructions),
      perMac(r),
      orDash(r.cycles),
      grouped(r.arenaBytes),
      orDash(r.stackBytes),
      orDash(r.flash.code),
      grouped(r.flash.weights),
      grouped(r.flash.tables),
    ]);
    table.push(...peerRows(r, peers));
  }
  const isCompared = rows.some((r) => peersOf(r, peers).length > 0);
  return isCompared ? `${table.toString()}\nOther tools: ${peers.what}` : table.toString();
}

/** Problems of one pair are printed, and the others still measured; then the exit code is 1. */
export async function benchCommand(
  { files, values }: Arguments,
  console: Console,
): Promise<number> {
  const models = files.length > 0 ? files : bundledModels();
  const targets = (values.targets as readonly string[] | undefined) ?? measurable();
  for (const target of targets) loadTarget(target);
  const rows: RunJson[] = [];
  let failed = false;
  for (const model of models)
    for (const target of targets) {
      try {
        const options = { ...compileOptions(values), target };
        const timeoutSeconds = values.timeout as number | undefined;
        const { json, warnings } = await measure(model, options, { timeoutSeconds });
        printDiagnostics(console, warnings);
        rows.push(json);
      } catch (problem) {
        if (!(problem instanceof MoteError)) throw problem;
        printDiagnostics(console, problem.diagnostics);
        failed = true;
      }
    }
  console.out(values.json === true ? JSON.stringify(rows) : tableText(rows));
  return failed ? 1 : 0;
}
