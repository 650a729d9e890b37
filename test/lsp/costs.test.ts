/** What a hover says of the target, against what the command shows by other ways. */
import { describe, expect, it } from "vitest";
import { arenaOf } from "../../compiler/commands/arena.ts";
import { longModel } from "../../compiler/commands/bench-language.ts";
import { kernelChoices } from "../../compiler/commands/explain.ts";
import { compile } from "../../compiler/compile.ts";
import { costsOf } from "../../compiler/lsp/costs.ts";

describe("costs", () => {
  it.each(["cortex-m4", "cortex-m55"])("are those of the program for %s", (target) => {
    const file = "/m.mote";
    const options = { target, open: new Map([[file, longModel(60)]]) };
    const { costs } = costsOf({ file, options });
    const { program } = compile(file, options);
    expect(costs!.arenaBytes).toBe(program!.graph.plan.arenaBytes);
    const all = [...costs!.layers.values()];
    expect(Math.max(...all.map((c) => c.liveBytes))).toBe(arenaOf(program!.graph.plan).peak.bytes);
    let count = 0;
    for (const { layer, chosen, candidates } of kernelChoices(program!))
      for (const name of layer.split(", ").filter((n) => n !== "")) {
        const own = costs!.layers.get(name)!;
        expect(own.kernel).toBe(chosen);
        expect(own.instructions).toBe(candidates.find((c) => c.kernel === chosen)!.instructions);
        count++;
      }
    expect(count).toBe(costs!.layers.size);
  });
});
