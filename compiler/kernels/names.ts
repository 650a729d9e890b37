/** Element types in the names of kernels. */
import type { ElementType } from "../ir/types.ts";
import { integers } from "../ops/operator.ts";

export const shortNames = {
  float32: "f32",
  float64: "f64",
  float16: "f16",
  int8: "s8",
  uint8: "u8",
  int16: "s16",
  uint16: "u16",
  int32: "s32",
  uint32: "u32",
  int64: "s64",
  uint64: "u64",
  int4: "s4",
  uint4: "u4",
  int2: "s2",
  uint2: "u2",
  bool: "bool",
} as const;

/** Integers that arithmetic is done on. */
export const plainIntegers = integers;

/** What kernels on plain integers are called: those on quantised int8 are the ones of s8. */
export const plainName = (elem: ElementType): string => (elem === "int8" ? "i8" : shortNames[elem]);

/** Types of fewer values than their byte has: a bool is 0 or 1. */
const inBytes: Partial<Record<ElementType, ElementType>> = {
  bool: "uint8",
  int4: "int8",
  int2: "int8",
  uint4: "uint8",
  uint2: "uint8",
};

/** The type as which C reads one. */
export const storedAs = (elem: ElementType): ElementType => inBytes[elem] ?? elem;

/** Types of numbers that kernels have a form for each, and what the form for one is called. */
export const numberTypes: readonly ElementType[] = ["float32", "float64", ...plainIntegers];
export const numberName = plainName;
