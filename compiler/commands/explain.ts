/** `--explain kernels`: for each layer the kernels that could run it, their costs, and the choice. */
import Table from "cli-table3";
import type { Program } from "../compile.ts";
import type { Node } from "../ir/graph.ts";
import { layersOf, type Plan, type Step } from "../ir/plan.ts";
import { allKernels, kernelNamed } from "../kernels/catalogue.ts";
import type { Kernel } from "../kernels/kernel.ts";
import {
  kernelOf,
  predictedCycles,
  predictedFlash,
  predictedInstructions,
  ranked,
} from "../kernels/select.ts";
import { grouped } from "./session.ts";

/** Predicted costs of one run, and what the layer takes of flash and arena. */
export interface Candidate {
  readonly kernel: string;
  readonly instructions: number;
  /** Where the target has a model of cycles. */
  readonly cycles?: number;
  /** Code, weights and tables. */
  readonly flashBytes: number;
  readonly scratchBytes: number;
}

export interface KernelChoice {
  readonly layer: string;
  readonly op: string;
  readonly chosen: string;
  /** Rows that a call makes, or takes where it gathers them, of all. */
  readonly rows: { readonly aCall: number; readonly inAll: number };
  /** The cheapest first. */
  readonly candidates: readonly Candidate[];
}

function rowsOf(node: Node, { steps }: Plan): KernelChoice["rows"] {
  const own = steps.filter((s) => s.node === node);
  const region = ({ inputs, outputs }: Step) =>
    kernelOf(node).accumulates ? inputs[0]! : outputs[0]!;
  const { rowBegin, rowEnd } = region(own[0]!);
  return { aCall: rowEnd - rowBegin, inAll: Math.max(...own.map((s) => region(s).rowEnd)) };
}

function candidateOf(node: Node, kernel: Kernel, { target, profile }: Program): Candidate {
  const options = { ...target, profile };
  const cycles = predictedCycles(node, kernel, options);
  return {
    kernel: kernel.name,
    instructions: Math.round(predictedInstructions(node, kernel, options)),
    ...(cycles !== undefined && { cycles: Math.round(cycles) }),
    flashBytes: predictedFlash(node, kernel, options),
    scratchBytes: kernel.scratchBytes?.(node) ?? 0,
  };
}

export const kernelChoices = (program: Program): KernelChoice[] =>
  layersOf(program.graph.plan).map((node) => {
    const kernels = ranked(node, { ...program.target, profile: program.profile });
    const chosen = kernelOf(node);
    const all = kernels.includes(chosen) ? kernels : [chosen, ...kernels];
    return {
      layer: node.origins.join(", "),
      op: node.op,
      chosen: chosen.name,
      rows: rowsOf(node, program.graph.plan),
      candidates: all.map((k) => candidateOf(node, k, program)),
    };
  });

/** Whether nothing but portable C serves the layer, while the target has faster for others. */
function fallsBack({ op, candidates }: KernelChoice, { target }: Program): boolean {
  const isFast = (k: Kernel) => k.isa?.every((f) => (target.isa as readonly string[]).includes(f));
  return (
    !candidates.some(({ kernel }) => kernelNamed(kernel)!.isa) &&
    allKernels().some((k) => k.ops.includes(op) && isFast(k))
  );
}

const head = ["layer", "operator", "kernel", "rows", "instructions", "cycles", "flash", "scratch"];

/** A row a layer; its candidates stand below each other. */
export function explainText(program: Program): string {
  const table = new Table({
    head,
    colAligns: ["left", "left", "left", "right", "right", "right", "right", "right"],
    style: { head: [], border: [] },
  });
  for (const choice of kernelChoices(program)) {
    const note = fallsBack(choice, program) ? " (no faster kernel serves it)" : "";
    const name = ({ kernel }: Candidate) =>
      kernel === choice.chosen ? `* ${kernel}${note}` : `  ${kernel}`;
    const { aCall, inAll } = choice.rows;
    const rows = aCall < inAll ? `${aCall} of ${inAll}` : "all";
    const column = (text: (c: Candidate) => string) => choice.candidates.map(text).join("\n");
    table.push([
      choice.layer.slice(0, 40),
      choice.op,
      column(name),
      column((c) => (c.kernel === choice.chosen ? rows : "")),
      column((c) => grouped(c.instructions)),
      column((c) => (c.cycles === undefined ? "-" : grouped(c.cycles))),
      column((c) => grouped(c.flashBytes)),
      column((c) => grouped(c.scratchBytes)),
    ]);
  }
  return `${table.toString()}\nPredicted for one run; flash and scratch in bytes; * is the choice; rows: those a call.`;
}
