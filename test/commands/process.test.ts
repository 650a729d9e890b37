/** The built command as a process of its own. */
import { copyFileSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { main } from "../../compiler/commands/main.ts";
import { packagePath } from "../../compiler/paths.ts";
import { modelFile } from "../support/models.ts";
import { inTemporaryFolder } from "../support/programs.ts";

const cli = packagePath("dist", "compiler", "cli.js");
const mote = (cwd: string, ...argv: string[]) =>
  execa("node", [cli, ...argv], { cwd, reject: false, timeout: 120_000 });

it("a fault of mote's own is a message with a code", async () => {
  const said: string[] = [];
  const console = {
    out: () => {
      throw new RangeError("this must not happen");
    },
    error: (text: string) => said.push(text),
    colour: false,
  };
  expect(await main(["--help"], console)).toBe(1);
  expect(said.join()).toMatch(/^error MOTE1090: A fault of mote itself: this must not happen\./);
  expect(said.join()).not.toMatch(/^\s+at /m);
});

describe("the built command", () => {
  it("compiles with exit code 0 and fails with 1, without a stack trace", async () => {
    await inTemporaryFolder(async (folder) => {
      const good = await mote(folder, modelFile("ad"));
      expect([good.exitCode, good.stderr]).toEqual([0, ""]);
      expect(existsSync(join(folder, "out/ad.c"))).toBe(true);
      writeFileSync(join(folder, "bad.onnx"), Buffer.alloc(300, 0xff));
      const bad = await mote(folder, "bad.onnx");
      expect(bad.exitCode).toBe(1);
      expect(bad.stderr).toMatch(/^bad\.onnx: error MOTE2001: .*\n {2}help: /);
      expect(bad.stderr).not.toMatch(/^\s+at /m);
    });
  });

  it("prints JSON and nothing else on stdout", async () => {
    await inTemporaryFolder(async (folder) => {
      const { stdout } = await mote(folder, "run", modelFile("ad"), "--target", "host", "--json");
      expect(JSON.parse(stdout).model).toBe("ad");
    });
  });

  it("compiles again in watch mode when the model changes, and ends when it is told to", async () => {
    await inTemporaryFolder(async (folder) => {
      const model = join(folder, "net.onnx");
      copyFileSync(modelFile("ad"), model);
      const watching = execa("node", [cli, "net.onnx", "--watch"], { cwd: folder, reject: false });
      let said = "";
      const until = (text: string) =>
        new Promise<void>((done) => {
          const check = (chunk: unknown) => {
            said += chunk ?? "";
            if (said.includes(text)) done();
          };
          watching.stderr.on("data", check);
          check("");
        });
      await until("Found 0 errors. Watching for file changes.");
      said = "";
      const changed = until("Found errors. Watching for file changes.");
      // Some file systems report no change for writes in the first moments of watching.
      const again = setInterval(() => writeFileSync(model, `not a model ${Math.random()}`), 500);
      await changed;
      clearInterval(again);
      expect(said).toContain("MOTE2001");
      watching.kill("SIGINT");
      expect((await watching).exitCode).toBe(0);
    });
  });
});
