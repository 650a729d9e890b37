/** `mote tune`: what it measures is kept, and compiles go by it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mote } from "../support/command.ts";
import { encodeModel, writeBytes } from "../support/onnx.ts";
import { Random } from "../support/random.ts";

const random = new Random(5);
const dense = () =>
  writeBytes(
    encodeModel({
      inputs: [{ name: "x", shape: [1, 16] }],
      initializers: { w: random.tensor("float32", [16, 16]), b: random.tensor("float32", [16]) },
      nodes: [
        {
          op: "Gemm",
          inputs: ["x", "w", "b"],
          outputs: ["h"],
          attrs: { transB: 1 },
          name: "first",
        },
        { op: "Tanh", inputs: ["h"], outputs: ["t"] },
        { op: "Gemm", inputs: ["t", "w", "b"], outputs: ["y"], attrs: { transB: 1 } },
      ],
      outputs: [{ name: "y" }],
    }),
    "dense.onnx",
  );

let folder: string;
let file: string;
let model: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "mote-tuning-"));
  file = join(folder, "t.json");
  model = dense();
  const { out, code } = await mote("tune", model, "--target", "cortex-m4", "--tuning", file);
  expect(out).toContain("1 layers measured on cortex-m4");
  expect(code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const layers = (): Record<string, Record<string, number>> =>
  JSON.parse(readFileSync(file, "utf8")).targets["cortex-m4"];

const kernelsUsed = async (...argv: string[]) => {
  const { out } = await mote(model, "--noEmit", "--explain", "kernels", ...argv);
  return [...out.matchAll(/\* (fully_connected\w+)/g)].map((m) => m[1]);
};

describe("mote tune", () => {
  it("measures every candidate of every layer signature once", async () => {
    const [costs] = Object.values(layers());
    expect(Object.keys(costs!).sort()).toEqual(["fully_connected_f32", "fully_connected_f32_x8"]);
    for (const cost of Object.values(costs!)) expect(cost).toBeGreaterThan(16 * 16);
    const again = await mote("tune", model, "--target", "cortex-m4", "--tuning", file);
    expect(again.out).toContain("0 layers measured");
  });

  it("is what compiles choose by", async () => {
    expect(await kernelsUsed("--tuning", file)).toEqual(Array(2).fill("fully_connected_f32_x8"));
    const [[signature]] = Object.entries(layers()) as [[string, unknown]];
    const other = JSON.parse(readFileSync(file, "utf8"));
    other.targets["cortex-m4"][signature] = { fully_connected_f32: 1, fully_connected_f32_x8: 2 };
    const changed = join(folder, "changed.json");
    writeFileSync(changed, JSON.stringify(other));
    expect(await kernelsUsed("--tuning", changed)).toEqual(Array(2).fill("fully_connected_f32"));
  });

  it("refuses what it cannot use", async () => {
    const said = async (...argv: string[]) => (await mote(...argv)).error;
    expect(await said("tune")).toContain("MOTE1007");
    expect(await said("tune", model, "--target", "host")).toContain("MOTE1019");
    expect(await said(model, "--tuning", join(folder, "none.json"))).toContain("MOTE1001");
    const bad = join(folder, "bad.json");
    writeFileSync(bad, "[1, 2");
    expect(await said(model, "--tuning", bad)).toContain("MOTE1017");
    const own = JSON.parse(readFileSync(file, "utf8"));
    for (const targets of [null, [], { "cortex-m4": 5 }, { "cortex-m4": { x: { kernel: "1" } } }]) {
      writeFileSync(bad, JSON.stringify({ ...own, targets }));
      expect(await said(model, "--tuning", bad)).toContain("MOTE1017");
    }
    writeFileSync(bad, '{ "mote": "0.0.1", "targets": {} }');
    expect(await said(model, "--tuning", bad)).toContain("MOTE1018");
  });
});
