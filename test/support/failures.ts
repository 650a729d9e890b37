/** What the compiler says about bad input; anything but a coded diagnostic fails the test. */
import { expect } from "vitest";
import { type CompileOptions, compile } from "../../compiler/compile.ts";
import type { Diagnostic } from "../../compiler/diagnostics.ts";
import { encodeModel, type ModelInput, writeBytes } from "./onnx.ts";

/** A program, or errors that say what is wrong; faults of mote are thrown on. */
export function compiled(file: string, options: CompileOptions): ReturnType<typeof compile> {
  const result = compile(file, options);
  const { diagnostics, program } = result;
  for (const d of diagnostics) {
    expect(d.code).toBeGreaterThanOrEqual(1001);
    expect(d.text).toMatch(/[.!]$|\n/);
    expect(d.text).not.toMatch(/undefined|NaN\b(?! \(not)|\[object/);
  }
  expect(program === undefined || diagnostics.every((d) => d.severity === "warning")).toBe(true);
  return result;
}

/** The diagnostics for a file. */
export const diagnose = (file: string, options: CompileOptions = {}): readonly Diagnostic[] =>
  compiled(file, { stopAfter: "quantize", ...options }).diagnostics;

export const diagnoseBytes = (bytes: Uint8Array, options?: CompileOptions) =>
  diagnose(writeBytes(bytes, "broken.onnx"), options);

export const diagnoseModel = (model: ModelInput, options?: CompileOptions) =>
  diagnoseBytes(encodeModel(model), options);

export const codes = (list: readonly Diagnostic[]): number[] => list.map((d) => d.code);

/** One diagnostic, an error with this code and a text like this. */
export function expectError(list: readonly Diagnostic[], code: number, text: RegExp): void {
  expect(list.map((d) => `MOTE${d.code} ${d.severity}: ${d.text}`)).toEqual([
    expect.stringMatching(text),
  ]);
  expect(list[0]!.code).toBe(code);
  expect(list[0]!.severity).toBe("error");
}
