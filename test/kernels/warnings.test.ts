/** Random layers of every kernel compile without a warning for every device. */
import { cpSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { listTargets, loadTarget, type Target } from "../../compiler/target.ts";
import { inTemporaryFolder } from "../support/programs.ts";
import type { KernelCase } from "./case.ts";
import { families } from "./families.ts";
import { programText } from "./program.ts";
import { draw } from "./run.ts";

const soak = process.env.MOTE_SOAK === "1";
const [batches, batchCases] = soak ? [10, 60] : [1, 40];

const strict = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"];
const runtime = join(import.meta.dirname, "../../runtime-c");

/** One folder with the headers that the target uses, as the emitted programs have them. */
function copyHeaders(folder: string, { variants }: Target): void {
  const places = [".", "kernels", ...[...variants].reverse().map((v) => join("kernels", v))];
  for (const place of places)
    for (const file of readdirSync(join(runtime, place)))
      if (file.endsWith(".h")) cpSync(join(runtime, place, file), join(folder, file));
}

const runsOn = ({ isa }: Target) => ({ kernel }: KernelCase): boolean =>
  (kernel.isa ?? []).every((feature) => (isa as readonly string[]).includes(feature));

const devices = listTargets()
  .map(loadTarget)
  .filter((target) => target.machine !== null);

describe.each(devices)("$name", (target) => {
  it.each(families)("$name", { timeout: soak ? 3_600_000 : 120_000 }, async (family) => {
    await inTemporaryFolder(async (folder) => {
      copyHeaders(folder, target);
      for (let seed = 1; seed <= batches; seed++) {
        const cases = draw(family, batchCases, seed).filter(runsOn(target));
        writeFileSync(join(folder, "cases.c"), programText(cases));
        for (const level of ["-Os", "-O3"]) {
          const { stderr } = await execa(
            target.compiler,
            [...target.cflags, ...strict, level, "-c", "cases.c", "-o", "cases.o"],
            { cwd: folder, reject: false },
          );
          expect(stderr).toBe("");
        }
      }
    });
  });
});
