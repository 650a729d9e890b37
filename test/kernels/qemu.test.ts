/**
 * Every kernel that needs a feature of the processor, on random nodes on devices, against the
 * reference: int8 to the bit.
 */
import { describe, expect, it } from "vitest";
import { layerGraph } from "../../compiler/commands/tune.ts";
import { programOf } from "../../compiler/compile.ts";
import { constantOf } from "../../compiler/ir/graph.ts";
import { allKernels } from "../../compiler/kernels/catalogue.ts";
import type { Kernel } from "../../compiler/kernels/kernel.ts";
import { loadTarget, type Target } from "../../compiler/target.ts";
import { runBatch } from "../support/batch.ts";
import type { KernelCase } from "./case.ts";
import { families } from "./families.ts";
import { differences, draw } from "./run.ts";

const soak = process.env.MOTE_SOAK === "1";
/** Fewer of those that only call others. */
const casesOf = (k: Kernel): number => (!soak ? 3 : k.parts || k.measuredAs ? 20 : 200);
const batchSize = 40;

/** All folders of variants have their device here. */
const devices = ["cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m55"];

const needs = (target: Target) =>
  allKernels().filter((k) => k.isa?.every((f) => (target.isa as readonly string[]).includes(f)));

/** At least so many cases of every kernel that needs the target's features. */
function casesFor(target: Target): KernelCase[] {
  const wanted = new Map(needs(target).map((k) => [k.name, casesOf(k)]));
  const cases: KernelCase[] = [];
  for (let seed = 1; [...wanted.values()].some((n) => n > 0); seed++) {
    expect(seed, `no case of ${[...wanted].filter(([, n]) => n > 0)}`).toBeLessThan(2000);
    for (const test of families.flatMap((f) => draw(f, 20, 7000 + seed))) {
      const missing = wanted.get(test.kernel.name) ?? 0;
      if (missing > 0) cases.push(test);
      wanted.set(test.kernel.name, missing - 1);
    }
  }
  return cases;
}

/** The case as a program whose only layer is run by the case's kernel. */
function programCase({ node, kernel, profile, inputs }: KernelCase, i: number, target: Target) {
  const options = { name: `case${i}`, target, profile };
  const program = { ...options, ...programOf(layerGraph(node, kernel.name), options) };
  const given = node.inputs.flatMap((v, k) => (v && !constantOf(v) ? [inputs[k]!] : []));
  return { program, inputs: given };
}

describe.each(devices)("%s", (name) => {
  const target = loadTarget(name);

  it("runs every kernel that is for it", { timeout: 3_600_000 }, async () => {
    const cases = casesFor(target);
    for (let begin = 0; begin < cases.length; begin += batchSize) {
      const batch = cases.slice(begin, begin + batchSize);
      const outputs = await runBatch(batch.map((test, i) => programCase(test, i, target)));
      expect(differences(batch, outputs)).toEqual([]);
    }
  });
});
