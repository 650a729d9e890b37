/** `mote run`, `bench` and `doctor`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packagePath } from "../../compiler/paths.ts";
import { mote } from "../support/command.ts";
import { argmax, dataFile, tfliteOutput } from "../support/mlperf.ts";
import { modelFile } from "../support/models.ts";
import { npyBytes } from "../support/npy.ts";
import { encodeModel, writeBytes } from "../support/onnx.ts";
import { inTemporaryFolder } from "../support/programs.ts";

const kws = modelFile("kws");
const run = async (...argv: string[]) => JSON.parse((await mote("run", ...argv, "--json")).out);

describe("mote run", () => {
  it("prints exactly the fields that measuring tools read", async () => {
    const json = await run(kws, "--target", "cortex-m4", "--input", dataFile("kws_int8_0_in.f32"));
    expect(Object.keys(json)).toEqual([
      "model",
      "target",
      "profile",
      "outputs",
      "instructions",
      "cycles",
      "macs",
      "arenaBytes",
      "stackBytes",
      "flash",
    ]);
    const [output] = json.outputs;
    expect(Object.keys(output)).toEqual(["name", "shape", "type", "scale", "zeroPoint", "data"]);
    expect(output).toMatchObject({
      name: "output",
      shape: [1, 12],
      type: "int8",
      scale: 1 / 256,
      zeroPoint: -128,
    });
    expect(argmax(output.data)).toBe(argmax(tfliteOutput("kws", 0)));
    expect(json.instructions).toBeGreaterThan(json.macs);
    expect(json.cycles).toBeGreaterThan(json.instructions);
    expect(json.flash.code).toBeGreaterThan(1000);
    expect(json.flash.weights).toBeGreaterThan(20_000);
  });

  it("counts the same instructions every time", async () => {
    const counts = [await run(kws), await run(kws)].map((j) => j.instructions);
    expect(counts[0]).toBe(counts[1]);
  });

  it("has null for what this computer cannot tell", async () => {
    const json = await run(kws, "--target", "host");
    expect(json).toMatchObject({ instructions: null, cycles: null, stackBytes: null });
    expect(json.flash.code).toBeNull();
  });

  it("shows the answer, the cost and a comparison of all layers", async () => {
    const { out, code } = await mote(
      ...["run", kws, "--compare", "--input", packagePath("models/kws/right.npy")],
      ...["--labels", packagePath("models/kws/labels.txt")],
    );
    expect(code).toBe(0);
    expect(out).toMatch(/answer +right/);
    expect(out).toMatch(/stack +\d+ bytes/);
    expect(out).toContain("All 12 layers agree with the reference.");
  });

  const adder = (elem: "float32" | "int64" = "float32") =>
    writeBytes(
      encodeModel({
        inputs: [
          { name: "a", elem, shape: [1, 3] },
          { name: "b", elem, shape: [1, 3] },
        ],
        nodes: [{ op: "Sub", inputs: ["a", "b"], outputs: ["y"] }],
        outputs: [{ name: "y", elem }],
      }),
      "sub.onnx",
    );

  it("takes inputs by name, in order, and without a batch axis", () =>
    inTemporaryFolder(async (folder) => {
      const file = (name: string, values: number[], shape = [1, 3]) => {
        writeFileSync(join(folder, name), npyBytes(Float32Array.from(values), shape));
        return join(folder, name);
      };
      const [a, b] = [file("x.npy", [5, 7, 9]), file("y.npy", [1, 2, 3], [3])];
      const data = async (...inputs: string[]) =>
        (await run(adder(), "--target", "host", ...inputs.flatMap((i) => ["--input", i])))
          .outputs[0].data;
      expect(await data(a, b)).toEqual([4, 5, 6]);
      expect(await data(`b=${a}`, `a=${b}`)).toEqual([-4, -5, -6]);
      expect(await data(b, `a=${a}`)).toEqual([4, 5, 6]);
      const codes = async (...inputs: string[]) =>
        (await mote("run", adder(), "--target", "host", ...inputs.flatMap((i) => ["--input", i])))
          .error;
      expect(await codes(a)).toContain("MOTE1014");
      expect(await codes(a, b, a)).toContain("MOTE1014");
      expect(await codes(`c=${a}`, b)).toContain("MOTE1013");
      expect(await codes(a, file("z.npy", [1, 2], [1, 2]))).toContain("MOTE1015");
      expect(await codes(a, join(folder, "none.npy"))).toContain("MOTE1001");
      expect(await codes(a, adder())).toContain("MOTE1016");
    }));

  it("uses the fixed pattern without inputs, and writes large integers as text", async () => {
    const json = await run(adder(), "--target", "host");
    expect(json.outputs[0].data).toEqual([0, 0, 0]);
    const identity = writeBytes(
      encodeModel({
        inputs: [{ name: "x", shape: [4] }],
        nodes: [{ op: "Log", inputs: ["x"], outputs: ["y"] }],
        outputs: [{ name: "y" }],
      }),
      "log.onnx",
    );
    expect((await run(identity, "--target", "host")).outputs[0].data[0]).toBe("NaN");
  });

  it("says what is missing or too much", async () => {
    expect((await mote("run")).error).toContain("MOTE1007");
    expect((await mote("run", kws, kws)).error).toContain("MOTE1008");
    expect((await mote("run", kws, "--labels", "none.txt")).error).toContain("MOTE1001");
    expect((await mote("run", kws, "--timeout", "-1")).error).toContain("MOTE1005");
  });
});

describe("mote bench", () => {
  it("prints the same objects as run, in an array", async () => {
    const { out } = await mote(
      "bench",
      modelFile("ad"),
      "--targets",
      "cortex-m0plus,cortex-m4",
      "--json",
    );
    const rows = JSON.parse(out);
    expect(rows.map((r: { target: string }) => r.target)).toEqual(["cortex-m0plus", "cortex-m4"]);
    expect(rows[1]).toEqual(await run(modelFile("ad"), "--target", "cortex-m4"));
  });

  it("shows other tools' figures beside ours", async () => {
    const { out } = await mote("bench", modelFile("ad"), "--targets", "cortex-m4");
    expect(out).toContain("TensorFlow Lite Micro + CMSIS-NN");
    expect(out).toContain("582,332");
    expect(out).toContain("Other tools:");
  });

  it("goes on after a model that fails", async () => {
    const said = await mote("bench", "none.onnx", modelFile("ad"), "--targets", "cortex-m4");
    expect(said.code).toBe(1);
    expect(said.error).toContain("MOTE1001");
    expect(said.out).toContain("cortex-m4");
  });
});

describe("mote doctor", () => {
  it("names every tool", async () => {
    const { out, code } = await mote("doctor");
    expect(code).toBe(0);
    for (const tool of ["node", "arm-none-eabi-gcc", "qemu-system-arm"])
      expect(out).toContain(tool);
  });
});
