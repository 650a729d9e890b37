/** Random single int8 layers on QEMU's Cortex-M55. */
import { expect, it } from "vitest";
import { runLayers, weighted, weightless } from "./layers.ts";
import { checkLayers, transposed } from "./qemu.ts";

const layers = process.env.MOTE_SOAK === "1" ? 600 : 90;

it(`runs ${layers} layers as the reference says`, { timeout: 3_600_000 }, async () => {
  const kernels = await runLayers("cortex-m55", [...weighted, ...weightless], layers);
  for (const name of [
    "conv_1x1_packed_s8",
    "conv_patches_s8",
    "grouped_conv_1x1_packed_s8",
    "grouped_conv_patches_s8",
    "conv_rows_s8",
    "fully_connected_packed_s8",
    "depthwise_columns_s8",
    "average_pool_2d_s8_c4",
    "max_pool_2d_s8_c4",
    "add_flat_s8",
    "mul_flat_s8",
    "lookup_s8",
  ])
    expect(kernels).toContain(name);
});

it("runs transposed convolutions as the reference says", { timeout: 600_000 }, () =>
  checkLayers("cortex-m55", transposed, 1, 20),
);
