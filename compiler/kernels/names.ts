/** Element types in the names of kernels. */
import type { ElementType } from "../ir/types.ts";

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
  bool: "bool",
} as const;

export type PlainInteger = Exclude<ElementType, `float${string}` | "bool">;

export const plainIntegers = Object.keys(shortNames).filter((elem) =>
  /int/.test(elem),
) as PlainInteger[];

/** What kernels on plain integers are called: those on quantised int8 are the ones of s8. */
export const plainName = (elem: PlainInteger): string =>
  elem === "int8" ? "i8" : shortNames[elem];

/** Types of numbers that kernels have a form for each. */
export type NumberType = PlainInteger | "float32" | "float64";
export const numberTypes: readonly NumberType[] = ["float32", "float64", ...plainIntegers];
/** What the form for a type is called. */
export const numberName = (elem: NumberType): string => (elem === "int8" ? "i8" : shortNames[elem]);
