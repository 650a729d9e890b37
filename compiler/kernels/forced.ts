/** Kernels that the user names for layers. */
import type { Node } from "../ir/graph.ts";
import { type Choice, layersIn } from "../ir/layers.ts";
import { kernelNamed } from "./catalogue.ts";
import type { Kernel } from "./kernel.ts";

/** A choice that cannot be followed. */
export interface Unheeded {
  readonly why: "no such layer" | "no such kernel" | "no such feature" | "not served";
  readonly layer: string;
  readonly kernel: string;
  /** Features that the processor lacks, or kernels that do serve the layer. */
  readonly names: readonly string[];
}

/** What is wrong with a choice, which may be for several nodes: one must be served. */
function problem(
  { layers, value: kernel }: Choice,
  nodes: readonly Node[],
  isa: readonly string[],
  usable: (node: Node) => readonly Kernel[],
): Unheeded[] {
  const because = (why: Unheeded["why"], names: readonly string[] = []): Unheeded[] => [
    { why, layer: layers[0]!, kernel, names },
  ];
  const named = layersIn(layers, nodes);
  const own = nodes.filter((n) => n.origins.some((o) => named.has(o)));
  if (own.length === 0) return because("no such layer");
  const found = kernelNamed(kernel);
  if (!found) return because("no such kernel");
  const missing = (found.isa ?? []).filter((feature) => !isa.includes(feature));
  if (missing.length > 0) return because("no such feature", missing);
  const names = own.flatMap((n) => usable(n).map((k) => k.name));
  return names.includes(kernel) ? [] : because("not served", [...new Set(names)]);
}

/** Choices that none of the nodes can follow; `usable` are the kernels that can run a node. */
export const unheeded = (
  choices: readonly Choice[],
  nodes: readonly Node[],
  isa: readonly string[],
  usable: (node: Node) => readonly Kernel[],
): Unheeded[] => choices.flatMap((choice) => problem(choice, nodes, isa, usable));
