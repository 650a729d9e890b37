/** Runs a command line in this process and catches what it prints. */
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
