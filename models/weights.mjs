/**
 * Writes parameters of an ONNX network as .safetensors, under the names that a .mote file gives
 * them. Integer parameters keep their type, with their scales beside them.
 *
 * npm run build && node models/weights.mjs MODEL.onnx OUT.safetensors NAME…
 * One NAME for each convolution and Gemm, in the network's order; or PARAMETER=INITIALIZER for each
 * parameter, where the initialiser's name may be followed by .T (transposed) or .row (its first
 * axis, of one, gone).
 */
import { writeFileSync } from "node:fs";
import { constantOf } from "../dist/compiler/ir/graph.js";
import { readOnnx } from "../dist/compiler/read/onnx/read.js";
import { writeSafetensors } from "../dist/compiler/read/safetensors.js";

const [model, out, ...names] = process.argv.slice(2);
const { nodes } = readOnnx(model, { report: ({ text }) => console.error(text) });
const tensors = new Map();

function add(path, value) {
  if (value.node.op !== "DequantizeLinear") return tensors.set(path, constantOf(value));
  const [stored, scale, zero] = value.node.inputs.map(constantOf);
  if (zero.data.some((z) => z !== 0)) throw new Error(`${path} has zero points`);
  tensors.set(path, stored);
  tensors.set(`${path}_scale`, scale);
}

function addLayers() {
  const layers = nodes.filter(({ op }) => op === "Conv" || op === "Gemm");
  if (layers.length !== names.length)
    throw new Error(`${layers.length} layers, but ${names.length} names`);
  for (const [i, { inputs }] of layers.entries()) {
    add(`${names[i]}.weight`, inputs[1]);
    add(`${names[i]}.bias`, inputs[2]);
  }
}

function transposed({ elem, shape: [rows, columns], data }) {
  const turned = data.map((_, i) => data[(i % rows) * columns + Math.floor(i / rows)]);
  return { elem, shape: [columns, rows], data: turned };
}

const changed = {
  T: transposed,
  row: (t) => ({ ...t, shape: t.shape.slice(1) }),
};

function addNamed(pair) {
  const [path, source] = pair.split("=");
  const [, name, change] = /^(.*?)(?:\.(T|row))?$/.exec(source);
  const value = nodes.flatMap((n) => n.outputs).find((v) => v.name === name && constantOf(v));
  if (!value) throw new Error(`there is no initialiser '${name}'`);
  const tensor = constantOf(value);
  tensors.set(path, change ? changed[change](tensor) : tensor);
}

if (names.some((name) => name.includes("="))) names.forEach(addNamed);
else addLayers();
writeFileSync(out, writeSafetensors(tensors));
