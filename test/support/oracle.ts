/** One operator or a few: mote's references, before and after rewriting, against ONNX Runtime. */
import { expect } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { verify } from "../../compiler/check/verify.ts";
import type { Graph } from "../../compiler/ir/graph.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { readOnnx } from "../../compiler/read/onnx/read.ts";
import { fuse, lower, simplify } from "../../compiler/rewrite/stages.ts";
import { expectNear } from "./near.ts";
import { encodeModel, type NodeInput, writeBytes } from "./onnx.ts";
import { runOrt } from "./ort.ts";

export interface Case {
  readonly nodes: readonly NodeInput[];
  /** What is given at run time. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** What the model holds. */
  readonly constants?: Readonly<Record<string, Tensor>>;
  readonly outputs?: readonly string[];
  readonly opset?: number;
  readonly relative?: number;
  /** By how many integers a quantised result may differ: sums are rounded in another order. */
  readonly steps?: number;
  /** False for what no rule lowers, so that `compile` says that no kernel runs it. */
  readonly lowers?: boolean;
}

export function lowered(imported: Graph<"imported">): Graph<"lowered"> {
  const log = new Map<string, number>();
  return lower(fuse(simplify(imported, log), log), log);
}

export function encodeCase(c: Case): Uint8Array {
  const domains = [...new Set(c.nodes.map((n) => n.domain ?? ""))].filter((d) => d !== "");
  const others = domains.map((domain) => ({ domain, version: 1 }));
  return encodeModel({
    nodes: c.nodes,
    inputs: Object.entries(c.inputs).map(([name, { elem, shape }]) => ({ name, elem, shape })),
    outputs: (c.outputs ?? ["y"]).map((name) => ({ name })),
    initializers: c.constants ?? {},
    opsets: [{ domain: "", version: c.opset ?? 13 }, ...others],
  });
}

/** Whatever mote makes of the model agrees with ONNX Runtime, at both levels. */
export async function expectLikeOrt(c: Case): Promise<void> {
  const bytes = encodeCase(c);
  const want = await runOrt(bytes, c.inputs);
  const warnings: unknown[] = [];
  const imported = readOnnx(writeBytes(bytes), { report: (d) => warnings.push(d) });
  expect(warnings).toEqual([]);
  const given = imported.inputs.map((v) => c.inputs[v.name]!);
  for (const graph of [imported, ...(c.lowers === false ? [] : [lowered(imported)])]) {
    expect(verify(graph).map((v) => `${graph.level} ${v.node.op}: ${v.problem}`)).toEqual([]);
    const got = evaluate(graph, given);
    expect(got.length).toBe(want.length);
    got.forEach((t, i) => {
      expectNear(t, want[i]!, c.relative, c.steps);
    });
  }
}
