/**
 * `npm run conformance`: ONNX's own tests. Each is compiled; what the reference computes from the
 * graph as it was read, the C on this computer (with sanitizers), and on a target if one is named,
 * is held against the outputs that are stored with the test.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { evaluate } from "../check/eval.ts";
import { compile, type Program } from "../compile.ts";
import { type Diagnostic, MoteError } from "../diagnostics.ts";
import type { Graph } from "../ir/graph.ts";
import { numbers, type Tensor, tensorBytes, tensorsFromBytes } from "../ir/tensor.ts";
import { sameShape, typeBytes, typeText } from "../ir/types.ts";
import { packagePath } from "../paths.ts";
import { decodeFile } from "../read/onnx/read.ts";
import { TensorError } from "../read/onnx/tensors.ts";
import { type DataSet, findTests, readDataSet, type TestFolder } from "../read/onnx/test-data.ts";
import { runProgram } from "../run/run.ts";
import { loadTarget } from "../target.ts";
import { type Console, terminal } from "./session.ts";
import { writeFiles } from "./write.ts";

export type Verdict = "pass" | "fail";

export interface TestResult {
  readonly name: string;
  readonly status: "pass" | "unsupported" | "fail";
  /** Absent where it was not run. */
  readonly reference?: Verdict;
  readonly host?: Verdict;
  readonly qemu?: Verdict;
  readonly message?: string;
  /** The operators of the model, each once. */
  readonly operators: readonly string[];
}

/** ONNX's own: |got − wanted| ≤ atol + rtol · |wanted|. */
const [rtol, atol] = [1e-3, 1e-7];

/** What is wrong with a tensor, if something is. */
export function difference(got: Tensor, wanted: Tensor): string | undefined {
  if (got.elem !== wanted.elem || !sameShape(got.shape, wanted.shape))
    return `is ${typeText(got)}, not ${typeText(wanted)}`;
  const [given, right] = [numbers(got), numbers(wanted)];
  for (let i = 0; i < right.length; i++) {
    const [g, w] = [given[i]!, right[i]!];
    const isNear = Number.isFinite(w) && Math.abs(g - w) <= atol + rtol * Math.abs(w);
    if (isNear || Object.is(g, w) || g === w) continue;
    return `is ${g} at ${i}, not ${w}`;
  }
  return undefined;
}

function compared(got: readonly Tensor[], { outputs }: DataSet): string | undefined {
  if (got.length !== outputs.length) return `${got.length} outputs, not ${outputs.length}`;
  for (const [i, wanted] of outputs.entries()) {
    const problem = difference(got[i]!, wanted);
    if (problem) return `output ${i} ${problem}`;
  }
  return undefined;
}

const operatorsOf = ({ nodes }: Graph): string[] => [
  ...new Set(nodes.map((n) => n.op).filter((op) => op !== "Input" && op !== "Constant")),
];

/** The outputs of a program on a set of inputs. */
async function runOn(program: Program, { inputs }: DataSet): Promise<Tensor[]> {
  const outDir = mkdtempSync(join(tmpdir(), "mote-conformance-"));
  const types = program.graph.outputs.map((o) => o.value.type);
  try {
    writeFiles(outDir, program.emitted.files);
    const { outputs } = await runProgram({
      outDir,
      name: program.name,
      target: program.target,
      samples: [Buffer.concat(inputs.map(tensorBytes))],
      outputBytes: types.reduce((n, t) => n + typeBytes(t), 0),
      count: false,
      sanitize: program.target.machine === null,
    });
    return tensorsFromBytes(types, outputs[0]!);
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
}

const textOf = ({ code, text }: Diagnostic): string => `MOTE${code}: ${text}`;

/** Shapes that the model may leave open, as the data has them. */
function shapesOf(model: string, data: DataSet): ReadonlyMap<string, readonly number[]> {
  const { graph } = compile(model, { stopAfter: "read" });
  const shapes = new Map<string, readonly number[]>();
  const { input = [], initializer = [] } = decodeFile(model).graph ?? {};
  const stored = new Set(initializer.map((t) => t.name));
  const given = input.filter(({ name }) => !stored.has(name));
  given.forEach(({ name }, i) => {
    if (data.inputs[i]) shapes.set(name, data.inputs[i].shape);
  });
  graph?.outputs.forEach(({ name, value }, i) => {
    const shape = data.outputs[i]?.shape;
    if (shape && !sameShape(shape, value.type.shape)) shapes.set(name, shape);
  });
  return shapes;
}

/** Why a model cannot be compiled, or its program. */
function programFor(test: TestFolder, data: DataSet, target: string): Program | string {
  const shapes = shapesOf(test.model, data);
  const { program, diagnostics } = compile(test.model, { target, shapes, floatIo: true });
  if (program) return program;
  return textOf(diagnostics.find((d) => d.severity === "error")!);
}

/** What goes wrong when it is run, if something does. */
async function problemOf(program: Program, data: DataSet): Promise<string | undefined> {
  try {
    return compared(await runOn(program, data), data);
  } catch (problem) {
    if (!(problem instanceof MoteError)) throw problem;
    return textOf(problem.diagnostics[0]!);
  }
}

/** One set of a test: what each way of running it says. */
async function runSet(test: TestFolder, data: DataSet, device?: string): Promise<TestResult> {
  const { name } = test;
  const program = programFor(test, data, "host");
  if (typeof program === "string")
    return { name, status: "unsupported", message: program, operators: [] };
  const own = device && programFor(test, data, device);
  const problems = {
    reference: compared(evaluate(program.imported, data.inputs), data),
    host: await problemOf(program, data),
    ...(own && { qemu: typeof own === "object" ? await problemOf(own, data) : own }),
  };
  const wrong = Object.entries(problems).filter(([, problem]) => problem !== undefined);
  const verdicts = Object.entries(problems).map(([way, p]) => [
    way,
    p === undefined ? "pass" : "fail",
  ]);
  const message = wrong.map(([way, problem]) => `${way}: ${problem}`).join("; ");
  return {
    name,
    status: wrong.length > 0 ? "fail" : "pass",
    ...(Object.fromEntries(verdicts) as Pick<TestResult, "reference" | "host" | "qemu">),
    ...(message !== "" && { message }),
    operators: operatorsOf(program.imported),
  };
}

/** A test whose data mote cannot read: what it says of the model, or else of the data. */
function withoutData(test: TestFolder, { message: problem }: TensorError): TestResult {
  const said = programFor(test, { inputs: [], outputs: [] }, "host");
  const message = typeof said === "string" ? said : `data ${problem}`;
  return { name: test.name, status: "unsupported", message, operators: [] };
}

/** Of a test's sets of data the first that does not pass, or the last. */
export async function runTest(test: TestFolder, device?: string): Promise<TestResult> {
  const { name, dataSets } = test;
  let result: TestResult = {
    name,
    status: "unsupported",
    message: "it has no data",
    operators: [],
  };
  try {
    for (const folder of dataSets) {
      result = await runSet(test, readDataSet(folder), device);
      if (result.status !== "pass") break;
    }
    return result;
  } catch (problem) {
    if (problem instanceof TensorError) return withoutData(test, problem);
    const message = problem instanceof Error ? (problem.stack ?? problem.message) : String(problem);
    return { name, status: "fail", message, operators: [] };
  }
}

/** Runs all, so many at a time. */
export async function runTests(
  tests: readonly TestFolder[],
  jobs: number,
  device: string | undefined,
  progress: (done: number, result: TestResult) => void,
): Promise<TestResult[]> {
  const results: TestResult[] = [];
  let next = 0;
  let done = 0;
  const work = async () => {
    for (let i = next++; i < tests.length; i = next++) {
      results[i] = await runTest(tests[i]!, device);
      progress(++done, results[i]!);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, jobs) }, work));
  return results;
}

/** A line for each operator: how many tests it is in, by how they ended. */
export function tableText(results: readonly TestResult[]): string {
  const table = new Table({
    head: ["operator", "pass", "fail"],
    style: { head: [], border: [] },
  });
  const byOperator = new Map<string, TestResult[]>();
  for (const result of results)
    for (const op of result.operators) byOperator.set(op, [...(byOperator.get(op) ?? []), result]);
  const count = (list: readonly TestResult[], status: string) =>
    list.filter((r) => r.status === status).length;
  for (const [op, own] of [...byOperator].sort(([a], [b]) => (a < b ? -1 : 1)))
    table.push([op, count(own, "pass"), count(own, "fail")]);
  return table.toString();
}

/** One line a test, in the order of names, whose diff shows what has changed. */
export const linesOf = (results: readonly TestResult[]): string =>
  [...results]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((r) => `${r.name} ${r.status}${r.message ? ` ${r.message.split("\n")[0]}` : ""}\n`)
    .join("");

const sets = ["node", "simple", "pytorch-converted", "pytorch-operator"];
const installed = (set: string): string => join("/usr/share/libonnx-testdata/data", set);

const options = {
  data: { type: "string", multiple: true },
  list: { type: "string" },
  jobs: { type: "string" },
  json: { type: "string" },
  results: { type: "string" },
  target: { type: "string", short: "t" },
} as const;

/** The tests that are asked for, in the order of their names. */
function testsOf(folders: readonly string[], list: string | undefined, console: Console) {
  const found = folders.flatMap(findTests);
  if (list === undefined) return found;
  const byName = new Map(found.map((t) => [t.name, t]));
  const wanted = readFileSync(list, "utf8")
    .split(/\r?\n/)
    .map((line) => line.replace(/#.*/, "").trim())
    .filter((line) => line !== "");
  const missing = wanted.filter((name) => !byName.has(basename(name)));
  if (missing.length > 0) console.error(`not found: ${missing.join(", ")}`);
  return wanted.flatMap((name) => byName.get(basename(name)) ?? []);
}

/** @returns the exit code: 1 where a test fails. */
export async function conformance(
  argv: readonly string[],
  console: Console = terminal(false),
): Promise<number> {
  const { values } = parseArgs({ args: [...argv], options });
  const folders = values.data ?? sets.map(installed).filter((folder) => existsSync(folder));
  if (folders.length === 0) {
    console.error("No tests: apt-get install libonnx-testdata, or name a folder with --data.");
    return 1;
  }
  if (values.target !== undefined) loadTarget(values.target);
  const tests = testsOf(folders, values.list, console);
  const jobs = Number(values.jobs ?? Math.min(2, availableParallelism()));
  const results = await runTests(tests, jobs, values.target, (done, { name, status }) => {
    if (status === "fail" || done % 50 === 0 || done === tests.length)
      console.error(`[${done}/${tests.length}] ${name} ${status}`);
  });
  const count = (status: string) => results.filter((r) => r.status === status).length;
  console.out(tableText(results));
  for (const { name, status, message } of results)
    if (status === "fail") console.out(`FAIL ${name}: ${message}`);
  const counts = ["pass", "unsupported", "fail"].map((status) => `${count(status)} ${status}`);
  console.out(`${tests.length} tests: ${counts.join(", ")}`);
  if (values.json !== undefined)
    writeFileSync(values.json, `${JSON.stringify({ tests: results }, null, 1)}\n`);
  const isAll = !values.data && !values.list && !values.target;
  const kept = values.results ?? (isAll ? packagePath("test", "conformance.txt") : undefined);
  if (kept !== undefined) writeFileSync(kept, linesOf(results));
  return count("fail") > 0 ? 1 : 0;
}
