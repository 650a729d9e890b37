/**
 * `npm run bench:placement -- DIR`: places the buffers of every NAME.CAPACITY.csv in a folder
 * within the capacity of the file's name. Columns: id, lower, upper, size; a buffer is in use in
 * the ticks [lower, upper). This is MiniMalloc's format (Moffitt, ASPLOS 2023).
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Table from "cli-table3";
import * as say from "../diagnostics.ts";
import { type Diagnostic, MoteError } from "../diagnostics.ts";
import { placementProblems } from "../plan/placement/check.ts";
import { type Fit, fits } from "../plan/placement/placement.ts";
import { type Buffer, endOf } from "../plan/placement/types.ts";
import { type Console, grouped, hasErrors, printDiagnostics, terminal } from "./session.ts";

const columns = ["id", "lower", "upper", "size"];
/** The search counts in 32-bit words. */
const capacityMax = 2 ** 30 - 1;

interface Instance {
  readonly name: string;
  readonly capacity: number;
  readonly ids: readonly string[];
  readonly buffers: readonly Buffer[];
}

/** One line's cells by column, or what is wrong with them. */
function lineProblem(cells: readonly string[], head: readonly string[], capacity: number) {
  if (cells.length !== head.length) return `${cells.length} cells instead of ${head.length}`;
  const bad = columns.slice(1).find((c) => !/^\d{1,15}$/.test(cells[head.indexOf(c)]!));
  if (bad) return `${bad} is '${cells[head.indexOf(bad)]}', no whole number`;
  const [lower, upper, size] = columns.slice(1).map((c) => Number(cells[head.indexOf(c)]));
  if (lower! >= upper!) return `lower is ${lower}, but upper is ${upper}`;
  if (size! < 1) return "size is 0";
  return size! > capacity ? `size is ${size}, more than the capacity of ${capacity}` : undefined;
}

/** The instance in a file's text; what is wrong with it goes to `problems`. */
function parse(file: string, name: string, capacity: number, text: string, problems: Diagnostic[]) {
  const lines = text.split(/\r?\n/).map((line) => line.split(",").map((cell) => cell.trim()));
  const head = lines[0]!;
  const ids = new Set<string>();
  const buffers: Buffer[] = [];
  const bad = (line: number, problem: string) =>
    problems.push(say.badInstanceLine(file, line, problem));
  if ([...head].sort().join() !== [...columns].sort().join())
    bad(1, `the columns are ${head.join(", ")} instead of ${columns.join(", ")}`);
  else
    for (const [i, cells] of lines.entries()) {
      if (i === 0 || cells.join() === "") continue;
      const id = cells[head.indexOf("id")] ?? "";
      const problem =
        lineProblem(cells, head, capacity) ?? (ids.has(id) ? `the id '${id}' again` : undefined);
      if (problem) bad(i + 1, problem);
      const [lower, upper, size] = columns.slice(1).map((c) => Number(cells[head.indexOf(c)]));
      ids.add(id);
      buffers.push({ lower: lower!, upper: upper!, size: size! });
    }
  return { name, capacity, ids: [...ids], buffers };
}

/** All instances of a folder, by name. */
export function readInstances(folder: string): Instance[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith(".csv"));
  } catch {
    throw new MoteError(say.noInstances(folder, "The folder does not exist or cannot be read"));
  }
  if (names.length === 0) throw new MoteError(say.noInstances(folder, "No .csv file is here"));
  const problems: Diagnostic[] = [];
  const instances = names.sort().flatMap((fileName) => {
    const file = join(folder, fileName);
    const [, name, digits] = /^(.+)\.(\d{1,15})\.csv$/.exec(fileName) ?? [];
    const capacity = Number(digits);
    if (name === undefined || capacity < 1 || capacity > capacityMax) {
      problems.push(say.badInstanceName(file, capacityMax));
      return [];
    }
    try {
      return [parse(file, name, capacity, readFileSync(file, "utf8"), problems)];
    } catch {
      problems.push(say.fileNotFound(file));
      return [];
    }
  });
  if (hasErrors(problems)) throw new MoteError(...problems);
  return instances;
}

interface Result extends Instance {
  readonly fit: Fit;
  readonly seconds: number;
}

function solve(instance: Instance): Result {
  const { name, buffers, capacity } = instance;
  const begin = performance.now();
  const fit = fits(buffers, capacity);
  const seconds = (performance.now() - begin) / 1000;
  const problems = fit.outcome === "fits" ? placementProblems(buffers, fit.offsets, capacity) : [];
  if (problems.length > 0) throw new Error(`${name}: ${problems.join("; ")}`);
  return { ...instance, fit, seconds };
}

const offsetsOf = ({ fit }: Result): readonly number[] =>
  fit.outcome === "fits" ? fit.offsets : [];

/** Proved: by a placement within the capacity, or that there is none. */
const isProved = ({ fit }: Result): boolean => fit.outcome !== "unknown";

const jsonText = (results: readonly Result[]): string =>
  JSON.stringify({
    instances: results.map((r) => ({
      instance: r.name,
      seconds: r.seconds,
      proved: isProved(r),
      offsets: Object.fromEntries(offsetsOf(r).map((offset, i) => [r.ids[i]!, offset])),
    })),
  });

function tableText(results: readonly Result[]): string {
  const table = new Table({
    head: ["instance", "buffers", "seconds", "nodes", "proved", "bytes"],
    colAligns: ["left", "right", "right", "right", "left", "right"],
    style: { head: [], border: [] },
  });
  for (const r of results)
    table.push([
      r.name,
      grouped(r.buffers.length),
      r.seconds.toFixed(3),
      grouped(r.fit.nodes),
      isProved(r) ? r.fit.outcome : "no",
      r.fit.outcome === "fits" ? grouped(endOf(r.buffers, r.fit.offsets)) : "-",
    ]);
  const sum = results.reduce((total, r) => total + r.seconds, 0);
  return `${table.toString()}\n${sum.toFixed(3)} seconds in all`;
}

/** @returns the exit code: 0 if every instance is settled. */
export function benchPlacement(
  argv: readonly string[],
  console: Console = terminal(undefined),
): number {
  try {
    const folders = argv.filter((word) => !word.startsWith("--"));
    const option = argv.find((word) => word.startsWith("--") && word !== "--json");
    if (option !== undefined) throw new MoteError(say.unknownOption(option.slice(2), ["json"]));
    if (folders.length !== 1) throw new MoteError(say.oneFolder(folders.length));
    const results = readInstances(folders[0]!).map(solve);
    console.out(argv.includes("--json") ? jsonText(results) : tableText(results));
    return results.every(isProved) ? 0 : 1;
  } catch (problem) {
    if (!(problem instanceof MoteError)) throw problem;
    printDiagnostics(console, problem.diagnostics);
    return 1;
  }
}
