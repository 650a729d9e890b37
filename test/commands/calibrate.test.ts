/** Calibration, and what it is for: predictions for whole networks within a tenth. */
import { describe, expect, it } from "vitest";
import { calibrate } from "../../compiler/commands/calibrate.ts";
import { kernelChoices } from "../../compiler/commands/explain.ts";
import { execute } from "../../compiler/commands/measure.ts";
import { loadTarget } from "../../compiler/target.ts";
import { bundled, modelFile } from "../support/models.ts";
import { compileModel } from "../support/programs.ts";

describe("calibration", () => {
  it("measures every candidate of the layers", async () => {
    const costs = await calibrate([modelFile("ad")], loadTarget("cortex-m4"));
    const program = compileModel(modelFile("ad"), { target: "cortex-m4" });
    const names = kernelChoices(program).flatMap((c) => c.candidates.map((k) => k.kernel));
    expect(Object.keys(costs)).toEqual([...new Set(names)].sort());
    for (const { instructions, codeBytes } of Object.values(costs)) {
      expect(instructions).toBeGreaterThan(0);
      expect(codeBytes).toBeGreaterThan(0);
    }
  });

  it("lets --optimize size take less flash", async () => {
    const flashOf = async (optimize: "speed" | "size") => {
      const program = compileModel(modelFile("vww"), { target: "cortex-m4", optimize });
      const { flash } = (await execute(program, {})).json;
      return flash.code! + flash.weights + flash.tables;
    };
    expect(await flashOf("size")).toBeLessThan(await flashOf("speed"));
  });

  const targets = ["cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m55"];
  it.each(targets)("predicts whole networks on %s within a tenth", async (target) => {
    for (const model of bundled) {
      for (const optimize of ["speed", "balanced"] as const) {
        const program = compileModel(modelFile(model), { target, optimize });
        const { json } = await execute(program, {});
        const ratio = program.memory.instructions / json.instructions!;
        expect(ratio, `${model} for ${optimize}`).toBeGreaterThan(0.9);
        expect(ratio, `${model} for ${optimize}`).toBeLessThan(1.1);
      }
    }
  });
});
