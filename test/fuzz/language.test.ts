/** Any text at all as a model: a graph, or coded diagnostics with their place, in bounded time. */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { packagePath } from "../../compiler/paths.ts";
import { check } from "../../compiler/read/dsl/check.ts";
import { lexer } from "../../compiler/read/dsl/tokens.ts";
import { inTemporaryFolder } from "../support/programs.ts";
import { Random } from "../support/random.ts";
import { hostile } from "./hostile.ts";

const soak = process.env.MOTE_SOAK === "1";
const count = soak ? 100_000 : 1500;
/** Seconds of the processor that a text may take. */
const secondsMax = 8;

function samplesIn(folder: string): { file: string; text: string }[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".mote"))
    .sort()
    .map((name) => join(folder, name))
    .map((file) => ({ file, text: readFileSync(file, "utf8") }));
}

const samples = [
  ...samplesIn(packagePath("models")),
  ...samplesIn(join(import.meta.dirname, "..", "read", "dsl")),
];

/** What is said of a text that stands in a file; fails where that is not as it must be. */
function said(file: string, text?: string) {
  const before = process.cpuUsage();
  const open = text === undefined ? new Map() : new Map([[file, text]]);
  const { graph, diagnostics } = check(file, { open });
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1e6).toBeLessThan(secondsMax);
  const errors = diagnostics.filter((d) => d.severity === "error");
  expect(graph === undefined).toBe(errors.length > 0);
  for (const { code, text: message, help = "", place } of diagnostics) {
    expect(code).toBeGreaterThanOrEqual(1001);
    expect(`${message} ${help}`).not.toMatch(/undefined|NaN|\[object/);
    expect(message.length).toBeLessThan(2000);
    if (!place.file?.endsWith(".mote") || text === undefined) continue;
    expect(place.line).toBeGreaterThanOrEqual(1);
    expect(place.column).toBeGreaterThanOrEqual(1);
  }
  return diagnostics;
}

const words = samples.flatMap(({ text }) => lexer.tokenize(text).tokens.map((t) => t.image));
const numbers = ["0", "-1", "1e9", "0.5", "65536", "2147483648", "9007199254740991", "1e308"];
const signs = [...'()[]{}"\\.,:=|>@?!/+-*%\n\t#é\u0000\uD800 0aZ_'];

/** One change between words: one left out, doubled, or in the place of another. */
function changeWord(text: string, random: Random): string {
  const { tokens } = lexer.tokenize(text);
  if (tokens.length === 0) return random.pick(words);
  const { startOffset: at, image } = random.pick(tokens);
  const other = random.pick([words, words, numbers, [""], [`${image} ${image}`]]);
  return text.slice(0, at) + random.pick(other) + text.slice(at + image.length);
}

function changeCharacter(text: string, random: Random): string {
  const at = random.int(0, text.length);
  return text.slice(0, at) + random.pick([...signs, ""]) + text.slice(at + random.int(0, 2));
}

function changeLine(text: string, random: Random): string {
  const lines = text.split("\n");
  const other = random.pick(samples).text.split("\n");
  lines.splice(random.int(0, lines.length), random.int(0, 2), random.pick(other));
  return lines.join("\n");
}

function mutated(text: string, random: Random): string {
  let changed = text;
  for (let n = random.int(1, 5); n > 0; n--)
    changed = random.pick([changeWord, changeCharacter, changeLine])(changed, random);
  return changed;
}

it(`${count} mutated models`, { timeout: 1e8 }, () => {
  const first = Number(process.env.MOTE_SEED ?? 1);
  for (let seed = first; seed < first + count; seed++) {
    const random = new Random(seed);
    const { file, text } = random.pick(samples);
    const changed = mutated(text, random);
    try {
      said(file, changed);
    } catch (problem) {
      throw new Error(`seed ${seed}: ${problem}\n${changed}`, { cause: problem });
    }
  }
});

it("random words", () => {
  const random = new Random(2);
  for (let i = 0; i < 200; i++) {
    const text = Array.from({ length: random.int(0, 60) }, () => random.pick(words)).join(" ");
    said("/random.mote", text);
  }
});

describe("hostile texts", () => {
  it.each(Object.keys(hostile))("%s", { timeout: 1e5 }, (name) => {
    const { text, codes } = hostile[name]!;
    const diagnostics = said(`/${name}.mote`, text());
    expect([...new Set(diagnostics.map((d) => d.code))]).toEqual(codes);
  });
});

const known = Object.values(hostile);
/** All of them in the soak; each takes its time once more. */
const heavy = known.filter((_, i) => soak || i % 5 === 0);

it(`${heavy.length} hostile texts are read in 512 MB`, { timeout: 1e6 }, () =>
  inTemporaryFolder(async (folder) => {
    const files = heavy.map(({ text }, i) => {
      const file = join(folder, `hostile${i}.mote`);
      writeFileSync(file, text());
      return file;
    });
    const built = pathToFileURL(packagePath("dist", "compiler", "read", "dsl", "check.js")).href;
    const script = `import { check } from ${JSON.stringify(built)};
for (const file of process.argv.slice(1)) check(file);
console.log(process.argv.length - 1);`;
    const options = ["--max-old-space-size=512", "--input-type=module", "--eval", script];
    const { stdout } = await execa(process.execPath, [...options, ...files]);
    expect(Number(stdout)).toBe(files.length);
  }),
);

describe("hostile files", () => {
  const using = (line: string) =>
    `${line.startsWith("import") ? line : ""}
model m(x: float[1, 8]) -> y {
  ${line.startsWith("import") ? "" : line}
  y = dense(x, 4) as fc
}`;
  const bytes = (...list: number[]) => Uint8Array.from(list);
  const lying = Buffer.concat([bytes(255, 255, 255, 255, 255, 0, 0, 0), Buffer.from("{}")]);

  /** What is said of net.mote among other files. */
  const saidOf = (files: Readonly<Record<string, string | Uint8Array>>): Promise<number[]> =>
    inTemporaryFolder((folder) => {
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        if (name.endsWith(".link")) symlinkSync(String(content), join(folder, name.slice(0, -5)));
        else writeFileSync(join(folder, name), content);
      }
      return said(join(folder, "net.mote")).map((d) => d.code);
    });

  it.each<[string, Record<string, string | Uint8Array>, number[]]>([
    ["invalid UTF-8", { "net.mote": bytes(0x6d, 0xff, 0xfe) }, [2133]],
    ["a folder as a file", { "net.mote/x": "" }, [1001]],
    ["20 MB", { "net.mote": "(".repeat(20_000_000) }, [2135]],
    ["a folder as weights", { "net.mote": using('weights "w.npz"'), "w.npz/x": "" }, [1001]],
    [
      "a header that lies about its length",
      { "net.mote": using('weights "w.safetensors"'), "w.safetensors": lying },
      [2121],
    ],
    [
      "no safetensors",
      { "net.mote": using('weights "w.safetensors"'), "w.safetensors": "" },
      [2121],
    ],
    ["no zip", { "net.mote": using('weights "w.npz"'), "w.npz": "PK" }, [2121]],
    ["no model", { "net.mote": using('weights "w.onnx"'), "w.onnx": "no" }, [2001]],
    ["a path that leaves", { "net.mote": using('weights "../w.npz"') }, [2115, 2134]],
    ["an absolute path", { "net.mote": using('weights "/etc/passwd"') }, [2115, 2134]],
    [
      "a link that leaves",
      { "net.mote": using('weights "w.npz"'), "w.npz.link": "/etc/hostname" },
      [2115, 2134],
    ],
    ["a link to itself", { "net.mote": using('weights "w.npz"'), "w.npz.link": "w.npz" }, [1001]],
    [
      "imports in a circle",
      { "net.mote": using('import "a.mote"'), "a.mote": 'import "net.mote"' },
      [2115, 2134],
    ],
    [
      "an import that is wrong",
      { "net.mote": using('import "a.mote"'), "a.mote": "block f(" },
      [2101, 2134],
    ],
  ])("%s", async (_, files, codes) => expect(await saidOf(files)).toEqual(codes));
});
