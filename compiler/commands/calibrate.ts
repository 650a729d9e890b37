/**
 * `npm run calibrate`: measures kernels on the layers of networks and writes `costs.json` beside each
 * target: instructions by the kernel's own estimate.
 */
import { writeFileSync } from "node:fs";
import { compile } from "../compile.ts";
import type { Node } from "../ir/graph.ts";
import { ranked } from "../kernels/select.ts";
import { layerSignature } from "../kernels/tuning.ts";
import { packagePath } from "../paths.ts";
import { listTargets, loadTarget, type Target } from "../target.ts";
import { measureLayer } from "./tune.ts";

const profile = "fast";

/** One node of each signature. */
function distinctLayers(models: readonly string[], target: Target): Node[] {
  const layers = new Map<string, Node>();
  for (const model of models) {
    const { program } = compile(model, { target: target.name, profile });
    for (const { node } of program?.graph.plan.steps ?? [])
      layers.set(layerSignature(node, profile), node);
  }
  return [...layers.values()];
}

interface Sums {
  measured: number;
  estimated: number;
}

/** Instructions of all layers by their estimates, for each kernel. */
export async function calibrate(
  models: readonly string[],
  target: Target,
): Promise<Record<string, number>> {
  const sums = new Map<string, Sums>();
  for (const node of distinctLayers(models, target))
    for (const kernel of ranked(node, { isa: target.isa, profile })) {
      const sum = sums.get(kernel.name) ?? { measured: 0, estimated: 0 };
      sum.measured += await measureLayer(node, kernel.name, target, profile);
      sum.estimated += kernel.cost(node);
      sums.set(kernel.name, sum);
    }
  const sorted = [...sums].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    sorted.map(([name, s]) => [name, Number((s.measured / s.estimated).toPrecision(4))]),
  );
}

/** Calibrates every target that QEMU runs by the given networks. */
export async function calibrateAll(models: readonly string[]): Promise<void> {
  for (const target of listTargets().map(loadTarget)) {
    if (target.machine === null) continue;
    const costs = await calibrate(models, target);
    const file = packagePath("targets", target.name, "costs.json");
    writeFileSync(file, `${JSON.stringify(costs, null, 2)}\n`);
    process.stderr.write(`${file}: ${Object.keys(costs).length} kernels\n`);
  }
}
