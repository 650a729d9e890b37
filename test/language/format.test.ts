/** The formatter: pairs of files, and what holds for any text. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { SourceFile } from "../../compiler/language/ast.ts";
import { printFile } from "../../compiler/language/print.ts";
import { packagePath } from "../../compiler/paths.ts";
import { format } from "../../compiler/read/dsl/format.ts";
import { parse } from "../../compiler/read/dsl/parse.ts";
import { Source } from "../../compiler/read/dsl/source.ts";
import { Random } from "../support/random.ts";
import { drawTokens, layTokens } from "./generate.ts";

const folder = (...path: string[]) => packagePath("test", "language", "format", ...path);
const read = (file: string) => readFileSync(folder(file), "utf8");
const pairs = readdirSync(folder())
  .filter((f) => f.endsWith(".before.mote"))
  .map((f) => f.replace(".before.mote", ""));
const count = process.env.MOTE_SOAK === "1" ? 5_000 : 300;
const formatted = (text: string) => format(new Source("test.mote", text));

/** A copy without places; with `isBare`, without brackets too. */
function meaning(tree: unknown, isBare = false): unknown {
  if (Array.isArray(tree)) return tree.map((item) => meaning(item, isBare));
  if (typeof tree !== "object" || tree === null) return tree;
  if (isBare && "kind" in tree && tree.kind === "group" && "inner" in tree)
    return meaning(tree.inner, isBare);
  return Object.fromEntries(
    Object.entries(tree)
      .filter(([key, v]) => !["start", "end", "at"].includes(key) && v !== undefined)
      .map(([key, v]) => [key, meaning(v, isBare)]),
  );
}

function readBack(text: string) {
  const { file, tokens, comments, problems } = parse(text);
  if (!file) throw new Error(`${problems[0]!.text}:\n${text}`);
  return {
    file,
    tokens: tokens.map((t) => t.image),
    comments: comments.map((c) => c.image.trimEnd()),
  };
}

/** Columns beyond 100 only where nothing could be broken: at a comment, or a short rest deep inside. */
function tooLong(text: string): string[] {
  const isLong = (line: string) =>
    line.length > 100 && !line.includes("//") && line.trimStart().length > 60;
  return text.split("\n").filter(isLong);
}

function check(text: string): void {
  const before = readBack(text);
  const once = formatted(text);
  const after = readBack(once);
  expect(after.tokens).toEqual(before.tokens);
  expect(after.comments).toEqual(before.comments);
  expect(meaning(after.file)).toEqual(meaning(before.file));
  expect(formatted(once)).toBe(once);
  expect(once).not.toMatch(/[ \t]$/m);
  expect(once).toMatch(/^$|^[^\n](?:\n?[^\n]|\n\n[^\n])*\n$/);
  expect(tooLong(once)).toEqual([]);
}

describe("format", () => {
  it.each(pairs)("%s", (name) => {
    expect(formatted(read(`${name}.before.mote`))).toBe(read(`${name}.after.mote`));
    check(read(`${name}.before.mote`));
  });

  it("keeps tokens, comments and meaning of random texts, and formats them once and for all", () => {
    for (let seed = 0; seed < count; seed++) {
      const r = new Random(seed);
      check(layTokens(r, drawTokens(r), r.pick([0, 0.02, 0.2])));
    }
  });

  it("depends on nothing but tokens where there are no comments and empty lines", () => {
    for (let seed = 0; seed < count; seed++) {
      const r = new Random(seed);
      const tokens =
        seed < pairs.length ? readBack(read(`${pairs[seed]}.after.mote`)).tokens : drawTokens(r);
      const flat = tokens.join(" ");
      const broken = tokens.join("\n");
      expect(formatted(broken)).toBe(formatted(flat));
    }
  });

  it("keeps the comments of the samples wherever their lines end", () => {
    for (let seed = 0; seed < count; seed++) {
      const r = new Random(seed);
      check(layTokens(r, readBack(read(`${r.pick(pairs)}.after.mote`)).tokens, 0.1));
    }
  });

  it("keeps line ends of either kind", () => {
    for (const name of pairs) {
      const windows = read(`${name}.before.mote`).replaceAll("\n", "\r\n");
      const after = read(`${name}.after.mote`).replaceAll("\n", "\r\n");
      expect(formatted(windows)).toBe(after);
    }
  });
});

describe("a tree without a text", () => {
  const without = (file: SourceFile, isBare: boolean) => meaning(file, isBare) as SourceFile;

  it("is printed so that it is read again, with brackets where they are needed", () => {
    for (let seed = 0; seed < count; seed++) {
      const r = new Random(seed);
      const { file } = readBack(layTokens(r, drawTokens(r), 0.02));
      for (const isBare of [false, true]) {
        const text = printFile(without(file, isBare));
        expect(meaning(readBack(text).file, isBare)).toEqual(without(file, isBare));
      }
    }
  });

  it("has strings with what they cannot hold as it is", () => {
    const { file } = readBack('let a = "\\u{41}\\{\\t\\"{b + 1}"');
    expect(printFile(without(file, false))).toBe('let a = "A\\{\\t\\"{b + 1}"\n');
  });

  it("has its documentation", () => {
    const text = "/// One.\n/// Two.\nmodel m(\n  /// In.\n  x\n) -> y {}\n";
    expect(printFile(without(readBack(text).file, false))).toBe(text);
  });
});

describe("chains and lists of any length", () => {
  const times = 20_000;
  it.each([
    ["sums", `let x = ${Array(times).fill("a").join("+")}`],
    ["pipes", `let x = a${"|>f".repeat(times)}`],
    ["members", `let x = a${".b".repeat(times)}`],
    ["calls", `let x = a${"(b)[0]".repeat(times)}`],
    ["names", `let x = a${" as k".repeat(times)}`],
    ["annotations", `let x = a${"@k".repeat(times)}`],
    ["choices", `let x = ${"a?b:".repeat(times)}c`],
    ["numbers", `let x = [${Array(times).fill("12").join(",")}]`],
    ["comments", `let x = f(${"// a\n".repeat(times)}1)`],
    ["statements", `model m() -> y {${"let a = f(b) ".repeat(times)}}`],
    ["brackets", `let x = ${"f(".repeat(90)}1, 2${")".repeat(90)}`],
  ])("%s", (_, text) => {
    const once = formatted(text);
    expect(readBack(once).tokens).toEqual(readBack(text).tokens);
    expect(formatted(once)).toBe(once);
    expect(tooLong(once)).toEqual([]);
  });
});
