import { buildNode } from "../../../compiler/ops/build.ts";
import type { Family, Sample } from "../case.ts";
import { floatConstant, floatInput, randomShape } from "../draw.ts";
import type { Random } from "../random.ts";

const epsilon = (r: Random) => (r.chance(0.5) ? { epsilon: r.real(0.001, 0.1) } : {});

const parameter = (r: Random, shape: readonly number[]) =>
  r.chance(0.5) ? floatConstant(r, shape) : floatInput(shape);

function layer(r: Random): Sample {
  const shape = randomShape(r, 4, 1, 6);
  const axis = r.int(0, shape.length - 1);
  const own = shape.slice(axis);
  const attrs = { axis: r.chance(0.5) ? axis : axis - shape.length, ...epsilon(r) };
  const isLayer = r.chance(0.6);
  const bias = isLayer && r.chance(0.5) ? [parameter(r, own)] : [];
  const op = isLayer ? "LayerNormalization" : "RMSNormalization";
  return { node: buildNode(op, [floatInput(shape), parameter(r, own), ...bias], attrs) };
}

function group(r: Random): Sample {
  const [groups, channels] = [r.int(1, 3), r.int(1, 4)];
  const all = groups * channels;
  const x = floatInput([r.int(1, 2), all, ...randomShape(r, 2, 1, 4)]);
  const attrs = { num_groups: groups, ...epsilon(r) };
  const parameters = [parameter(r, [all]), parameter(r, [all])];
  return { node: buildNode("GroupNormalization", [x, ...parameters], attrs) };
}

function lrn(r: Random): Sample {
  const x = floatInput([...randomShape(r, 2, 2, 6), ...randomShape(r, 2, 0, 3)]);
  const more = r.chance(0.7) ? { alpha: r.real(0.1, 2), beta: r.real(0.3, 1), bias: 1.5 } : {};
  return { node: buildNode("LRN", [x], { size: r.int(1, 5), ...more }) };
}

export const families: readonly Family[] = [
  { name: "layer normalisation", sample: layer },
  { name: "group normalisation", sample: group },
  { name: "local response normalisation", sample: lrn },
];
