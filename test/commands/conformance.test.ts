/** ONNX's test folders: found, run and told apart. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { conformance, difference } from "../../compiler/commands/conformance.ts";
import { float32s, type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import { inFoldersOfTheirOwn } from "../support/command.ts";
import { encodeModel, encodeTensor, type ModelInput } from "../support/onnx.ts";

inFoldersOfTheirOwn();

function writeTest(folder: string, model: ModelInput, inputs: Tensor[], outputs: Tensor[]): void {
  const data = join(folder, "test_data_set_0");
  mkdirSync(data, { recursive: true });
  writeFileSync(join(folder, "model.onnx"), encodeModel(model));
  inputs.forEach((t, i) => writeFileSync(join(data, `input_${i}.pb`), encodeTensor(t)));
  outputs.forEach((t, i) => writeFileSync(join(data, `output_${i}.pb`), encodeTensor(t)));
}

const unary = (op: string): ModelInput => ({
  inputs: [{ name: "x", shape: ["n"] }],
  nodes: [{ op, inputs: ["x"], outputs: ["y"] }],
  outputs: [{ name: "y" }],
});

async function run(...argv: string[]) {
  const [out, error]: string[][] = [[], []];
  const console = {
    out: (text: string) => out.push(text),
    error: (text: string) => error.push(text),
    colour: false,
  };
  const code = await conformance([...argv, "--results", "results.txt"], console);
  return { code, out: out.join("\n"), results: readFileSync("results.txt", "utf8") };
}

describe("npm run conformance", () => {
  const x = float32s([3], [-1, 0, 2]);
  const tests = () => {
    writeTest("set/test_abs", unary("Abs"), [x], [float32s([3], [1, 0, 2])]);
    writeTest("set/test_wrong", unary("Neg"), [x], [float32s([3], [1, 0, 2])]);
    writeTest("set/test_none", unary("StringNormalizer"), [x], [x]);
  };

  it("tells what passes, what is not supported and what is wrong", async () => {
    tests();
    const { code, out, results } = await run("--data", ".", "--json", "all.json");
    expect(code).toBe(1);
    expect(out).toContain("3 tests: 1 pass, 1 unsupported, 1 fail");
    expect(out).toMatch(/FAIL test_wrong: reference: output 0 is -2 at 2, not 2; host: output 0/);
    const lines = results.trimEnd().split("\n");
    expect(lines[0]).toBe("test_abs pass");
    expect(lines[1]).toMatch(/^test_none unsupported MOTE2004: .*'StringNormalizer'/);
    expect(lines[2]).toMatch(/^test_wrong fail reference: /);
    const { tests: all } = JSON.parse(readFileSync("all.json", "utf8"));
    expect(all[0]).toMatchObject({
      name: "test_abs",
      status: "pass",
      reference: "pass",
      host: "pass",
    });
  });

  it("runs those of a list, also on a device", async () => {
    tests();
    writeFileSync("list.txt", "# one of them\ntest_abs\n");
    const argv = ["--data", "set", "--list", "list.txt", "--target", "cortex-m4"];
    const { code, results } = await run(...argv, "--json", "all.json");
    expect(code).toBe(0);
    expect(results).toBe("test_abs pass\n");
    expect(JSON.parse(readFileSync("all.json", "utf8")).tests[0].qemu).toBe("pass");
  });

  it("goes by ONNX's own tolerance", () => {
    const close = (a: number, b: number) =>
      difference(float32s([1], [a]), float32s([1], [b])) === undefined;
    expect(close(1.0009, 1)).toBe(true);
    expect(close(1.0011, 1)).toBe(false);
    expect(close(Number.NaN, Number.NaN)).toBe(true);
    expect(close(Infinity, -Infinity)).toBe(false);
    expect(difference(float32s([1], [1]), tensorOf("int8", [1], [1]))).toMatch(/float32/);
    expect(difference(float32s([1, 1], [1]), float32s([1], [1]))).toMatch(/\[1, 1\]/);
  });
});
