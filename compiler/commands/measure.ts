/** Compiles a model, runs it on its target and measures it: the work behind `run` and `bench`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CompileOptions, compile, type Program } from "../compile.ts";
import { type Diagnostic, MoteError } from "../diagnostics.ts";
import { givenOutputs } from "../ir/states.ts";
import {
  isBig,
  type Tensor,
  tensorBytes,
  tensorFromBytes,
  tensorsFromBytes,
} from "../ir/tensor.ts";
import { typeBytes } from "../ir/types.ts";
import { type RunResult, runProgram } from "../run/run.ts";
import { programRuns, toNchw } from "./inputs.ts";
import { writeFiles } from "./write.ts";

/** What `mote run --json` prints. Stable: measuring tools read it. */
export interface RunJson {
  readonly model: string;
  readonly target: string;
  readonly profile: string;
  readonly outputs: readonly OutputJson[];
  readonly instructions: number | null;
  readonly cycles: number | null;
  readonly macs: number;
  readonly arenaBytes: number;
  readonly stackBytes: number | null;
  readonly flash: {
    readonly code: number | null;
    readonly weights: number;
    readonly tables: number;
  };
}

export interface OutputJson {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: string;
  readonly scale: number | null;
  readonly zeroPoint: number | null;
  readonly data: readonly (number | string)[];
}

export interface Measured {
  readonly program: Program;
  /** One, or several that follow each other. */
  readonly runs: readonly (readonly Tensor[])[];
  /** Of several runs, stacked along a new axis in front. */
  readonly outputs: readonly Tensor[];
  readonly result: RunResult;
  readonly json: RunJson;
  readonly warnings: readonly Diagnostic[];
}

export interface MeasureOptions {
  readonly inputs?: readonly string[];
  /** Where to leave the C files; by default they go with the run. */
  readonly outDir?: string | undefined;
  readonly timeoutSeconds?: number | undefined;
  readonly trace?: boolean;
}

/** The outputs' bytes as tensors in the model's order. */
function splitOutputs({ graph, ioLayout, imported }: Program, bytes: Uint8Array): Tensor[] {
  const types = givenOutputs(graph).map((o) => o.value.type);
  return tensorsFromBytes(types, bytes).map((tensor, i) => {
    const isImage = ioLayout === "nhwc" && imported.outputs[i]!.value.type.shape.length === 4;
    return isImage ? toNchw(tensor) : tensor;
  });
}

/** The outputs of several runs as one each. */
function stacked(runs: readonly (readonly Tensor[])[]): readonly Tensor[] {
  const [first] = runs;
  if (!first || runs.length === 1) return first ?? [];
  return first.map(({ elem, shape }, i) => {
    const bytes = Buffer.concat(runs.map((outputs) => tensorBytes(outputs[i]!)));
    return tensorFromBytes(elem, [runs.length, ...shape], new Uint8Array(bytes));
  });
}

const numberJson = (x: number | bigint): number | string => {
  if (typeof x === "bigint") {
    const isSafe = x >= -(2n ** 53n) && x <= 2n ** 53n;
    return isSafe ? Number(x) : x.toString();
  }
  return Number.isFinite(x) ? x : String(x);
};

const outputJson = (program: Program, tensors: readonly Tensor[]): OutputJson[] =>
  tensors.map(({ elem, shape, data }, i) => {
    const { name, value } = program.graph.outputs[i]!;
    const { quant } = value.type;
    return {
      name,
      shape,
      type: elem,
      scale: quant?.scale[0] ?? null,
      zeroPoint: quant?.zeroPoint[0] ?? null,
      data: isBig(data)
        ? Array.from(data, numberJson)
        : Array.from(data as Float32Array, numberJson),
    };
  });

function flashOf({ emitted }: Program, { sizes }: RunResult): RunJson["flash"] {
  const { weightsBytes: weights, tablesBytes: tables } = emitted;
  const code = sizes && sizes.textBytes + sizes.rodataBytes + sizes.dataBytes - weights - tables;
  return { code, weights, tables };
}

function toJson(program: Program, outputs: readonly Tensor[], result: RunResult): RunJson {
  const writable = result.sizes ? result.sizes.dataBytes + result.sizes.bssBytes : 0;
  return {
    model: program.name,
    target: program.target.name,
    profile: program.profile,
    outputs: outputJson(program, outputs),
    instructions: result.instructions,
    cycles: result.cycles,
    macs: program.macs,
    arenaBytes: program.graph.plan.arenaBytes + writable,
    stackBytes: result.stackBytes,
    flash: flashOf(program, result),
  };
}

/** Runs a compiled program on the given inputs. */
export async function execute(program: Program, options: MeasureOptions): Promise<Measured> {
  const runs = programRuns(program, options.inputs ?? []);
  const scratch = options.outDir === undefined ? mkdtempSync(join(tmpdir(), "mote-")) : undefined;
  const outDir = options.outDir ?? scratch!;
  try {
    writeFiles(outDir, program.emitted.files);
    const result = await runProgram({
      outDir,
      name: program.name,
      target: program.target,
      sections: program.sections,
      samples: runs.map((run) => Buffer.concat(run.map(tensorBytes))),
      outputBytes: givenOutputs(program.graph).reduce((n, o) => n + typeBytes(o.value.type), 0),
      count: true,
      trace: options.trace,
      timeoutSeconds: options.timeoutSeconds,
    });
    const outputs = stacked(result.outputs.map((bytes) => splitOutputs(program, bytes)));
    const json = toJson(program, outputs, result);
    return { program, runs, outputs, result, json, warnings: result.warnings };
  } finally {
    if (scratch) rmSync(scratch, { recursive: true, force: true });
  }
}

/** @throws MoteError with every problem of compiling or running. */
export async function measure(
  file: string,
  compiling: CompileOptions,
  options: MeasureOptions,
): Promise<Measured> {
  const { program, diagnostics } = compile(file, { ...compiling, trace: options.trace ?? false });
  if (!program) throw new MoteError(...diagnostics);
  const measured = await execute(program, options);
  return { ...measured, warnings: [...diagnostics, ...measured.warnings] };
}
