/** `--explain kernels`: for each layer the kernels that could run it, their costs, and the choice. */
import Table from "cli-table3";
import type { Program } from "../compile.ts";
import { allKernels, kernelNamed } from "../kernels/catalogue.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { predictedCost, ranked } from "../kernels/select.ts";
import { grouped } from "./session.ts";

export interface KernelChoice {
  readonly layer: string;
  readonly op: string;
  readonly chosen: string;
  /** Predicted instructions of one run, by kernel, the cheapest first. */
  readonly candidates: readonly { readonly kernel: string; readonly instructions: number }[];
}

export const kernelChoices = ({ graph, target, profile }: Program): KernelChoice[] =>
  graph.plan.steps.map(({ node }) => ({
    layer: node.origins.join(", "),
    op: node.op,
    chosen: String(node.attrs.kernel),
    candidates: ranked(node, { ...target, profile }).map((k) => ({
      kernel: k.name,
      instructions: Math.round(predictedCost(node, k, { ...target, profile })),
    })),
  }));

/** Whether nothing but portable C serves the layer, while the target has faster for others. */
function fallsBack({ op, candidates }: KernelChoice, { target }: Program): boolean {
  const isFast = (k: Kernel) => k.isa?.every((f) => (target.isa as readonly string[]).includes(f));
  return (
    !candidates.some(({ kernel }) => kernelNamed(kernel)!.isa) &&
    allKernels().some((k) => k.ops.includes(op) && isFast(k))
  );
}

export function explainText(program: Program): string {
  const table = new Table({
    head: ["layer", "operator", "kernel", "predicted instructions"],
    colAligns: ["left", "left", "left", "right"],
    style: { head: [], border: [] },
  });
  const choices = kernelChoices(program);
  for (const choice of choices)
    for (const { kernel, instructions } of choice.candidates) {
      const isChosen = kernel === choice.chosen;
      const note = isChosen && fallsBack(choice, program) ? " (no faster kernel serves it)" : "";
      const name = isChosen ? `* ${kernel}${note}` : `  ${kernel}`;
      const layer = isChosen ? choice.layer.slice(0, 40) : "";
      table.push([layer, isChosen ? choice.op : "", name, grouped(instructions)]);
    }
  return table.toString();
}
