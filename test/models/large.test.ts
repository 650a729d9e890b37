/** A network of the size that people bring from phones. */
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { packagePath } from "../../compiler/paths.ts";
import { mobilenetV2 } from "../support/mobilenet.ts";
import { inTemporaryFolder } from "../support/programs.ts";

describe("MobileNetV2 1.0 224 in float", () => {
  it("compiles within 1 GB of heap", async () => {
    await inTemporaryFolder(async (folder) => {
      writeFileSync(join(folder, "net.onnx"), mobilenetV2());
      const cli = packagePath("dist", "compiler", "cli.js");
      const { stdout } = await execa(
        "node",
        ["--max-old-space-size=1024", cli, "net.onnx", "--json"],
        {
          cwd: folder,
        },
      );
      const json = JSON.parse(stdout);
      // 300 M multiply-accumulates, as the paper says; 3.4 M parameters of four bytes.
      expect(json.macs / 1e6).toBeCloseTo(300, -1);
      expect(json.weightsBytes / 4e6).toBeCloseTo(3.5, 1);
      expect(json.arenaBytes).toBe(json.arenaLowerBoundBytes);
      expect(statSync(join(folder, "out", "net.c")).size).toBeGreaterThan(1e7);
    });
  });
});
