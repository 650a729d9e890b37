/** THE PIPELINE: a model file → the files of a C program. */
import { basename, extname } from "node:path";
import { overflowing, verify } from "./check/verify.ts";
import * as say from "./diagnostics.ts";
import { type Diagnostic, MoteError, type Place } from "./diagnostics.ts";
import { programName } from "./emit/c.ts";
import { type Emitted, emit } from "./emit/emit.ts";
import type { ModelDocs } from "./ir/docs.ts";
import type { Graph, Level, Node } from "./ir/graph.ts";
import { byLayer, type LayerChoices, layersIn, noChoices } from "./ir/layers.ts";
import type { GraphText } from "./ir/print.ts";
import { accumulators, allKernels } from "./kernels/catalogue.ts";
import { type Unheeded, unheeded } from "./kernels/forced.ts";
import {
  chosenKernel,
  codeBytes as codeBytesOf,
  constantBytes,
  eligible,
  hasKernel,
  kernelOf,
  measuredRatio,
  type Optimize,
  predictedInstructions,
  predictedTime,
  ranked,
  type SelectOptions,
  select,
} from "./kernels/select.ts";
import type { Tuning } from "./kernels/tuning.ts";
import {
  checkFlash,
  checkFlashPools,
  checkLying,
  checkMemories,
  checkPools,
  checkSram,
  type PlaceOf,
  sectionsOf,
} from "./limits.ts";
import type { Profile } from "./ops/numerics.ts";
import { operatorOf } from "./ops/registry.ts";
import { asPlanned, faultsOf } from "./plan/given.ts";
import type { Goal } from "./plan/goal.ts";
import { type Planned, plan } from "./plan/plan.ts";
import { validate } from "./plan/validate/validate.ts";
import type { Costs } from "./plan/ways.ts";
import { integerBoundary } from "./quantize/boundary.ts";
import { insertQuantization, observeRanges } from "./quantize/calibrate.ts";
import { floatLayers } from "./quantize/left.ts";
import { type GraphFile, isGraphFile, readGraph } from "./read/graph.ts";
import { readModel } from "./read/model.ts";
import { readCalibration } from "./read/samples.ts";
import { nhwcBoundary, rowInputs } from "./rewrite/boundary.ts";
import type { RewriteLog } from "./rewrite/engine.ts";
import { doubles } from "./rewrite/singles.ts";
import { fuse, lower, settleEdges, simplify, toInteger } from "./rewrite/stages.ts";
import { statesApart, statesAsRead } from "./rewrite/states.ts";
import { type Stage, type StepOptions, Steps, Stopped } from "./steps.ts";
import { loadTarget, type Pool, poolsOf, type Target } from "./target.ts";
import { moteVersion } from "./version.ts";

export interface CompileOptions extends StepOptions {
  readonly target?: string;
  readonly profile?: Profile;
  readonly quantize?: "int8";
  /** A .npy or .npz file of sample inputs. */
  readonly calib?: string;
  readonly ioLayout?: "nchw" | "nhwc";
  /** Input images are delivered by rows, NHWC, while the network runs. */
  readonly rowInput?: boolean;
  /** Float inputs and outputs even where the network quantises them. */
  readonly floatIo?: boolean;
  /** Name of the C program; by default the model file's stem. */
  readonly name?: string;
  readonly shapes?: ReadonlyMap<string, readonly number[]>;
  /** What is weighed against what; balanced unless told. */
  readonly optimize?: Optimize;
  /** Bytes that the arena, or constants and code, may take at the most. */
  readonly maxSram?: number;
  readonly maxFlash?: number;
  /** Whether to find the programs between the fastest and the smallest. */
  readonly pareto?: boolean;
  /** Measured costs of kernels, as `mote tune` found them. */
  readonly tuning?: Tuning;
  /** What the user chooses for layers. */
  readonly choices?: Partial<LayerChoices>;
  /** Linker sections by memory of the target, or of `arena` and `weights`. */
  readonly sections?: ReadonlyMap<string, string>;
  /** Takes the path of every file that a model in the language is read from. */
  readonly onRead?: (file: string) => void;
  /** Texts that stand for files, by path, as an editor has them open. */
  readonly open?: ReadonlyMap<string, string>;
  /** Emits calls of `mote_trace` after every layer. */
  readonly trace?: boolean;
}

/** A compiled network. */
export interface Program {
  readonly name: string;
  readonly target: Target;
  readonly profile: Profile;
  readonly ioLayout: "nchw" | "nhwc";
  /** The model as it was read: its own input and output types. */
  readonly imported: Graph;
  readonly graph: Graph<"planned">;
  /** What is proved of the arena, and other programs, if they were asked for. */
  readonly memory: Omit<Planned, "graph">;
  readonly macs: number;
  readonly emitted: Emitted;
  /** Linker sections that were given. */
  readonly sections: ReadonlyMap<string, string>;
}

export interface Compilation {
  readonly diagnostics: readonly Diagnostic[];
  /** Absent after an error, and with `stopAfter` an earlier stage than emit. */
  readonly program?: Program;
  /** After the stage that it was to stop after. */
  readonly graph?: Graph;
  /** What the model says of itself. */
  readonly docs?: ModelDocs | undefined;
  readonly dumps: ReadonlyMap<Stage, GraphText>;
  readonly milliseconds: ReadonlyMap<Stage, number>;
  readonly rewrites: ReadonlyMap<string, number>;
}

/** A model's file, a graph's text, or a graph. */
export type Source = string | Graph<"imported">;
type Report = (d: Diagnostic) => void;

const isText = (source: Source): source is string =>
  typeof source === "string" && isGraphFile(source);

/** A network as it was read, and what it says of itself. */
interface Read extends GraphFile {
  /** What it says of layers. */
  readonly choices: LayerChoices;
  readonly docs?: ModelDocs;
}

function verified(file: GraphFile): GraphFile {
  const violations = verify(file.graph);
  if (violations.length === 0) return file;
  throw new MoteError(...violations.map((v) => say.graphUnsound(file.placeOf(v.node), v.problem)));
}

/** Nodes have names of the model's layers. */
const nodePlace = (file: string, part: Parameters<GraphFile["placeOf"]>[0]): Place =>
  part && "op" in part ? { file, node: part.origins[0] ?? part.op } : { file };

function read(source: Source, { shapes, onRead, open }: CompileOptions, report: Report): Read {
  const choices = noChoices;
  if (isText(source)) return { ...verified(readGraph(source)), choices };
  if (typeof source !== "string")
    return { graph: source, choices, placeOf: (part) => nodePlace(source.name, part) };
  const model = readModel(source, { shapes, report, onRead, open });
  const placeOf = (part: Parameters<GraphFile["placeOf"]>[0]): Place => {
    const place = nodePlace(source, part);
    return (place.node && model.placeOf(place.node)) || place;
  };
  const found = { ...model, placeOf };
  if (model.graph.level === "lowered") verified(found);
  return found;
}

const is = <L extends Level>(graph: Graph, level: L): graph is Graph<L> => graph.level === level;

/** Whether a node is to stay float; layers that the user names must be there. */
function floatNodes(
  nodes: readonly Node[],
  { float }: LayerChoices,
  asked: ReadonlySet<string>,
  file: string,
) {
  const none = [...asked].find((layer) => layersIn([layer], nodes).size === 0);
  const known = nodes.flatMap((n) => n.origins);
  if (none !== undefined) throw new MoteError(say.unknownLayer(file, none, known));
  const names = layersIn([...float], nodes);
  return (node: Node): boolean => node.origins.some((o) => names.has(o));
}

/** Integer operators, from the model's own Q and DQ, or from calibration. */
function quantize(
  lowered: Graph<"lowered">,
  options: CompileOptions,
  { file, placeOf, log, report, choices }: Setting,
): Graph<"lowered"> {
  const isFloat = floatNodes(lowered.nodes, choices, options.choices?.float ?? new Set(), file);
  const graph = statesAsRead(lowered);
  const isQuantized = graph.nodes.some((n) => n.op === "Quantize" || n.op === "Dequantize");
  if (options.quantize === "int8" && !options.calib && !isQuantized)
    throw new MoteError(say.calibrationMissing(file));
  if (options.calib !== undefined && isQuantized) report(say.calibrationUnused(file));
  const calibrate = options.calib !== undefined && !isQuantized;
  const samples = calibrate ? readCalibration(options.calib!, graph, options.ioLayout) : [];
  const marked = calibrate
    ? insertQuantization(graph, observeRanges(graph, samples), isFloat)
    : graph;
  const integer = toInteger(marked, isFloat, log);
  const open = statesAsRead(options.floatIo ? integer : integerBoundary(integer));
  const bounded = open === integer ? integer : toInteger(open, isFloat, log);
  const settled = statesApart(settleEdges(bounded, log));
  const over = overflowing(settled);
  if (over.length > 0)
    throw new MoteError(...over.map((v) => say.accumulatorOverflow(placeOf(v.node), v.problem)));
  for (const n of floatLayers(settled)) if (!isFloat(n)) report(say.staysFloat(placeOf(n), n.op));
  return settled;
}

/** Every node that nothing can run is an error. */
function refuse(nodes: readonly Node[], placeOf: PlaceOf): void {
  if (nodes.length === 0) return;
  const types = (n: Node) => n.inputs.map((v) => v?.type);
  throw new MoteError(
    ...nodes.map((n) => say.noKernel(placeOf(n), n.op, types(n), n.outputs[0]!.type)),
  );
}

/** Imported operators that no rule lowers have no kernel. */
function checked(graph: Graph<"lowered">, placeOf: PlaceOf): Graph<"lowered"> {
  const isOperator = (n: Node) => n.op !== "Input" && n.op !== "Constant";
  refuse(
    graph.nodes.filter((n) => isOperator(n) && operatorOf(n).level === "imported"),
    placeOf,
  );
  return graph;
}

function unheededText(
  nodes: readonly Node[],
  file: string,
  placeOf: PlaceOf,
  { why, layer, kernel, names }: Unheeded,
) {
  const node = nodes.find((n) => n.origins.includes(layer));
  const place = node ? placeOf(node) : { file, node: layer };
  const layers = nodes.flatMap((n) => n.origins);
  const kernels = allKernels().map((k) => k.name);
  switch (why) {
    case "no such layer":
      return say.unknownLayer(file, layer, layers);
    case "no such kernel":
      return say.unknownKernel(place, kernel, kernels);
    case "no such feature":
      return say.kernelNeedsFeature(place, kernel, names);
    case "not served":
      return say.kernelDoesNotServe(place, kernel, names);
  }
}

function selected(
  graph: Graph<"lowered">,
  { choosing, choices, file, placeOf }: Setting,
): Graph<"lowered"> {
  const nodes = graph.nodes.filter(hasKernel);
  const wrong = unheeded(choices.kernels, nodes, choosing.isa, (n) => ranked(n, choosing));
  if (wrong.length > 0)
    throw new MoteError(...wrong.map((w) => unheededText(nodes, file, placeOf, w)));
  const { graph: chosen, unserved } = select(graph, choosing);
  refuse(unserved, placeOf);
  return chosen;
}

const costsBy = (options: SelectOptions): Costs => ({
  kernels: (node) => eligible(node, options),
  accumulators: (node) => (chosenKernel(node, options) ? [] : accumulators(node, options.isa)),
  time: (node, kernel) => predictedTime(node, kernel, options),
  measured: (node, kernel) => measuredRatio(node, kernel, options),
  instructions: (node, kernel) => predictedInstructions(node, kernel, options),
  constants: (node, kernel) => constantBytes(node, kernel, options),
  code: (kernel) => codeBytesOf(kernel, options),
});

function planned(
  graph: Graph<"lowered">,
  costs: Costs,
  goal: Goal,
  pools: readonly Pool[],
): Planned {
  const result = plan(graph, costs, goal, pools);
  if (result.missing > 0) return result;
  const [problem] = validate(result.graph);
  if (problem) throw new Error(`the plan is unsound: ${problem}`);
  return result;
}

/** A plan that was read, as it stands. */
function kept(
  graph: Graph<"planned">,
  costs: Costs,
  placeOf: GraphFile["placeOf"],
  pools: readonly Pool[],
): Planned {
  const faults = faultsOf(graph, costs, pools);
  if (faults.length > 0)
    throw new MoteError(...faults.map((f) => say.planUnsound(placeOf(f.part), f.problem)));
  return asPlanned(graph, costs);
}

const macsOf = (graph: Graph): number =>
  graph.nodes.reduce((sum, n) => {
    const count = n.op === "Input" || n.op === "Constant" ? undefined : operatorOf(n).macs?.(n);
    return sum + (count ?? 0);
  }, 0);

/** What all stages go by. */
interface Setting {
  readonly file: string;
  readonly placeOf: PlaceOf;
  readonly ioLayout: "nchw" | "nhwc";
  readonly target: Target;
  readonly pools: readonly Pool[];
  readonly choices: LayerChoices;
  readonly choosing: SelectOptions;
  readonly steps: Steps;
  readonly log: RewriteLog;
  readonly report: Report;
}

/** The user's choices go before the model's. */
const merged = (own: LayerChoices, given: Partial<LayerChoices> = {}): LayerChoices => ({
  kernels: [...(given.kernels ?? []), ...own.kernels],
  pools: [...(given.pools ?? []), ...own.pools],
  float: new Set([...(given.float ?? []), ...own.float]),
});

/** To mote's own operators: a line a stage. */
function loweredBy(imported: Graph<"imported">, setting: Setting) {
  const { ioLayout, steps, log, placeOf, report } = setting;
  const [double, ...others] = doubles(imported);
  if (double) report(say.computedInSingle(placeOf(double), 1 + others.length));
  const bounded = ioLayout === "nhwc" ? nhwcBoundary(imported) : imported;
  const simple = steps.step("simplify", simplify(bounded, log));
  const fused = steps.step("fuse", fuse(simple, log));
  return steps.step("lower", checked(lower(fused, log), placeOf));
}

/** To a plan: a line a stage. */
function plannedBy(lowered: Graph<"lowered">, options: CompileOptions, setting: Setting): Planned {
  const { steps, choices, target, file, pools, placeOf } = setting;
  const { optimize = "balanced", maxSram, maxFlash, pareto } = options;
  const integer = steps.step("quantize", quantize(lowered, options, setting));
  const delivered = options.rowInput ? rowInputs(integer) : integer;
  const forced = byLayer(choices.kernels, delivered.nodes);
  const choosing = { ...setting.choosing, forced };
  const chosen = steps.step("select", selected(delivered, { ...setting, choosing }));
  checkMemories(choices.pools, delivered.nodes, target, file);
  const memories = byLayer(choices.pools, delivered.nodes);
  const goal = { optimize, maxSram, maxFlash, pareto, memories };
  const memory = planned(chosen, costsBy(choosing), goal, pools);
  if (memory.missing === 0) checkLying(memory.graph, memories, placeOf);
  return memory;
}

/** The pipeline. A graph that was read as text goes on where it was written. */
function run(
  source: Source,
  options: CompileOptions,
  steps: Steps,
  log: RewriteLog,
  report: Report,
) {
  const target = loadTarget(options.target ?? "cortex-m4");
  const { profile = "fast", rowInput = false, trace = false, tuning } = options;
  const { ioLayout = rowInput ? "nhwc" : "nchw", optimize = "balanced" } = options;
  const { maxSram, maxFlash } = options;
  const file = typeof source === "string" ? source : source.name;
  const name = programName(options.name ?? basename(file, extname(file)));
  const title = `${name} by mote ${moteVersion}: profile ${profile}, target ${target.name}`;
  const pools = poolsOf(target, "ram");
  const sections = sectionsOf(target, options.sections);

  const { graph: imported, placeOf, docs, choices: said } = read(source, options, report);
  steps.docs = docs;
  const choices = merged(said, options.choices);
  const { isa, costs } = target;
  const choosing = { isa, costs, profile, tuning, optimize };
  const setting = { file, placeOf, target, pools, choices, ioLayout, choosing, steps, log, report };
  steps.step("read", imported);
  const open = is(imported, "imported") ? loweredBy(imported, setting) : imported;
  const memory = is(open, "planned")
    ? kept(open, costsBy(choosing), placeOf, pools)
    : plannedBy(open as Graph<"lowered">, options, setting);
  const graph = steps.step("plan", memory.graph);
  checkSram(memory, maxSram, placeOf);
  checkPools(memory, target, placeOf);
  const { variants } = target;
  const emitted = emit(graph, { name, profile, variants, sections, trace, title, docs });
  checkFlash(emitted, memory.codeBytes, maxFlash, file);
  checkFlashPools(emitted, target, file);
  steps.finish("emit");

  const macs = macsOf(graph);
  const own = { imported, graph, memory, macs, emitted };
  return { name, target, profile, ioLayout, sections: sections.given, ...own };
}

/** The kernels that nodes have already. */
const ownKernels: Pick<Costs, "kernels" | "accumulators"> = {
  kernels: (node) => [kernelOf(node)].filter((k) => !k.accumulates),
  accumulators: (node) => [kernelOf(node)].filter((k) => k.accumulates),
};

/** A lowered graph whose nodes have kernels, as a program: what `mote tune` measures layers by. */
export function programOf(
  graph: Graph<"lowered">,
  { name, target, profile }: Pick<Program, "name" | "target" | "profile">,
): { readonly graph: Graph<"planned">; readonly emitted: Emitted } {
  const isa = target.isa;
  const costs = { ...costsBy({ isa, profile }), ...ownKernels };
  const pools = poolsOf(target, "ram");
  const { graph: whole } = planned(graph, costs, { optimize: "speed" }, pools);
  const { variants } = target;
  return { graph: whole, emitted: emit(whole, { name, profile, variants, title: name }) };
}

/** A text edited by hand can break what stages rely on in more ways than are looked for. */
const unforeseen = (file: string, problem: unknown): Diagnostic =>
  say.graphUnsound({ file }, (problem as Error).message);

/**
 * Compiles a model: a file, or a graph. What a user did wrong is in the diagnostics; it throws for
 * faults of mote only.
 */
export function compile(source: Source, options: CompileOptions = {}): Compilation {
  const diagnostics: Diagnostic[] = [];
  const report: Report = (d) => diagnostics.push(d);
  const steps = new Steps(options);
  const rewrites: RewriteLog = new Map();
  const result = { diagnostics, dumps: steps.dumps, milliseconds: steps.milliseconds, rewrites };
  try {
    return { ...result, program: run(source, options, steps, rewrites, report) };
  } catch (problem) {
    if (problem instanceof MoteError) diagnostics.push(...problem.diagnostics);
    else if (problem instanceof Stopped)
      return { ...result, graph: steps.graph!, docs: steps.docs };
    else if (isText(source)) diagnostics.push(unforeseen(source, problem));
    else throw problem;
    return result;
  }
}
