/** `mote tune MODEL`: measures each layer's candidate kernels on QEMU and keeps what it finds. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { compile, programOf } from "../compile.ts";
import * as say from "../diagnostics.ts";
import { MoteError } from "../diagnostics.ts";
import { type Graph, input, makeGraph, makeNode, type Node, type Value } from "../ir/graph.ts";
import { layersOf } from "../ir/plan.ts";
import { typeBytes } from "../ir/types.ts";
import { ranked } from "../kernels/select.ts";
import { layerSignature } from "../kernels/tuning.ts";
import type { Profile } from "../ops/numerics.ts";
import { runProgram } from "../run/run.ts";
import { type KernelCosts, loadTarget, type Target } from "../target.ts";
import type { Arguments } from "./arguments.ts";
import { type Console, compileOptions, grouped, printDiagnostics } from "./session.ts";
import { readTuning, tuningName, writeTuning } from "./tuning.ts";
import { writeFiles } from "./write.ts";

/** The layer alone, its inputs the program's, with one kernel. */
export function layerGraph(node: Node, kernel: string): Graph<"lowered"> {
  const given = new Map<Value, Value>();
  for (const [i, value] of node.inputs.entries())
    if (value && value.node.op !== "Constant") given.set(value, input(`x${i}`, value.type));
  const made = makeNode({
    ...node,
    inputs: node.inputs.map((v) => v && (given.get(v) ?? v)),
    attrs: { ...node.attrs, kernel },
    types: node.outputs.map((v) => v.type),
  });
  const outputs = made.outputs.map((value, i) => ({ name: `y${i}`, value }));
  return makeGraph("lowered", "layer", [...given.values()], outputs);
}

/** One run of the layer with that kernel, on inputs of zeros, and the code that it takes. */
export async function measureLayer(
  node: Node,
  kernel: string,
  target: Target,
  profile: Profile,
): Promise<KernelCosts> {
  const { graph, emitted } = programOf(layerGraph(node, kernel), {
    name: "layer",
    target,
    profile,
  });
  const bytes = (values: readonly Value[]) => values.reduce((n, v) => n + typeBytes(v.type), 0);
  const outDir = mkdtempSync(join(tmpdir(), "mote-tune-"));
  try {
    writeFiles(outDir, emitted.files);
    const { instructions, cycles, sizes } = await runProgram({
      outDir,
      name: "layer",
      target,
      samples: [new Uint8Array(bytes(graph.inputs))],
      outputBytes: bytes(graph.outputs.map((o) => o.value)),
      count: true,
    });
    const constants = emitted.weightsBytes + emitted.tablesBytes;
    const codeBytes = (sizes?.textBytes ?? 0) + (sizes?.rodataBytes ?? 0) - constants;
    return { instructions: instructions ?? 0, ...(cycles !== null && { cycles }), codeBytes };
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
}

/** Layers by signature that more than one kernel can run and that are not yet measured. */
function layersToMeasure(
  nodes: readonly Node[],
  target: Target,
  profile: Profile,
  known: ReadonlyMap<string, unknown>,
): Map<string, Node> {
  const layers = new Map<string, Node>();
  for (const node of nodes) {
    const signature = layerSignature(node, profile);
    if (!known.has(signature) && ranked(node, { ...target, profile }).length > 1)
      layers.set(signature, node);
  }
  return layers;
}

const best = (costs: Readonly<Record<string, number>>): string => {
  const sorted = Object.entries(costs).sort((a, b) => a[1] - b[1]);
  return sorted.map(([kernel, cost]) => `${kernel} ${grouped(cost)}`).join(", ");
};

/** Every layer's result is kept as soon as it is there, so that an interruption loses nothing. */
export async function tuneCommand({ files, values }: Arguments, console: Console): Promise<number> {
  if (files.length !== 1)
    throw new MoteError(
      files.length === 0 ? say.noModel("tune ") : say.tooManyModels(files.length),
    );
  const { tuning: given, ...rest } = values;
  const options = compileOptions(rest);
  const target = loadTarget(options.target ?? "cortex-m4");
  if (target.machine === null) throw new MoteError(say.cannotTune(target.name));
  const { program, diagnostics } = compile(files[0]!, options);
  printDiagnostics(console, diagnostics);
  if (!program) return 1;
  const file = resolve(String(given ?? tuningName));
  const tuning = new Map(existsSync(file) ? readTuning(file, target.name) : []);
  const nodes = layersOf(program.graph.plan);
  const layers = layersToMeasure(nodes, target, program.profile, tuning);
  let done = 0;
  for (const [signature, node] of layers) {
    const costs: Record<string, number> = {};
    for (const { name } of ranked(node, { ...target, profile: program.profile })) {
      const { cycles, instructions } = await measureLayer(node, name, target, program.profile);
      costs[name] = cycles ?? instructions;
    }
    tuning.set(signature, costs);
    writeTuning(file, target.name, tuning);
    console.out(`[${++done}/${layers.size}] ${node.origins[0] ?? node.op}: ${best(costs)}`);
  }
  console.out(`${layers.size} layers measured on ${target.name}; compile with --tuning ${file}`);
  return 0;
}
