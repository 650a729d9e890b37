/** Runs a program: under QEMU when its target has a machine, else on this computer. */
import { guestTimeout, MoteError, programFailed } from "../diagnostics.ts";
import type { Program } from "./build.ts";
import { faultDiagnostic, parseFault } from "./fault.ts";
import type { Plugin } from "./plugin.ts";
import { readSymbols } from "./size.ts";
import { runTool, type ToolExit, type ToolOptions } from "./tools.ts";

export interface ExecuteOptions extends ToolOptions {
  /** Working directory: files are named relative to it. */
  readonly workDir: string;
  readonly arguments: readonly string[];
  readonly timeoutSeconds: number;
  /** Counts the executions of each address into a file. */
  readonly count?: { readonly plugin: Plugin; readonly file: string } | undefined;
}

/** Runs the program to its end and gives what it printed; a failure of any kind is a MoteError. */
export async function execute(program: Program, options: ExecuteOptions): Promise<string> {
  const { workDir: cwd, timeoutSeconds, searchPath } = options;
  const [command, ...args] = commandLine(program, options);
  const exit = await runTool(command, args, { cwd, timeoutSeconds, searchPath });
  if (exit.timedOut) throw new MoteError(guestTimeout(program.target.name, timeoutSeconds));
  const fault = parseFault(exit.all);
  if (fault) {
    const symbols = await readSymbols(program, options);
    throw new MoteError(faultDiagnostic(program.target.name, fault, symbols));
  }
  if (exit.exitCode !== 0) {
    throw new MoteError(programFailed(program.target.name, howItEnded(exit), exit.all));
  }
  return exit.all;
}

const howItEnded = ({ exitCode, signal }: ToolExit): string =>
  exitCode === undefined ? `signal ${signal} ended it` : `exit code ${exitCode}`;

function commandLine({ elf, target }: Program, options: ExecuteOptions): [string, ...string[]] {
  if (target.machine === null) return [elf, ...options.arguments];
  const words = ["mote", ...options.arguments].map((word) => `arg=${escaped(word)}`);
  const semihosting = ["enable=on", "target=native", ...words].join(",");
  const { count } = options;
  return [
    "qemu-system-arm",
    ...["-M", target.machine, "-kernel", elf],
    ...["-nographic", "-monitor", "none", "-serial", "none"],
    ...["-semihosting-config", semihosting],
    ...(count ? ["-plugin", `${escaped(count.plugin.file)},out=${escaped(count.file)}`] : []),
  ];
}

/** QEMU's options take a comma as two. */
const escaped = (text: string): string => text.replaceAll(",", ",,");
