/** Compiles models and runs them on samples, as `mote run` does, many samples at once. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeFiles } from "../../compiler/commands/write.ts";
import { type CompileOptions, compile, type Program, type Source } from "../../compiler/compile.ts";
import { MoteError } from "../../compiler/diagnostics.ts";
import { type Tensor, tensorBytes, tensorFromBytes } from "../../compiler/ir/tensor.ts";
import { typeBytes } from "../../compiler/ir/types.ts";
import { type RunResult, runProgram } from "../../compiler/run/run.ts";

export function compileModel(source: Source, options: CompileOptions): Program {
  const { program, diagnostics } = compile(source, options);
  if (!program) throw new MoteError(...diagnostics);
  return program;
}

/** A folder that is gone after `use`. */
export async function inTemporaryFolder<T>(use: (folder: string) => Promise<T> | T): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "mote-test-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface ProgramRun {
  /** First output of every sample. */
  readonly outputs: readonly Tensor[];
  readonly result: RunResult;
}

/** Runs a program of one input and one output on samples. */
export const runSamples = (
  program: Program,
  samples: readonly Tensor[],
  options: { count?: boolean; sanitize?: boolean } = {},
): Promise<ProgramRun> =>
  inTemporaryFolder(async (outDir) => {
    writeFiles(outDir, program.emitted.files);
    const { type } = program.graph.outputs[0]!.value;
    const result = await runProgram({
      outDir,
      name: program.name,
      target: program.target,
      sections: program.sections,
      samples: samples.map(tensorBytes),
      outputBytes: typeBytes(type),
      count: options.count ?? false,
      sanitize: options.sanitize,
    });
    const outputs = result.outputs.map((b) => tensorFromBytes(type.elem, type.shape, b));
    return { outputs, result };
  });
