/** Files that are no model, and messages nested deeper than any stack. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { diagnose, diagnoseBytes, expectError } from "../support/failures.ts";

function folder(): string {
  const at = mkdtempSync(join(tmpdir(), "mote-file-"));
  onTestFinished(() => rmSync(at, { recursive: true }));
  return at;
}

it("a file that is not there", () => {
  expectError(diagnose("/nowhere/model.onnx"), 1001, /does not exist/);
});

it("a folder with a model's name", () => {
  const at = join(folder(), "model.onnx");
  mkdirSync(at);
  expectError(diagnose(at), 1001, /cannot be read/);
});

it.each(["model.tflite", "model.txt", "model"])("a %s", (name) => {
  const file = join(folder(), name);
  writeFileSync(file, "text");
  expectError(diagnose(file), 2017, /Unknown kind of model file/);
});

it("a text file of that name", () => {
  const said = diagnoseBytes(Buffer.from("This is not a model.\n"));
  expectError(said, 2001, /Not an ONNX model/);
});

/** Protocol Buffers' variable-length integer. */
function varint(x: number): Buffer {
  const bytes: number[] = [];
  for (let rest = x; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}

/** Message fields within each other, the outermost first. */
function nested(fields: readonly number[]): Uint8Array {
  const heads: Buffer[] = [];
  let length = 0;
  for (const field of fields.toReversed()) {
    const head = Buffer.concat([Buffer.of((field << 3) | 2), varint(length)]);
    heads.push(head);
    length += head.length;
  }
  return Buffer.concat(heads.reverse());
}

it.each([10, 100, 30_000, 300_000])("graphs in attributes of nodes, %i levels deep", (levels) => {
  const [graph, node, attribute, inner] = [7, 1, 5, 6];
  const fields = Array.from({ length: levels }, (_, i) => [node, attribute, inner][i % 3]!);
  const said = diagnoseBytes(nested([graph, ...fields]));
  expect(said.some((d) => d.severity === "error")).toBe(true);
});
