/** `--kernel`: the user's own choice of a layer's kernel, and what is said where it cannot be. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mote } from "../support/command.ts";
import { encodeModel, writeBytes } from "../support/onnx.ts";
import { inTemporaryFolder } from "../support/programs.ts";
import { Random } from "../support/random.ts";

const random = new Random(5);
const weights = random.tensor("float32", [16, 16]);
const gemm = (name: string, from: string, to: string) => ({
  op: "Gemm",
  inputs: [from, "w"],
  outputs: [to],
  attrs: { transB: 1 },
  name,
});
const model = writeBytes(
  encodeModel({
    inputs: [{ name: "x", shape: [1, 16] }],
    initializers: { w: weights },
    nodes: [
      gemm("first", "x", "h"),
      { op: "Tanh", inputs: ["h"], outputs: ["t"], name: "act" },
      gemm("a=b", "t", "y"),
    ],
    outputs: [{ name: "y" }],
  }),
  "forced.onnx",
);

const chosen = async (...argv: string[]): Promise<(string | undefined)[]> => {
  const { out } = await mote(model, "--noEmit", "--explain", "kernels", ...argv);
  return [...out.matchAll(/\* (fully_connected\w+)/g)].map((m) => m[1]);
};
const said = async (...argv: string[]): Promise<string> => {
  const { error, code } = await mote(model, "--noEmit", ...argv);
  expect(code).toBe(1);
  return error;
};

describe("mote --kernel", () => {
  it("gives a layer the kernel, and leaves the others theirs", async () => {
    const [fast, portable] = ["fully_connected_f32_x8", "fully_connected_f32"];
    expect(await chosen()).toEqual([fast, fast]);
    expect(await chosen("--kernel", `first=${portable}`)).toEqual([portable, fast]);
    expect(await chosen("--kernel", `a=b=${portable}`)).toEqual([fast, portable]);
    expect(await chosen("--kernel", `first=${portable}`, "--kernel", `a=b=${portable}`)).toEqual([
      portable,
      portable,
    ]);
  });

  it("is an option of mote.json, too", () =>
    inTemporaryFolder(async (folder) => {
      const compilerOptions = { kernel: ["first=fully_connected_f32"], noEmit: true };
      const file = join(folder, "mote.json");
      writeFileSync(file, JSON.stringify({ files: [model], compilerOptions }));
      const { out } = await mote("-p", file, "--explain", "kernels");
      expect(out).toMatch(/\* fully_connected_f32 /);
    }));

  it("says what is wrong with a choice", async () => {
    expect(await said("--kernel", "first")).toContain("MOTE1020");
    const layer = await said("--kernel", "frist=fully_connected_f32");
    expect(layer).toMatch(/MOTE4011.*'frist'[\s\S]*'first'/);
    const kernel = await said("--kernel", "first=fully_connected_f23");
    expect(kernel).toMatch(/MOTE4012.*'fully_connected_f23'[\s\S]*'fully_connected_f32'/);
    const isa = await said("--kernel", "first=fully_connected_f32_x8", "--target", "cortex-m3");
    expect(isa).toMatch(/MOTE4013.*lacks: fpu/);
    const shape = await said("--kernel", "first=conv_2d_f32");
    expect(shape).toMatch(/MOTE4014[\s\S]*fully_connected_f32_x8, fully_connected_f32\./);
  });
});
