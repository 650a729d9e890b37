/** Maps of the arena, as a picture and as text, against the plan that they show. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { orderText } from "../../compiler/commands/memory.ts";
import { memoryMap } from "../../compiler/commands/memory-map.ts";
import { memoryText } from "../../compiler/commands/memory-text.ts";
import type { Program } from "../../compiler/compile.ts";
import { inFoldersOfTheirOwn, mote } from "../support/command.ts";
import { bundled, modelFile } from "../support/models.ts";
import { encodeModel, writeBytes } from "../support/onnx.ts";
import { compileModel } from "../support/programs.ts";
import { Random } from "../support/random.ts";
import { allOf, type Element, parseXml } from "../support/xml.ts";

const programs = bundled.flatMap((name) =>
  (["sram", "balanced", "speed"] as const).map((optimize) => ({ name, optimize })),
);
const compiled = ({ name, optimize }: (typeof programs)[number]): Program =>
  compileModel(modelFile(name), { optimize, ioLayout: "nhwc" });

/** Which bytes are in use in which ticks: a byte of the arena each, tick after tick. */
const grid = ({ graph }: Program, ticks: number) => {
  const { arenaBytes } = graph.plan;
  const cells = new Uint8Array(arenaBytes * ticks);
  return {
    cells,
    /** How many cells were in use already. */
    fill(from: number, to: number, begin: number, end: number): number {
      let before = 0;
      for (let t = begin; t < end; t++) {
        const row = cells.subarray(t * arenaBytes + from, t * arenaBytes + to);
        before += row.reduce((a, b) => a + b, 0);
        row.fill(1);
      }
      return before;
    },
    inUse: (t: number) =>
      cells.subarray(t * arenaBytes, (t + 1) * arenaBytes).reduce((a, b) => a + b, 0),
  };
};

const partsOf = ({ graph }: Program) =>
  graph.plan.buffers.flatMap(({ offset, parts }) =>
    parts.map((p) => [offset + p.from, offset + p.to, p.begin, p.end] as const),
  );
const ticksOf = (program: Program): number => Math.max(...partsOf(program).map((p) => p[3]));

const planned = (program: Program) => {
  const found = grid(program, ticksOf(program));
  for (const part of partsOf(program)) found.fill(...part);
  return found;
};

/** A whole number that the picture's coordinates come close enough to. */
function whole(value: number): number {
  expect(Math.abs(value - Math.round(value))).toBeLessThan(0.1);
  return Math.round(value);
}

const number = (e: Element, name: string): number => Number(e.attributes[name]);
const classed = (all: readonly Element[], name: string) =>
  all.filter((e) => e.attributes.class === name);

/** What a picture shows, by its own axes. */
function shownBy(svg: string, arenaBytes: number) {
  const all = allOf(parseXml(svg));
  const spans = classed(all, "span");
  const horizontal = classed(all, "grid").filter((e) => e.attributes.y1 === e.attributes.y2);
  const zero = Math.max(...horizontal.map((e) => number(e, "y1")));
  const top = Math.min(...classed(all, "level").map((e) => number(e, "y1")));
  const byte = (y: number) => whole(((zero - y) / (zero - top)) * arenaBytes);
  const tick = (x: number) => {
    const span = spans.find((e) => x < number(e, "data-right") - 1e-3) ?? spans[spans.length - 1]!;
    const [left, right, begin, end] = ["left", "right", "begin", "end"].map((n) =>
      number(span, `data-${n}`),
    ) as [number, number, number, number];
    return begin + ((x - left) / (right - left)) * (end - begin);
  };
  const rectangles = classed(all, "layer")
    .flatMap((g) => g.children)
    .map((e) => {
      const [x, y] = [number(e, "x"), number(e, "y")];
      return {
        title: e.children[0]!.text,
        from: byte(y + number(e, "height")),
        to: byte(y),
        begin: whole(tick(x)),
        end: whole(tick(x + number(e, "width"))),
      };
    });
  return { all, tick, rectangles };
}

describe.each(programs)("the picture of $name, $optimize", (which) => {
  const program = compiled(which);
  const { arenaBytes } = program.graph.plan;
  const svg = memoryMap(program);
  const { all, tick, rectangles } = shownBy(svg, arenaBytes);
  const expected = planned(program);

  it("shows every byte of the plan in use, and each once", () => {
    const drawn = grid(program, ticksOf(program));
    for (const { from, to, begin, end } of rectangles)
      expect(drawn.fill(from, to, begin, end)).toBe(0);
    const area = rectangles.reduce((sum, r) => sum + (r.to - r.from) * (r.end - r.begin), 0);
    expect(area).toBe(expected.cells.reduce((a, b) => a + b, 0));
    expect(Buffer.compare(drawn.cells, expected.cells)).toBe(0);
  });

  it("says of every rectangle what it is", () => {
    const names = program.graph.nodes.flatMap((n) => [
      ...n.origins,
      ...n.outputs.map((v) => v.name),
    ]);
    const number = (text: string) => Number(text.replaceAll(",", ""));
    for (const { title, from, to } of rectangles) {
      const [label, place, life] = title.split("\n") as [string, string, string];
      expect(names).toContain(label.replace(": scratch", ""));
      const [, bytes, offset] = /^([\d,]+) bytes at offset ([\d,]+)/.exec(place)!;
      expect([number(bytes!), number(offset!)]).toEqual([to - from, from]);
      expect(life).toMatch(/^from .+ to .+, ticks \d+ to \d+$/);
    }
  });

  it("marks the peak, the arena's size and the lower bound", () => {
    const usage = Array.from({ length: ticksOf(program) }, (_, t) => expected.inUse(t));
    const most = Math.max(...usage);
    const grouped = (n: number) => n.toLocaleString("en-US");
    const { peak, lowerBoundBytes } = program.memory;
    expect(peak.inUse.reduce((sum, p) => sum + p.bytes, 0)).toBe(most);
    const [line] = classed(all, "peak");
    expect(Math.floor(tick(number(line!, "x1")))).toBe(usage.indexOf(most));
    expect(classed(all, "peak-text")[0]!.text).toBe(
      `peak: ${grouped(most)} bytes in use, ${peak.node!.origins[0]}`,
    );
    const said = all.map((e) => e.text);
    const isTight = lowerBoundBytes === arenaBytes;
    expect(said).toContain(`${isTight ? "arena = lower bound" : "arena"} ${grouped(arenaBytes)}`);
    if (!isTight) expect(said).toContain(`lower bound ${grouped(lowerBoundBytes)}`);
  });

  it("names each layer or stretch of layers once along the time, without gaps", () => {
    const spans = classed(all, "span").map((e) => ({
      begin: number(e, "data-begin"),
      end: number(e, "data-end"),
      layers: e.children[0]!.text.split("\n"),
    }));
    expect(spans[0]!.begin).toBe(0);
    expect(spans.at(-1)!.end).toBe(ticksOf(program));
    for (const [i, { begin }] of spans.entries()) if (i > 0) expect(begin).toBe(spans[i - 1]!.end);
    const layers = new Set(program.graph.plan.steps.map((s) => s.node));
    expect(spans.slice(1, -1).flatMap((s) => s.layers)).toEqual(
      [...layers].map((n) => n.origins[0]),
    );
    for (const { begin, end, layers } of spans.slice(1, -1)) {
      const steps = program.graph.plan.steps.filter((s) => begin <= s.begin && s.end <= end);
      expect(new Set(steps.map((s) => s.node.origins[0]))).toEqual(new Set(layers));
    }
  });

  it("is the same every time", () => expect(memoryMap(compiled(which))).toBe(svg));

  it("is text, too, with the same figures", () => {
    const text = memoryText(program);
    const rows = [...text.matchAll(/^ *[\d,]+ │(.*)$/gm)].map((m) => [...m[1]!]);
    expect(rows.length).toBe(24);
    expect(new Set(rows.map((r) => r.length))).toEqual(new Set([96]));
    const letters = [...text.matchAll(/^│ (\w) │ (\S+) /gm)].map((m) => m[1]);
    const shown = new Set(rows.flat());
    for (const mark of shown) expect(["·", "%", ...letters]).toContain(mark);
    const line = text.split("\n").find((l) => l.includes("▲"))!;
    const column = line.indexOf("▲") - text.split("\n")[1]!.indexOf("│") - 1;
    const used = rows.filter((r) => r[column] !== "·").length / 24;
    const most = program.memory.peak.inUse.reduce((sum, p) => sum + p.bytes, 0);
    expect(Math.abs(used - most / arenaBytes)).toBeLessThan(0.1);
    const figures = [...text.slice(text.indexOf("in use at the peak")).matchAll(/ ([\d,]+) │$/gm)];
    const bytes = figures.map((m) => Number(m[1]!.replaceAll(",", "")));
    expect(bytes.at(-1)).toBe(most);
    expect(bytes.slice(0, -1).reduce((a, b) => a + b, 0)).toBe(most);
    const { isProved, lowerBoundBytes } = program.memory;
    expect(text).toContain(`lower bound ${lowerBoundBytes.toLocaleString("en-US")}, gap`);
    expect(text.includes(": proved the smallest")).toBe(isProved);
    expect(text.split("\n").at(-1)).toBe(`${orderText(program.memory)}.`);
  });
});

it.each([
  [{ exact: true, givenBytes: 1234 }, "exact: the graph's own, 1,234 bytes layer by layer"],
  [
    { isGiven: false },
    "heuristic after 5,678 states: 1,234 bytes layer by layer, 2,000 in the graph's own",
  ],
  [
    {},
    "heuristic after 5,678 states: 1,234 bytes layer by layer, 2,000 in the graph's own, kept: no worse when placed",
  ],
])("says which order it is: %o", (own, said) => {
  const found = { exact: false, states: 5678, peakBytes: 1234, givenBytes: 2000, isGiven: true };
  expect(orderText({ order: { ...found, ...own } })).toBe(`order ${said}`);
});

describe("commands", () => {
  inFoldersOfTheirOwn();
  const kws = modelFile("kws");
  const names = ["<a>&\"b\" 'c'", "日本", "]]>--\u0001\u001b[1m", "ascii"];
  const strange = () => {
    const nodes = names.map((name, i) => ({
      ...{ op: "Gemm", inputs: [`v${i}`, "w"], outputs: [`v${i + 1}`], name },
    }));
    const bytes = encodeModel({
      inputs: [{ name: "v0", shape: [1, 16] }],
      initializers: { w: new Random(3).tensor("float32", [16, 16]) },
      nodes,
      outputs: [{ name: `v${names.length}` }],
    });
    return writeBytes(bytes, "strange.onnx");
  };

  it("write the picture where it is asked for, and only there", async () => {
    await mote(kws, "--outDir", "plain");
    expect(readdirSync("plain").filter((f) => f.endsWith("svg"))).toEqual([]);
    const { out } = await mote(kws, "--emitMemoryMap", "--outDir", "a", "--json");
    const added = readdirSync("a").filter((f) => !readdirSync("plain").includes(f));
    expect(added).toEqual(["kws.memory.svg"]);
    expect(JSON.parse(out).files).toContain("kws.memory.svg");
    expect(readFileSync("a/kws.memory.svg", "utf8")).toBe(memoryMap(compileModel(kws, {})));
    await mote(kws, "--emitMemoryMap", "--noEmit", "--outDir", "b");
    await mote(kws, "--emitMemoryMap", "--stopAfter", "plan", "--outDir", "b");
    expect(existsSync("b")).toBe(false);
  });

  it("take it from mote.json", async () => {
    const compilerOptions = { emitMemoryMap: true };
    writeFileSync("mote.json", JSON.stringify({ files: [kws], compilerOptions }));
    expect((await mote()).out).toContain("kws.memory.svg");
    expect(existsSync("out/kws.memory.svg")).toBe(true);
  });

  it("leave nothing half-written", async () => {
    await mote(kws, "--emitMemoryMap");
    const earlier = readFileSync("out/kws.memory.svg", "utf8");
    writeFileSync("kws.onnx", "not a model");
    expect((await mote("kws.onnx", "--emitMemoryMap")).code).toBe(1);
    expect(readFileSync("out/kws.memory.svg", "utf8")).toBe(earlier);
    mkdirSync("in-the-way/kws.memory.svg", { recursive: true });
    const { error } = await mote(kws, "--emitMemoryMap", "--outDir", "in-the-way");
    expect(error).toContain("MOTE1002");
    for (const f of ["out", "in-the-way"])
      expect(readdirSync(f).filter((name) => name.startsWith("."))).toEqual([]);
  });

  it("escape layers' names, whatever they are", async () => {
    expect((await mote(strange(), "--emitMemoryMap")).code).toBe(0);
    const all = allOf(parseXml(readFileSync("out/strange.memory.svg", "utf8")));
    const said = all.map((e) => e.text);
    expect(said).toContain(names[0]);
    expect(said).toContain(names[1]);
    expect(said).toContain("]]>--\uFFFD\uFFFD[1m");
  });

  it("show a network that computes nothing", async () => {
    const bytes = encodeModel({
      inputs: [{ name: "x", shape: [1, 4, 2] }],
      nodes: [{ op: "Flatten", inputs: ["x"], outputs: ["y"], name: "flat" }],
      outputs: [{ name: "y" }],
    });
    const file = writeBytes(bytes, "flat.onnx");
    const { code, out } = await mote(file, "--emitMemoryMap", "--explain", "memory");
    expect(code).toBe(0);
    expect(out).toMatch(/^│ sum .* 32 │$/m);
    parseXml(readFileSync("out/flat.memory.svg", "utf8"));
  });

  it("explain kernels, memory, or both", async () => {
    const kernels = (await mote(kws, "--noEmit", "--explain", "kernels")).out;
    const memory = (await mote(kws, "--noEmit", "--explain", "memory")).out;
    const both = (await mote(kws, "--noEmit", "--explain", "kernels,memory")).out;
    expect(kernels).toContain("is the choice");
    expect(kernels).not.toContain("in use at the peak");
    expect(memory).toContain("in use at the peak");
    expect(memory).not.toContain("is the choice");
    expect(both).toBe(`${kernels}\n${memory.slice(memory.indexOf("\n") + 1)}`);
    expect((await mote(kws, "--explain", "memory,kernel")).error).toContain("MOTE1005");
  });

  it("keep the map within the terminal", () => {
    const text = memoryText(compileModel(kws, {}), 60);
    const map = text.slice(0, text.indexOf("free,")).split("\n");
    expect(Math.max(...map.map((l) => [...l].length))).toBeLessThanOrEqual(60);
    expect(Math.max(...map.map((l) => [...l].length))).toBeGreaterThan(50);
  });

  it("say in JSON what is in use at the peak, and which buffers there are", async () => {
    const { memory, arenaBytes } = JSON.parse((await mote(kws, "--noEmit", "--json")).out);
    const { peak, graph } = { ...compileModel(kws, {}), ...compileModel(kws, {}).memory };
    const sum = (items: readonly { bytes: number }[]) => items.reduce((n, i) => n + i.bytes, 0);
    expect(memory.peak).toMatchObject({ layer: peak.node!.origins[0], bytes: sum(peak.inUse) });
    expect(sum(memory.peak.inUse)).toBe(memory.peak.bytes);
    expect(memory.buffers.length).toBe(graph.plan.buffers.length);
    for (const b of memory.buffers) {
      expect(b.offset + b.bytes).toBeLessThanOrEqual(arenaBytes);
      expect(b.begin).toBeLessThan(b.end);
      expect(graph.plan.buffers.map((p) => p.label)).toContain(b.label);
    }
  });
});
