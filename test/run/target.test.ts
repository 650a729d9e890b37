import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { packagePath } from "../../compiler/paths.ts";
import { listTargets, loadTarget, parseTarget } from "../../compiler/target.ts";
import { failureOf, failuresOf, temporaryFolder } from "./fixture.ts";

const m4File = packagePath("targets", "cortex-m4", "target.json");
const m4Text = readFileSync(m4File, "utf8");

/** The problems of the Cortex-M4's file with one text replaced. */
const problemsWith = (from: string, to: string) => {
  expect(m4Text).toContain(from);
  return failuresOf(() => parseTarget(m4Text.replace(from, to), m4File));
};

const placeOf = (text: string, part: string) => {
  const before = text.slice(0, text.indexOf(part)).split("\n");
  return { line: before.length, column: before.at(-1)!.length + 1 };
};

describe("targets", () => {
  test("are those of the README", () => {
    expect(listTargets()).toEqual([
      "cortex-m0plus",
      "cortex-m3",
      "cortex-m33",
      "cortex-m4",
      "cortex-m55",
      "cortex-m7",
      "host",
    ]);
  });

  test.each(listTargets())("%s is valid and named after its folder", (name) => {
    expect(loadTarget(name).name).toBe(name);
  });

  test("cycles are there where a document gives them", () => {
    const withCycles = listTargets().filter((name) => loadTarget(name).cycles !== null);
    expect(withCycles).toEqual(["cortex-m0plus", "cortex-m3", "cortex-m4"]);
  });

  test("an unknown name suggests the nearest", async () => {
    const problem = await failureOf(() => loadTarget("cortex-m44"));
    expect(problem).toMatchObject({ code: 4001, text: "There is no target 'cortex-m44'." });
    expect(problem.help).toContain("Did you mean 'cortex-m4'?");
  });

  test("a user's own file, with a family of its own", () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "cortex-m"));
    const file = join(folder, "board.json");
    writeFileSync(file, m4Text.replace('"cortex-m4"', '"board"'));
    expect(loadTarget(file)).toMatchObject({
      name: "board",
      familyFolder: join(folder, "cortex-m"),
    });
  });

  test("a user's file that is not there", async () => {
    expect(await failureOf(() => loadTarget("no/such.json"))).toMatchObject({ code: 1001 });
  });
});

describe("a bad target.json is reported at its line and column", () => {
  test("syntax", async () => {
    const [problem] = await problemsWith('"isa": [', '"isa" [');
    expect(problem).toMatchObject({ code: 4002, text: expect.stringContaining("Colon expected") });
    expect(problem.place.line).toBe(placeOf(m4Text, '"isa"').line);
  });

  test("an empty file", async () => {
    expect(await failureOf(() => parseTarget("", "x.json"))).toMatchObject({
      place: { file: "x.json", line: 1, column: 1 },
    });
  });

  test("a wrong type", async () => {
    const problems = await problemsWith('"bytes": 4194304', '"bytes": "4M"');
    expect(problems).toHaveLength(1);
    expect(problems[0].text).toContain("memories.0.bytes must be integer");
    expect(problems[0].place).toMatchObject(placeOf(m4Text, '"bytes": 4194304'));
  });

  test("an unknown feature and an unknown field, both", async () => {
    const text = m4Text.replace('"thumb2"', '"thumb9"').replace('"machine"', '"qemu"');
    const problems = await failuresOf(() => parseTarget(text, m4File));
    const texts = problems.map((problem) => problem.text).join("\n");
    expect(texts).toContain("(thumb1, thumb2, scalar, dsp, fpu, mve)");
    expect(texts).toContain("required property 'machine'");
    expect(texts).toContain("unknown field 'qemu'");
    const places = problems.map(({ place: { line, column } }) => ({ line, column }));
    expect(places).toContainEqual(placeOf(text, '"thumb9"'));
    expect(places).toContainEqual(placeOf(text, '"qemu"'));
  });

  test("a gap in the table of cycles", async () => {
    const problems = await problemsWith('"divide": 7,', "");
    expect(problems.map(({ text }) => text)).toEqual([
      "Not a valid target: cycles must have required property 'divide'.",
    ]);
    expect(problems[0].place).toMatchObject(placeOf(m4Text, '"cycles"'));
  });

  test("a family that does not exist", async () => {
    const [problem] = await problemsWith('"family": "cortex-m"', '"family": "cortex-z"');
    expect(problem.text).toContain("there is no family 'cortex-z'");
    expect(problem.place).toMatchObject(placeOf(m4Text, '"family"'));
  });

  test("a machine without RAM", async () => {
    const [problem] = await problemsWith('"kind": "ram"', '"kind": "flash"');
    expect(problem.text).toContain("a machine needs a memory of kind 'ram'");
  });
});
