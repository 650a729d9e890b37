import { existsSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { RunResult } from "../../compiler/run/run.ts";
import { listTargets, loadTarget } from "../../compiler/target.ts";
import { runFixture, sample, temporaryFolder } from "./fixture.ts";

const doubled = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => byte * 2 + 1);

const expected = [doubled(sample(0)), doubled(sample(1))];

const guests = listTargets().filter((name) => loadTarget(name).machine !== null);

describe.each(guests)("on %s", (name) => {
  test("outputs, counts, stack, sizes", { timeout: 120_000 }, async () => {
    const result = await runFixture("double", name, { count: true });
    expect(result.outputs).toEqual(expected);
    expect(result.warnings).toEqual([]);
    expectCounts(name, result);
    expectStack(result);
    expectSizes(result);
    expect(result).not.toHaveProperty("trace");
    const again = await runFixture("double", name, { count: true, samples: [sample(0)] });
    expect(again.profile).toEqual(result.profile);
    expect(again.stackBytes).toBe(result.stackBytes);
  });

  test("floating point and the C library", { timeout: 120_000 }, async () => {
    const { outputs, sizes } = await runFixture("float", name);
    const onHost = await runFixture("float", "host");
    expect(outputs).toEqual(onHost.outputs);
    expect(sizes?.symbols.map((symbol) => symbol.name)).toContain("expf");
    expect(sizes?.symbols.map((symbol) => symbol.name)).not.toContain("_impure_ptr");
  });
});

/** The loops of fake_run take a hundred rounds and two of sixteen. */
function expectCounts(name: string, { instructions, cycles, profile }: RunResult): void {
  expect(instructions).toBeGreaterThan(132);
  expect(instructions).toBeLessThan(2000);
  expect(profile?.functions[0].name).toBe("fake_run");
  expect(profile?.functions.map((f) => f.name)).not.toContain("main");
  if (loadTarget(name).cycles === null) expect(cycles).toBeNull();
  else expect(cycles).toBeGreaterThan(instructions!);
}

/** fake_run has an array of 400 bytes and few registers to save. */
function expectStack({ stackBytes }: RunResult): void {
  expect(stackBytes).toBeGreaterThanOrEqual(400);
  expect(stackBytes).toBeLessThan(480);
}

/** The table of 256 halfwords is the model's one constant; nothing of the harness is counted. */
function expectSizes({ sizes }: RunResult): void {
  expect(sizes).toMatchObject({ rodataBytes: 512, dataBytes: 0, bssBytes: 0, arenaBytes: 64 });
  expect(sizes?.textBytes).toBeGreaterThan(100);
  expect(sizes?.textBytes).toBeLessThan(500);
  const names = sizes?.symbols.map((symbol) => symbol.name);
  expect(names).toEqual(expect.arrayContaining(["fake_run", "odd_numbers", "fake_arena"]));
  expect(names).not.toContain("main");
  expect(sizes?.symbols.find((symbol) => symbol.name === "odd_numbers")).toMatchObject({
    section: ".rodata",
    bytes: 512,
  });
}

describe("on this computer", () => {
  test("outputs; what it cannot measure is null", async () => {
    const result = await runFixture("double", "host", { count: true });
    expect(result).toMatchObject({
      outputs: expected,
      instructions: null,
      cycles: null,
      stackBytes: null,
      sizes: null,
      warnings: [],
    });
  });

  test("with sanitizers", { timeout: 60_000 }, async () => {
    const { outputs } = await runFixture("double", "host", { sanitize: true });
    expect(outputs).toEqual(expected);
  });

  test("no sample, no output", async () => {
    expect((await runFixture("double", "host", { samples: [], count: true })).outputs).toEqual([]);
  });
});

describe.each(["host", "cortex-m4"])("trace on %s", (name) => {
  test("has every step of every sample", { timeout: 60_000 }, async () => {
    const { trace } = await runFixture("double", name, { trace: true });
    expect(trace).toEqual(
      [0, 1].map((seed) => [
        { layer: 0, data: sample(seed) },
        { layer: 1, data: doubled(sample(seed)) },
      ]),
    );
  });
});

test("without a compiler for this computer nothing is counted", { timeout: 60_000 }, async () => {
  const [cache, tools] = [temporaryFolder(), temporaryFolder()];
  vi.stubEnv("XDG_CACHE_HOME", cache);
  onTestFinished(() => void vi.unstubAllEnvs());
  for (const tool of [
    "arm-none-eabi-gcc",
    "qemu-system-arm",
    "arm-none-eabi-nm",
    "arm-none-eabi-size",
  ]) {
    symlinkSync(whereIs(tool), join(tools, tool));
  }
  const result = await runFixture("double", "cortex-m4", { count: true, searchPath: tools });
  expect(result).toMatchObject({ outputs: expected, instructions: null });
  expect(result.warnings).toMatchObject([{ code: 6006, severity: "warning" }]);
});

const whereIs = (tool: string): string =>
  process.env
    .PATH!.split(delimiter)
    .map((folder) => join(folder, tool))
    .find((file) => existsSync(file))!;
