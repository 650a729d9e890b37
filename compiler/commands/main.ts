/** One command line: argv → a command → printed diagnostics → exit code. */

import { type Diagnostic, internalFault, MoteError } from "../diagnostics.ts";
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

/** What ended a command. */
function diagnosticsOf(problem: unknown): readonly Diagnostic[] {
  if (problem instanceof MoteError) return problem.diagnostics;
  if (process.env.MOTE_DEBUG) throw problem;
  return [internalFault(problem instanceof Error ? problem.message : String(problem))];
}

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
    printDiagnostics(console, diagnosticsOf(problem));
    return 1;
  }
}
