/** One command line: argv → a command → printed diagnostics → exit code. */

import { MoteError } from "../diagnostics.ts";
import { helpText, parseArguments } from "./arguments.ts";
import { benchCommand } from "./bench.ts";
import { compileCommand } from "./compile.ts";
import { doctorCommand } from "./doctor.ts";
import { fmtCommand } from "./fmt.ts";
import { runCommand } from "./run.ts";
import { type Console, printDiagnostics, terminal } from "./session.ts";
import { tuneCommand } from "./tune.ts";

const commands = {
  compile: compileCommand,
  run: runCommand,
  bench: benchCommand,
  tune: tuneCommand,
  doctor: doctorCommand,
  fmt: fmtCommand,
};

/** Runs one command line. @returns the exit code: 0, or 1 with errors. */
export async function main(argv: readonly string[], given?: Console): Promise<number> {
  let console = given ?? terminal(undefined);
  try {
    const parsed = parseArguments(argv);
    console = given ?? terminal(parsed.values.pretty);
    if (parsed.values.help !== true) return await commands[parsed.command](parsed, console);
    console.out(helpText(parsed.command));
    return 0;
  } catch (problem) {
    if (!(problem instanceof MoteError)) throw problem;
    printDiagnostics(console, problem.diagnostics);
    return 1;
  }
}
