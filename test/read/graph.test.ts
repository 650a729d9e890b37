/** Graphs as text go on where they were written; nonsense in them gets a place and a code. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Compilation, compile, type Source } from "../../compiler/compile.ts";
import type { GraphText } from "../../compiler/ir/print.ts";
import { type Stage, stages } from "../../compiler/steps.ts";
import { mote } from "../support/command.ts";
import { randomImageNetwork } from "../support/images.ts";
import { modelFile } from "../support/models.ts";
import { compileModel, inTemporaryFolder } from "../support/programs.ts";
import { Random } from "../support/random.ts";

const count = process.env.MOTE_SOAK === "1" ? 10_000 : 500;
const options = { target: "host", optimize: "sram", name: "net" } as const;

function dumped(source: Source, stage: Stage): GraphText {
  return compile(source, { ...options, dump: [stage] }).dumps.get(stage)!;
}

function save(folder: string, { text, weights }: GraphText): string {
  const file = join(folder, "net.plan.graph");
  writeFileSync(file, text);
  writeFileSync(join(folder, "net.plan.weights"), weights);
  return file;
}

const compiled = (graph: GraphText): Promise<Compilation> =>
  inTemporaryFolder((folder) => compile(save(folder, graph), options));

/** The C file without its title. */
const code = ({ files }: NonNullable<Compilation["program"]>["emitted"]): string =>
  files.get("net.c")!.split("\n").slice(2).join("\n");

const written = stages.filter((s) => s !== "emit");

describe.each(["ad", "kws"])("%s goes on", (name) => {
  const want = code(compileModel(modelFile(name), options).emitted);
  it.each(written)("after %s to the same program", async (stage) => {
    const { program, diagnostics } = await compiled(dumped(modelFile(name), stage));
    expect(diagnostics).toEqual([]);
    expect(code(program!.emitted)).toBe(want);
  });
});

/** A network of rows, scratch memory, branches. */
const network = randomImageNetwork(new Random(17), 6, true);
const sound = dumped(network, "plan");
const lines = sound.text.split("\n");
const indexOf = (pattern: RegExp): number => lines.findIndex((l) => pattern.test(l));
const [firstPlace, firstStep] = [indexOf(/^ +place/), indexOf(/^ +step/)];
const arena = Number(/plan (\d+)/.exec(sound.text)![1]);

/** The text with one line changed. */
const changed = (at: number, change: (line: string) => string): string =>
  lines.map((line, i) => (i === at ? change(line) : line)).join("\n");
const swapped = (a: number, b: number): string =>
  lines.map((line, i) => (i === a ? lines[b]! : i === b ? lines[a]! : line)).join("\n");

/** The first step that reads what the first one makes. */
const [, made] = /\((%\d+) rows[^)]*\) ticks/.exec(lines[firstStep]!)!;
const firstReader = lines.findIndex((l) => new RegExp(`step \\d+ \\([^)]*${made} rows`).test(l));

const firstBuffer = indexOf(/^ +b0 /);
const secondBuffer = indexOf(/^ +b1 /);
const offsetOf = (line: string): string => / at (\d+)/.exec(line)![1]!;
const cases: readonly [what: string, text: string, code: number, line: number, says: RegExp][] = [
  [
    "an offset beyond the arena",
    changed(firstPlace, (l) => l.replace(/at \d+/, `at ${4 * arena}`)),
    4112,
    1,
    /outside/,
  ],
  [
    "a negative offset",
    changed(firstPlace, (l) => l.replace(/at \d+/, "at -4")),
    4110,
    firstPlace,
    /whole number/,
  ],
  [
    "a buffer that lies over another",
    changed(secondBuffer, (l) =>
      l.replace(/at \d+ .*/, `at ${offsetOf(lines[firstBuffer]!)} (0 1 ticks 0 2)`),
    ),
    4112,
    firstBuffer,
    /buffers 0 and 1 overlap/,
  ],
  ["a missing step", changed(firstStep, () => ""), 4112, firstReader, /overwritten/],
  ["steps in another order", swapped(firstStep, firstStep + 1), 4112, firstStep + 1, /order/],
  [
    "a step twice",
    changed(firstStep, (l) => `${l}\n${l}`),
    4112,
    firstStep + 1,
    /order of their ticks/,
  ],
  [
    "a kernel that there is not",
    changed(indexOf(/kernel: "/), (l) => l.replace(/kernel: "\w+"/, 'kernel: "warp_drive"')),
    4112,
    indexOf(/kernel: "/),
    /warp_drive/,
  ],
  [
    "an arena of 1e30 bytes",
    sound.text.replace(/plan \d+/, "plan 1e30"),
    4110,
    indexOf(/^ +plan/),
    /whole number/,
  ],
  [
    "an offset that is no number",
    changed(firstPlace, (l) => l.replace(/at \d+/, "at nan")),
    4110,
    firstPlace,
    /whole number/,
  ],
  [
    "a shape of 1e30",
    changed(1, (l) => l.replace(/\[1, \d+/, "[1, 1e30")),
    4110,
    1,
    /whole number/,
  ],
  [
    "rows that there are not",
    changed(firstStep, (l) => l.replace(/rows 0 \d+/, "rows 0 2000000000")),
    4110,
    firstStep,
    /no rows/,
  ],
  [
    "scratch memory of one byte",
    changed(indexOf(/scratch \d+ \d+$/), (l) => l.replace(/scratch (\d+) \d+/, "scratch $1 1")),
    4112,
    indexOf(/scratch \d+ \d+$/),
    /scratch/,
  ],
  [
    "an operator that there is not",
    changed(indexOf(/= Conv2D/), (l) => l.replace("= Conv2D", "= Warp")),
    4111,
    indexOf(/= Conv2D/),
    /Warp/,
  ],
];

describe("a diagnostic with line and column for", () => {
  it("nothing in the plan as it was written", async () => {
    expect((await compiled(sound)).program).toBeDefined();
  });

  it.each(cases)("%s", async (_, text, code, line, says) => {
    expect(text).not.toBe(sound.text);
    const { program, diagnostics } = await compiled({ ...sound, text });
    expect(program).toBeUndefined();
    const found = diagnostics.find((d) => says.test(d.text));
    expect(found).toMatchObject({ code, severity: "error", place: { line: line + 1 } });
    expect(found!.place.column).toBeGreaterThan(0);
  });

  it("a text that ends anywhere", async () => {
    for (let i = 0; i < 60; i++) {
      const text = sound.text.slice(0, Math.floor(((sound.text.length - 3) * i) / 60));
      const { diagnostics } = await compiled({ ...sound, text });
      expect(diagnostics).toMatchObject([{ code: 4110, place: { line: expect.any(Number) } }]);
    }
  });

  it("constants that are missing", async () => {
    const { diagnostics } = await compiled({ ...sound, weights: new Uint8Array() });
    expect(diagnostics).toMatchObject([{ code: 4110, place: { line: expect.any(Number) } }]);
  });
});

/** A character, a number, a word or a line is another one, is gone, or is there twice. */
function mutated(random: Random, text: string): string {
  const pieces = text.split(random.pick([/(\d+)/, /(\w+)/, /(\n)/, /()/]));
  for (let n = random.int(1, 3); n > 0; n--) {
    const i = random.int(0, pieces.length - 1);
    const piece = pieces[i]!;
    const byte = String.fromCharCode(random.int(0, 300));
    const number = random.pick([
      "0",
      "1",
      "-1",
      "1e30",
      "nan",
      "2147483647",
      String(random.int(0, 999)),
    ]);
    pieces[i] = random.pick(["", piece + piece, byte, number, random.pick(pieces)]);
  }
  return pieces.join("");
}

it(`${count} mutations: a program or coded diagnostics, in bounded time`, {
  timeout: 36e5,
}, async () => {
  const random = new Random(41);
  let refused = 0;
  await inTemporaryFolder((folder) => {
    for (let i = 0; i < count; i++) {
      const text = mutated(random, sound.text);
      const { program, diagnostics } = compile(save(folder, { ...sound, text }), options);
      expect(program !== undefined || diagnostics.some((d) => d.severity === "error")).toBe(true);
      if (!program) refused++;
    }
  });
  expect(refused).toBeGreaterThan(count / 2);
});

it("the command fails with 1 and leaves earlier output as it was", async () => {
  await inTemporaryFolder(async (folder) => {
    const file = save(folder, sound);
    const command = [file, "--target", "host", "--name", "net", "--outDir", folder];
    expect((await mote(...command)).code).toBe(0);
    const before = readFileSync(join(folder, "net.c"), "utf8");
    save(folder, { ...sound, text: cases[0]![1] });
    const { code, error } = await mote(...command);
    expect(code).toBe(1);
    expect(error).toMatch(/net\.plan\.graph\(\d+,\d+\): error MOTE4112: /);
    expect(error).not.toMatch(/^\s+at /m);
    expect(readFileSync(join(folder, "net.c"), "utf8")).toBe(before);
  });
});
