/** The text that `npm run bench:language` measures. */
import { describe, expect, it } from "vitest";
import { longModel } from "../../compiler/commands/bench-language.ts";
import { check } from "../../compiler/read/dsl/check.ts";

describe("bench:language", () => {
  it("measures as many lines as it says, of a model without problems", () => {
    const text = longModel(500);
    expect(text.trimEnd().split("\n")).toHaveLength(500);
    const { diagnostics, graph } = check("/long.mote", { open: new Map([["/long.mote", text]]) });
    expect(diagnostics).toEqual([]);
    expect(graph!.nodes.length).toBeGreaterThan(300);
  });
});
