/** Models of other files in the place of a call: they compute what they compute alone. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { evaluate, evaluateRuns } from "../../../compiler/check/eval.ts";
import { writeModel } from "../../../compiler/emit/model/write.ts";
import type { Graph } from "../../../compiler/ir/graph.ts";
import { printGraph } from "../../../compiler/ir/print.ts";
import { givenInputs, statesOf } from "../../../compiler/ir/states.ts";
import type { Tensor } from "../../../compiler/ir/tensor.ts";
import { packagePath } from "../../../compiler/paths.ts";
import { check } from "../../../compiler/read/dsl/check.ts";
import { readModel } from "../../../compiler/read/model.ts";
import { readOnnx } from "../../../compiler/read/onnx/read.ts";
import { writeSafetensors } from "../../../compiler/read/safetensors.ts";
import { inFoldersOfTheirOwn } from "../../support/command.ts";
import { floatInput } from "../../support/mlperf.ts";
import { Random } from "../../support/random.ts";

inFoldersOfTheirOwn();

const write = (files: Readonly<Record<string, string | Uint8Array>>): void => {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(name), { recursive: true });
    writeFileSync(name, content);
  }
};

/** Code and place of all that is said of net.mote. */
const saidOf = (files: Readonly<Record<string, string>>): string[] => {
  write(files);
  return check("net.mote").diagnostics.map(({ code, place }) => {
    const file = place.file?.split("/").slice(-1)[0];
    return `${code} ${file}(${place.line},${place.column})`;
  });
};

function graphOf(file: string): Graph {
  const { graph, diagnostics } = check(file);
  expect(diagnostics).toEqual([]);
  return graph!;
}

const layers = (graph: Graph): string[] => graph.nodes.flatMap((n) => n.origins);

const random = new Random(3);
const dense = (out: number, inner: number, layer = "fc") =>
  writeSafetensors(
    new Map([
      [`${layer}.weight`, random.tensor("float32", [out, inner])],
      [`${layer}.bias`, random.tensor("float32", [out])],
    ]),
    new Map(),
  );

const inner = `model inner(x: float[1, 8]) -> y {
  weights "w.safetensors"
  y = x |> dense(6) as fc |> relu as act
}
`;

describe("a call of a model", () => {
  const x = random.tensor("float32", [1, 8]);

  it("computes what the model does alone, by its own weights", () => {
    write({
      "parts/inner.mote": inner,
      "parts/w.safetensors": dense(6, 8),
      "w.safetensors": dense(3, 6),
      "net.mote": `import "parts/inner.mote" as lib
model net(x: float[1, 8]) -> (a, y) {
  weights "w.safetensors"
  a = lib.inner(x) as backbone
  y = a |> dense(3) as fc
}`,
      "head.mote": `model head(a: float[1, 6]) -> y { weights "w.safetensors" y = dense(a, 3) as fc }`,
    });
    const graph = graphOf("net.mote");
    expect(layers(graph)).toEqual(["backbone.fc", "backbone.act", "fc"]);
    const [a] = evaluate(graphOf("parts/inner.mote"), [x]);
    const [y] = evaluate(graphOf("head.mote"), [a!]);
    expect(evaluate(graph, [x])).toEqual([a, y]);
  });

  it("is the same by the file's name, in a pipe, by the input's name, and in a block", () => {
    write({ "lib.mote": inner, "w.safetensors": dense(6, 8) });
    const alone = evaluate(graphOf("lib.mote"), [x]);
    for (const call of [
      "lib(x)",
      "x |> lib",
      "x |> lib.inner",
      "lib.inner(x: x)",
      "apply(x, lib)",
    ]) {
      write({
        "net.mote": `import "lib.mote" as lib
model net(x: float[1, 8]) -> y { y = ${call} as b  let _z = apply(x, relu) }
block apply(x, f) = f(x)`,
      });
      const graph = graphOf("net.mote");
      expect([call, evaluate(graph, [x])]).toEqual([call, alone]);
      expect([call, layers(graph)]).toEqual([call, ["b.fc", "b.act"]]);
    }
  });

  it("takes several inputs by name and gives several outputs, its sizes as they stand", () => {
    write({
      "lib.mote": `model two(a: float[1, N], b as "b.1": float[1, 4], N = 8) -> (sum, part) {
  part = slice(a, [0], [N / 2], axes: [1])
  sum = part - b
}`,
      "net.mote": `import "lib.mote" as lib
model net(x: float[1, 8], z: float[1, 4]) -> (s, p, t) {
  let (sum, part) = lib.two(b: z, a: x) as one
  s = sum
  p = part
  let (other, _rest) = (x, z) |> lib
  t = other
}`,
    });
    const z = random.tensor("float32", [1, 4]);
    const [sum, part] = evaluate(graphOf("lib.mote"), [x, z]);
    expect(evaluate(graphOf("net.mote"), [x, z])).toEqual([sum, part, sum]);
  });

  it("of an ONNX file takes its inputs by name", () => {
    const onnx = readOnnx(packagePath("models", "ad", "ad.onnx"), { report: () => {} });
    const name = onnx.inputs[0]!.name;
    expect(name).toMatch(/^\w+$/);
    const file = packagePath("models", "ad", "around.mote");
    const text = `import "ad.onnx" as ad
model around(x: float[1, 640]) -> y { y = ad(${name}: x) as inner }`;
    const { graph, diagnostics } = check(file, { open: new Map([[file, text]]) });
    expect(diagnostics).toEqual([]);
    const frame = floatInput("ad", 0, [1, 640]);
    expect(evaluate(graph!, [frame])).toEqual(evaluate(onnx, [frame]));
  });

  it("twice without a name has layers of two names", () => {
    write({
      "lib.mote": inner,
      "w.safetensors": dense(6, 8),
      "net.mote": `import "lib.mote" as lib
model net(x: float[1, 8]) -> y { y = lib(x) + lib(x * 2) }`,
    });
    const names = layers(graphOf("net.mote"));
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain("fc_1");
  });

  it("may be one of several models of its file, by name", () => {
    write({
      "lib.mote": `model a(x: float[1, 8]) -> y { y = relu(x) }
model b(x: float[1, 8]) -> y { y = -x }`,
      "net.mote": `import "lib.mote" as lib
model net(x: float[1, 8]) -> y { y = x |> lib.a |> lib.b }`,
    });
    const want = Float32Array.from(x.data as Float32Array, (v) => -Math.max(v, 0));
    expect(evaluate(graphOf("net.mote"), [x])[0]!.data).toEqual(want);
  });

  it("keeps values at the top of a file that are parameters in the model that asks", () => {
    const shift = (v: number) =>
      writeSafetensors(
        new Map([["w", { elem: "float32", shape: [1], data: Float32Array.of(v) } as Tensor]]),
        new Map(),
      );
    const model = (name: string, file: string, rest: string) =>
      `model ${name}(x: float[1, 8]) -> y { weights "${file}.safetensors" y = ${rest} }`;
    write({
      "one.safetensors": shift(1),
      "ten.safetensors": shift(10),
      "value.mote": 'let w = parameter("w", float[1])',
      "lib.mote": `import "value.mote"\n${model("lib", "ten", "x + w")}`,
      "net.mote": `import "value.mote"\nimport "lib.mote" as lib
${model("net", "one", "lib(x) * 0 + lib(x + w) - x")}`,
    });
    const [y] = evaluate(graphOf("net.mote"), [{ ...x, data: new Float32Array(8) }]);
    expect(Array.from(y!.data as Float32Array)).toEqual(new Array(8).fill(11));
  });

  it("holds kernels that its model asks for", () => {
    write({
      "lib.mote": `model lib(x: float[1, 8]) -> y {
  weights random(seed: 1)
  y = x |> dense(4) as fc @kernel("fully_connected_f32")
}`,
      "net.mote": `import "lib.mote" as lib
model net(x: float[1, 8]) -> y { y = lib(x) as "a.b" }`,
    });
    const { kernels } = readModel("net.mote", { report: () => {} }).choices;
    expect(kernels).toEqual([{ layers: ["a.b.fc"], value: "fully_connected_f32" }]);
  });

  it("comes back from --emitModel as the same graph", () => {
    write({
      "lib.mote": inner,
      "w.safetensors": dense(6, 8),
      "net.mote": `import "lib.mote" as lib
model net(x: float[1, 8]) -> y {
  state h: float[1, 6]
  y = lib(x) as a + lib(-x) as b + h
  h = y
}`,
    });
    const { graph } = readModel("net.mote", { report: () => {} });
    const { text, tensors, aliases } = writeModel(graph, "back.safetensors");
    write({ "back.mote": text, "back.safetensors": writeSafetensors(tensors, aliases) });
    const back = readModel("back.mote", { report: () => {} });
    expect(printGraph(back.graph)).toEqual(printGraph(graph));
  });
});

describe("states of models that are called", () => {
  const delay = `/// The frame before, and their running sum.
model delay(x: float[1, 2]) -> (last, sum) {
  state past: float[1, 2] = 3
  state all: float[1, 2] = [[1, 2]]
  last = past
  past = x
  all = all + x
  sum = all
}
`;
  const frames = (seed: number): Tensor[] => {
    const r = new Random(seed);
    return Array.from({ length: 5 }, () => r.tensor("float32", [1, 2]));
  };

  it("are two each for two calls, which run as two networks do", () => {
    write({
      "delay.mote": delay,
      "net.mote": `import "delay.mote" as delay
model net(a: float[1, 2], b: float[1, 2]) -> (p, q, r, s, n) {
  state count: float[1] = 0
  count = count + 1
  let (pa, sa) = delay(a) as left
  p = pa
  q = sa
  let (pb, sb) = delay(b) as right
  r = pb
  s = sb
  n = count
}`,
    });
    const graph = graphOf("net.mote");
    expect(statesOf(graph).map((s) => s.value.name)).toEqual([
      ...["count", "left.past", "left.all", "right.past", "right.all"],
    ]);
    expect(givenInputs(graph).map((v) => v.name)).toEqual(["a", "b"]);
    const [a, b] = [frames(1), frames(2)];
    const alone = graphOf("delay.mote");
    const runs = (list: readonly Tensor[]) => [
      ...evaluateRuns(
        alone,
        list.map((x) => [x]),
      ),
    ];
    const [left, right] = [runs(a), runs(b)];
    const both = [
      ...evaluateRuns(
        graph,
        a.map((x, i) => [x, b[i]!]),
      ),
    ];
    expect(both.map((outputs) => outputs.slice(0, 4))).toEqual(
      left.map((outputs, i) => [...outputs, ...right[i]!]),
    );
    expect(both.map((outputs) => (outputs[4]!.data as Float32Array)[0])).toEqual([1, 2, 3, 4, 5]);
  });

  it("go through models in models, and one call may feed the next", () => {
    write({
      "parts/delay.mote": delay.replace("(last, sum)", "last").replace("\n  sum = all", ""),
      "twice.mote": `import "parts/delay.mote" as delay
model twice(x: float[1, 2]) -> y { y = x |> delay as first |> delay as second }`,
      "net.mote": `import "twice.mote" as lib
model net(x: float[1, 2]) -> y { y = lib.twice(x) as part }`,
    });
    const graph = graphOf("net.mote");
    expect(statesOf(graph).map((s) => s.value.name)).toEqual([
      ...["part.first.past", "part.first.all", "part.second.past", "part.second.all"],
    ]);
    const xs = frames(3);
    const got = [
      ...evaluateRuns(
        graph,
        xs.map((x) => [x]),
      ),
    ].map(([y]) => Array.from(y!.data as Float32Array));
    const data = xs.map((x) => Array.from(x.data as Float32Array));
    expect(got).toEqual([[3, 3], [3, 3], ...data.slice(0, 3)]);
  });

  it("of one name are told apart without a name for the calls", () => {
    write({
      "delay.mote": delay,
      "net.mote": `import "delay.mote" as delay
model net(x: float[1, 2]) -> (p, q) {
  let (a, _b) = delay(x)
  let (c, _d) = delay(a)
  p = a
  q = c
}`,
    });
    const names = statesOf(graphOf("net.mote")).map((s) => s.value.name);
    expect(names).toEqual(["past", "all", "past_1", "all_1"]);
  });
});

describe("many files", () => {
  const chain = (count: number, call: (i: number) => string, last: string) => {
    const files: Record<string, string> = { [`m${count}.mote`]: last };
    for (let i = 0; i < count; i++)
      files[`m${i}.mote`] = `import "m${i + 1}.mote" as a
import "m${i + 1}.mote" as b
model m${i}(x: float[1, 2]) -> y { ${call(i)} }`;
    return { ...files, "net.mote": files["m0.mote"]! };
  };
  const broken = "model last(x: float[1, 2]) -> y { y = nothing(x) }";
  const relu = "model last(x: float[1, 2]) -> y { y = relu(x) }";

  it("in diamonds of 60 levels are checked once each", () => {
    write(
      chain(60, (i) => `y = x |> ${i % 2 ? "a" : "b"} as n\n let _z = ${i % 2 ? "b" : "a"}`, relu),
    );
    const before = performance.now();
    expect(layers(graphOf("net.mote"))).toEqual([`${"n.".repeat(60)}relu`]);
    expect(performance.now() - before).toBeLessThan(5000);
  });

  it("that double the network 30 times are an error at once", () => {
    const before = performance.now();
    // File k has 2^(31 - k) - 1 layers.
    expect(saidOf(chain(30, () => "y = a(x) as l + b(x) as r", relu))).toEqual([
      ...["2114 m15.mote(3,50)", "2139 net.mote(3,37)"],
    ]);
    expect(performance.now() - before).toBeLessThan(20_000);
  });

  it("that double states until there are too many layers are an error, too", () => {
    const last = "model last(x: float[1, 2]) -> y { state s: float[1, 2]\n s = s + x\n y = s }";
    const call = (i: number) => `${i === 5 ? "y = x\nlet _z" : "y"} = a(x) as l + b(x) as r`;
    expect(saidOf(chain(20, call, last))).toEqual([
      ...["2114 m5.mote(4,22)", "2139 net.mote(3,37)"],
    ]);
  });

  it("that double nothing but states are an error at once", () => {
    const both = (name: string, body: string) =>
      `model ${name}(x: float[1, 2]) -> (y, z) {\n${body}\n}`;
    const files: Record<string, string> = {
      "m40.mote": both("last", "state s: float[1, 2]\ny = s\nz = s\ns = x"),
    };
    for (let i = 0; i < 40; i++)
      files[`m${i}.mote`] = `import "m${i + 1}.mote" as a\n${both(
        `m${i}`,
        "let (p, _p) = a(x) as l\nlet (q, _q) = a(x) as r\ny = p\nz = q",
      )}`;
    expect(saidOf({ ...files, "net.mote": files["m0.mote"]! })).toEqual([
      ...["2114 m24.mote(4,15)", "2139 net.mote(3,15)"],
    ]);
  });

  it("say what is wrong once, where it is, and at the call of the file's own model", () => {
    expect(saidOf(chain(30, () => "y = a(x) as l + b(x) as r", broken))).toEqual([
      ...["2102 m30.mote(1,39)", "2139 net.mote(3,37)"],
    ]);
  });

  it("of which 200 call each other are one network", () => {
    write(chain(200, () => "let _b = b\n y = a(x)", relu));
    expect(layers(graphOf("net.mote"))).toEqual(["relu"]);
  });

  it("of which 300 call each other end in a message", () => {
    write(chain(300, () => "let _b = b\n y = a(x)", relu));
    expect(check("net.mote").diagnostics.map((d) => d.code)).toContain(2114);
  });

  it("warn once", () => {
    const lib = `model lib(x: float[1, 2]) -> y {
  let unread = 1
  state s: float[1]
  y = x + s
}`;
    expect(
      saidOf({
        "lib.mote": lib,
        "b.mote": `import "lib.mote" as lib\nmodel b(x: float[1, 2]) -> y { y = lib(x) }`,
        "net.mote": `import "lib.mote" as lib\nimport "b.mote" as b
model net(x: float[1, 2]) -> y { y = x |> lib |> lib as c |> b as d }`,
      }),
    ).toEqual(["2138 lib.mote(3,9)", "2117 lib.mote(2,7)"]);
  });

  it("with a hundred warnings leave the model as it is", () => {
    const lets = Array.from({ length: 150 }, (_, i) => `let a${i} = 1`).join("\n");
    write({
      "lib.mote": `model lib(x: float[1, 2]) -> y {\n${lets}\ny = relu(x)\n}`,
      "net.mote": `import "lib.mote" as lib\nmodel net(x: float[1, 2]) -> y { y = lib(x) }`,
    });
    const { graph, diagnostics } = check("net.mote");
    expect(graph).toBeDefined();
    expect(diagnostics.every((d) => d.severity === "warning")).toBe(true);
  });
});

describe("calls that are wrong", () => {
  const using = (body: string, more = "") => `import "lib.mote" as lib
model net(x: float[1, 2]) -> y { ${body} }\n${more}`;
  const lib = "model lib(image: float[1, 2]) -> y { y = relu(image) }";

  it("in a circle through an argument are an error", () => {
    const files = {
      "lib.mote": "block through(f, x) = f(x)",
      "net.mote": using("y = lib.through(net, x)"),
    };
    expect(saidOf(files)).toEqual(["2114 lib.mote(1,23)"]);
  });

  it("of files that import each other are an error", () => {
    const back = `import "net.mote" as net\n${lib.replace("relu", "net")}`;
    expect(saidOf({ "lib.mote": back, "net.mote": using("y = lib(x)") })).toEqual([
      ...["2115 lib.mote(1,8)", "2139 net.mote(2,38)"],
    ]);
  });

  it.each([
    ["y = lib.lib(x)", []],
    ["y = lib.lip(x)", ["2103 net.mote(2,42)"]],
    ["y = lib.lib(imge: x)", ["2104 net.mote(2,46)"]],
    ["y = lib.lib()", ["2105 net.mote(2,38)"]],
    ["y = lib.lib(x, x)", ["2105 net.mote(2,49)"]],
    ["y = lib.lib(concat([x, x], axis: 1))", ["2106 net.mote(2,46)"]],
    ["y = net(x)", ["2106 net.mote(2,38)"]],
  ])("%s", (body, said) => {
    expect(saidOf({ "lib.mote": lib, "net.mote": using(body) })).toEqual(said);
  });
});
