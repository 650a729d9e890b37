/** Runs other programs: the C compiler, its binutils, QEMU. */
import { existsSync } from "node:fs";
import { execa } from "execa";
import { MoteError, toolMissing } from "../diagnostics.ts";

export interface ToolOptions {
  /** Where to look for tools instead of PATH. */
  readonly searchPath?: string | undefined;
}

export interface ToolRun extends ToolOptions {
  readonly cwd?: string | undefined;
  readonly timeoutSeconds?: number | undefined;
}

export interface ToolExit {
  /** Undefined when a signal ended the program. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly timedOut: boolean;
  readonly stdout: string;
  /** stdout and stderr, as they came. */
  readonly all: string;
}

/** More than this from a tool is noise of a program gone wild; it is stopped. */
const outputBytesMax = 256 * 1024 * 1024;

/** Runs a tool to its end, whatever the exit code; a tool that is not there is a MoteError. */
export async function runTool(
  command: string,
  args: readonly string[],
  options: ToolRun = {},
): Promise<ToolExit> {
  const { cwd, searchPath, timeoutSeconds } = options;
  const result = await execa(command, args, {
    reject: false,
    all: true,
    stdin: "ignore",
    maxBuffer: outputBytesMax,
    killSignal: "SIGKILL",
    ...(cwd !== undefined && { cwd }),
    ...(timeoutSeconds !== undefined && { timeout: timeoutSeconds * 1000 }),
    ...(searchPath !== undefined && { env: { PATH: searchPath } }),
  });
  const { exitCode, signal, timedOut, stdout, all } = result;
  if (isAbsent(result.code)) throw new MoteError(missing(command));
  if (exitCode === undefined && signal === undefined) throw result;
  return { exitCode, signal, timedOut, stdout, all: all ?? "" };
}

/**
 * Promise.all that fails only after all are done: a tool that still runs would write into a folder
 * that its caller deletes.
 */
export async function allDone<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

const isAbsent = (code: string | undefined): boolean => code === "ENOENT" || code === "EACCES";

const missing = (command: string) =>
  toolMissing(command, purposeOf(command), `${installHint(command)} ${doctorHint}`);

const doctorHint = "'mote doctor' shows which tools are found.";

type Tool = {
  readonly matches: RegExp;
  readonly purpose: string;
  readonly debian: string;
  readonly macos: string;
  readonly site: string;
};

const armSite = "Get it from https://developer.arm.com/downloads/-/arm-gnu-toolchain-downloads.";

const tools: readonly Tool[] = [
  {
    matches: /^newlib$/,
    purpose: "compile C for Arm microcontrollers (the C library's headers)",
    debian: "apt-get install libnewlib-arm-none-eabi",
    macos: "brew install --cask gcc-arm-embedded",
    site: armSite,
  },
  {
    matches: /^arm-none-eabi-/,
    purpose: "compile C for Arm microcontrollers",
    debian: "apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi",
    macos: "brew install --cask gcc-arm-embedded",
    site: armSite,
  },
  {
    matches: /^qemu/,
    purpose: "run the program without a board",
    debian: "apt-get install qemu-system-arm",
    macos: "brew install qemu",
    site: "Get it from https://www.qemu.org/download/.",
  },
  {
    matches: /^(cc|gcc|clang)$/,
    purpose: "compile C for this computer",
    debian: "apt-get install gcc libc6-dev",
    macos: "xcode-select --install",
    site: "Install GCC or Clang with your system's packages.",
  },
  {
    matches: /^node$/,
    purpose: "run mote",
    debian: "apt-get install nodejs",
    macos: "brew install node",
    site: "Get it from https://nodejs.org/.",
  },
];

const toolOf = (command: string): Tool | undefined =>
  tools.find(({ matches }) => matches.test(command));

/** What mote needs a tool for, to follow "it is needed to". */
export const purposeOf = (command: string): string => toolOf(command)?.purpose ?? "build programs";

/** How to get a tool on this system, as a sentence. */
export function installHint(command: string): string {
  const tool = toolOf(command);
  if (tool === undefined) return `Put '${command}' on the PATH.`;
  if (process.platform === "darwin") return `Install it: ${tool.macos}`;
  return existsSync("/etc/debian_version") ? `Install it: ${tool.debian}` : tool.site;
}
