/** What the compiler says about bad input; anything but a coded diagnostic fails the test. */
import { expect } from "vitest";
import { type CompileOptions, compile } from "../../compiler/compile.ts";
import type { Diagnostic } from "../../compiler/diagnostics.ts";
import { encodeModel, type ModelInput, writeBytes } from "./onnx.ts";

/** The diagnostics for a file; faults of mote are thrown on. */
export function diagnose(file: string, options: CompileOptions = {}): readonly Diagnostic[] {
  const { diagnostics, program } = compile(file, { stopAfter: "quantize", ...options });
  for (const d of diagnostics) {
    expect(d.code).toBeGreaterThanOrEqual(1001);
    expect(d.text).toMatch(/[.!]$|\n/);
    expect(d.text).not.toMatch(/undefined|NaN\b(?! \(not)|\[object/);
  }
  expect(program === undefined || diagnostics.every((d) => d.severity === "warning")).toBe(true);
  return diagnostics;
}

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
