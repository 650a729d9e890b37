/** How the chosen kernels are called. */
import { inPlaceInputs, type Kernel } from "../kernels/kernel.ts";
import { isSliced } from "../kernels/rows.ts";
import { kernelOf } from "../kernels/select.ts";
import type { Method } from "./buffers.ts";
import type { Network, Operation } from "./network.ts";

/** @param rows of the output a call. */
export function methodOf({ node, height }: Operation, kernel: Kernel, rows: number): Method {
  const sliced = isSliced(node);
  const takesRows = kernel.parts || sliced ? false : kernel.bind(node, "fast").takesRows;
  return {
    rows: sliced || takesRows ? Math.min(rows, height) : height,
    isScattered: takesRows === "scattered",
    isSliced: sliced,
    scratchBytes: kernel.scratchBytes?.(node) ?? 0,
    scratchOver: kernel.scratchOver?.(node),
    inPlace: inPlaceInputs(kernel, node),
    readsFirst: kernel.readsFirst?.(node) ?? false,
    rowsAtOnce: kernel.rowsAtOnce?.(node),
  };
}

export const methodsOf = ({ operations }: Network): Method[] => {
  const rows = Number(process.env.ROWS ?? 1e9);
  return operations.map((o) => methodOf(o, kernelOf(o.node), rows));
};
