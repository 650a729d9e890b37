/** Builds of one network in small arenas beside those with whole tensors, whose bits they must have. */
import { type Program, programOf } from "../../compiler/compile.ts";
import type { Graph } from "../../compiler/ir/graph.ts";
import { type Tensor, tensorBytes } from "../../compiler/ir/tensor.ts";
import { isFloat } from "../../compiler/ir/types.ts";
import type { Case } from "./batch.ts";

/** Cases with the same bits, the first one with whole tensors. */
export type Group = readonly Case[];

const boundary = ["Input", "Constant", "Quantize", "Dequantize"];

/** Whether kernels of floats work in it: which ones were chosen decides in which order they sum. */
const worksOnFloats = ({ nodes }: Graph): boolean =>
  nodes.some((n) => !boundary.includes(n.op) && n.outputs.some((v) => isFloat(v.type.elem)));

/** The same kernels, each called once over whole tensors. */
function wholeOf(program: Program): Case["program"] {
  const name = `${program.name}_whole`;
  const graph = { ...program.graph, level: "lowered", plan: undefined } as const;
  return { ...program, name, ...programOf(graph, { ...program, name }) };
}

/** The builds of a network: `small` ones also where dead bytes are overwritten and free ones checked. */
export function groupsOf(
  whole: Program,
  small: readonly Program[],
  inputs: readonly Tensor[],
  later?: readonly (readonly Tensor[])[],
): Group[] {
  const run = { inputs, later };
  const cases = (program: Program): Case[] => [
    { program, ...run },
    { program, ...run, isChecked: true },
  ];
  if (!worksOnFloats(whole.graph)) return [[{ program: whole, ...run }, ...small.flatMap(cases)]];
  return [whole, ...small].map((p) => [{ program: wholeOf(p), ...run }, ...cases(p)]);
}

const isSame = (a: Tensor, b: Tensor): boolean =>
  Buffer.compare(tensorBytes(a), tensorBytes(b)) === 0;

/** The cases whose outputs have other bits than the first one's; outputs are taken off the list. */
export function differing(group: Group, outputs: Tensor[][]): string[] {
  const [first, ...others] = outputs.splice(0, group.length);
  return others.flatMap((made, i) => {
    const { program, isChecked } = group[i + 1]!;
    if (made.every((tensor, k) => isSame(tensor, first![k]!))) return [];
    return [`${program.name}${isChecked ? ", checked" : ""}`];
  });
}
