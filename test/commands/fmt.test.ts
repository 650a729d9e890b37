/** `mote fmt`. */
import {
  chmodSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { packagePath } from "../../compiler/paths.ts";
import { inFoldersOfTheirOwn, mote } from "../support/command.ts";

const untidy = "let  a=1 // one\n\n\n\nlet b=[1,2]";
const tidy = "let a = 1 // one\n\nlet b = [1, 2]\n";
const read = (file: string) => readFileSync(file, "utf8");

describe("mote fmt", () => {
  inFoldersOfTheirOwn();

  it("formats all files that are given, and names those that it changes", async () => {
    writeFileSync("a.mote", untidy);
    writeFileSync("b.mote", tidy);
    expect(await mote("fmt", "a.mote", "b.mote")).toEqual({ code: 0, out: "a.mote", error: "" });
    expect([read("a.mote"), read("b.mote")]).toEqual([tidy, tidy]);
    expect(readdirSync(".").sort()).toEqual(["a.mote", "b.mote"]);
    expect(await mote("fmt", "a.mote", "b.mote")).toEqual({ code: 0, out: "", error: "" });
  });

  it("writes nothing with --check, and fails for files that differ", async () => {
    writeFileSync("a.mote", untidy);
    writeFileSync("b.mote", tidy);
    expect(await mote("fmt", "--check", "a.mote", "b.mote")).toMatchObject({
      code: 1,
      out: "a.mote",
    });
    expect(read("a.mote")).toBe(untidy);
    expect(await mote("fmt", "--check", "b.mote")).toMatchObject({ code: 0, out: "" });
  });

  it("leaves a file with errors as it is, says all of them, and goes on", async () => {
    const bad = "model a(x: float[1, 3) -> y {\n  let = 3\n}\nblok b(x) = x\n";
    writeFileSync("bad.mote", bad);
    writeFileSync("a.mote", untidy);
    const { code, out, error } = await mote("fmt", "bad.mote", "missing.mote", "a.mote");
    expect([code, out]).toEqual([1, "a.mote"]);
    expect(error).toMatch(/^bad\.mote\(1,22\): error MOTE2101: Expected .*, found '\)'\.$/m);
    expect(error).toMatch(/^bad\.mote\(2,7\): error MOTE2101: /m);
    expect(error).toMatch(/^bad\.mote\(4,1\): error MOTE2101: /m);
    expect(error).toMatch(/^missing\.mote: error MOTE1001: /m);
    expect([read("bad.mote"), read("a.mote")]).toEqual([bad, tidy]);
  });

  it("keeps bytes that are no UTF-8", async () => {
    const bytes = Buffer.from([...Buffer.from("// "), 0xe9, 0x0a]);
    writeFileSync("latin.mote", bytes);
    const { code, error } = await mote("fmt", "latin.mote");
    expect([code, error]).toEqual([1, expect.stringMatching(/^latin\.mote: error MOTE2133: /)]);
    expect(readFileSync("latin.mote")).toEqual(bytes);
  });

  it("keeps line ends, permissions and links", async () => {
    writeFileSync("a.mote", untidy.replaceAll("\n", "\r\n"));
    chmodSync("a.mote", 0o640);
    symlinkSync("a.mote", "link.mote");
    expect(await mote("fmt", "link.mote")).toMatchObject({ code: 0, out: "link.mote" });
    expect(read("a.mote")).toBe(tidy.replaceAll("\n", "\r\n"));
    expect(statSync("a.mote").mode & 0o777).toBe(0o640);
    expect(lstatSync("link.mote").isSymbolicLink()).toBe(true);
  });

  it("wants a file, and knows its options", async () => {
    expect((await mote("fmt")).error).toContain("MOTE2136");
    expect((await mote("fmt", "--chek")).error).toContain("Did you mean '--check'?");
    expect((await mote("fmt", "--help")).out).toContain("--check");
  });

  it("formats standard input", async () => {
    const cli = packagePath("dist", "compiler", "cli.js");
    const run = (...options: string[]) =>
      execa("node", [cli, "fmt", "-", ...options], {
        input: untidy,
        reject: false,
        stripFinalNewline: false,
      });
    expect(await run()).toMatchObject({ exitCode: 0, stdout: tidy, stderr: "" });
    expect(await run("--check")).toMatchObject({ exitCode: 1, stdout: "-\n" });
  });
});
