/** `npm run bench:placement`: what it prints, and what it says of bad input. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { benchPlacement } from "../../compiler/commands/bench-placement.ts";
import { packagePath } from "../../compiler/paths.ts";

const instances = packagePath("test", "plan", "instances");
const published = "/work/shared/data/minimalloc";
const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

function run(...argv: readonly string[]) {
  const [out, error]: string[][] = [[], []];
  const code = benchPlacement(argv, {
    out: (text) => out.push(text),
    error: (text) => error.push(text),
    colour: false,
  });
  return { code, out: out.join("\n"), error: error.join("\n") };
}

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "mote-placement-"));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

interface Solved {
  readonly instance: string;
  readonly seconds: number;
  readonly proved: boolean;
  readonly offsets: Readonly<Record<string, number>>;
}

/** Tick by tick and byte by byte, whether nothing is taken twice within the capacity. */
function isSound(file: string, capacity: number, { offsets }: Solved): boolean {
  const rows = readFileSync(file, "utf8").trim().split("\n").slice(1);
  const buffers = rows.map((row) => {
    const [id, lower, upper, size] = row.split(",");
    return {
      offset: offsets[id!]!,
      lower: Number(lower),
      upper: Number(upper),
      size: Number(size),
    };
  });
  return buffers.every(
    (a, i) =>
      a.offset >= 0 &&
      a.offset + a.size <= capacity &&
      buffers
        .slice(i + 1)
        .every(
          (b) =>
            a.upper <= b.lower ||
            b.upper <= a.lower ||
            a.offset + a.size <= b.offset ||
            b.offset + b.size <= a.offset,
        ),
  );
}

function solveAll(folder: string): Solved[] {
  const { code, out, error } = run(folder, "--json");
  expect({ code, error }).toEqual({ code: 0, error: "" });
  const solved = (JSON.parse(out) as { instances: Solved[] }).instances;
  for (const result of solved) {
    const name = readdirSync(folder).find((n) => n.startsWith(`${result.instance}.`))!;
    expect(isSound(join(folder, name), Number(name.split(".").at(-2)), result)).toBe(true);
    expect(result.proved).toBe(true);
  }
  return solved;
}

describe("bench:placement", () => {
  it("places every instance within the capacity of its name", () => {
    expect(solveAll(instances).map((r) => r.instance)).toEqual(["rows", "tight"]);
  });

  it("prints a table and the sum of seconds", () => {
    const { code, out } = run(instances);
    expect(code).toBe(0);
    for (const word of ["instance", "buffers", "nodes", "proved", "bytes", "rows", "tight"])
      expect(out).toContain(word);
    expect(out).toMatch(/\d+\.\d{3} seconds in all$/);
  });

  it("says that an instance cannot fit", () => {
    const folder = folderOf({ "no.9.csv": "id,lower,upper,size\na,0,2,5\nb,1,3,5\n" });
    const { code, out } = run(folder);
    expect(code).toBe(0);
    expect(out).toContain("infeasible");
    expect(JSON.parse(run(folder, "--json").out)).toMatchObject({
      instances: [{ instance: "no", proved: true, offsets: {} }],
    });
  });
});

describe("bad input is a diagnostic", () => {
  const head = "id,lower,upper,size\n";
  const cases: [string, string, string, string][] = [
    ["a line too short", "x.8.csv", `${head}a,0,2,5\nb,1,3\n`, "x.8.csv(3,1): error MOTE1082: "],
    ["a word for a number", "x.8.csv", `${head}a,0,two,5\n`, "upper is 'two', no whole number"],
    ["a negative size", "x.8.csv", `${head}a,0,2,-5\n`, "size is '-5', no whole number"],
    ["no size", "x.8.csv", `${head}a,0,2,0\n`, "size is 0"],
    ["an absurd size", "x.8.csv", `${head}a,0,2,99999999999999999\n`, "no whole number"],
    ["too large", "x.8.csv", `${head}a,0,2,9\n`, "size is 9, more than the capacity of 8"],
    ["no duration", "x.8.csv", `${head}a,2,2,5\n`, "lower is 2, but upper is 2"],
    ["an id twice", "x.8.csv", `${head}a,0,2,5\na,2,3,5\n`, "x.8.csv(3,1)"],
    ["other columns", "x.8.csv", "id,begin,end,size\na,0,2,5\n", "x.8.csv(1,1)"],
    ["an empty file", "x.8.csv", "", "x.8.csv(1,1): error MOTE1082"],
    ["no capacity", "x.csv", `${head}a,0,2,5\n`, "error MOTE1081: "],
    ["a capacity of 0", "x.0.csv", head, "error MOTE1081: "],
    ["no instance", "x.txt", "", "error MOTE1080: No .csv file is here"],
  ];
  it.each(cases)("%s", (_, name, text, said) => {
    const { code, out, error } = run(folderOf({ [name]: text }));
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(error).toContain(said);
  });

  it("a folder that is missing, or not given, or not alone, or an unknown option", () => {
    expect(run("/no/such/folder")).toMatchObject({ code: 1, out: "" });
    expect(run("/no/such/folder").error).toContain("MOTE1080: The folder does not exist");
    expect(run().error).toContain("MOTE1083");
    expect(run("a", "b").error).toContain("MOTE1083");
    expect(run("a", "--jsno").error).toContain("Did you mean 'json'?");
  });

  it("every bad line is said", () => {
    const { error } = run(folderOf({ "x.8.csv": `${head}a,0,2,9\nb,3,3,1\n` }));
    expect(error).toContain("x.8.csv(2,1)");
    expect(error).toContain("x.8.csv(3,1)");
  });
});

if (process.env.MOTE_SOAK === "1")
  describe("MiniMalloc's published instances", () => {
    it(existsSync(published) ? "are all placed" : `are not here: no ${published}`, () => {
      if (existsSync(published)) expect(solveAll(published).length).toBeGreaterThanOrEqual(11);
    });
  });
