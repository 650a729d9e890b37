/** A `.mote` file → a graph, as ONNX files become one. */
import { type Diagnostic, MoteError, type Place } from "../../diagnostics.ts";
import type { ModelDocs } from "../../ir/docs.ts";
import type { Graph, Node } from "../../ir/graph.ts";
import type { LayerChoices } from "../../ir/layers.ts";
import { withSharedConstants } from "../../ir/shared.ts";
import { type CheckOptions, check } from "./check.ts";
import type { SourceModule } from "./files.ts";
import { placeOf } from "./problems.ts";

export const isMoteFile = (file: string): boolean => /\.mote$/i.test(file);

function docsOf(module: SourceModule | undefined): ModelDocs {
  const model = module?.tree.declarations.find((d) => d.kind === "model");
  const inputs = model?.parameters.filter((p) => p.type) ?? [];
  return { model: model?.docs ?? [], inputs: inputs.map((p) => p.docs) };
}

/** A model of the language as a graph, and where its layers stand in the text. */
export interface MoteFile {
  readonly graph: Graph<"imported" | "lowered">;
  /** What annotations say of layers. */
  readonly choices: LayerChoices;
  readonly docs: ModelDocs;
  /** By the name of a layer. */
  placeOf(layer: string): Place | undefined;
}

/** @throws MoteError with every problem that was found. */
export function readMote(
  file: string,
  options: CheckOptions & { readonly report: (d: Diagnostic) => void },
): MoteFile {
  const { graph, diagnostics, session, module } = check(file, options);
  const errors = diagnostics.filter((d) => d.severity === "error");
  if (!graph || errors.length > 0) throw new MoteError(...errors);
  diagnostics.forEach(options.report);
  const sites = new Map<string, Node>();
  for (const node of session.sites.keys()) for (const name of node.origins) sites.set(name, node);
  return {
    graph: graph.level === "imported" ? withSharedConstants(graph) : graph,
    choices: session.choices,
    docs: docsOf(module),
    placeOf: (layer) => {
      const node = sites.get(layer);
      const site = node && session.sites.get(node);
      return site && placeOf(site);
    },
  };
}
