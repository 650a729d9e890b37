/** The engine and the pattern vocabulary, with rules of the tests' own. */
import { describe, expect, it } from "vitest";
import type { Graph, Node } from "../../compiler/ir/graph.ts";
import { parseGraph } from "../../compiler/ir/parse.ts";
import { build } from "../../compiler/ops/build.ts";
import { type Rule, rewrite } from "../../compiler/rewrite/engine.ts";
import { any, constant, type OpPattern, op, optional } from "../../compiler/rewrite/pattern.ts";

const graphOf = (...lines: string[]) =>
  parseGraph(`graph imported "g" {\n${lines.join("\n")}\n}`) as Graph<"imported">;

const rename = (from: OpPattern | string, to: string, name = `to-${to}`): Rule => ({
  name,
  example: "",
  pattern: typeof from === "string" ? op(from, [any("x")]) : from,
  replace: (m) => build(to, [m.value("x")], {}, { origins: m.origins }),
});

const opsOf = (g: Graph) => g.nodes.map((n) => n.op).filter((o) => o !== "Input");
const rewritten = (rules: Rule[], ...lines: string[]) => opsOf(rewrite(graphOf(...lines), rules));

const x = "%0: float32[4] = Input";
const y = "%1: float32[4] = Input";
const c = "%9: float32[4] = Constant [1, 2, 3, 4]";

describe("rewrite", () => {
  const tanh = [x, "%2: float32[4] = Tanh(%0)", 'return %2 as "y"'];

  it("reports rules that undo each other, by name", () => {
    const rules = [rename("Tanh", "Erf", "there"), rename("Erf", "Tanh", "back")];
    expect(() => rewrite(graphOf(...tanh), rules)).toThrow(
      /does not end.*(there|back).*(there|back)/,
    );
  });

  it("takes the first rule of the list that fits", () => {
    expect(rewritten([rename("Tanh", "Erf"), rename("Tanh", "Exp")], ...tanh)).toEqual(["Erf"]);
  });

  it("goes on until no rule fits", () => {
    const log = new Map<string, number>();
    const rules = [rename("Tanh", "Erf"), rename("Erf", "Exp"), rename("Exp", "Sin")];
    expect(opsOf(rewrite(graphOf(...tanh), rules, log))).toEqual(["Sin"]);
    expect([...log.values()]).toEqual([1, 1, 1]);
  });

  it("leaves the graph that it was given as it was", () => {
    const graph = graphOf(...tanh);
    const nodes = [...graph.nodes];
    rewrite(graph, [rename("Tanh", "Erf")]);
    expect(graph.nodes).toEqual(nodes);
  });

  it("returns the same graph when nothing fits", () => {
    const graph = graphOf(...tanh);
    expect(rewrite(graph, [rename("Exp", "Erf")])).toBe(graph);
  });

  it("refuses a replacement of another type, naming the rule", () => {
    const wrong: Rule = {
      ...rename("Tanh", "Tanh", "wrong"),
      replace: (m) => build("Shape", [m.value("x")]),
    };
    expect(() => rewrite(graphOf(...tanh), [wrong])).toThrow(/rule wrong .*float32\[4\].*int64/);
  });

  it("skips a rule whose replacement declines", () => {
    const declines: Rule = { ...rename("Tanh", "Erf"), replace: () => undefined };
    expect(rewritten([declines, rename("Tanh", "Exp")], ...tanh)).toEqual(["Exp"]);
  });

  it("hands down the names of the model's nodes", () => {
    const lines = [x, '%1: float32[4] = Exp(%0) from "a"', '%2: float32[4] = Tanh(%1) from "b"'];
    const rule = rename(op("Tanh", [op("Exp", [any("x")])]), "Erf");
    const graph = rewrite(graphOf(...lines, 'return %2 as "y"'), [rule]);
    expect(graph.nodes.at(-1)!.origins).toEqual(["a", "b"]);
  });

  it("rewrites a chain of 20,000 nodes without recursion", () => {
    const count = 20_000;
    const chain = Array.from({ length: count }, (_, i) => `%${i + 1}: float32[4] = Tanh(%${i})`);
    const ops = rewritten([rename("Tanh", "Erf")], x, ...chain, `return %${count} as "y"`);
    expect(ops.length).toBe(count);
    expect(new Set(ops)).toEqual(new Set(["Erf"]));
  });
});

describe("pattern", () => {
  const constantRight = op("Add", [any("x"), constant("c")], { commutative: true });

  it.each(["Add(%0, %9)", "Add(%9, %0)"])("commutative: %s", (call) => {
    const ops = rewritten(
      [rename(constantRight, "Tanh")],
      x,
      c,
      `%2: float32[4] = ${call}`,
      'return %2 as "y"',
    );
    expect(ops).toEqual(["Tanh"]);
  });

  it.each(["Mul(%2, %1)", "Mul(%1, %2)"])("commutative inside a commutative one: %s", (call) => {
    const pattern = op("Mul", [any(), constantRight], { commutative: true });
    for (const inner of ["Add(%0, %9)", "Add(%9, %0)"]) {
      const lines = [x, y, c, `%2: float32[4] = ${inner}`, `%3: float32[4] = ${call}`];
      expect(rewritten([rename(pattern, "Tanh")], ...lines, 'return %3 as "y"')).toEqual(["Tanh"]);
    }
  });

  it("not commutative: the order counts", () => {
    const rule = rename(op("Sub", [any("x"), constant("c")]), "Tanh");
    const tail = 'return %2 as "y"';
    expect(rewritten([rule], x, c, "%2: float32[4] = Sub(%0, %9)", tail)).toEqual(["Tanh"]);
    expect(rewritten([rule], x, c, "%2: float32[4] = Sub(%9, %0)", tail)).toContain("Sub");
  });

  it("the same name twice must be the same value", () => {
    const rule = rename(op("Mul", [any("x"), any("x")]), "Tanh");
    const tail = 'return %2 as "y"';
    expect(rewritten([rule], x, y, "%2: float32[4] = Mul(%0, %0)", tail)).toEqual(["Tanh"]);
    expect(rewritten([rule], x, y, "%2: float32[4] = Mul(%0, %1)", tail)).toEqual(["Mul"]);
  });

  const only = rename(op("Tanh", [op("Exp", [any("x")], { onlyUse: true })]), "Erf");
  const expTanh = [x, "%1: float32[4] = Exp(%0)", "%2: float32[4] = Tanh(%1)"];

  it("onlyUse: one reader", () => {
    expect(rewritten([only], ...expTanh, 'return %2 as "y"')).toEqual(["Erf"]);
  });

  it("onlyUse: not with a second reader", () => {
    const lines = [...expTanh, "%3: float32[4] = Sin(%1)", 'return %2 as "a", %3 as "b"'];
    expect(rewritten([only], ...lines)).toContain("Tanh");
  });

  it("onlyUse: not when the value is an output as well", () => {
    expect(rewritten([only], ...expTanh, 'return %2 as "a", %1 as "b"')).toContain("Tanh");
  });

  it("onlyUse: reading it twice is two uses", () => {
    const twice = rename(op("Mul", [op("Exp", [any("x")], { onlyUse: true }), any()]), "Erf");
    const lines = [x, "%1: float32[4] = Exp(%0)", "%2: float32[4] = Mul(%1, %1)"];
    expect(rewritten([twice], ...lines, 'return %2 as "y"')).toContain("Mul");
  });

  const clip = rename(op("Clip", [any("x"), optional(constant("low"))]), "Tanh");
  const bound = "%9: float32[] = Constant [0]";

  it.each([
    ["left out", "Clip(%0)", true],
    ["written as absent", "Clip(%0, _)", true],
    ["there", "Clip(%0, %9)", true],
    ["there, and one more than the pattern has", "Clip(%0, %9, %9)", false],
  ])("optional operand %s", (_, call, fits) => {
    const ops = rewritten([clip], x, bound, `%2: float32[4] = ${call}`, 'return %2 as "y"');
    expect(ops.includes("Tanh")).toBe(fits);
  });

  it("an operand that must be there does not match an absent one", () => {
    const rule = rename(op("Clip", [any("x"), any("low")]), "Tanh");
    const ops = rewritten([rule], x, "%2: float32[4] = Clip(%0)", 'return %2 as "y"');
    expect(ops).toEqual(["Clip"]);
  });

  it("where looks at the node", () => {
    const isWide = (n: Node) => n.outputs[0]!.type.shape[0]! > 4;
    const rule = rename(op("Tanh", [any("x")], { where: isWide }), "Erf");
    expect(rewritten([rule], x, "%2: float32[4] = Tanh(%0)", 'return %2 as "y"')).toEqual(["Tanh"]);
  });
});
