/** Compiles and runs cases on the host and compares their outputs with the reference. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { numbers, type Tensor, tensorsFromBytes } from "../../compiler/ir/tensor.ts";
import { typeBytes } from "../../compiler/ir/types.ts";
import { OperatorError } from "../../compiler/ops/operator.ts";
import { casesOf, expectedOf, type Family, type KernelCase } from "./case.ts";
import { programText } from "./program.ts";
import { Random } from "./random.ts";

const runtime = join(import.meta.dirname, "../../runtime-c");
const flags = [
  ...["-std=c99", "-O0", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
  ...["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"],
  ...[`-I${runtime}`, `-I${runtime}/kernels`],
];

/** Cases of a family that call at least `count` kernels; the same ones for the same seed. */
export function draw(family: Family, count: number, seed = 1): KernelCase[] {
  const random = new Random(seed);
  const cases: KernelCase[] = [];
  for (let calls = 0; calls < count; )
    try {
      const drawn = casesOf(family.sample(random), random);
      cases.push(...drawn);
      calls += drawn.reduce((sum, c) => sum + c.calls.length, 0);
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
    }
  return cases;
}

/** The outputs of all cases, in one program. */
export async function runCases(cases: readonly KernelCase[]): Promise<Tensor[][]> {
  const folder = mkdtempSync(join(tmpdir(), "mote-kernels-"));
  try {
    const [source, program] = [join(folder, "cases.c"), join(folder, "cases")];
    writeFileSync(source, programText(cases));
    await execa("cc", [...flags, source, "-o", program, "-lm"]);
    const { stdout } = await execa(program, { encoding: "buffer", stripFinalNewline: false });
    return outputsOf(cases, stdout);
  } finally {
    if (!process.env.MOTE_KEEP) rmSync(folder, { recursive: true, force: true });
  }
}

export function outputsOf(cases: readonly KernelCase[], bytes: Uint8Array): Tensor[][] {
  let at = 0;
  return cases.map(({ outputs }) => {
    const begin = at;
    at += outputs.reduce((sum, type) => sum + typeBytes(type), 0);
    return tensorsFromBytes(outputs, bytes.subarray(begin, at));
  });
}

const close = (a: number, b: number, tolerance: number): boolean =>
  Object.is(a, b) || a === b || Math.abs(a - b) <= tolerance;

/** Floats may differ by 1e-5 of the largest magnitude; all else is the same to the bit. */
function difference(actual: Tensor, expected: Tensor): string | undefined {
  const [a, e] = [numbers(actual), numbers(expected)];
  const isFloat = expected.elem.startsWith("float");
  let largest = isFloat ? 1 : 0;
  for (let i = 0; isFloat && i < e.length; i++)
    if (Number.isFinite(e[i])) largest = Math.max(largest, Math.abs(e[i]!));
  for (let i = 0; i < e.length; i++)
    if (!close(a[i]!, e[i]!, 1e-5 * largest)) return `element ${i} is ${a[i]}, not ${e[i]}`;
  return undefined;
}

const describeCase = ({ node, kernel, profile, shared, scattered }: KernelCase): string => {
  const types = node.inputs.map((v) => v && `${v.type.elem}[${v.type.shape}]`);
  const place = shared ? `, memory shared ${JSON.stringify(shared)}` : "";
  const rows = scattered ? ", rows scattered" : "";
  return `${kernel.name} (${profile}${place}${rows}) of ${types} ${JSON.stringify(node.attrs)}`;
};

/** What differs from the reference, in words. */
export const differences = (
  cases: readonly KernelCase[],
  actual: readonly (readonly Tensor[])[],
): string[] =>
  cases.flatMap((test, i) => {
    const problems = expectedOf(test).map((t, k) => difference(actual[i]![k]!, t));
    const problem = problems.find((p) => p !== undefined);
    return problem ? [`case ${i}: ${describeCase(test)}: ${problem}`] : [];
  });

export const mismatches = async (cases: readonly KernelCase[]): Promise<string[]> =>
  differences(cases, await runCases(cases));
