/** Emitted C and the harness → a program for a target. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import {
  buildFailed,
  type Diagnostic,
  doesNotFit,
  MoteError,
  toolMissing,
} from "../diagnostics.ts";
import { packagePath } from "../paths.ts";
import type { Memory, Target } from "../target.ts";
import { allDone, installHint, purposeOf, runTool, type ToolOptions } from "./tools.ts";

export interface BuildOptions extends ToolOptions {
  /** Folder of the emitted `<name>.h`, `<name>.c` and `mote/`. */
  readonly outDir: string;
  readonly name: string;
  readonly target: Target;
  /** Linker sections by memory, where they are not the emitter's own. */
  readonly sections?: ReadonlyMap<string, string> | undefined;
  /** A folder for what the build makes; the caller creates and deletes it. */
  readonly workDir: string;
  /** Macros for model and harness, such as `MOTE_TRACE`. */
  readonly defines?: readonly string[];
  /** Address and undefined-behaviour sanitizers; for targets that run on this computer. */
  readonly sanitize?: boolean;
}

export interface Program {
  readonly elf: string;
  readonly target: Target;
  /** What compiler and linker said, if anything. */
  readonly warnings?: string;
}

const harnessFolder = packagePath("compiler", "run", "harness");

/** The emitted C must compile without a warning under these. */
const modelFlags = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion"];

const sanitizeFlags = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g"];

/** Builds the model with the harness into one executable; a MoteError when that fails. */
export async function buildProgram(options: BuildOptions): Promise<Program> {
  const { target, workDir } = options;
  mkdirSync(join(workDir, "harness"), { recursive: true });
  writeFileSync(join(workDir, "harness-model.h"), modelGlue(options));
  writeFileSync(join(workDir, "memory.ld"), memoryScript(options));
  writeFileSync(join(workDir, "pool.ld"), ramPoolScript(options));
  const said = await allDone([compileModel(options), compileHarness(options)]);
  const warnings = [...said, await link(options)].filter(Boolean).join("\n");
  return { elf: join(workDir, "program.elf"), target, ...(warnings && { warnings }) };
}

function commonFlags({ target, outDir, defines = [], sanitize = false }: BuildOptions): string[] {
  return [
    ...target.cflags,
    "-ffunction-sections",
    "-fdata-sections",
    ...(sanitize ? sanitizeFlags : []),
    ...defines.map((define) => `-D${define}`),
    `-I${resolve(outDir)}`,
  ];
}

/** Sanitizers make GCC warn of what is not there, so with them a warning is none of our errors. */
function compileModel(options: BuildOptions): Promise<string> {
  const { outDir, name, target, sanitize } = options;
  const strict = sanitize ? modelFlags : [...modelFlags, "-Werror"];
  const source = resolve(outDir, `${name}.c`);
  const output = ["-c", source, "-o", "model.o"];
  return cc(options, [...strict, ...target.optimisation, ...commonFlags(options), ...output]);
}

/**
 * Optimised little, so that the C compiler makes no call to memcpy of a loop: the C library's
 * functions in the program are the model's.
 */
function compileHarness(options: BuildOptions): Promise<string> {
  const { target, workDir } = options;
  const includes = [harnessFolder, target.familyFolder, workDir].map((folder) => `-I${folder}`);
  const flags = ["-std=c99", "-O1", "-Wall", "-Wextra", ...commonFlags(options), ...includes];
  return cc(options, [...flags, "-c", ...harnessSources(target)], join(workDir, "harness"));
}

const sourcesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((file) => /\.[cS]$/.test(file))
    .sort()
    .map((file) => join(folder, file));

const harnessSources = (target: Target): string[] => [
  ...sourcesIn(harnessFolder),
  ...sourcesIn(target.familyFolder),
];

function link(options: BuildOptions): Promise<string> {
  const { target, workDir } = options;
  const objects = harnessSources(target).map((file) => `harness/${basename(file).slice(0, -2)}.o`);
  const script = join(target.familyFolder, "link.ld");
  const bare = ["-nostartfiles", "-Wl,--gc-sections", `-L${workDir}`, `-T${script}`];
  const layout = existsSync(script) ? bare : [];
  const inputs = [...objects, "model.o", "-lm", "-o", "program.elf"];
  return cc(options, [...commonFlags(options), ...layout, ...inputs]);
}

async function cc(options: BuildOptions, args: string[], cwd = options.workDir): Promise<string> {
  const { target, searchPath } = options;
  const { exitCode, all } = await runTool(target.compiler, args, { cwd, searchPath });
  if (exitCode !== 0) throw new MoteError(buildProblem(target, all));
  return all;
}

function buildProblem(target: Target, said: string): Diagnostic {
  const overflow = /region [`']?(\w+)'? overflowed by (\d+) bytes/.exec(said);
  if (overflow) return doesNotFit(target.name, overflow[1], Number(overflow[2]));
  const library = /fatal error: (stdint|string|stddef|math)\.h: No such|cannot find -l(c|m)\b/;
  if (target.compiler.startsWith("arm-none-eabi") && library.test(said)) {
    return toolMissing("newlib", purposeOf("newlib"), installHint("newlib"));
  }
  return buildFailed(target.compiler, target.name, said);
}

/** The linker's picture of the target's memories; link.ld of the family includes it. */
function memoryScript({ target: { memories, stackBytes }, sections }: BuildOptions): string {
  const flash = memories.filter(({ kind }) => kind === "flash");
  const alias = (region: string, memory: Memory | undefined) =>
    `REGION_ALIAS("${region}", ${memory?.name})`;
  return `MEMORY
{
${memories.map(memoryLine).join("\n")}
}
${alias("VECTORS", flash[0])}
${alias("FLASH", flash.at(-1))}
${alias("RAM", ramOf(memories))}
stack_room = ${stackBytes};
${poolSections(memories, sections)}`;
}

/** The memory of the stack and of all that has no section of its own. */
const ramOf = (memories: readonly Memory[]): Memory | undefined =>
  memories.filter(({ kind }) => kind === "ram").at(-1);

const isPool = ({ cost }: Memory): boolean => cost !== undefined;

function poolSection({ name, kind }: Memory, given?: ReadonlyMap<string, string>): string {
  const like = kind === "ram" ? ".bss" : ".rodata";
  const own = `${like}.mote_${name}`;
  const inputs = `*(${[own, given?.get(name)].filter(Boolean).join(" ")})`;
  return `    ${like}.mote.${name}${kind === "ram" ? " (NOLOAD)" : ""} : ALIGN(16) { ${inputs} } > ${name}`;
}

/** Pools have their sections in them, ahead of what link.ld collects. The RAM's is last. */
function poolSections(memories: readonly Memory[], given?: ReadonlyMap<string, string>): string {
  const pools = memories.filter((m) => isPool(m) && m !== ramOf(memories));
  if (pools.length === 0) return "";
  return `SECTIONS {\n${pools.map((m) => poolSection(m, given)).join("\n")}\n}\n`;
}

function ramPoolScript({ target: { memories }, sections }: BuildOptions): string {
  const ram = ramOf(memories);
  return ram && isPool(ram) ? `${poolSection(ram, sections)}\n` : "";
}

const memoryLine = ({ name, kind, origin, bytes }: Memory): string =>
  `    ${name} (${kind === "flash" ? "rx" : "rw"}) : ORIGIN = ${origin}, LENGTH = ${bytes}`;

function macroCount(header: string, macro: string): number {
  const count = new RegExp(`^#define ${macro} \\(?(\\d+)`, "m").exec(header)?.[1];
  if (count === undefined) throw new Error(`the emitted header does not define ${macro}`);
  return Number(count);
}

/** harness-model.h, a name that no model has: the names by which the harness calls this one. */
function modelGlue({ outDir, name }: BuildOptions): string {
  const prefix = name.toUpperCase();
  const header = readFileSync(join(outDir, `${name}.h`), "utf8");
  const bytesOf = (side: string) =>
    Array.from(
      { length: macroCount(header, `${prefix}_${side}_COUNT`) },
      (_, index) => `${prefix}_${side}_${index}_BYTES`,
    );
  const rowBytes = bytesOf("INPUT").map((macro) => {
    const rows = macro.replace(/BYTES$/, "ROW_BYTES");
    return header.includes(`#define ${rows} `) ? rows : "0";
  });
  const [inputs, outputs] = [bytesOf("INPUT"), bytesOf("OUTPUT")];
  return `/* Written by mote for its harness. */
#include "${name}.h"
#define MOTE_MODEL_ARENA ${name}_arena
#define MOTE_MODEL_ARENA_BYTES ${prefix}_ARENA_BYTES
#define MOTE_MODEL_INIT ${name}_init
#define MOTE_MODEL_INPUT ${name}_input
${header.includes(`${prefix}_ROW_INPUT`) ? `#define MOTE_MODEL_RUN_ROWS ${name}_run_rows` : `#define MOTE_MODEL_RUN ${name}_run`}
#define MOTE_MODEL_ROW_BYTES { ${[...rowBytes, 0].join(", ")} }
#define MOTE_MODEL_OUTPUT ${name}_output
${header.includes(`${prefix}_HAS_STATES`) ? "#define MOTE_MODEL_HAS_STATES 1\n" : ""}#define MOTE_MODEL_INPUTS ${inputs.length}
#define MOTE_MODEL_OUTPUTS ${outputs.length}
#define MOTE_MODEL_INPUT_BYTES { ${[...inputs, 0].join(", ")} }
#define MOTE_MODEL_OUTPUT_BYTES { ${[...outputs, 0].join(", ")} }
#define MOTE_MODEL_SAMPLE_BYTES (${[...inputs, 0].join(" + ")})
`;
}
