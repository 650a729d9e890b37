import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { checkTools } from "../../compiler/run/doctor.ts";
import { listTargets, loadTarget } from "../../compiler/target.ts";
import { failureOf, runFixture, temporaryFolder } from "./fixture.ts";

const guests = listTargets().filter((name) => loadTarget(name).machine !== null);

const failureOfRun = (...args: Parameters<typeof runFixture>) =>
  failureOf(() => runFixture(...args));

describe.each(guests)("a fault on %s", (name) => {
  test("read of no memory", { timeout: 60_000 }, async () => {
    const { code, text } = await failureOfRun("unmapped", name);
    expect(code).toBe(6003);
    expect(text).toContain("data bus error at address 0xe8000000");
    expect(text).toMatch(/ in fake_run\+0x[0-9a-f]+\.\n/);
    expect(text).toMatch(/\br0=0x.* lr=0x.*pc=0x.*cfsr=0x.*bfar=0xe8000000/s);
  });

  test("undefined instruction", { timeout: 60_000 }, async () => {
    const { code, text } = await failureOfRun("undefined", name);
    expect({ code, text }).toMatchObject({
      code: 6003,
      text: expect.stringContaining("undefined instruction, pc 0x"),
    });
  });

  test("stack overflow", { timeout: 60_000 }, async () => {
    const { code, text } = await failureOfRun("overflow", name);
    expect({ code, text }).toMatchObject({
      code: 6003,
      text: expect.stringContaining("stack overflow"),
    });
  });
});

test("unaligned access faults on Armv6-M only", { timeout: 60_000 }, async () => {
  expect((await failureOfRun("unaligned", "cortex-m0plus")).text).toContain("unaligned access");
  expect((await runFixture("unaligned", "cortex-m4")).outputs).toHaveLength(2);
});

/** Commands of the processes that this process started and that still exist (Linux). */
function children(): string[] {
  const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return processes.flatMap((id) => {
    try {
      const [, command, parent] = /\((.*)\) \S (\d+)/.exec(
        readFileSync(`/proc/${id}/stat`, "utf8"),
      )!;
      return Number(parent) === process.pid ? [command] : [];
    } catch {
      return []; // it has ended since
    }
  });
}

test("a program without an end is stopped and leaves nothing", { timeout: 60_000 }, async () => {
  const problem = await failureOfRun("forever", "cortex-m4", { timeoutSeconds: 1 });
  expect(problem).toMatchObject({ code: 6004, text: expect.stringContaining("within 1 s") });
  if (process.platform === "linux") {
    expect(children().filter((command) => command.startsWith("qemu"))).toEqual([]);
  }
});

test("work folders are deleted, also after a failure", { timeout: 60_000 }, async () => {
  const folder = temporaryFolder();
  vi.stubEnv("TMPDIR", folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  await failureOfRun("undefined", "cortex-m4");
  await failureOfRun("invalid", "cortex-m4");
  await runFixture("double", "cortex-m4", { count: true, trace: true });
  await checkTools();
  expect(readdirSync(folder).filter((name) => !name.startsWith("mote-test-"))).toEqual([]);
});

describe.each(["host", "cortex-m3"])("on %s", (name) => {
  test("a status other than MOTE_OK", { timeout: 60_000 }, async () => {
    const { code, text } = await failureOfRun("status", name);
    expect(code).toBe(6005);
    expect(text).toContain("run returned status 0x00000001");
  });

  test("a warning in the model's C is an error", { timeout: 60_000 }, async () => {
    const { code, text } = await failureOfRun("invalid", name);
    expect(code).toBe(6002);
    expect(text).toContain("-Werror");
  });
});

test("sanitizers stop the program", { timeout: 60_000 }, async () => {
  const { code, text } = await failureOfRun("unaligned", "host", { sanitize: true });
  expect(code).toBe(6005);
  expect(text).toContain("misaligned address");
});

test("a program too large for the memory", { timeout: 60_000 }, async () => {
  const target = loadTarget("cortex-m4");
  const memories = target.memories.map((memory) => ({ ...memory, bytes: 1024 }));
  const problem = await failureOfRun("double", "cortex-m4", { target: { ...target, memories } });
  expect(problem).toMatchObject({ code: 6007, text: expect.stringContaining("cortex-m4") });
});

describe("without tools", () => {
  const searchPath = "/nonexistent";

  test.each(["host", "cortex-m4"])("on %s the missing one is named", async (name) => {
    const { code, text, help } = await failureOfRun("double", name, { searchPath });
    expect(code).toBe(6001);
    expect(text).toContain(`'${loadTarget(name).compiler}' was not found`);
    expect(help).toContain("mote doctor");
  });

  test("doctor says how to get them", async () => {
    const reports = await checkTools({ searchPath });
    const missing = reports.filter(({ found }) => !found);
    expect(missing.map(({ name }) => name)).toEqual([
      "cc",
      "arm-none-eabi-gcc",
      "newlib (Arm C library)",
      "qemu-system-arm",
      "QEMU plugins",
    ]);
    for (const { install } of missing) expect(install).toBeTruthy();
  });
});

test("doctor finds what these tests use", { timeout: 60_000 }, async () => {
  const reports = await checkTools();
  expect(reports.filter(({ found, version }) => !found || !version)).toEqual([]);
});
