/** Layers as a user names them, and what is chosen for them. */
import type { Node } from "./graph.ts";

/** What is chosen for layers, or for all in blocks, by their names. */
export interface Choice {
  readonly layers: readonly string[];
  readonly value: string;
}

/** Of two choices for a layer the first one holds. */
export interface LayerChoices {
  readonly kernels: readonly Choice[];
  /** Memories of the target for what layers make. */
  readonly pools: readonly Choice[];
  /** Layers that stay float in a network that is quantised. */
  readonly float: ReadonlySet<string>;
}

export const noChoices: LayerChoices = { kernels: [], pools: [], float: new Set() };

/** Names of the layer, or of all in the block of that name. */
function namesIn(layer: string, names: ReadonlySet<string>): string[] {
  return names.has(layer) ? [layer] : [...names].filter((name) => name.startsWith(`${layer}.`));
}

/** Names that nodes have of layers that a user names. */
export function layersIn(layers: readonly string[], nodes: readonly Node[]): ReadonlySet<string> {
  const names = new Set(nodes.flatMap((n) => n.origins));
  return new Set(layers.flatMap((layer) => namesIn(layer, names)));
}

/** What is chosen, by the name of each layer. */
export function byLayer(
  choices: readonly Choice[],
  nodes: readonly Node[],
): ReadonlyMap<string, string> {
  const chosen = new Map<string, string>();
  for (const { layers, value } of choices)
    for (const layer of layersIn(layers, nodes)) if (!chosen.has(layer)) chosen.set(layer, value);
  return chosen;
}

/** What is chosen for a node by the first of its layers that has a choice. */
export const chosenFor = (
  { origins }: Node,
  choices: ReadonlyMap<string, string>,
): string | undefined => origins.map((o) => choices.get(o)).find((c) => c !== undefined);
