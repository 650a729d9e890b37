/** Hand-written models in the shape of emitted code; see fixtures/. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Diagnostic, MoteError } from "../../compiler/diagnostics.ts";
import { type RunOptions, type RunResult, runProgram } from "../../compiler/run/run.ts";
import { loadTarget } from "../../compiler/target.ts";

const fixtures = join(import.meta.dirname, "fixtures");

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "mote-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An output folder with `fake.h` and the `fake.c` of one fixture. */
export function emitted(fixture: string): string {
  const folder = temporaryFolder();
  cpSync(join(fixtures, "common"), folder, { recursive: true });
  cpSync(join(fixtures, `${fixture}.c`), join(folder, "fake.c"));
  return folder;
}

/** Sixteen bytes, all below 128. */
export const sample = (seed: number): Uint8Array =>
  Uint8Array.from({ length: 16 }, (_, i) => (i * 7 + seed * 13) % 128);

/** Runs a fixture on a target with two samples. */
export const runFixture = (
  fixture: string,
  target: string,
  options: Partial<RunOptions> = {},
): Promise<RunResult> =>
  runProgram({
    outDir: emitted(fixture),
    name: "fake",
    target: loadTarget(target),
    samples: [sample(0), sample(1)],
    outputBytes: 16,
    count: false,
    timeoutSeconds: 120,
    ...options,
  });

/** The one diagnostic that something fails with. */
export async function failureOf(action: () => unknown): Promise<Diagnostic> {
  const diagnostics = await failuresOf(action);
  if (diagnostics.length !== 1) throw new Error(`${diagnostics.length} diagnostics`);
  return diagnostics[0];
}

/** The diagnostics that something fails with; anything else that is thrown is thrown on. */
export async function failuresOf(action: () => unknown): Promise<readonly Diagnostic[]> {
  try {
    await action();
  } catch (problem) {
    if (problem instanceof MoteError) return problem.diagnostics;
    throw problem;
  }
  throw new Error("no failure");
}
