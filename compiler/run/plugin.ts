/** QEMU's instruction-counting plugin, built once for each user. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { MoteError } from "../diagnostics.ts";
import { packagePath } from "../paths.ts";
import { runTool, type ToolOptions } from "./tools.ts";

export type Plugin = { readonly file: string };
/** Why there is none: counting is then left out, and a run is none the worse for it. */
export type NoPlugin = { readonly file: null; readonly reason: string };

type CompilerExit = { readonly exitCode: number | undefined; readonly all: string };

const sourceFile = packagePath("compiler", "run", "insncount.c");

/** Finds or builds the plugin; `workDir` takes it where the user has no cache folder. */
export async function findPlugin(
  workDir: string,
  options: ToolOptions,
): Promise<Plugin | NoPlugin> {
  const api = await pluginApi(options);
  if (api === null) return { file: null, reason: "this QEMU has no TCG plugins." };
  const source = readFileSync(sourceFile, "utf8");
  const key = [source, api, process.platform, process.arch].join("\0");
  const hash = createHash("sha256").update(key).digest("hex").slice(0, 16);
  const file = join(cacheFolder() ?? workDir, `insncount-${hash}.so`);
  return existsSync(file) ? { file } : await build(file, api, options);
}

/** The version of the plugin interface that this QEMU speaks; null without plugins. */
async function pluginApi(options: ToolOptions): Promise<number | null> {
  const { stdout } = await runTool("qemu-system-arm", ["-help"], options);
  const major = Number(/version (\d+)/.exec(stdout)?.[1] ?? 0);
  if (!/^-plugin\b/m.test(stdout) || major < 6) return null;
  return major < 9 ? 1 : 2;
}

/** Not in a folder that other users can write to: QEMU loads what it finds there. */
function cacheFolder(): string | null {
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "mote");
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  } catch {
    return null;
  }
}

/** Built under another name first: two processes may do this at the same time. */
async function build(file: string, api: number, options: ToolOptions): Promise<Plugin | NoPlugin> {
  const draft = `${file}.${process.pid}`;
  const platform = process.platform === "darwin" ? ["-undefined", "dynamic_lookup"] : [];
  const flags = ["-O2", "-shared", "-fPIC", `-DPLUGIN_API=${api}`, ...platform];
  const { exitCode, all } = await runCompiler([...flags, "-o", draft, sourceFile], options);
  if (exitCode !== 0) return { file: null, reason: `the plugin does not compile:\n${all}` };
  renameSync(draft, file);
  return { file };
}

async function runCompiler(args: string[], options: ToolOptions): Promise<CompilerExit> {
  try {
    return await runTool("cc", args, options);
  } catch (problem) {
    if (problem instanceof MoteError) return { exitCode: undefined, all: problem.message };
    throw problem;
  }
}
