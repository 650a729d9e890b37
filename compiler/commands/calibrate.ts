/**
 * `npm run calibrate`: measures kernels on the layers of networks and writes `costs.json` beside each
 * target: instructions and cycles by the kernel's own estimate, and bytes of code.
 */
import { writeFileSync } from "node:fs";
import { compile } from "../compile.ts";
import type { Node } from "../ir/graph.ts";
import { layersOf } from "../ir/plan.ts";
import { accumulators } from "../kernels/catalogue.ts";
import { ranked } from "../kernels/select.ts";
import { layerSignature } from "../kernels/tuning.ts";
import { packagePath } from "../paths.ts";
import { type KernelCosts, listTargets, loadTarget, type Target } from "../target.ts";
import { measureLayer } from "./tune.ts";

const profile = "fast";

/** One node of each signature. */
function distinctLayers(models: readonly string[], target: Target): Node[] {
  const layers = new Map<string, Node>();
  for (const model of models) {
    const { program } = compile(model, { target: target.name, profile });
    for (const node of program ? layersOf(program.graph.plan) : [])
      layers.set(layerSignature(node, profile), node);
  }
  return [...layers.values()];
}

interface Sums {
  measured: number;
  cycles: number;
  estimated: number;
  codeBytes: number;
  layers: number;
}

const costsOf = ({ measured, cycles, estimated, codeBytes, layers }: Sums): KernelCosts => ({
  instructions: Number((measured / estimated).toPrecision(4)),
  ...(cycles > 0 && { cycles: Number((cycles / estimated).toPrecision(4)) }),
  codeBytes: Math.round(codeBytes / layers),
});

/** Kernels that take rows as they come, of layers whose inputs have rows. */
const gathering = (node: Node, { isa }: Target) =>
  (node.inputs[0]?.type.shape[1] ?? 1) > 1 ? accumulators(node, isa) : [];

/** For each kernel, over all layers that it serves. */
export async function calibrate(
  models: readonly string[],
  target: Target,
): Promise<Record<string, KernelCosts>> {
  const sums = new Map<string, Sums>();
  for (const node of distinctLayers(models, target))
    for (const kernel of [
      ...ranked(node, { isa: target.isa, profile }),
      ...gathering(node, target),
    ]) {
      const none = { measured: 0, cycles: 0, estimated: 0, codeBytes: 0, layers: 0 };
      const sum = sums.get(kernel.name) ?? none;
      const costs = await measureLayer(node, kernel.name, target, profile);
      sum.measured += costs.instructions;
      sum.cycles += costs.cycles ?? 0;
      sum.estimated += kernel.cost(node);
      sum.codeBytes += costs.codeBytes;
      sum.layers++;
      sums.set(kernel.name, sum);
    }
  const sorted = [...sums].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([name, sum]) => [name, costsOf(sum)]));
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
