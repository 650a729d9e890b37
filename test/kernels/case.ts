/** A node with inputs, run by one kernel that serves it. */
import { evaluateNode } from "../../compiler/check/eval.ts";
import { constantOf, type Node } from "../../compiler/ir/graph.ts";
import { type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import { elementCount, type TensorType } from "../../compiler/ir/types.ts";
import { accumulators, candidates } from "../../compiler/kernels/catalogue.ts";
import {
  type Binding,
  type Fields,
  type Kernel,
  type Part,
  partsOf,
} from "../../compiler/kernels/kernel.ts";
import type { Profile } from "../../compiler/ops/numerics.ts";
import type { Random } from "./random.ts";
import { type Shared, sharedOf } from "./shared.ts";

export interface KernelCall extends Part {
  readonly binding: Binding;
}

/** Row r of the input lies at `slots[r]` times `pitch` elements, a multiple of 1 << shift. */
export interface Scattered {
  readonly slots: readonly number[];
  readonly pitch: number;
  readonly shift: number;
}

export interface KernelCase {
  readonly node: Node;
  readonly kernel: Kernel;
  /** Its C calls. */
  readonly calls: readonly KernelCall[];
  readonly profile: Profile;
  /** All inputs of the node, constants included. */
  readonly inputs: readonly (Tensor | undefined)[];
  readonly outputs: readonly TensorType[];
  /** The input that shares its memory with the output, if any. */
  readonly shared: Shared | undefined;
  /** Rows of the output that a first call makes, where the kernel takes rows. */
  readonly split: number;
  /** Where rows of the input lie, for a kernel that finds them by a table. */
  readonly scattered: Scattered | undefined;
  /** From which byte of the first input on scratch memory lies over it, if it does. */
  readonly scratchOver: number | undefined;
  isConstant(input: number): boolean;
}

/** What a family makes: a node, and how its float inputs are drawn where [−1, 1] does not do. */
export interface Sample {
  readonly node: Node;
  readonly range?: readonly [number, number];
  /** What inputs hold, by their number, where random numbers do not do. */
  readonly given?: Readonly<Record<number, Tensor>>;
}

export interface Family {
  readonly name: string;
  /** Throws OperatorError where the drawn attributes do not fit together; another is drawn then. */
  sample(random: Random): Sample;
}

export const randomTensor = (
  { elem, shape }: TensorType,
  random: Random,
  [low, high]: readonly [number, number] = [-1, 1],
): Tensor => {
  const draw = () => {
    if (elem === "float32") return random.real(low, high);
    if (elem === "bool") return random.int(0, 1);
    return elem.startsWith("u") ? random.int(0, 255) : random.int(-128, 127);
  };
  return tensorOf(elem, shape, random.list(elementCount(shape), draw));
};

/** Rows of images as a call without a window sees them. */
function imageRows({ inputs, outputs }: Node): Record<string, number> {
  const [[batch, inH, ...x], [, outH, ...y]] = [inputs[0]!.type.shape, outputs[0]!.type.shape];
  const sizes = { batch: batch!, in_h: inH!, out_h: outH! };
  return { ...sizes, x_row: elementCount(x), y_row: elementCount(y) };
}

/** The C struct `mote_window` behind a call that takes rows, or what of it there is. */
export function windowOf({ binding, node }: KernelCall): Readonly<Record<string, number>> {
  const { widening = binding.shape, each = widening } = binding.shape as Record<string, Fields>;
  return (widening.window ?? each.window ?? imageRows(node)) as Record<string, number>;
}

/** Some order of the rows, where they may lie anywhere. */
function scattered(calls: readonly KernelCall[], random: Random): Scattered | undefined {
  if (!calls.every((c) => c.binding.takesRows === "scattered")) return undefined;
  const { batch, in_h: rows, x_row: row } = windowOf(calls[0]!);
  const count = elementCount(calls[0]!.node.inputs[0]!.type.shape);
  if (batch !== 1 || row! * rows! !== count || random.chance(0.5)) return undefined;
  const shift = random.int(0, 2);
  const slots = Array.from({ length: rows! }, (_, r) => r);
  for (let r = rows! - 1; r > 0; r--) {
    const other = random.int(0, r);
    [slots[r], slots[other]] = [slots[other]!, slots[r]!];
  }
  return { slots, pitch: Math.ceil(row! / 2 ** shift) * 2 ** shift, shift };
}

/** The portable twins of all kernels run on this computer. */
const allFeatures = ["thumb1", "thumb2", "scalar", "dsp", "fpu", "mve"];

/** One case for each kernel that serves the node. */
export function casesOf({ node, range, given }: Sample, random: Random): KernelCase[] {
  const profile = random.pick(["fast", "tflite"] as const);
  const inputs = node.inputs.map(
    (v, i) => v && (constantOf(v) ?? given?.[i] ?? randomTensor(v.type, random, range)),
  );
  return [...candidates(node, allFeatures), ...accumulators(node, allFeatures)]
    .filter((kernel) => !kernel.isView)
    .map((kernel) => {
      const bound = (p: Part) => ({ ...p, binding: p.kernel.bind(p.node, profile) });
      const calls = partsOf(kernel, node).map(bound);
      const rows = scattered(calls, random);
      const scratchOver = random.chance(0.5) ? kernel.scratchOver?.(node) : undefined;
      const isApart = !rows && scratchOver === undefined;
      return {
        node,
        kernel,
        calls,
        profile,
        inputs,
        outputs: node.outputs.map((v) => v.type),
        shared: isApart && random.chance(0.7) ? sharedOf(node, kernel, calls, random) : undefined,
        split: random.int(1, 3),
        scattered: rows,
        scratchOver,
        isConstant: (i) => constantOf(node.inputs[i]) !== undefined,
      };
    });
}

export const expectedOf = (test: KernelCase): readonly Tensor[] =>
  evaluateNode(test.node, test.inputs, test.profile);
