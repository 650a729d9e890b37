/** THE PIPELINE: a model file → the files of a C program. */
import { basename, extname } from "node:path";
import { overflowing, verify } from "./check/verify.ts";
import * as say from "./diagnostics.ts";
import { type Diagnostic, MoteError } from "./diagnostics.ts";
import { identifier } from "./emit/c.ts";
import { type Emitted, emit } from "./emit/emit.ts";
import type { Graph, Node } from "./ir/graph.ts";
import { type GraphText, printGraph } from "./ir/print.ts";
import { isFloat } from "./ir/types.ts";
import { kernelNamed } from "./kernels/catalogue.ts";
import { select } from "./kernels/select.ts";
import type { Profile } from "./ops/numerics.ts";
import { operatorOf } from "./ops/registry.ts";
import type { TraitsOf } from "./plan/lifetimes.ts";
import { type Planned, plan } from "./plan/plan.ts";
import { validate } from "./plan/validate.ts";
import { integerBoundary } from "./quantize/boundary.ts";
import { insertQuantization, observeRanges } from "./quantize/calibrate.ts";
import { floatLayers } from "./quantize/left.ts";
import { readModel } from "./read/model.ts";
import { readCalibration } from "./read/samples.ts";
import { nhwcBoundary } from "./rewrite/boundary.ts";
import type { RewriteLog } from "./rewrite/engine.ts";
import { fuse, lower, settleEdges, simplify, toInteger } from "./rewrite/stages.ts";
import { loadTarget, type Target } from "./target.ts";
import { moteVersion } from "./version.ts";

export const stages = [
  "read",
  "simplify",
  "fuse",
  "lower",
  "quantize",
  "select",
  "plan",
  "emit",
] as const;
export type Stage = (typeof stages)[number];

export interface CompileOptions {
  readonly target?: string;
  readonly profile?: Profile;
  readonly quantize?: "int8";
  /** A .npy or .npz file of sample inputs. */
  readonly calib?: string;
  readonly ioLayout?: "nchw" | "nhwc";
  /** Float inputs and outputs even where the network quantises them. */
  readonly floatIo?: boolean;
  /** Name of the C program; by default the model file's stem. */
  readonly name?: string;
  readonly shapes?: ReadonlyMap<string, readonly number[]>;
  /** Stages whose graph is wanted as text. */
  readonly dump?: readonly Stage[];
  readonly stopAfter?: Stage;
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
  readonly imported: Graph<"imported">;
  readonly graph: Graph<"planned">;
  readonly arenaLowerBoundBytes: number;
  readonly macs: number;
  readonly emitted: Emitted;
}

export interface Compilation {
  readonly diagnostics: readonly Diagnostic[];
  /** Absent after an error, and with `stopAfter` an earlier stage than emit. */
  readonly program?: Program;
  readonly dumps: ReadonlyMap<Stage, GraphText>;
  readonly milliseconds: ReadonlyMap<Stage, number>;
  readonly rewrites: ReadonlyMap<string, number>;
}

/** Ends the pipeline early, without an error. */
class Stopped extends Error {}

/** What every stage does around its work: it verifies, times, dumps and can stop. */
class Steps {
  readonly dumps = new Map<Stage, GraphText>();
  readonly milliseconds = new Map<Stage, number>();
  readonly #options: CompileOptions;
  #started = performance.now();

  constructor(options: CompileOptions) {
    this.#options = options;
  }

  step<G extends Graph>(stage: Stage, graph: G): G {
    const [violation] = verify(graph);
    if (violation)
      throw new Error(
        `after ${stage}: ${violation.node.op} ${violation.node.origins}: ${violation.problem}`,
      );
    this.finish(stage);
    if (this.#options.dump?.includes(stage)) this.dumps.set(stage, printGraph(graph));
    if (this.#options.stopAfter === stage) throw new Stopped();
    return graph;
  }

  finish(stage: Stage): void {
    const now = performance.now();
    this.milliseconds.set(stage, now - this.#started);
    this.#started = now;
  }
}

const traits: TraitsOf = (node) => {
  const kernel = kernelNamed(String(node.attrs.kernel ?? ""));
  return { isView: kernel?.isView ?? false, inPlace: kernel?.inPlace ?? [] };
};

const placeOf = (file: string, node: Node) => ({ file, node: node.origins[0] ?? node.op });

/** Integer operators, from the model's own Q and DQ, or from calibration. */
function quantize(
  graph: Graph<"lowered">,
  file: string,
  options: CompileOptions,
  log: RewriteLog,
  report: (d: Diagnostic) => void,
): Graph<"lowered"> {
  const isQuantized = graph.nodes.some((n) => n.op === "Quantize" || n.op === "Dequantize");
  if (options.quantize === "int8" && !options.calib && !isQuantized)
    throw new MoteError(say.calibrationMissing(file));
  if (options.calib !== undefined && isQuantized) report(say.calibrationUnused(file));
  const calibrate = options.calib !== undefined && !isQuantized;
  const samples = calibrate ? readCalibration(options.calib!, graph, options.ioLayout) : [];
  const marked = calibrate ? insertQuantization(graph, observeRanges(graph, samples)) : graph;
  const integer = toInteger(marked, log);
  const bounded = options.floatIo ? integer : toInteger(integerBoundary(integer), log);
  const settled = settleEdges(bounded, log);
  const over = overflowing(settled);
  if (over.length > 0)
    throw new MoteError(
      ...over.map((v) => say.accumulatorOverflow(placeOf(file, v.node), v.problem)),
    );
  return settled;
}

function selected(graph: Graph<"lowered">, file: string): Graph<"lowered"> {
  const { graph: chosen, unserved } = select(graph);
  if (unserved.length > 0)
    throw new MoteError(
      ...unserved.map((n) =>
        say.noKernel(
          placeOf(file, n),
          n.op,
          n.inputs.map((v) => v?.type),
          n.outputs[0]!.type,
        ),
      ),
    );
  return chosen;
}

function planned(graph: Graph<"lowered">): Planned {
  const result = plan(graph, traits);
  const [problem] = validate(result.graph);
  if (problem) throw new Error(`the plan is unsound: ${problem}`);
  return result;
}

const macsOf = (graph: Graph): number =>
  graph.nodes.reduce((sum, n) => {
    const count = n.op === "Input" || n.op === "Constant" ? undefined : operatorOf(n).macs?.(n);
    return sum + (count ?? 0);
  }, 0);

function run(
  file: string,
  options: CompileOptions,
  steps: Steps,
  log: RewriteLog,
  report: (d: Diagnostic) => void,
) {
  const target = loadTarget(options.target ?? "cortex-m4");
  const { profile = "fast", ioLayout = "nchw" } = options;
  const name = identifier(options.name ?? basename(file, extname(file)));
  const imported = steps.step("read", readModel(file, { shapes: options.shapes, report }));
  const bounded = ioLayout === "nhwc" ? nhwcBoundary(imported) : imported;
  const simple = steps.step("simplify", simplify(bounded, log));
  const fused = steps.step("fuse", fuse(simple, log));
  const lowered = steps.step("lower", checked(lower(fused, log), file));
  const integer = steps.step("quantize", quantize(lowered, file, options, log, report));
  for (const n of floatLayers(integer)) report(say.staysFloat(placeOf(file, n), n.op));
  const chosen = steps.step("select", selected(integer, file));
  const { graph, lowerBoundBytes } = planned(chosen);
  steps.step("plan", graph);
  const emitted = emit(graph, {
    name,
    profile,
    variants: target.variants,
    trace: options.trace ?? false,
    title: `${basename(file)} by mote ${moteVersion}: profile ${profile}, target ${target.name}`,
  });
  steps.finish("emit");
  const macs = macsOf(graph);
  return {
    name,
    target,
    profile,
    ioLayout,
    imported,
    graph,
    arenaLowerBoundBytes: lowerBoundBytes,
    macs,
    emitted,
  };
}

/** Imported operators that no rule lowers have no kernel. */
function checked(graph: Graph<"lowered">, file: string): Graph<"lowered"> {
  const left = graph.nodes.filter(
    (n) => n.op !== "Input" && n.op !== "Constant" && operatorOf(n).level === "imported",
  );
  if (left.length === 0) return graph;
  throw new MoteError(
    ...left.map((n) =>
      say.noKernel(
        placeOf(file, n),
        n.op,
        n.inputs.map((v) => v?.type),
        n.outputs[0]!.type,
      ),
    ),
  );
}

/**
 * Compiles a model. What a user did wrong is in the diagnostics; it throws for faults of mote
 * only.
 */
export function compile(file: string, options: CompileOptions = {}): Compilation {
  const diagnostics: Diagnostic[] = [];
  const steps = new Steps(options);
  const rewrites: RewriteLog = new Map();
  const result = { diagnostics, dumps: steps.dumps, milliseconds: steps.milliseconds, rewrites };
  try {
    return { ...result, program: run(file, options, steps, rewrites, (d) => diagnostics.push(d)) };
  } catch (problem) {
    if (problem instanceof MoteError) diagnostics.push(...problem.diagnostics);
    else if (!(problem instanceof Stopped)) throw problem;
    return result;
  }
}

/** Whether the program computes in integers only. */
export const isIntegerOnly = (graph: Graph): boolean =>
  graph.nodes.every((n) => n.outputs.every((v) => !isFloat(v.type.elem)));
