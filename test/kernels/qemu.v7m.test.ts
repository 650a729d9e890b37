/** The assembly of v7m against the reference, layer by layer. */
import { test } from "vitest";
import {
  checkLayers,
  convolution,
  depthwise,
  depthwise3x3,
  fullyConnected,
  grouped,
  square,
  transposed,
} from "./qemu.ts";

const batches = process.env.MOTE_SOAK === "1" ? 20 : 1;

test.for([
  ["convolutions", convolution, 40],
  ["3x3 convolutions", square, 24],
  ["convolutions of several groups", grouped, 24],
  ["depthwise convolutions", depthwise, 24],
  ["transposed convolutions", transposed, 20],
  ["depthwise 3x3 convolutions", depthwise3x3, 24],
  ["fully connected layers", fullyConnected, 16],
] as const)("%s on the cortex-m3", async ([, draw, count]) => {
  for (let seed = 1; seed <= batches; seed++) await checkLayers("cortex-m3", draw, seed, count);
});
