/** The assembly for cores with DSP instructions against the reference, layer by layer. */
import { expect, test } from "vitest";
import { runLayers, weightless } from "./layers.ts";
import {
  checkLayers,
  convolution,
  depthwise,
  fullyConnected,
  grouped,
  square,
  transposed,
} from "./qemu.ts";

const batches = process.env.MOTE_SOAK === "1" ? 5 : 1;

test.for([
  ["convolutions", convolution, 40],
  ["3x3 convolutions", square, 24],
  ["convolutions of several groups", grouped, 24],
  ["depthwise convolutions", depthwise, 24],
  ["transposed convolutions", transposed, 20],
  ["fully connected layers", fullyConnected, 16],
] as const)("%s on the cortex-m4", async ([, draw, count]) => {
  for (let seed = 1; seed <= batches; seed++) await checkLayers("cortex-m4", draw, seed, count);
});

test("layers without weights on the cortex-m4", { timeout: 3_600_000 }, async () => {
  const kernels = await runLayers("cortex-m4", weightless, batches * 60);
  for (const name of [
    "average_pool_2d_s8_c4",
    "max_pool_2d_s8_c4",
    "add_flat_s8",
    "mul_flat_s8",
    "lookup_s8",
  ])
    expect(kernels).toContain(name);
});
