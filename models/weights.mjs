/**
 * Writes the parameters of an ONNX network's layers as .safetensors, under the names that a .mote
 * file gives the layers. Integer parameters keep their type, with their scales beside them.
 *
 * npm run build && node models/weights.mjs MODEL.onnx OUT.safetensors NAME…
 * One NAME for each convolution and Gemm, in the network's order.
 */
import { writeFileSync } from "node:fs";
import { constantOf } from "../dist/compiler/ir/graph.js";
import { readOnnx } from "../dist/compiler/read/onnx/read.js";
import { writeSafetensors } from "../dist/compiler/read/safetensors.js";

const [model, out, ...names] = process.argv.slice(2);
const { nodes } = readOnnx(model, { report: ({ text }) => console.error(text) });
const layers = nodes.filter(({ op }) => op === "Conv" || op === "Gemm");
if (layers.length !== names.length)
  throw new Error(`${layers.length} layers, but ${names.length} names`);

const tensors = new Map();

function add(path, value) {
  if (value.node.op !== "DequantizeLinear") return tensors.set(path, constantOf(value));
  const [stored, scale, zero] = value.node.inputs.map(constantOf);
  if (zero.data.some((z) => z !== 0)) throw new Error(`${path} has zero points`);
  tensors.set(path, stored);
  tensors.set(`${path}_scale`, scale);
}

for (const [i, { inputs }] of layers.entries()) {
  add(`${names[i]}.weight`, inputs[1]);
  add(`${names[i]}.bias`, inputs[2]);
}
writeFileSync(out, writeSafetensors(tensors));
