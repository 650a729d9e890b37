/**
 * On devices: rows of the input scattered, memory that input and output share as closely as a kernel
 * says it may, and rows of the input as they come.
 */
import { expect, it } from "vitest";
import { loadTarget } from "../../compiler/target.ts";
import { runOnDevice } from "./device.ts";
import { families } from "./families.ts";
import { differences, draw } from "./run.ts";

const [count, batches] = process.env.MOTE_SOAK === "1" ? [60, 20] : [30, 1];

it.each(["cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m55"])("%s", {
  timeout: 3_600_000,
}, async (name) => {
  const target = loadTarget(name);
  const runs = (isa: readonly string[] | undefined) =>
    (isa ?? []).every((feature) => (target.isa as readonly string[]).includes(feature));
  for (let seed = 1; seed <= batches; seed++) {
    const cases = families
      .flatMap((family) => draw(family, count, 500 + seed))
      .filter((c) => runs(c.kernel.isa) && (c.scattered || c.shared || c.kernel.accumulates));
    expect(differences(cases, await runOnDevice(cases, target))).toEqual([]);
  }
});
