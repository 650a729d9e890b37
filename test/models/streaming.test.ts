/** Networks with states: run after run they compute what the same network does over all of its input. */
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { evaluate, evaluateRuns } from "../../compiler/check/eval.ts";
import { execute } from "../../compiler/commands/measure.ts";
import type { CompileOptions } from "../../compiler/compile.ts";
import { compile } from "../../compiler/compile.ts";
import { writeModel } from "../../compiler/emit/model/write.ts";
import { printGraph } from "../../compiler/ir/print.ts";
import { statesOf } from "../../compiler/ir/states.ts";
import { float32s, numbers, type Tensor } from "../../compiler/ir/tensor.ts";
import { packagePath } from "../../compiler/paths.ts";
import { parseNpz } from "../../compiler/read/numpy.ts";
import { writeSafetensors } from "../../compiler/read/safetensors.ts";
import { inFoldersOfTheirOwn, mote } from "../support/command.ts";
import { dataFile } from "../support/mlperf.ts";
import { expectNear } from "../support/near.ts";
import { npyBytes } from "../support/npy.ts";
import { compileModel } from "../support/programs.ts";
import { Random } from "../support/random.ts";

inFoldersOfTheirOwn();

const streaming = packagePath("models", "tcn", "tcn_streaming.mote");

const npyOf = ({ data, shape }: Tensor) => npyBytes(data as Float32Array, shape);

/** Runs of a program on the frames of a file, stacked. */
async function streamed(file: string, frames: Tensor, options: CompileOptions) {
  writeFileSync("frames.npy", npyOf(frames));
  const program = compileModel(file, options);
  const { outputs, runs } = await execute(program, { inputs: ["frames.npy"] });
  return { program, runs, output: outputs[0]! };
}

/** Some of a stack of tensors. */
const picked = ({ elem, shape, data }: Tensor, i: number): Tensor => {
  const size = data.length / shape[0]!;
  return { elem, shape: shape.slice(1), data: data.subarray(i * size, (i + 1) * size) };
};

describe("the streaming TCN", () => {
  const io = new Map(parseNpz(readFileSync(dataFile("tcn_io.npz"))));
  const [inputs, outputs] = ["in_0", "out_0"].map((name) => numbers(io.get(name)!));
  /** [40, 98] as 98 frames. */
  const frames = float32s(
    [98, 1, 40, 1],
    Array.from({ length: 98 * 40 }, (_, i) => inputs![(i % 40) * 98 + Math.floor(i / 40)]!),
  );
  const whole = float32s([1, 8], Array.from(outputs!).slice(0, 8));

  it.each([
    "host",
    "cortex-m4",
  ])("gives PyTorch's output after the last frame on %s", async (on) => {
    const { output } = await streamed(streaming, frames, { target: on });
    expectNear(picked(output, 97), whole, 1e-5);
  });

  it("keeps each state in the memory of what it becomes", () => {
    const { graph } = compileModel(streaming, { target: "cortex-m4" });
    const { places } = graph.plan;
    for (const { value, next } of statesOf(graph))
      expect(places.get(value)!.offset).toBe(places.get(next)!.offset);
  });

  it("runs in int8 as the reference does, to the bit, and near the float network", async () => {
    writeFileSync("calib.npy", npyOf({ ...frames, shape: [98, 40, 1] }));
    const options = { calib: "calib.npy", quantize: "int8", target: "cortex-m4" } as const;
    const { program, runs, output } = await streamed(streaming, frames, options);
    for (const { value } of statesOf(program.graph).filter((s) => s.value.name !== "count"))
      expect(value.type.elem).toBe("int8");
    const want = [...evaluateRuns(program.graph, runs)];
    want.forEach(([y], i) => expect(picked(output, i).data).toEqual(y!.data));
    const { scale, zeroPoint } = program.graph.outputs[0]!.value.type.quant!;
    const last = Array.from(numbers(picked(output, 97)), (q) => (q - zeroPoint[0]!) * scale[0]!);
    expectNear(float32s([1, 8], last), whole, 0.1);
  });
});

describe("mote run", () => {
  const two = `model two(a: float[1, 2], b: float[1, 2]) -> y {
  state n: float[1, 2] = 0
  n = n + a * b
  y = n
}
`;
  const data = (name: string, shape: number[], values: number[]) =>
    writeFileSync(name, npyBytes(Float32Array.from(values), shape));

  it("names the class of the last run", async () => {
    writeFileSync("two.mote", two);
    writeFileSync("labels.txt", "left\nright\n");
    data("a.npy", [3, 2], [9, 1, 0, 5, 0, 5]);
    data("b.npy", [3, 1, 2], [1, 1, 1, 1, 1, 1]);
    const argv = ["--input", "a=a.npy", "--input", "b=b.npy", "--target", "host"];
    const { out } = await mote("run", "two.mote", ...argv, "--labels", "labels.txt");
    expect(out).toContain("y: float32[3, 1, 2]");
    expect(out).toMatch(/answer +right \(11\.000\), then left \(9\.000\)\n/);
  });

  it("refuses data for different numbers of runs, and several without states", async () => {
    writeFileSync("two.mote", two);
    writeFileSync("one.mote", "model one(a: float[1, 2]) -> y { y = relu(a) }\n");
    data("a.npy", [3, 2], [1, 2, 3, 4, 5, 6]);
    data("b.npy", [2, 2], [1, 2, 3, 4]);
    const argv = ["--input", "a=a.npy", "--input", "b=b.npy", "--target", "host"];
    const { code, error } = await mote("run", "two.mote", ...argv);
    expect(code).toBe(1);
    expect(error).toMatch(/MOTE1022: .*'a' 3, 'b' 2/);
    const one = await mote("run", "one.mote", "--input", "a.npy", "--target", "host");
    expect(one.error).toMatch(
      /MOTE1015: The input .a. takes float32\[1, 2\], but the file holds float32\[3, 2\]/,
    );
  });
});

/** A recurrent cell in the language, and the same by hand. */
describe("a gated recurrent unit", () => {
  const size = { x: 3, h: 4 };
  const text = `
block gate(x, h, name) = (x |> dense(4, bias: false) as "{name}.x") + (h |> dense(4) as "{name}.h")

model gru(x: float[1, 3]) -> y {
  weights "gru.safetensors"
  state h: float[1, 4] = [[0.1, -0.2, 0.3, 0]]
  let z = gate(x, h, "z") |> sigmoid
  let r = gate(x, h, "r") |> sigmoid
  let n = gate(x, r * h, "n") |> tanh
  h = (1 - z) * n + z * h
  y = h
}
`;
  const random = new Random(5);
  const weights = new Map(
    ["z", "r", "n"].flatMap((g): [string, Tensor][] => [
      [`${g}.x.weight`, random.tensor("float32", [size.h, size.x])],
      [`${g}.h.weight`, random.tensor("float32", [size.h, size.h])],
      [`${g}.h.bias`, random.tensor("float32", [size.h])],
    ]),
  );
  const frames = random.tensor("float32", [7, 1, 3]);

  /** Cho et al. 2014, with numbers. */
  function byHand(): number[][] {
    let h = [0.1, -0.2, 0.3, 0];
    const gate = (g: string, x: readonly number[], state: readonly number[]) =>
      h.map((_, i) => {
        const row = (path: string, v: readonly number[]) =>
          v.reduce((n, a, k) => n + a * numbers(weights.get(path)!)[i * v.length + k]!, 0);
        const bias = numbers(weights.get(`${g}.h.bias`)!)[i]!;
        return row(`${g}.x.weight`, x) + row(`${g}.h.weight`, state) + bias;
      });
    const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));
    return Array.from({ length: 7 }, (_, t) => {
      const x = Array.from(numbers(picked(frames, t)));
      const [z, r] = ["z", "r"].map((g) => gate(g, x, h).map(sigmoid));
      const n = gate(
        "n",
        x,
        h.map((v, i) => v * r![i]!),
      ).map(Math.tanh);
      h = h.map((v, i) => (1 - z![i]!) * n[i]! + z![i]! * v);
      return h;
    });
  }

  it.each(["host", "cortex-m0plus"])("is what it is by hand on %s", async (target) => {
    writeFileSync("gru.safetensors", writeSafetensors(weights));
    writeFileSync("gru.mote", text);
    const { output } = await streamed("gru.mote", frames, { target });
    expectNear(output, float32s([7, 1, 4], byHand().flat()), 1e-5);
  });
});

const circle = `model circle(x: float[1, 4]) -> (y, z) {
  state a: float[1, 4] = 1
  state b: float[1, 4] = 2
  state c: float[1, 4]
  y = x + a
  z = c
  let old = a
  a = b
  b = c
  c = old
}
`;
const scalars = `model scalars(x: float[]) -> y {
  state a: float[] = 3
  y = a
  a = x
}
`;
const line = `model line(x: int32[2]) -> y {
  state a: int32[2] = [7, 8]
  state b: int32[2] = 5
  y = b
  b = a
  a = x
}
`;

describe("states that become each other", () => {
  const run = async (text: string, frames: Tensor, target = "host") => {
    writeFileSync("net.mote", text);
    writeFileSync("x.npy", npyOf(frames));
    const program = compileModel("net.mote", { target });
    return (await execute(program, { inputs: ["x.npy"] })).outputs;
  };

  it("go round in a circle", async () => {
    const [y, z] = await run(circle, float32s([5, 4], new Float32Array(20)));
    expect(Array.from({ length: 5 }, (_, i) => numbers(y!)[i * 4])).toEqual([1, 2, 0, 1, 2]);
    expect(Array.from({ length: 5 }, (_, i) => numbers(z!)[i * 4])).toEqual([0, 1, 2, 0, 1]);
  });

  it("are without dimensions", async () => {
    const [y] = await run(scalars, float32s([4], [1, 2, 3, 4]));
    expect(Array.from(numbers(y!))).toEqual([3, 1, 2, 3]);
  });

  it.each(["host", "cortex-m3"])("are a line of delays on %s", async (target) => {
    const data = Int32Array.from([10, 11, 20, 21, 30, 31]);
    const [y] = await run(line, { elem: "int32", shape: [3, 2], data }, target);
    expect(Array.from(y!.data as Int32Array)).toEqual([5, 5, 7, 8, 10, 11]);
  });
});

describe("the text", () => {
  const texts = { circle, line, scalars, streaming: readFileSync(streaming, "utf8") };
  const stages = ["read", "lower", "quantize"] as const;
  const cases = Object.keys(texts).flatMap((n) =>
    stages.map((stopAfter) => [n, stopAfter] as const),
  );

  it.each(cases)("of %s comes back as the same graph and C after %s", (name, stopAfter) => {
    const weights = packagePath("models", "tcn", "tcn.safetensors");
    writeFileSync("tcn.safetensors", readFileSync(weights));
    writeFileSync("net.mote", texts[name as "line"]);
    const { graph } = compile("net.mote", { stopAfter });
    const { text, tensors, aliases } = writeModel(graph!, "back.safetensors");
    writeFileSync("back.safetensors", writeSafetensors(tensors, aliases));
    writeFileSync("back.mote", text);
    const back = compile("back.mote", { stopAfter: "read" });
    expect(back.diagnostics).toEqual([]);
    expect(printGraph(back.graph!)).toEqual(printGraph(graph!));
    const [ours, theirs] = ["net.mote", "back.mote"].map((file) => {
      const { emitted } = compileModel(file, { target: "cortex-m4", name: "net" });
      return emitted.files.get("net.c");
    });
    if (stopAfter === "read") expect(theirs).toBe(ours);
  });

  it("of a plan comes back as the same C", () => {
    writeFileSync("net.mote", circle);
    const { graph, dumps } = compile("net.mote", { stopAfter: "plan", dump: ["plan"] });
    expect(graph).toBeDefined();
    const { text, weights } = dumps.get("plan")!;
    writeFileSync("net.plan.graph", text);
    writeFileSync("net.plan.weights", weights);
    const [a, b] = ["net.mote", "net.plan.graph"].map((f) =>
      compileModel(f, { target: "cortex-m4", name: "net" }).emitted.files.get("net.c"),
    );
    expect(b).toBe(a);
  });
});

describe("a quantised state", () => {
  const text = `model q(x: float[1, 4]) -> y {
  state h: int8[1, 4](scale: 0.5, zero: 3) = -1.5
  h = (h + x) * 0.5
  y = h
}
`;

  it("is rounded to its type once a run", () => {
    writeFileSync("q.mote", text);
    const { imported, graph } = compileModel("q.mote", { target: "host" });
    expect(Array.from(numbers(statesOf(imported)[0]!.initial))).toEqual([0, 0, 0, 0]);
    expect(statesOf(graph)[0]!.value.type).toEqual({
      elem: "int8",
      shape: [1, 4],
      quant: { scale: [0.5], zeroPoint: [3] },
    });
    const xs = [float32s([1, 4], [0, 1, 2, 4]), float32s([1, 4], [0, 0, 0, 0])];
    const [first, second] = [
      ...evaluateRuns(
        imported,
        xs.map((x) => [x]),
      ),
    ];
    // (−1.5 + x) / 2, and the next run goes on from its nearest half (ties to even integers).
    expect(Array.from(numbers(first![0]!))).toEqual([-0.75, -0.25, 0.25, 1.25]);
    expect(Array.from(numbers(second![0]!))).toEqual([-0.5, 0, 0, 0.5]);
    expect(evaluate(imported, [...xs.slice(1), statesOf(imported)[0]!.initial])[0]).toEqual(
      float32s([1, 4], [-0.75, -0.75, -0.75, -0.75]),
    );
  });
});
