/** Every kernel against its operator's reference, on random nodes. */
import { expect, test } from "vitest";
import { allKernels } from "../../compiler/kernels/catalogue.ts";
import { allOperators } from "../../compiler/ops/registry.ts";
import { families } from "./families.ts";
import { draw, mismatches } from "./run.ts";

const soak = process.env.MOTE_SOAK === "1";
const [caseCount, programCases] = soak ? [2000, 100] : [60, 60];

test.concurrent.for(families.map((f) => [f.name, f] as const))(
  "%s",
  { timeout: soak ? 3_600_000 : 900_000 },
  async ([, family], { expect }) => {
    for (let seed = 1; seed <= caseCount / programCases; seed++)
      expect(await mismatches(draw(family, programCases, seed))).toEqual([]);
  },
);

test("every kernel that computes is tried", () => {
  const compute = allKernels().filter((k) => !k.isView && !k.ops.includes("RowInput"));
  const missing = new Set(compute.map((k) => k.name));
  for (let seed = 1; seed <= 40 && missing.size > 0; seed++)
    for (const family of families)
      for (const { kernel } of draw(family, 300, seed)) missing.delete(kernel.name);
  expect([...missing]).toEqual([]);
});

/** What rules replace before kernels are chosen. */
const replaced = ["Sum"];

test("every lowered operator has a kernel", () => {
  const served = new Set([...replaced, ...allKernels().flatMap((k) => k.ops)]);
  const lowered = allOperators().filter((o) => o.level !== "imported");
  expect(lowered.map((o) => o.name).filter((name) => !served.has(name))).toEqual([]);
});

test("no two kernels have one name", () => {
  const names = allKernels().map((k) => k.name);
  expect(new Set(names).size).toBe(names.length);
});
