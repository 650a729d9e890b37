/** Models that are right, and the graphs that they are, as text. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { evaluate } from "../../../compiler/check/eval.ts";
import { formatDiagnostic } from "../../../compiler/diagnostics.ts";
import type { Graph } from "../../../compiler/ir/graph.ts";
import { printGraph } from "../../../compiler/ir/print.ts";
import { float32s, type Tensor } from "../../../compiler/ir/tensor.ts";
import { packagePath } from "../../../compiler/paths.ts";
import { check } from "../../../compiler/read/dsl/check.ts";
import { readOnnx } from "../../../compiler/read/onnx/read.ts";
import { writeSafetensors } from "../../../compiler/read/safetensors.ts";
import { floatInput } from "../../support/mlperf.ts";
import { expectNear } from "../../support/near.ts";
import { npyBytes } from "../../support/npy.ts";
import { writeBytes } from "../../support/onnx.ts";

const folder = join(import.meta.dirname, "cases");
const files = readdirSync(folder).filter((f) => f.endsWith(".mote") && !f.endsWith(".lib.mote"));

function graphOf(file: string, text?: string, shapes?: ReadonlyMap<string, number[]>): Graph {
  const open = text === undefined ? new Map() : new Map([[file, text]]);
  const { graph, diagnostics } = check(file, { open, shapes });
  expect(diagnostics.map((d) => formatDiagnostic(d, false))).toEqual([]);
  return graph!;
}

it.each(files)("%s is this graph", async (name) => {
  const { text } = printGraph(graphOf(join(folder, name)));
  await expect(text).toMatchFileSnapshot(join(folder, name.replace(/mote$/, "graph")));
});

it("takes sizes with names from --shape", () => {
  const { inputs } = graphOf(
    join(folder, "nhwc.mote"),
    undefined,
    new Map([["image", [1, 8, 4, 3]]]),
  );
  expect(inputs[0]!.type.shape).toEqual([1, 8, 4, 3]);
});

it("holds a whole network of another file", () => {
  const file = packagePath("models", "ad", "around.mote");
  const text = `import "ad.onnx" as ad
model around(x: float[1, 640]) -> y { y = ad(x) as inner }`;
  const input = floatInput("ad", 0, [1, 640]);
  const onnx = readOnnx(packagePath("models", "ad", "ad.onnx"), { report: () => {} });
  expect(evaluate(graphOf(file, text), [input])).toEqual(evaluate(onnx, [input]));
});

describe("weights", () => {
  // y = W x + b by hand: [1 2 3; 4 5 6] · [1 0 -1] + [10 20] = [8 18].
  const weight = float32s([2, 3], [1, 2, 3, 4, 5, 6]);
  const bias = float32s([2], [10, 20]);
  const kernel = float32s([3, 2], [1, 4, 2, 5, 3, 6]);

  const outputWith = (file: string, options: string): Tensor => {
    const model = join(file, "..", "net.mote");
    const name = JSON.stringify(file.split("/").pop());
    const text = `model net(x: float[1, 3]) -> y { weights ${name} ${options} y = dense(x, 2) as fc }`;
    return evaluate(graphOf(model, text), [float32s([1, 3], [1, 0, -1])])[0]!;
  };
  const wanted = float32s([1, 2], [8, 18]);

  const safetensors = (tensors: Record<string, Tensor>, metadata: Record<string, string> = {}) =>
    writeSafetensors(new Map(Object.entries(tensors)), new Map(Object.entries(metadata)));
  const npz = (tensors: Record<string, Tensor>) =>
    zipSync(
      Object.fromEntries(
        Object.entries(tensors).map(([name, t]) => [
          `${name}.npy`,
          npyBytes(t.data as Float32Array, t.shape),
        ]),
      ),
    );

  const int8: Tensor = { elem: "int8", shape: [2, 3], data: Int8Array.of(2, 4, 6, 8, 10, 12) };
  const ours = { "fc.weight": weight, "fc.bias": bias };
  it.each<[string, string, Uint8Array, string]>([
    ["as PyTorch names them", "own.safetensors", safetensors(ours), ""],
    ["in an .npz file", "own.npz", npz(ours), ""],
    [
      "as Keras has them",
      "k.npz",
      npz({ "fc/kernel": kernel, "fc/bias": bias }),
      "layout tensorflow",
    ],
    [
      "renamed",
      "r.safetensors",
      safetensors({ w: weight, b: bias }),
      '{ rename: { "w": "fc.weight", "b": "fc.bias" } }',
    ],
    [
      "by aliases in the file",
      "a.safetensors",
      safetensors({ w: weight, b: bias }, { "fc.weight": "w", "fc.bias": "b" }),
      "",
    ],
    [
      "in int8 with a scale",
      "q.safetensors",
      safetensors({
        "fc.weight": int8,
        "fc.weight_scale": float32s([], [0.5]),
        "fc.bias": bias,
      }),
      "",
    ],
  ])("%s", (_, name, bytes, options) => {
    expectNear(outputWith(writeBytes(bytes, name), options), wanted, 0);
  });

  it.each([
    ["a picture", "x |> relu |> flatten |> relu"],
    ["a picture that was turned", "x |> transpose([0, 2, 3, 1]) |> flatten"],
  ])("as Keras has them behind %s", (_, features) => {
    // Keras flattens [height, width, channels]: kernel[(h·2 + w)·3 + c] meets x[c, h, w].
    const file = writeBytes(
      npz({
        "fc/kernel": float32s(
          [12, 1],
          Array.from({ length: 12 }, (_, i) => 2 ** i),
        ),
      }),
      "flat.npz",
    );
    const text = `model net(x: float[1, 3, 2, 2]) -> y {
  weights "flat.npz" layout tensorflow
  y = ${features} |> dense(1, bias: false) as fc
}`;
    for (let at = 0; at < 12; at++) {
      const [c, h, w] = [Math.floor(at / 4), Math.floor(at / 2) % 2, at % 2];
      const x = float32s(
        [1, 3, 2, 2],
        Array.from({ length: 12 }, (_, i) => Number(i === at)),
      );
      const [y] = evaluate(graphOf(join(file, "..", "net.mote"), text), [x]);
      expect(y!.data[0]).toBe(2 ** ((h * 2 + w) * 3 + c));
    }
  });
});
