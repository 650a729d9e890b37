/** Answers from facts of a text that has changed since, at any place of any text. */
import { describe, expect, it } from "vitest";
import { longModel } from "../../compiler/commands/bench-language.ts";
import { callAround, isInWords, textBefore } from "../../compiler/lsp/call.ts";
import { completionsAt } from "../../compiler/lsp/completion.ts";
import { Edit } from "../../compiler/lsp/edit.ts";
import { analyse } from "../../compiler/lsp/facts.ts";
import { hoverAt } from "../../compiler/lsp/hover.ts";
import { eachRow } from "../../compiler/lsp/rows.ts";
import { View } from "../../compiler/lsp/view.ts";
import { drawTokens } from "../language/generate.ts";
import { Random } from "../support/random.ts";

const file = "/m.mote";
const factsOf = (text: string) => analyse({ file, open: new Map([[file, text]]) }).facts;
const base = longModel(80);

/** A piece of the text in the place of another, or of nothing. */
function mutated(text: string, r: Random): string {
  const [a, b] = [r.int(0, text.length), r.int(0, text.length)];
  const size = r.int(0, 12);
  return text.slice(0, a) + text.slice(b, b + r.int(0, 12)) + text.slice(a + size);
}

describe("an edit", () => {
  it("finds every piece again that it does not touch, in both directions", () => {
    const r = new Random(7);
    let found = 0;
    for (let i = 0; i < 200; i++) {
      const after = mutated(base, r);
      const edit = new Edit(base, after);
      for (let k = 0; k < 50; k++) {
        const start = r.int(0, base.length - 5);
        const moved = edit.after({ start, end: start + 5 });
        if (!moved || moved.end - moved.start !== 5) continue;
        expect(after.slice(moved.start, moved.end)).toBe(base.slice(start, start + 5));
        if (edit.before(moved.start) === start) found++;
      }
    }
    expect(found).toBeGreaterThan(5000);
  });
});

describe("facts", () => {
  it("have the text of a name at each of its places", () => {
    const facts = factsOf(base)!;
    const view = new View(base, { text: base, facts });
    let count = 0;
    for (const { start, end, number } of eachRow(facts.occurrences)) {
      if (number < 0) continue;
      const [declared, name] = [view.declared(number), base.slice(start, end)];
      expect(declared.name).toBe(name);
      const isArgument = /^\s*:/.test(base.slice(end));
      if (declared.start !== start && !isArgument)
        expect(view.visibleAt(start).get(name)).toEqual(declared);
      count++;
    }
    expect(count).toBeGreaterThan(100);
  });

  it("answer at every place of mutated texts", () => {
    const r = new Random(11);
    const known = { text: base, facts: factsOf(base)! };
    let shown = 0;
    for (let i = 0; i < 60; i++) {
      const text = mutated(base, r);
      const facts = factsOf(text);
      for (const view of [
        new View(text, known),
        ...(facts ? [new View(text, { text, facts })] : []),
      ])
        for (let k = 0; k < 40; k++) {
          const at = r.int(0, text.length);
          const hover = hoverAt(view, at);
          if (hover) {
            expect(hover.start <= at && at <= hover.end).toBe(true);
            shown++;
          }
          completionsAt(text, at, view);
        }
    }
    expect(shown).toBeGreaterThan(300);
  });

  it("come of any text that parses", () => {
    const r = new Random(3);
    const some = Array.from({ length: 200 }, () => factsOf(drawTokens(r).join(" ")));
    expect(some.filter((facts) => facts !== undefined).length).toBeGreaterThan(100);
  });
});

describe("the call around a place", () => {
  it.each([
    ["x |> conv(8, ", { callee: "conv", isPiped: true, given: [], isBegin: true }],
    [
      "conv(x, stride: [1, 2], pa",
      { callee: "conv", isPiped: false, given: ["stride"], isBegin: true },
    ],
    ["f(g(a, b: 1), c: ", { callee: "f", isPiped: false, given: ["b", "c"], isBegin: false }],
    [
      'onnx.Conv(x, "a)(", // (\n  ',
      { callee: "onnx.Conv", isPiped: false, given: [], isBegin: true },
    ],
    ["conv(x, [1, ", undefined],
    ["block f() { let a = ", undefined],
  ])("%s", (before, call) => expect(callAround(before)).toEqual(call));

  it("is no matter in strings and comments", () => {
    expect(["a // b", 'a "b', 'a "b" // c'].map(isInWords)).toEqual([true, true, true]);
    expect(["a / b", 'a "b" ', '"a\\"b" c', "// a\n b"].map(isInWords)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  it("is looked for in a bounded text", () => {
    for (const long of ["a".repeat(2e6), "(".repeat(2e6), '"'.repeat(2e6), "a: ".repeat(1e6)]) {
      expect(textBefore(long, long.length).length).toBeLessThanOrEqual(40_001);
      completionsAt(long, long.length, undefined);
    }
  });
});
