/** A network of the size that people bring from phones. */
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { packagePath } from "../../compiler/paths.ts";
import { mobilenetV2 } from "../support/mobilenet.ts";
import { npyBytes } from "../support/npy.ts";
import { inTemporaryFolder } from "../support/programs.ts";
import { Random } from "../support/random.ts";

/** What `mote net.onnx --json` says with these options, within 1 GB of heap. */
async function compiled(folder: string, options: readonly string[]) {
  writeFileSync(join(folder, "net.onnx"), mobilenetV2());
  const cli = packagePath("dist", "compiler", "cli.js");
  const command = ["--max-old-space-size=1024", cli, "net.onnx", "--json", ...options];
  const { stdout } = await execa("node", command, { cwd: folder });
  const json = JSON.parse(stdout);
  // 300 M multiply-accumulates, as the paper says.
  expect(json.macs / 1e6).toBeCloseTo(300, -1);
  return json;
}

describe("MobileNetV2 1.0 224", { timeout: 600_000 }, () => {
  it("compiles in float", async () => {
    await inTemporaryFolder(async (folder) => {
      const json = await compiled(folder, []);
      // 3.4 M parameters of four bytes.
      expect(json.weightsBytes / 4e6).toBeCloseTo(3.5, 1);
      expect(json.arenaBytes).toBeLessThan(1.05 * json.arenaLowerBoundBytes);
      expect(statSync(join(folder, "out", "net.c")).size).toBeGreaterThan(1e7);
    });
  });

  it("runs in 210,000 bytes in int8", async () => {
    await inTemporaryFolder(async (folder) => {
      const shape = [1, 3, 224, 224];
      const picture = Float32Array.from(new Random(1).list(3 * 224 * 224));
      writeFileSync(join(folder, "picture.npy"), npyBytes(picture, shape));
      const quantized = ["--quantize", "int8", "--calib", "picture.npy", "--ioLayout", "nhwc"];
      const json = await compiled(folder, [...quantized, "--optimize", "sram"]);
      expect(json.arenaBytes).toBeLessThanOrEqual(210_000);
    });
  });
});
