/** A `.mote` file → a graph, as ONNX files become one. */
import { type Diagnostic, MoteError, type Place } from "../../diagnostics.ts";
import type { Graph, Node } from "../../ir/graph.ts";
import { withSharedConstants } from "../nodes.ts";
import { type CheckOptions, check } from "./check.ts";
import { placeOf } from "./problems.ts";

export const isMoteFile = (file: string): boolean => /\.mote$/i.test(file);

/** A model of the language as a graph, and where its layers stand in the text. */
export interface MoteFile {
  readonly graph: Graph<"imported" | "lowered">;
  /** Kernels that annotations ask for, by layer. */
  readonly kernels: ReadonlyMap<string, string>;
  /** By the name of a layer. */
  placeOf(layer: string): Place | undefined;
}

/** @throws MoteError with every problem that was found. */
export function readMote(
  file: string,
  options: CheckOptions & { readonly report: (d: Diagnostic) => void },
): MoteFile {
  const { graph, diagnostics, session } = check(file, options);
  const errors = diagnostics.filter((d) => d.severity === "error");
  if (!graph || errors.length > 0) throw new MoteError(...errors);
  diagnostics.forEach(options.report);
  const sites = new Map<string, Node>();
  for (const node of session.sites.keys()) for (const name of node.origins) sites.set(name, node);
  return {
    graph: graph.level === "imported" ? withSharedConstants(graph) : graph,
    kernels: session.kernels,
    placeOf: (layer) => {
      const node = sites.get(layer);
      const site = node && session.sites.get(node);
      return site && placeOf(site);
    },
  };
}
