/** `mote --lsp`: the language server on standard input and output. */
import { dirname } from "node:path";
import { createConnection, ProposedFeatures } from "vscode-languageserver/node";
import type { CompileOptions } from "../compile.ts";
import { MoteError } from "../diagnostics.ts";
import { serve } from "../lsp/server.ts";
import { findConfig, readConfig } from "./config.ts";
import { compileOptions } from "./session.ts";

/** By the nearest mote.json; without one, or while it has errors, as the command does. */
function settingsOf(file: string): CompileOptions {
  const config = findConfig(dirname(file));
  if (config === undefined) return {};
  try {
    return compileOptions(readConfig(config).values);
  } catch (problem) {
    if (problem instanceof MoteError) return {};
    throw problem;
  }
}

/** Ends with the process, when the editor says so or closes its side. */
export function lspCommand(): Promise<never> {
  serve(createConnection(ProposedFeatures.all, process.stdin, process.stdout), settingsOf);
  return new Promise(() => {});
}
