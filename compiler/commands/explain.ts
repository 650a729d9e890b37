/** `--explain kernels`: for each layer the kernels that could run it, their costs, and the choice. */
import Table from "cli-table3";
import type { Program } from "../compile.ts";
import { layersOf } from "../ir/plan.ts";
import { allKernels, kernelNamed } from "../kernels/catalogue.ts";
import type { Kernel } from "../kernels/kernel.ts";
import {
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
  /** The cheapest first. */
  readonly candidates: readonly Candidate[];
}

export const kernelChoices = ({ graph, target, profile }: Program): KernelChoice[] =>
  layersOf(graph.plan).map((node) => ({
    layer: node.origins.join(", "),
    op: node.op,
    chosen: String(node.attrs.kernel),
    candidates: ranked(node, { ...target, profile }).map((k) => {
      const cycles = predictedCycles(node, k, { ...target, profile });
      return {
        kernel: k.name,
        instructions: Math.round(predictedInstructions(node, k, { ...target, profile })),
        ...(cycles !== undefined && { cycles: Math.round(cycles) }),
        flashBytes: predictedFlash(node, k, { ...target, profile }),
        scratchBytes: k.scratchBytes?.(node) ?? 0,
      };
    }),
  }));

/** Whether nothing but portable C serves the layer, while the target has faster for others. */
function fallsBack({ op, candidates }: KernelChoice, { target }: Program): boolean {
  const isFast = (k: Kernel) => k.isa?.every((f) => (target.isa as readonly string[]).includes(f));
  return (
    !candidates.some(({ kernel }) => kernelNamed(kernel)!.isa) &&
    allKernels().some((k) => k.ops.includes(op) && isFast(k))
  );
}

const head = ["layer", "operator", "kernel", "instructions", "cycles", "flash", "scratch"];

/** A row a layer; its candidates stand below each other. */
export function explainText(program: Program): string {
  const table = new Table({
    head,
    colAligns: ["left", "left", "left", "right", "right", "right", "right"],
    style: { head: [], border: [] },
  });
  for (const choice of kernelChoices(program)) {
    const note = fallsBack(choice, program) ? " (no faster kernel serves it)" : "";
    const name = ({ kernel }: Candidate) =>
      kernel === choice.chosen ? `* ${kernel}${note}` : `  ${kernel}`;
    const column = (text: (c: Candidate) => string) => choice.candidates.map(text).join("\n");
    table.push([
      choice.layer.slice(0, 40),
      choice.op,
      column(name),
      column((c) => grouped(c.instructions)),
      column((c) => (c.cycles === undefined ? "-" : grouped(c.cycles))),
      column((c) => grouped(c.flashBytes)),
      column((c) => grouped(c.scratchBytes)),
    ]);
  }
  return `${table.toString()}\nPredicted for one run; flash and scratch in bytes; * is the choice.`;
}
