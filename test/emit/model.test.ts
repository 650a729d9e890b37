/** Networks written in the model language: read again, they are the same graph and the same C. */
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.ts";
import { writeModel } from "../../compiler/emit/model/write.ts";
import type { Graph } from "../../compiler/ir/graph.ts";
import { parseGraph } from "../../compiler/ir/parse.ts";
import { printGraph } from "../../compiler/ir/print.ts";
import { packagePath } from "../../compiler/paths.ts";
import { readModel } from "../../compiler/read/model.ts";
import { writeSafetensors } from "../../compiler/read/safetensors.ts";
import { inFoldersOfTheirOwn } from "../support/command.ts";
import { randomImageNetwork } from "../support/images.ts";
import { bundled, modelFile } from "../support/models.ts";
import { Random } from "../support/random.ts";

const shared = packagePath("..", "shared", "data");
const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;
const onnxIn = (folder: string): string[] =>
  isThere(folder)
    ? readdirSync(folder)
        .filter((f) => f.endsWith(".onnx"))
        .map((f) => join(folder, f))
    : [];

const read = (file: string): Graph | undefined => compile(file, { stopAfter: "read" }).graph;

const files = [
  ...bundled.map(modelFile),
  ...onnxIn(packagePath("test", "models")),
  ...onnxIn(join(shared, "mlperf-tiny")).filter((f) => f.includes("qdq")),
  ...onnxIn(join(shared, "pytorch")),
].filter((file) => read(file) !== undefined);

inFoldersOfTheirOwn();

/** Writes the graph into the working folder; the text's file. */
function written(graph: Graph, name = "net"): { file: string; lines: number } {
  const { text, tensors, aliases } = writeModel(graph, `${name}.safetensors`);
  writeFileSync(`${name}.mote`, text);
  if (tensors.size > 0) writeFileSync(`${name}.safetensors`, writeSafetensors(tensors, aliases));
  return { file: `${name}.mote`, lines: text.split("\n").length - 1 };
}

function expectSame(graph: Graph, file: string): void {
  const warnings: string[] = [];
  const back = readModel(file, { report: (d) => warnings.push(d.text) });
  const [want, got] = [printGraph(graph), printGraph(back.graph)];
  expect(got.text).toBe(want.text);
  expect(Buffer.compare(got.weights, want.weights)).toBe(0);
  expect(warnings).toEqual([]);
}

describe.each(files.map((file) => [basename(file, ".onnx"), file]))("%s", (name, file) => {
  const graph = read(file)!;

  it("comes back as the same graph", () => {
    expectSame(graph, written(graph).file);
  });

  it("becomes the same C", () => {
    const options = { name: "net", target: "cortex-m4", optimize: "speed" } as const;
    const [onnx, mote] = [file, written(graph, basename(file, ".onnx")).file].map((f) => {
      const { program, diagnostics } = compile(f, options);
      expect(diagnostics.filter((d) => d.severity === "error")).toEqual([]);
      return program!.emitted.files;
    });
    expect([...mote!]).toEqual([...onnx!]);
  });

  const stages = ["simplify", "fuse", "lower", "quantize"] as const;
  it.each(stages)("comes back the same after the stage %s", (stopAfter) => {
    const { graph: later, diagnostics } = compile(file, { stopAfter });
    expect(diagnostics.filter((d) => d.severity === "error")).toEqual([]);
    expectSame(later!, written(later!).file);
  });

  it("is written the same again", () => {
    const first = written(graph);
    const again = writeModel(readModel(first.file, { report: () => {} }).graph, "net.safetensors");
    expect(again.text).toBe(writeModel(graph, "net.safetensors").text);
  });

  const most: Record<string, number> = { ic_fp32: 60, ic: 200, shapes_mbv2: 60, vww: 200 };
  if (most[name!])
    it(`has less than ${most[name!]} lines`, () => {
      expect(written(graph).lines).toBeLessThan(most[name!]!);
    });
});

describe("random networks", () => {
  const count = process.env.MOTE_SOAK === "1" ? 2000 : 60;

  it(`come back the same, ${count}`, () => {
    for (let seed = 1; seed <= count; seed++) {
      const r = new Random(seed);
      const graph = randomImageNetwork(r, r.int(1, 12), r.int(0, 3) > 0);
      const own = readModelOf(graph);
      expectSame(own, written(own).file);
    }
  });
});

/** The graph as a reader makes it: written, and read once. */
const readModelOf = (graph: Graph): Graph =>
  readModel(written(graph, "first").file, { report: () => {} }).graph;

describe("strange names", () => {
  const strange = [
    'a"b',
    "x{y}",
    "back\\slash",
    "new\nline",
    "日本",
    "relu",
    "model",
    "_",
    "0012",
    "a.b.c",
    "1e5",
    "t1",
    "{",
    "}",
    "same",
    "9007199254740993",
    "12345678901234567890",
    "\u0000\u0001",
    "a//b",
    "/*",
    "😀{i}",
  ];
  const count = process.env.MOTE_SOAK === "1" ? 2000 : 40;

  it(`come back, ${count} times drawn`, () => {
    const graph = read(modelFile("ad"))!;
    const { text, weights } = printGraph(graph);
    for (let seed = 1; seed <= count; seed++) {
      const r = new Random(seed);
      const draw = () => r.pick(strange) + (r.int(0, 1) ? r.int(0, 30) : "");
      const renamed = text
        .replace(/from "[^"]*"/g, () => `from ${JSON.stringify(draw())}`)
        .replaceAll('"input"', JSON.stringify(draw()))
        .replace('as "output"', `as ${JSON.stringify(draw())}`)
        .replace('graph imported "ad"', `graph imported ${JSON.stringify(draw())}`);
      const named = parseGraph(renamed, weights) as Graph;
      expectSame(named, written(named).file);
    }
  });
});

describe("documentation", () => {
  const text = `/// Finds cats.
model net(
  /// A picture, RGB.
  image: float[1, 3, 8, 8]
) -> y {
  y = image |> relu
}
`;

  it("travels into the header and back into the language", () => {
    writeFileSync("net.mote", text);
    const { program } = compile("net.mote", { target: "host" });
    const header = program!.emitted.files.get("net.h")!;
    expect(header).toContain(" * Finds cats.\n");
    expect(header).toMatch(/Input 0: "image".*\n \* A picture, RGB\. \*\//);
    const { graph, docs } = compile("net.mote", { stopAfter: "read" });
    expect(writeModel(graph!, "w", docs).text).toContain(
      "/// Finds cats.\nmodel net(\n  /// A pic",
    );
  });
});

it("outputs of different types in a lowered graph", () => {
  const text = `graph lowered "net" {
    %0 "x": float32[3, 4] = Input
    %1: int64[1] = Constant [3]
    %2: float32[3, 3], %3: int64[3, 3] = TopK(%0, %1)
    return %2 as "values", %3 as "indices"
  }`;
  const graph = parseGraph(text);
  expectSame(graph, written(graph).file);
});
