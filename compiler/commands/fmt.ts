/** `mote fmt`: formats files of the model language in their place. */
import { chmodSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { fileNotFound, MoteError, noFile, notUtf8 } from "../diagnostics.ts";
import { format } from "../read/dsl/format.ts";
import { Source } from "../read/dsl/source.ts";
import type { Arguments } from "./arguments.ts";
import { type Console, printDiagnostics } from "./session.ts";
import { writeFiles } from "./write.ts";

const standardInput = "-";

function readSource(file: string): Source {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file === standardInput ? 0 : file);
  } catch {
    throw new MoteError(fileNotFound(file));
  }
  try {
    return new Source(file, new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new MoteError(notUtf8(file));
  }
}

/** In the place of the file itself, where the path is a link to it. */
function replace(file: string, text: string): void {
  const path = realpathSync(file);
  const { mode } = statSync(path);
  writeFiles(dirname(path), new Map([[basename(path), text]]));
  chmodSync(path, mode);
}

/** @returns whether the file is as it should be. */
function formatFile(file: string, isCheck: boolean, console: Console): boolean {
  const source = readSource(file);
  const text = format(source);
  if (file === standardInput && !isCheck) {
    if (text !== "") console.out(text.slice(0, -1));
    return true;
  }
  if (text === source.text) return true;
  console.out(file);
  if (!isCheck) replace(file, text);
  return !isCheck;
}

/** Prints the names of the files that are changed, or would be. */
export async function fmtCommand({ files, values }: Arguments, console: Console): Promise<number> {
  if (files.length === 0) throw new MoteError(noFile());
  let isGood = true;
  for (const file of files) {
    try {
      if (!formatFile(file, values.check === true, console)) isGood = false;
    } catch (problem) {
      if (!(problem instanceof MoteError)) throw problem;
      printDiagnostics(console, problem.diagnostics);
      isGood = false;
    }
  }
  return isGood ? 0 : 1;
}
