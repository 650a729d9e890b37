/** Random layers of every kernel, as programs for every device, compile without a warning. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { layerGraph } from "../../compiler/commands/tune.ts";
import { writeFiles } from "../../compiler/commands/write.ts";
import { programOf } from "../../compiler/compile.ts";
import { listTargets, loadTarget, type Target } from "../../compiler/target.ts";
import { inTemporaryFolder } from "../support/programs.ts";
import type { KernelCase } from "./case.ts";
import { families } from "./families.ts";
import { draw } from "./run.ts";

const soak = process.env.MOTE_SOAK === "1";
/** Cases of a family in a program; a sample makes one program of all families. */
const [batches, batchCases] = soak ? [10, 40] : [1, 8];

const strict = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"];

const runsOn =
  ({ isa }: Target) =>
  ({ kernel }: KernelCase): boolean =>
    (kernel.isa ?? []).every((feature) => (isa as readonly string[]).includes(feature));

/** The files of a program that is one layer, run by the case's kernel. */
const filesOf = ({ node, kernel, profile }: KernelCase, name: string, target: Target) =>
  programOf(layerGraph(node, kernel.name), { name, target, profile }).emitted.files;

async function compile(folder: string, target: Target, cases: readonly KernelCase[]) {
  const names = cases.map((_, i) => `net${i}`);
  for (const [i, test] of cases.entries()) writeFiles(folder, filesOf(test, names[i]!, target));
  writeFileSync(join(folder, "all.c"), names.map((n) => `#include "${n}.c"\n`).join(""));
  for (const level of ["-Os", "-O3"]) {
    const flags = [...target.cflags, ...strict, level, "-c", "all.c", "-o", "all.o"];
    const { stderr } = await execa(target.compiler, flags, { cwd: folder, reject: false });
    expect(stderr).toBe("");
  }
}

const devices = listTargets()
  .map(loadTarget)
  .filter((target) => target.machine !== null);

describe.each(devices)("$name", (target) => {
  const groups = soak ? families.map((f) => [f]) : [families];
  it.each(
    groups.map((group) => ({ group, name: group.length > 1 ? "all" : group[0]!.name })),
  )("$name", { timeout: soak ? 3_600_000 : 300_000 }, async ({ group }) => {
    for (let seed = 1; seed <= batches; seed++)
      await inTemporaryFolder((folder) => {
        const cases = group.flatMap((f) => draw(f, batchCases, seed)).filter(runsOn(target));
        return compile(folder, target, cases);
      });
  });
});
