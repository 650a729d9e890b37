/** Short names for the tensors of test cases. */
import { scalar, type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import type { ElementType } from "../../compiler/ir/types.ts";

export const i64 = (...values: number[]): Tensor => tensorOf("int64", [values.length], values);
export const f32 = (...values: number[]): Tensor => tensorOf("float32", [values.length], values);
export const number = (x: number, elem: ElementType = "float32"): Tensor => scalar(elem, x);
