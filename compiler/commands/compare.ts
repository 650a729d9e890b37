/** `mote run --compare`: every layer on the device against the reference. */
import Table from "cli-table3";
import { evaluateRuns } from "../check/eval.ts";
import type { Node, Value } from "../ir/graph.ts";
import { layersOf } from "../ir/plan.ts";
import { numbers, type Tensor, tensorFromBytes } from "../ir/tensor.ts";
import { isFloat } from "../ir/types.ts";
import type { Measured } from "./measure.ts";

/** Floats may differ by this part of the layer's largest magnitude: sums run in another order. */
const floatTolerance = 1e-4;

export interface LayerResult {
  readonly layer: number;
  readonly op: string;
  readonly nodes: readonly string[];
  readonly kernel: string;
  readonly elements: number;
  readonly different: number;
  /** Index, device and reference of the first element that differs. */
  readonly first?: { readonly index: number; readonly device: number; readonly reference: number };
}

/** A float layer's error is judged by its largest finite magnitude. */
function toleranceOf(reference: Tensor): number {
  if (!isFloat(reference.elem)) return 0;
  let largest = 0;
  for (const x of reference.data as Float32Array)
    if (Number.isFinite(x)) largest = Math.max(largest, Math.abs(x));
  return largest * floatTolerance;
}

function compareTensors(device: Tensor, reference: Tensor) {
  const tolerance = toleranceOf(reference);
  const [made, wanted] = [numbers(device), numbers(reference)];
  let different = 0;
  let first: LayerResult["first"];
  for (let i = 0; i < wanted.length; i++) {
    const [d, r] = [made[i]!, wanted[i]!];
    if (Object.is(d, r) || Math.abs(d - r) <= tolerance) continue;
    different++;
    first ??= { index: i, device: d, reference: r };
  }
  return { different, ...(first && { first }) };
}

/** What the reference makes of every layer's first output, layer by layer from its own results. */
function references({ program, runs }: Measured): Map<Node, Tensor> {
  const tensors = new Map<Node, Tensor>();
  const observe = (value: Value, tensor: Tensor) => {
    if (value.index === 0) tensors.set(value.node, tensor);
  };
  const first = evaluateRuns(program.graph, runs.slice(0, 1), {
    profile: program.profile,
    observe,
  });
  first.next();
  return tensors;
}

export function compareLayers(measured: Measured): LayerResult[] {
  const expected = references(measured);
  const records = new Map<number, Uint8Array[]>();
  for (const { layer, data } of measured.result.trace?.[0] ?? [])
    records.set(layer, [...(records.get(layer) ?? []), data]);
  return layersOf(measured.program.graph.plan).map((node, layer) => {
    const reference = expected.get(node)!;
    const rows = records.get(layer) ?? [new Uint8Array(reference.data.byteLength)];
    const bytes = new Uint8Array(Buffer.concat(rows));
    const device = tensorFromBytes(reference.elem, reference.shape, bytes);
    return {
      layer,
      op: node.op,
      nodes: node.origins,
      kernel: String(node.attrs.kernel),
      elements: reference.data.length,
      ...compareTensors(device, reference),
    };
  });
}

/** A table of the layers, and a sentence on the first that differs. */
export function compareText(layers: readonly LayerResult[]): string {
  const table = new Table({
    head: ["layer", "operator", "nodes", "kernel", "elements", "different"],
    style: { head: [], border: [] },
  });
  for (const l of layers)
    table.push([l.layer, l.op, l.nodes.join(", ").slice(0, 40), l.kernel, l.elements, l.different]);
  const wrong = layers.find((l) => l.different > 0);
  const verdict = wrong
    ? `The first layer that differs is ${wrong.layer}, ${wrong.op} (${wrong.nodes.join(", ")}): element ` +
      `${wrong.first!.index} is ${wrong.first!.device}, the reference says ${wrong.first!.reference}.`
    : `All ${layers.length} layers agree with the reference.`;
  return `${table.toString()}\n${verdict}`;
}
