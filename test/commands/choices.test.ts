/** `--float`, `--pool` and the annotations of the language: choices for layers, and for blocks. */
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { type CompileOptions, compile, type Program } from "../../compiler/compile.ts";
import { layersOf } from "../../compiler/ir/plan.ts";
import { isFloat } from "../../compiler/ir/types.ts";
import { packagePath } from "../../compiler/paths.ts";
import { inFoldersOfTheirOwn, mote } from "../support/command.ts";
import { expectNear } from "../support/near.ts";
import { npyBytes } from "../support/npy.ts";
import { compileModel, runSamples } from "../support/programs.ts";
import { Random } from "../support/random.ts";

inFoldersOfTheirOwn();

const text = (
  stem = "",
  inner = "",
  block = "",
  model = "",
) => `model net(x: float[1, 4, 8, 8]) -> y${model} {
  weights random(seed: 3)
  y = x |> conv(8) as stem${stem} |> body as body${block} |> global_average_pool as pool |> dense(4) as fc
}

block body(x) = x |> conv(8) as a${inner} |> relu |> conv(8) as b
`;
const net = (source: string): string => {
  writeFileSync("net.mote", source);
  return "net.mote";
};

const random = new Random(8);
const samples = random.tensor("float32", [16, 4, 8, 8]);
const input = { ...samples, shape: [1, 4, 8, 8], data: samples.data.subarray(0, 256) };

/** The layers of a program that compute in float. */
function floatsIn({ graph }: Program): string[] {
  const made = layersOf(graph.plan).filter((n) => isFloat(n.outputs[0]!.type.elem));
  const computing = made.filter((n) => n.op !== "Dequantize" && n.op !== "Quantize");
  return computing.map((n) => n.origins[0]!);
}

const quantised = (source: string, options: CompileOptions = {}): Program => {
  writeFileSync("calib.npy", npyBytes(samples.data as Float32Array, samples.shape));
  return compileModel(net(source), { calib: "calib.npy", target: "cortex-m4", ...options });
};

describe("layers that stay float", () => {
  it.each([
    ["a layer", text(" @float"), ["stem"]],
    ["a layer in a block", text("", " @float"), ["body.a"]],
    ["a block", text("", "", " @float"), ["body.a", "body.b"]],
    ["the model", text("", "", "", " @float"), ["stem", "body.a", "body.b", "pool", "fc"]],
  ])("by an annotation of %s", (_, source, floats) => {
    expect(floatsIn(quantised(source))).toEqual(floats);
  });

  it("by an option, for layers and blocks", () => {
    const choices = { float: new Set(["stem", "body"]) };
    expect(floatsIn(quantised(text(), { choices }))).toEqual(["stem", "body.a", "body.b"]);
    expect(floatsIn(quantised(text()))).toEqual([]);
  });

  it("compute what the reference does, and nearer to the float network", async () => {
    const program = quantised(text("", "", " @float"));
    const { outputs } = await runSamples(program, [quantisedInput(program)]);
    expect(outputs[0]).toEqual(evaluate(program.graph, [quantisedInput(program)])[0]);
    const { imported } = program;
    const [want] = evaluate(imported, [input]);
    const [got] = evaluate(quantised(text(), { floatIo: true }).graph, [input]);
    const [mixed] = evaluate(quantised(text("", "", " @float"), { floatIo: true }).graph, [input]);
    expectNear(mixed!, want!, 0.05);
    expectNear(got!, want!, 0.1);
  });

  function quantisedInput({ graph }: Program) {
    const { type } = graph.inputs[0]!;
    const { scale, zeroPoint } = type.quant!;
    const q = Int8Array.from(input.data as Float32Array, (v) =>
      Math.max(-128, Math.min(127, Math.round(v / scale[0]!) + zeroPoint[0]!)),
    );
    return { elem: "int8", shape: type.shape, data: q } as const;
  }

  it("says which layers there are", async () => {
    net(text());
    writeFileSync("calib.npy", npyBytes(samples.data as Float32Array, samples.shape));
    const { error } = await mote("net.mote", "--calib", "calib.npy", "--float", "bodi", "--noEmit");
    expect(error).toMatch(/MOTE4011.*'bodi'/);
  });
});

describe("memories of layers", () => {
  const memories = [
    { name: "ssram", kind: "flash", origin: "0x00000000", bytes: 1 << 20 },
    { name: "fast", kind: "ram", origin: "0x20000000", bytes: 65536, cost: 1 },
    { name: "slow", kind: "ram", origin: "0x20200000", bytes: 1 << 20, cost: 3 },
  ];
  const target = (): string => {
    const like = readFileSync(packagePath("targets", "cortex-m4", "target.json"), "utf8");
    writeFileSync("target.json", JSON.stringify({ ...JSON.parse(like), memories }));
    return "target.json";
  };

  /** Where each layer's result lies. */
  function memoriesOf({ graph }: Program): Record<string, string> {
    const { places, pools } = graph.plan;
    return Object.fromEntries(
      layersOf(graph.plan).map((n) => {
        const { offset } = places.get(n.outputs[0]!)!;
        return [n.origins[0]!, pools.find((p) => offset < p.end)!.memory];
      }),
    );
  }

  it.each([
    ["none", text(), {}],
    ["a layer", text(' @pool("slow")'), { stem: "slow" }],
    ["a block", text("", "", ' @pool("slow")'), { "body.a": "slow", "body.b": "slow" }],
    ["an inner layer", text("", ' @pool("fast")', ' @pool("slow")'), { "body.b": "slow" }],
  ])("are those of the annotation of %s", async (_, source, slow) => {
    const program = compileModel(net(source), { target: target(), optimize: "speed" });
    // The pool's result may lie where its operand did.
    const { pool: _pool, ...found } = memoriesOf(program);
    const all = ["stem", "body.a", "body.b", "fc"].map((name) => [name, "fast"]);
    expect(found).toEqual({ ...Object.fromEntries(all), ...slow });
    const { outputs } = await runSamples(program, [input]);
    expectNear(outputs[0]!, evaluate(program.graph, [input])[0]!, 1e-5);
  });

  it("are those of --pool", async () => {
    net(text());
    const argv = ["net.mote", "--target", target(), "--outDir", "out"];
    await mote(...argv, "--pool", "body.a=slow");
    expect(readFileSync("out/net.h", "utf8")).toContain("NET_ARENA_SLOW_BYTES");
    const problem = async (choice: string) => (await mote(...argv, "--pool", choice)).error;
    expect(await problem("body.a=dtcm")).toMatch(/MOTE4114.*'dtcm'.*fast, slow/);
    expect(await problem("boddy=slow")).toMatch(/MOTE4011.*'boddy'/);
    expect(await problem("body.a")).toMatch(/MOTE4116/);
    expect((await mote("net.mote", "--pool", "body.a=fast", "--noEmit")).error).toMatch(
      /MOTE4114.*one memory/,
    );
  });

  it("say how many bytes they lack", () => {
    const small = memories.map((m) => (m.name === "slow" ? { ...m, bytes: 64 } : m));
    const like = readFileSync(packagePath("targets", "cortex-m4", "target.json"), "utf8");
    writeFileSync("small.json", JSON.stringify({ ...JSON.parse(like), memories: small }));
    const { diagnostics } = compile(net(text(' @pool("slow")')), {
      target: "small.json",
      optimize: "speed",
    });
    expect(diagnostics.map((d) => d.code)).toEqual([4113]);
    expect(diagnostics[0]!.text).toMatch(/'slow' needs \d+ bytes more than the 64/);
  });
});

describe("a kernel for all in a block", () => {
  it("is that of each layer which it can run, and an inner choice goes before", () => {
    const kernelsOf = (source: string) =>
      layersOf(
        compileModel(net(source), { target: "cortex-m4", optimize: "speed" }).graph.plan,
      ).map((n) => String(n.attrs.kernel));
    const fast = kernelsOf(text());
    expect(fast.filter((k) => k === "conv_2d_f32")).toEqual([]);
    const all = kernelsOf(text("", "", ' @kernel("conv_2d_f32")'));
    expect(all.slice(1, 3)).toEqual(["conv_2d_f32", "conv_2d_f32"]);
    expect(all[0]).toBe(fast[0]);
    const inner = kernelsOf(text("", ` @kernel("${fast[1]}")`, ' @kernel("conv_2d_f32")'));
    expect(inner.slice(1, 3)).toEqual([fast[1], "conv_2d_f32"]);
  });
});
