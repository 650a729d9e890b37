/** Runs a command line in this process and catches what it prints. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { main } from "../../compiler/commands/main.ts";

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

export async function mote(...argv: readonly string[]): Promise<Said> {
  const [out, error]: string[][] = [[], []];
  const code = await main(argv, {
    out: (text) => out.push(text),
    error: (text) => error.push(text),
    colour: false,
  });
  return { code, out: out.join("\n"), error: error.join("\n") };
}

/** Every test of the group runs in an empty folder of its own. @returns where that is. */
export function inFoldersOfTheirOwn(): () => string {
  let folder = "";
  const before = process.cwd();
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "mote-command-"));
    process.chdir(folder);
  });
  afterEach(() => {
    process.chdir(before);
    rmSync(folder, { recursive: true, force: true });
  });
  return () => folder;
}
