/** Builds emitted C for a target, runs it on samples and measures it. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cannotCount, type Diagnostic } from "../diagnostics.ts";
import type { Target } from "../target.ts";
import { buildProgram, type Program } from "./build.ts";
import { type Profile, profileProgram, readCounts, subtractCounts } from "./count.ts";
import { findPlugin, type Plugin } from "./plugin.ts";
import { execute } from "./qemu.ts";
import { measureSizes, type ProgramSizes } from "./size.ts";
import { allDone, type ToolOptions } from "./tools.ts";
import { parseTrace, type TraceRecord } from "./trace.ts";

export interface RunOptions extends ToolOptions {
  /** Folder of the emitted `<name>.h`, `<name>.c` and `mote/`. */
  readonly outDir: string;
  readonly name: string;
  readonly target: Target;
  /** Linker sections by memory, where they are not the emitter's own. */
  readonly sections?: ReadonlyMap<string, string> | undefined;
  /** For each sample the bytes of all inputs in order. */
  readonly samples: readonly Uint8Array[];
  /** Bytes of all outputs of one sample. */
  readonly outputBytes: number;
  /** Count the instructions of one run (of the first sample). */
  readonly count: boolean;
  /** Record the result of every layer: the program is built with MOTE_TRACE besides. */
  readonly trace?: boolean | undefined;
  /** For one run of the program; 300 unless told. */
  readonly timeoutSeconds?: number | undefined;
  /** Build with sanitizers; for targets that run on this computer. */
  readonly sanitize?: boolean | undefined;
}

export interface RunResult {
  /** For each sample the bytes of all outputs in order. */
  readonly outputs: readonly Uint8Array[];
  readonly instructions: number | null;
  readonly cycles: number | null;
  /** Instructions and cycles by function. */
  readonly profile: Profile | null;
  /** How deep the stack of the model's run went. */
  readonly stackBytes: number | null;
  /** Null where the target is this computer. */
  readonly sizes: ProgramSizes | null;
  /** For each sample its layers' results; present when `trace` was asked for. */
  readonly trace?: readonly (readonly TraceRecord[])[];
  readonly warnings: readonly Diagnostic[];
}

const timeoutSecondsDefault = 300;

/** Builds and runs; what goes wrong in compiler, QEMU or program is thrown as a MoteError. */
export async function runProgram(options: RunOptions): Promise<RunResult> {
  const workDir = mkdtempSync(join(tmpdir(), "mote-run-"));
  try {
    return await runIn(workDir, options);
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}

async function runIn(workDir: string, options: RunOptions): Promise<RunResult> {
  const program = await build(options, join(workDir, "plain"), []);
  const plain = await runSamples(program, join(workDir, "plain"), options);
  const counted = await countInstructions(program, workDir, options);
  const trace = options.trace ? await runTrace(join(workDir, "trace"), options) : undefined;
  const isGuest = options.target.machine !== null;
  return {
    outputs: plain.outputs,
    instructions: counted.profile?.instructions ?? null,
    cycles: counted.profile?.cycles ?? null,
    profile: counted.profile,
    stackBytes: stackOf(plain.said),
    sizes: isGuest ? await measureSizes(program, options.name, options) : null,
    ...(trace && { trace }),
    warnings: counted.warnings,
  };
}

function build(options: RunOptions, workDir: string, defines: string[]): Promise<Program> {
  const { outDir, name, target, sections, sanitize = false, searchPath } = options;
  mkdirSync(workDir);
  return buildProgram({ outDir, name, target, sections, workDir, defines, sanitize, searchPath });
}

interface SampleRun {
  readonly repeats?: number;
  readonly count?: { readonly plugin: Plugin; readonly file: string };
  readonly traceFile?: string;
}

/** Runs the program in a folder of its own on all samples. */
async function runSamples(
  program: Program,
  workDir: string,
  options: Pick<RunOptions, "samples" | "outputBytes" | "timeoutSeconds" | "searchPath">,
  { repeats = 1, count, traceFile }: SampleRun = {},
): Promise<{ outputs: Uint8Array[]; said: string }> {
  const { samples, outputBytes, timeoutSeconds = timeoutSecondsDefault, searchPath } = options;
  mkdirSync(workDir, { recursive: true });
  writeFileSync(join(workDir, "input.bin"), Buffer.concat(samples));
  const numbers = [String(samples.length), String(repeats)];
  const files = ["input.bin", "output.bin", ...(traceFile ? [traceFile] : [])];
  const said = await execute(program, {
    workDir,
    arguments: [...numbers, ...files],
    timeoutSeconds,
    count,
    searchPath,
  });
  const bytes = new Uint8Array(readFileSync(join(workDir, "output.bin")));
  const outputs = samples.map((_, i) => bytes.slice(i * outputBytes, (i + 1) * outputBytes));
  return { outputs, said };
}

const stackOf = (said: string): number | null => {
  const found = /^mote: stack (0x[0-9a-f]+)$/m.exec(said);
  return found ? Number(found[1]) : null;
};

type Counted = { readonly profile: Profile | null; readonly warnings: readonly Diagnostic[] };

/** One inference is what a run with two does more than a run with one, address by address. */
async function countInstructions(
  program: Program,
  workDir: string,
  options: RunOptions,
): Promise<Counted> {
  const canCount = options.count && options.target.machine !== null && options.samples.length > 0;
  if (!canCount) return { profile: null, warnings: [] };
  const plugin = await findPlugin(workDir, options);
  if (plugin.file === null) return { profile: null, warnings: [cannotCount(plugin.reason)] };
  const counts = async (repeats: number) => {
    const folder = join(workDir, `count${repeats}`);
    const first = { ...options, samples: options.samples.slice(0, 1) };
    await runSamples(program, folder, first, { repeats, count: { plugin, file: "counts.txt" } });
    return readCounts(join(folder, "counts.txt"));
  };
  const [shorter, longer] = await allDone([counts(1), counts(2)]);
  const profile = await profileProgram(program, subtractCounts(longer, shorter), options);
  return { profile, warnings: [] };
}

/** A program of its own: the calls that record the layers change what is measured. */
async function runTrace(workDir: string, options: RunOptions): Promise<TraceRecord[][]> {
  const program = await build(options, workDir, ["MOTE_TRACE"]);
  await runSamples(program, workDir, options, { traceFile: "trace.bin" });
  return parseTrace(new Uint8Array(readFileSync(join(workDir, "trace.bin"))));
}
