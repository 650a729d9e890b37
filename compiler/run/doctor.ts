/** Which of the tools that mote works with are there, and how to get the others. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MoteError } from "../diagnostics.ts";
import { findPlugin } from "./plugin.ts";
import { installHint, purposeOf, runTool, type ToolOptions } from "./tools.ts";

export interface ToolReport {
  readonly name: string;
  readonly found: boolean;
  readonly version: string | null;
  /** What it is needed for, to follow "needed to". */
  readonly purpose: string;
  /** How to get it on this system; null when it is there. */
  readonly install: string | null;
}

type Check = {
  readonly name: string;
  readonly tool: string;
  readonly purpose?: string;
  readonly version: (options: ToolOptions) => Promise<string | null>;
};

const newlibProbe = ["-mcpu=cortex-m4", "-mthumb", "-print-file-name=libc.a"];

const checks: readonly Check[] = [
  { name: "node", tool: "node", version: async () => process.versions.node },
  { name: "cc", tool: "cc", version: (options) => firstVersion("cc", options) },
  {
    name: "arm-none-eabi-gcc",
    tool: "arm-none-eabi-gcc",
    version: (options) => firstVersion("arm-none-eabi-gcc", options),
  },
  { name: "newlib (Arm C library)", tool: "newlib", version: newlibVersion },
  {
    name: "qemu-system-arm",
    tool: "qemu-system-arm",
    version: (options) => firstVersion("qemu-system-arm", options),
  },
  {
    name: "QEMU plugins",
    tool: "qemu-system-arm",
    purpose: "count instructions",
    version: pluginVersion,
  },
];

/** Looks for every tool; those missing say how to get them. */
export const checkTools = (options: ToolOptions = {}): Promise<ToolReport[]> =>
  Promise.all(checks.map((check) => report(check, options)));

async function report(check: Check, options: ToolOptions): Promise<ToolReport> {
  const version = await unlessMissing(check.version(options));
  return {
    name: check.name,
    found: version !== null,
    version,
    purpose: check.purpose ?? purposeOf(check.tool),
    install: version === null ? installHint(check.tool) : null,
  };
}

/** A tool that is not there is an answer here, not an error. */
async function unlessMissing(version: Promise<string | null>): Promise<string | null> {
  try {
    return await version;
  } catch (problem) {
    if (problem instanceof MoteError) return null;
    throw problem;
  }
}

async function firstVersion(command: string, options: ToolOptions): Promise<string | null> {
  const { exitCode, stdout } = await runTool(command, ["--version"], options);
  return exitCode === 0 ? (/\d+\.\d[\w.]*/.exec(stdout)?.[0] ?? "unknown") : null;
}

/** GCC prints the bare name of a file that it does not find. */
async function newlibVersion(options: ToolOptions): Promise<string | null> {
  const { exitCode, stdout } = await runTool("arm-none-eabi-gcc", newlibProbe, options);
  return exitCode === 0 && stdout.trim() !== "libc.a" ? "found" : null;
}

async function pluginVersion(options: ToolOptions): Promise<string | null> {
  const workDir = mkdtempSync(join(tmpdir(), "mote-doctor-"));
  try {
    return (await findPlugin(workDir, options)).file === null ? null : "found";
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}
