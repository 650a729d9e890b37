/** Kernel sizes, strides, dilations and pads, as the language writes them and as ONNX does. */
import { type Attrs, ints, type Node, num, str } from "../../ir/graph.ts";
import type { Shape } from "../../ir/types.ts";
import { fail } from "../../ops/operator.ts";
import { windowOf } from "../../ops/window.ts";
import type { ArgumentSpec, LayerCall, Plain } from "./operator.ts";

/** A number for all axes, or one for each. */
export function perAxis(value: number | readonly number[], rank: number, what: string): number[] {
  if (typeof value === "number") return Array.from({ length: rank }, () => value);
  if (value.length !== rank) fail(`'${what}' has ${value.length} numbers for ${rank} spatial axes`);
  return [...value];
}

export const spatialOf = ({ shape }: { readonly shape: Shape }): readonly number[] => {
  if (shape.length < 3) fail(`it takes [batch, channels, …], not [${shape.join(", ")}]`);
  return shape.slice(2);
};

export const windowArguments: readonly ArgumentSpec[] = [
  { name: "stride", kinds: ["ints"], named: true, initial: 1 },
  { name: "pad", kinds: ["string", "ints"], named: true, initial: "same" },
  { name: "dilation", kinds: ["ints"], named: true, initial: 1 },
];

/** Attributes without those that say what ONNX takes anyway. */
export const withoutDefaults = (attrs: Readonly<Record<string, readonly number[]>>): Attrs =>
  Object.fromEntries(
    Object.entries(attrs).filter(([name, list]) =>
      list.some((n) => n !== (name === "pads" || name === "output_padding" ? 0 : 1)),
    ),
  );

type Sizes = number | readonly number[];

/** A window as a call gives it. */
export interface WindowSizes {
  readonly kernel: Sizes;
  readonly stride: Sizes;
  readonly dilation: Sizes;
  /** One for all sides, one an axis, or all begins and then all ends. */
  readonly pad: string | Sizes;
}

/** Pads in ONNX's order. */
function padsFor(
  pad: string | Sizes,
  spatial: readonly number[],
  kernel: readonly number[],
  attrs: Attrs,
) {
  const rank = spatial.length;
  if (pad === "valid") return Array.from({ length: 2 * rank }, () => 0);
  if (pad === "same") {
    const { padsBegin, padsEnd } = windowOf({ ...attrs, auto_pad: "SAME_UPPER" }, spatial, kernel);
    return [...padsBegin, ...padsEnd];
  }
  if (typeof pad === "string") return fail(`'pad' is same, valid or numbers, not "${pad}"`);
  if (typeof pad === "object" && pad.length === 2 * rank) return [...pad];
  const each = perAxis(pad, rank, "pad");
  return [...each, ...each];
}

/** Attributes of a convolution or pool, but for the kernel's; ONNX's defaults are left out. */
export function windowAttributes(x: { readonly shape: Shape }, window: WindowSizes): Attrs {
  const spatial = spatialOf(x);
  const rank = spatial.length;
  const kernel = perAxis(window.kernel, rank, "kernel");
  const strides = perAxis(window.stride, rank, "stride");
  const dilations = perAxis(window.dilation, rank, "dilation");
  const pads = padsFor(window.pad, spatial, kernel, { strides, dilations });
  return withoutDefaults({ dilations, pads, strides });
}

export const windowOfCall = (call: LayerCall): WindowSizes => ({
  kernel: call.plain("kernel"),
  stride: call.plain("stride"),
  dilation: call.plain("dilation"),
  pad: call.plain("pad"),
});

/** One number where all are the same. */
export const short = (list: readonly number[]): Plain =>
  list.every((n) => n === list[0]) ? list[0]! : list;

/** How a call says the window of a node; arguments with their initial values are left out. */
export function windowPlain(
  node: Node,
  kernel: readonly number[],
): Record<string, Plain> | undefined {
  if (str(node, "auto_pad", "NOTSET") !== "NOTSET" || num(node, "ceil_mode") !== 0)
    return undefined;
  const { shape } = node.inputs[0]!.type;
  const rank = shape.length - 2;
  const plain: Record<string, Plain> = {};
  const [strides, dilations] = [ints(node, "strides"), ints(node, "dilations")];
  if (strides.length > 0) plain.stride = short(strides);
  const given = ints(node, "pads");
  const pads = given.length > 0 ? given : Array.from({ length: 2 * rank }, () => 0);
  const same = windowOf({ strides, dilations, auto_pad: "SAME_UPPER" }, shape.slice(2), kernel);
  if ([...same.padsBegin, ...same.padsEnd].join() !== pads.join()) {
    const [begin, end] = [pads.slice(0, rank), pads.slice(rank)];
    plain.pad = begin.join() === end.join() ? short(begin) : pads;
    if (plain.pad === 0) plain.pad = "valid";
  }
  if (dilations.length > 0) plain.dilation = short(dilations);
  return plain;
}
