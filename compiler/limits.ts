/** What the user's budgets and the target's memories allow a program to be. */
import * as say from "./diagnostics.ts";
import { MoteError, type Place } from "./diagnostics.ts";
import type { Emitted } from "./emit/emit.ts";
import type { Sections } from "./emit/sections.ts";
import type { Graph, Node } from "./ir/graph.ts";
import { type Choice, chosenFor, layersIn } from "./ir/layers.ts";
import type { Planned } from "./plan/plan.ts";
import { type Pool, poolsOf, type Target } from "./target.ts";

/** Where a node stands in the model's file. */
export type PlaceOf = (node: Node | undefined) => Place;

export function checkSram(
  { graph, peak }: Planned,
  budget: number | undefined,
  placeOf: PlaceOf,
): void {
  const { arenaBytes } = graph.plan;
  if (budget === undefined || arenaBytes <= budget) return;
  const place = placeOf(peak.node);
  throw new MoteError(say.overSram(place, budget, arenaBytes, peak.inUse));
}

/** Code is what was measured for the kernels: the C compiler's own figure comes later. */
export function checkFlash(
  { weightsBytes, tablesBytes }: Emitted,
  code: number,
  budget: number | undefined,
  file: string,
): void {
  const needed = weightsBytes + tablesBytes + code;
  if (budget === undefined || needed <= budget) return;
  const parts = [
    { label: "weights", bytes: weightsBytes },
    { label: "tables", bytes: tablesBytes },
    { label: "code", bytes: code },
  ];
  throw new MoteError(say.overFlash(file, budget, needed, parts));
}

/** Names by which sections can be given: of the pools, or of all where there are none. */
const sectionNames = (pools: readonly Pool[], absent: string): string[] =>
  pools.length > 0 ? pools.map((p) => p.name) : [absent];

export function sectionsOf(
  target: Target,
  given: ReadonlyMap<string, string> = new Map(),
): Sections {
  const flash = poolsOf(target, "flash");
  const names = sectionNames(poolsOf(target, "ram"), "arena");
  const known = [...names, ...sectionNames(flash, "weights")];
  const problems = [...given].flatMap(([memory, section]) => {
    const same = [...given.keys()].filter((m) => given.get(m) === section);
    if (!known.includes(memory)) return [say.unknownSection(memory, target.name, known)];
    return same.indexOf(memory) > 0 ? [say.sharedSection(section, same)] : [];
  });
  if (problems.length > 0) throw new MoteError(...problems);
  return { given, flash };
}

/** Memories that layers are given must be there, and the layers too. */
export function checkMemories(
  choices: readonly Choice[],
  nodes: readonly Node[],
  target: Target,
  file: string,
): void {
  const known = poolsOf(target, "ram").map((p) => p.name);
  const names = nodes.flatMap((n) => n.origins);
  const problems = choices.flatMap(({ layers, value: memory }) => {
    if (layersIn(layers, nodes).size === 0) return [say.unknownLayer(file, layers[0]!, names)];
    return known.includes(memory) ? [] : [say.unknownPool(memory, target.name, known)];
  });
  if (problems.length > 0) throw new MoteError(...problems);
}

/** What lies elsewhere than it was to, since it shares memory with what another layer makes. */
export function checkLying(
  { nodes, plan }: Graph<"planned">,
  memories: ReadonlyMap<string, string>,
  placeOf: PlaceOf,
): void {
  const memoryAt = (offset: number) => plan.pools.find((p) => offset < p.end)?.memory;
  for (const node of nodes) {
    const wanted = chosenFor(node, memories);
    const places = node.outputs.map((v) => plan.places.get(v)?.offset ?? -1);
    const strays = places.filter((at) => at >= 0 && memoryAt(at) !== wanted);
    if (wanted && strays.length > 0) throw new MoteError(say.liesElsewhere(placeOf(node), wanted));
  }
}

export function checkPools(
  { peak, missing, missingIn }: Planned,
  target: Target,
  placeOf: PlaceOf,
): void {
  if (missing <= 0) return;
  const pools = poolsOf(target, "ram");
  const chosen = pools.find((p) => p.name === missingIn);
  if (chosen) throw new MoteError(say.poolTooSmall(placeOf(undefined), chosen, missing));
  throw new MoteError(
    say.poolsTooSmall(placeOf(peak.node), target.name, pools, missing, peak.inUse),
  );
}

export function checkFlashPools({ flash }: Emitted, target: Target, file: string): void {
  const pools = poolsOf(target, "flash");
  const missing = Math.max(0, ...flash.map(({ bytes }, i) => bytes - pools[i]!.bytes));
  if (missing > 0) throw new MoteError(say.flashPoolsTooSmall(file, target.name, pools, missing));
}
