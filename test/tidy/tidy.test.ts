/** The style that the architecture page asks for, checked. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { allOperators } from "../../compiler/ops/registry.ts";
import { packagePath, packageRoot } from "../../compiler/paths.ts";

function filesBelow(folder: string, ending: RegExp): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return filesBelow(path, ending);
    return ending.test(name) ? [path] : [];
  });
}

const shown = (path: string): string => relative(packageRoot, path);
const text = (path: string): string => readFileSync(path, "utf8");
const sources = filesBelow(packagePath("compiler"), /\.ts$/);
const tests = filesBelow(packagePath("test"), /\.ts$/);
const cFiles = [
  packagePath("runtime-c"),
  packagePath("targets"),
  packagePath("compiler", "run"),
].flatMap((folder) => filesBelow(folder, /\.[ch]$/));

const importsOf = (file: string): string[] =>
  [...text(file).matchAll(/(?:from |import |import\()"(\.[^"]+)"/g)].map((m) =>
    resolve(dirname(file), m[1]!),
  );

/** A file's room: its folder under compiler/, or its own name for files right below it. */
const roomOf = (file: string): string => shown(file).split("/")[1]!.replace(/\.ts$/, "");

/** What each room may look into. A stage looks into no other stage. */
const base = ["diagnostics", "paths", "version", "ir"];
const stage = [...base, "ops", "kernels", "check"];
const mayImport: Record<string, readonly string[]> = {
  paths: [],
  version: ["paths"],
  diagnostics: ["ir"],
  target: ["diagnostics", "paths"],
  ir: [],
  ops: ["ir"],
  kernels: ["ir", "ops"],
  check: ["ir", "ops"],
  language: ["ir", "ops"],
  read: [...base, "ops", "language"],
  rewrite: stage,
  quantize: stage,
  plan: stage,
  emit: [...stage, "language"],
  run: [...base, "target"],
  steps: ["ir", "check"],
  limits: ["ir", "diagnostics", "target", "plan", "emit"],
  compile: [...stage, "steps", "target", "limits", "read", "rewrite", "quantize", "plan", "emit"],
  options: ["steps"],
  lsp: [...stage, "compile", "language", "read"],
  commands: [
    ...stage,
    "language",
    "target",
    "compile",
    "steps",
    "options",
    "run",
    "read",
    "rewrite",
    "emit",
    "plan",
    "lsp",
  ],
  cli: ["commands"],
};

describe("the compiler's files", () => {
  it("follow the dependency rule", () => {
    const wrong = sources.flatMap((file) =>
      importsOf(file)
        .filter(
          (to) => roomOf(to) !== roomOf(file) && !mayImport[roomOf(file)]?.includes(roomOf(to)),
        )
        .map((to) => `${shown(file)} imports ${shown(to)}`),
    );
    expect(wrong).toEqual([]);
  });

  it("are imported by something", () => {
    const imported = new Set([...sources, ...tests].flatMap(importsOf));
    const entry = packagePath("compiler", "cli.ts");
    expect(sources.filter((f) => f !== entry && !imported.has(f)).map(shown)).toEqual([]);
  });

  it("have at most 500 lines of at most 100 columns, but for text that cannot be broken", () => {
    const long = sources.flatMap((file) => {
      const lines = text(file).split("\n");
      const wide = lines.findIndex((l) => l.length > 100 && !/`|%\d|^ {2}`/.test(l));
      if (lines.length > 500 && !file.endsWith("diagnostics.ts"))
        return [`${shown(file)}: ${lines.length} lines`];
      return wide >= 0 ? [`${shown(file)}(${wide + 1}): ${lines[wide]!.length} columns`] : [];
    });
    expect(long).toEqual([]);
  });

  it("have functions of at most 70 lines", () => {
    const long = sources.flatMap((file) =>
      longBlocks(text(file)).map((n) => `${shown(file)}(${n})`),
    );
    expect(long).toEqual([]);
  });

  it("leave nothing open", () => {
    const open = [...sources, ...cFiles].filter((f) => /\b(TODO|FIXME|XXX|HACK)\b/.test(text(f)));
    expect(open.map(shown)).toEqual([]);
  });

  it("name no target and no operator where a table should", () => {
    const driver = ["compile.ts", "cli.ts"].map((f) => packagePath("compiler", f));
    const targets = /["']cortex-m(?!4["'])/;
    expect(sources.filter((f) => targets.test(text(f))).map(shown)).toEqual([]);
    expect(
      driver.filter((f) => /"(Conv|Conv2D|Relu|Add|Softmax)"/.test(text(f))).map(shown),
    ).toEqual([]);
  });
});

/** First lines of functions and methods with more than 70 lines, by indentation. */
function longBlocks(source: string): number[] {
  const lines = source.split("\n");
  return lines.flatMap((line, i) => {
    const [, indent] =
      /^(\s*)(?:export )?(?:async )?(?:function |#?\w+\(.*\).*\{$)/.exec(line) ?? [];
    if (indent === undefined || !line.trimEnd().endsWith("{")) return [];
    const length = lines.slice(i).indexOf(`${indent}}`);
    return length > 70 ? [i + 1] : [];
  });
}

describe("diagnostics", () => {
  const source = text(packagePath("compiler", "diagnostics.ts"));
  const codes = [...source.matchAll(/(?:error|warning)\(\s*(\d{4}),/g)].map((m) => Number(m[1]));

  it("have a code each, of four digits and in ascending order by chapter", () => {
    expect(codes.length).toBeGreaterThan(40);
    expect(new Set(codes).size).toBe(codes.length);
    const chapters = codes.map((c) => Math.floor(c / 1000));
    expect(chapters).toEqual([...chapters].sort((a, b) => a - b));
  });

  it("are each used", () => {
    const names = [...source.matchAll(/export const (\w+) = /g)].map((m) => m[1]!);
    const all = sources
      .filter((f) => !f.endsWith("diagnostics.ts"))
      .map(text)
      .join("\n");
    expect(names.filter((n) => !new RegExp(`\\b${n}\\b`).test(all))).toEqual([]);
  });
});

describe("operators", () => {
  it("each appear in a test of operators, kernels or rules", () => {
    const said = ["ops", "kernels", "rewrite", "numerics", "quantize"]
      .flatMap((folder) => filesBelow(packagePath("test", folder), /\.ts$/).map(text))
      .join("\n");
    const rules = filesBelow(packagePath("compiler", "rewrite", "rules"), /\.ts$/)
      .map(text)
      .join("\n");
    const names = (name: string) => new RegExp(`\\b(${name}|${name.replace("Reduce", "")})\\b`);
    const untested = allOperators().filter(({ name }) => !names(name).test(said + rules));
    expect(untested.map((o) => o.name)).toEqual([]);
  });
});

describe("C for a stranger's board", () => {
  it("carries a licence line that lets users ship it", () => {
    const own = filesBelow(packagePath("runtime-c"), /\.[ch]$/);
    expect(
      own.filter((f) => !text(f).startsWith("/* SPDX-License-Identifier: 0BSD */")).map(shown),
    ).toEqual([]);
  });

  it("allocates nothing, prints nothing and has no lines over 110 columns", () => {
    const own = filesBelow(packagePath("runtime-c"), /\.[ch]$/);
    const bad = own.filter((f) => /\b(malloc|free|printf|stdio|alloca)\b/.test(text(f)));
    expect(bad.map(shown)).toEqual([]);
    expect(
      own
        .filter((f) =>
          text(f)
            .split("\n")
            .some((l) => l.length > 110),
        )
        .map(shown),
    ).toEqual([]);
  });
});

describe("the repository", () => {
  it("has only the folders of the architecture page at its top", () => {
    const folders = readdirSync(packageRoot).filter(
      (name) => statSync(join(packageRoot, name)).isDirectory() && !name.startsWith("."),
    );
    const generated = ["node_modules", "dist", "out"];
    const allowed = ["compiler", "docs", "models", "runtime-c", "targets", "test"];
    expect(folders.filter((f) => ![...allowed, ...generated].includes(f))).toEqual([]);
  });

  it("skips and focuses no test", () => {
    const marks = tests.filter((f) => /\b(it|describe|test)\.(only|skip|todo)\(/.test(text(f)));
    expect(marks.map(shown)).toEqual([]);
  });
});
