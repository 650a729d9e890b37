/** Kernels that the user names for layers. */
import type { Node } from "../ir/graph.ts";
import { kernelNamed } from "./catalogue.ts";
import type { Kernel } from "./kernel.ts";

/** Names of kernels by names of the model's layers. */
export type Forced = ReadonlyMap<string, string>;

/** A choice that cannot be followed. */
export interface Unheeded {
  readonly why: "no such layer" | "no such kernel" | "no such feature" | "not served";
  readonly layer: string;
  readonly kernel: string;
  /** Features that the processor lacks, or kernels that do serve the layer. */
  readonly names: readonly string[];
}

/** The kernel that a node was given, if it can run it. */
export const forcedKernel = (node: Node, forced: Forced | undefined): string | undefined =>
  node.origins.map((layer) => forced?.get(layer)).find((name) => name !== undefined);

/** What is wrong with a choice for a layer, which may be several nodes: one must be served. */
function problem(
  [layer, kernel]: readonly [string, string],
  nodes: readonly Node[],
  isa: readonly string[],
  usable: (node: Node) => readonly Kernel[],
): Unheeded[] {
  const because = (why: Unheeded["why"], names: readonly string[] = []): Unheeded[] => [
    { why, layer, kernel, names },
  ];
  const own = nodes.filter((n) => n.origins.includes(layer));
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
  forced: Forced,
  nodes: readonly Node[],
  isa: readonly string[],
  usable: (node: Node) => readonly Kernel[],
): Unheeded[] => [...forced].flatMap((choice) => problem(choice, nodes, isa, usable));
