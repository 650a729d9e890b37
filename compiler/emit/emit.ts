/** A planned graph → the files of a C program. The only place that writes C. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Handlebars from "handlebars";
import type { ModelDocs } from "../ir/docs.ts";
import type { Graph } from "../ir/graph.ts";
import type { Pool } from "../ir/plan.ts";
import type { Profile } from "../ops/numerics.ts";
import { packagePath } from "../paths.ts";
import { inputPorts, outputPorts, type Port } from "./boundary.ts";
import { commentText } from "./c.ts";
import { checkTables } from "./check.ts";
import type { InFlash } from "./constants.ts";
import { arenaOfPool } from "./place.ts";
import { arenaSection, type Sections } from "./sections.ts";
import { writeSource } from "./source.ts";
import { stateStatements } from "./states.ts";

export interface EmitOptions {
  /** A C identifier: prefix of every symbol, and the files' name. */
  readonly name: string;
  readonly profile: Profile;
  /** Subfolders of `runtime-c/kernels` to look in before the portable one. */
  readonly variants: readonly string[];
  /** What the program was made from, for its first comment. */
  readonly title: string;
  readonly docs?: ModelDocs | undefined;
  readonly sections?: Sections;
  /** Calls `mote_trace` after every layer, for comparing layer by layer. */
  readonly trace?: boolean;
}

export interface Emitted {
  /** Contents by path, relative to the output folder. */
  readonly files: ReadonlyMap<string, string>;
  readonly weightsBytes: number;
  readonly tablesBytes: number;
  /** Constants by memory, where the target has several for them. */
  readonly flash: readonly InFlash[];
}

const anywhere: Sections = { given: new Map(), flash: [] };

const template = (file: string): ((context: object) => string) =>
  Handlebars.compile(readFileSync(packagePath("compiler", "emit", "templates", file), "utf8"), {
    noEscape: true,
    strict: false,
  });

const runtimeFile = (folder: string, header: string): string | undefined => {
  const file = packagePath("runtime-c", folder, header);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
};

/** What only some C compilers take; any compiler takes the portable twin. */
const isGnu = (text: string): boolean => /__asm__|<arm_mve\.h>/.test(text);

/**
 * A header in the form that the target runs fastest, and beside assembly its portable twin; what
 * only variants include has none.
 */
function headerFiles(header: string, variants: readonly string[]): [name: string, text: string][] {
  const portable = runtimeFile("kernels", header) ?? runtimeFile(".", header);
  const variant = variants.find((v) => runtimeFile(join("kernels", v), header));
  const fast = variant && runtimeFile(join("kernels", variant), header);
  const only = fast ?? portable;
  if (only === undefined) throw new Error(`runtime-c has no ${header}`);
  if (fast === undefined || portable === undefined || !isGnu(fast)) return [[header, only]];
  const stem = header.replace(/\.h$/, "");
  return [
    [header, template("variant.h.hbs")({ stem, variant })],
    [`${stem}_${variant}.h`, fast],
    [`${stem}_portable.h`, portable],
  ];
}

const includes = (text: string): string[] =>
  [...text.matchAll(/^#include "(?:\.\.\/)*([\w.]+)"/gm)].map((m) => m[1]!);

/** The headers that a program needs, with what they include. */
function runtimeFiles(headers: readonly string[], variants: readonly string[]) {
  const files = new Map<string, string>();
  const add = (header: string) => {
    if (files.has(header)) return;
    const made = headerFiles(header, variants);
    for (const [name, text] of made) files.set(name, text);
    for (const [, text] of made) for (const included of includes(text)) add(included);
  };
  for (const header of ["mote.h", ...headers]) add(header);
  return files;
}

const portsOf = (what: string, ports: readonly Port[], docs?: ModelDocs["inputs"]) =>
  ports.map((port) => ({
    what,
    macro: what.toUpperCase(),
    port,
    docs: docs?.[port.index]?.map(commentText),
  }));

/** An arena, in the words of the templates. */
const poolText = (pool: Pool, prefix: string, sections: Sections) => ({
  memory: pool.memory,
  name: arenaOfPool(prefix, pool),
  bytes: pool.end - pool.begin,
  sizeMacro: `${arenaOfPool(prefix, pool).toUpperCase()}_BYTES`,
  section: arenaSection(sections, pool.memory),
});

/** The files, in a fixed order; the same graph and options give the same bytes. */
export function emit(graph: Graph<"planned">, options: EmitOptions): Emitted {
  const { name: prefix, trace = false, sections = anywhere } = options;
  const source = writeSource(graph, prefix, options.profile, sections, trace);
  const inputs = inputPorts(graph, prefix);
  const outputs = outputPorts(graph, prefix, source.constants);
  const states = stateStatements(graph, prefix, source.constants);
  const [first, ...others] = graph.plan.pools.map((pool) => poolText(pool, prefix, sections));
  const constants = source.constants.text();
  const context = {
    title: commentText(options.title),
    docs: options.docs?.model.map(commentText),
    prefix,
    macro: prefix.toUpperCase(),
    arenaBytes: first?.bytes ?? graph.plan.arenaBytes,
    first: first ?? { section: sections.given.get("arena") },
    others,
    alignBytes: graph.plan.alignBytes,
    inputs,
    outputs,
    ports: [...portsOf("Input", inputs, options.docs?.inputs), ...portsOf("Output", outputs)],
    hasRows: inputs.some((p) => p.rows !== undefined),
    trace,
    states,
    headers: source.headers,
    usesMath: /INFINITY|NAN/.test(source.functions + constants),
    constants,
    functions: source.functions,
    calls: source.calls,
  };
  const files = new Map([
    [`${prefix}.h`, template("model.h.hbs")(context)],
    [`${prefix}.c`, template("model.c.hbs")(context)],
    [`${prefix}_check.h`, template("check.h.hbs")({ ...context, ...checkTables(graph.plan) })],
  ]);
  const headers = ["check_arena.h", ...source.headers];
  for (const [header, text] of runtimeFiles(headers, options.variants))
    files.set(`mote/${header}`, text);
  const { weightsBytes, tablesBytes } = source.constants;
  return { files, weightsBytes, tablesBytes, flash: source.constants.inFlash() };
}
