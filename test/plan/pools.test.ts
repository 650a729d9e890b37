/** Targets with several memories: what lies where, on the host and in QEMU's own memories. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { type CompileOptions, compile, type Program } from "../../compiler/compile.ts";
import { parseGraph } from "../../compiler/ir/parse.ts";
import { printGraph } from "../../compiler/ir/print.ts";
import { packagePath } from "../../compiler/paths.ts";
import type { Memory } from "../../compiler/target.ts";
import { type Case, runBatch } from "../support/batch.ts";
import { randomImageNetwork } from "../support/images.ts";
import { storedInput } from "../support/mlperf.ts";
import { modelFile } from "../support/models.ts";
import { inTemporaryFolder, runSamples } from "../support/programs.ts";
import { Random } from "../support/random.ts";

const isSoak = process.env.MOTE_SOAK === "1";

/** The file of a target like another one but for its memories. */
function targetFile(folder: string, like: string, memories: readonly Memory[]): string {
  const target = JSON.parse(readFileSync(packagePath("targets", like, "target.json"), "utf8"));
  const file = join(folder, "target.json");
  writeFileSync(file, JSON.stringify({ ...target, memories }, null, 2));
  return file;
}

const ram = (name: string, origin: string, bytes: number, cost: number): Memory => ({
  name,
  kind: "ram",
  origin,
  bytes,
  cost,
});

const [tightOrigin, slowOrigin] = ["0x20000000", "0x20200000"];

/** Two fast kilobytes and many slow ones. */
const twoPools = (tight: number, slow = 1 << 20): Memory[] => [
  ram("slow", slowOrigin, slow, 3),
  ram("tight", tightOrigin, tight, 1),
];

function programOf(source: Parameters<typeof compile>[0], options: CompileOptions): Program {
  const { program, diagnostics } = compile(source, options);
  if (!program) throw new Error(diagnostics.map((d) => d.text).join(" "));
  return program;
}

const codesOf = (source: Parameters<typeof compile>[0], options: CompileOptions) =>
  compile(source, options).diagnostics.map((d) => d.code);

const bytesOf = ({ graph }: Program, memory: string): number => {
  const pool = graph.plan.pools.find((p) => p.memory === memory);
  return pool ? pool.end - pool.begin : 0;
};

describe("pools", () => {
  it("are filled from the fastest on, and not beyond what they have", async () => {
    await inTemporaryFolder((folder) => {
      const kws = modelFile("kws");
      const options = { ioLayout: "nhwc", optimize: "speed" } as const;
      const alone = programOf(kws, { ...options, target: "cortex-m4" }).graph.plan.arenaBytes;
      for (const tight of [1, 1024, alone - 1, alone]) {
        const target = targetFile(folder, "cortex-m4", [...twoPools(tight), ...flash]);
        const program = programOf(kws, { ...options, target });
        const { plan } = program.graph;
        expect(bytesOf(program, "tight")).toBeLessThanOrEqual(tight);
        expect(bytesOf(program, "tight") + bytesOf(program, "slow")).toBe(plan.arenaBytes);
        if (tight >= alone) expect(bytesOf(program, "slow")).toBe(0);
        if (tight < alone) expect(bytesOf(program, "slow")).toBeGreaterThan(0);
        if (tight >= 1024) expect(bytesOf(program, "tight")).toBeGreaterThan(0);
      }
    });
  });

  it("take a smaller schedule that fits in the fastest, if the others are slow enough", async () => {
    await inTemporaryFolder((folder) => {
      const kws = modelFile("kws");
      const memories = (cost: number) => [
        ...flash,
        ram("tight", tightOrigin, 6000, 1),
        ram("slow", slowOrigin, 1 << 20, cost),
      ];
      const usedWith = (cost: number) => {
        const target = targetFile(folder, "cortex-m4", memories(cost));
        const { plan } = programOf(kws, { ioLayout: "nhwc", target }).graph;
        return plan.pools.map((p) => p.memory);
      };
      expect(usedWith(1.01)).toContain("slow");
      expect(usedWith(1000)).toEqual(["tight"]);
    });
  });

  it("are in the plan's text", async () => {
    await inTemporaryFolder((folder) => {
      const target = targetFile(folder, "cortex-m4", [...flash, ...twoPools(1024)]);
      const { graph } = programOf(modelFile("kws"), { target, optimize: "speed" });
      const { text, weights } = printGraph(graph);
      expect(text).toMatch(/pool "tight" 0 \d+\n\s+pool "slow" \d+ \d+\n/);
      expect(printGraph(parseGraph(text, weights)).text).toBe(text);
    });
  });

  const count = isSoak ? 400 : 12;
  it(`hold random networks on the host, ${count} of them`, { timeout: 36e5 }, async () => {
    for (let first = 1; first <= count; first += 12)
      await inTemporaryFolder(async (folder) => {
        const cases = Array.from({ length: 12 }, (_, i) => casesOf(folder, first + i));
        const outputs = await runBatch(cases.flat());
        for (const test of cases.flat()) {
          const { graph, profile } = test.program;
          const want = evaluate(graph, test.inputs, { profile });
          const got = outputs.shift()!;
          for (const [i, t] of want.entries()) expect(got[i]!.data).toEqual(t.data);
        }
        const several = cases.filter(([test]) => test!.program.graph.plan.pools.length > 1);
        expect(several.length).toBeGreaterThan(6);
      });
  });
});

const flash: Memory[] = [{ name: "ssram", kind: "flash", origin: "0x00000000", bytes: 1 << 20 }];

/** An int8 network in memories of which only the last has room for all of it, plain and checked. */
function casesOf(folder: string, seed: number): Case[] {
  const r = new Random(seed);
  const graph = randomImageNetwork(r, r.int(3, 9), true);
  const options = { ioLayout: "nhwc", name: `g${seed}` } as const;
  const optimize = r.pick(["speed", "balanced", "sram"] as const);
  const { arenaBytes } = programOf(graph, { ...options, optimize, target: "host" }).graph.plan;
  const memories = [
    ram("a", "0x10000000", Math.max(1, Math.floor(arenaBytes * r.real())), 1),
    ram("b", "0x20000000", Math.max(1, Math.floor(arenaBytes * r.real())), 2),
    ram("c", "0x30000000", 1 << 24, 5),
  ];
  const target = targetFile(folder, "host", memories);
  const program = programOf(graph, { ...options, optimize, target });
  const inputs = program.graph.inputs.map((v) => r.tensor(v.type.elem, v.type.shape));
  return [
    { program, inputs },
    { program, inputs, isChecked: true },
  ];
}

describe("on QEMU", () => {
  const memories: Memory[] = [
    ...flash,
    { name: "internal", kind: "flash", origin: "0x00200000", bytes: 16384, cost: 1 },
    { name: "qspi", kind: "flash", origin: "0x00300000", bytes: 1 << 20, cost: 4 },
    { name: "code", kind: "flash", origin: "0x00100000", bytes: 1 << 20 },
    ...twoPools(4096, 1 << 16),
    { name: "psram", kind: "ram", origin: "0x21000000", bytes: 1 << 24 },
  ];

  it.each([
    ["their own sections", undefined],
    ["sections that are given", new Map([["tight", ".dtcm_bss"]])],
  ])("arenas and weights lie in their memories, by %s", async (_, sections) => {
    await inTemporaryFolder(async (folder) => {
      const target = targetFile(folder, "cortex-m4", memories);
      const options = { optimize: "speed", ioLayout: "nhwc" } as const;
      const program = programOf(modelFile("kws"), {
        ...options,
        target,
        ...(sections && { sections }),
      });
      const one = programOf(modelFile("kws"), { ...options, target: "cortex-m4" });
      const sample = storedInput("kws", 0, program.graph.inputs[0]!.type);
      const { outputs, result } = await runSamples(program, [sample]);
      expect(outputs[0]!.data).toEqual((await runSamples(one, [sample])).outputs[0]!.data);
      const { symbols, arenaBytes } = result.sizes!;
      const lie = (pattern: RegExp) => {
        const found = symbols.filter((s) => pattern.test(s.name));
        return memories
          .filter(({ origin, bytes }) =>
            found.some((s) => s.address >= Number(origin) && s.address < Number(origin) + bytes),
          )
          .map((m) => m.name);
      };
      expect(lie(/^kws_arena$/)).toEqual(["tight"]);
      expect(lie(/^kws_arena_slow$/)).toEqual(["slow"]);
      expect(lie(/_stream|_rows|_offsets|_weights/)).toEqual(["internal", "qspi"]);
      expect(arenaBytes).toBe(program.graph.plan.arenaBytes);
      const text = program.emitted.files.get("kws.c")!;
      expect(text.includes(".dtcm_bss")).toBe(sections !== undefined);
    });
  });
});

describe("sections without pools", () => {
  it("are those of arena and weights", () => {
    const sections = new Map([
      ["arena", ".my_bss"],
      ["weights", ".my_rodata"],
    ]);
    const { emitted } = programOf(modelFile("ad"), { target: "cortex-m4", sections });
    const text = emitted.files.get("ad.c")!;
    expect(text).toMatch(/MOTE_SECTION\("\.my_bss"\) unsigned char ad_arena/);
    const constants = text.match(/^static const \w+ \w+\[\d+\].*$/gm)!;
    expect(constants.length).toBeGreaterThan(5);
    for (const line of constants) expect(line).toContain('MOTE_SECTION(".my_rodata")');
  });

  it("are for what there is, each for one thing", () => {
    const code = (...given: [string, string][]) =>
      codesOf(modelFile("ad"), { sections: new Map(given) });
    expect(code(["dtcm", ".bss"])).toEqual([4106]);
    expect(code(["arena", ".x"], ["weights", ".x"])).toEqual([4107]);
  });
});

describe("pools that are too small", () => {
  it("for tensors: the layer at the peak, what is in use, and how much is missing", async () => {
    await inTemporaryFolder((folder) => {
      const target = targetFile(folder, "cortex-m4", [...flash, ...twoPools(512, 1024)]);
      const { diagnostics, program } = compile(modelFile("kws"), { target, ioLayout: "nhwc" });
      expect(program).toBeUndefined();
      expect(diagnostics.map((d) => d.code)).toEqual([4103]);
      const [{ text, help, place }] = diagnostics as [(typeof diagnostics)[number]];
      expect(place.node).toBeTruthy();
      expect(text).toMatch(/need \d+ bytes more than cortex-m4 has .*tight \(512\), slow \(1024\)/);
      const missing = Number(/need (\d+) bytes more/.exec(text)![1]);
      expect(help).toContain(`${missing} bytes more`);
      const enough = targetFile(folder, "cortex-m4", [...flash, ...twoPools(512, 1024 + missing)]);
      expect(codesOf(modelFile("kws"), { target: enough, ioLayout: "nhwc" })).toEqual([]);
    });
  });

  it("for constants", async () => {
    await inTemporaryFolder((folder) => {
      const pool: Memory = { ...flash[0]!, name: "small", origin: "0x400000", bytes: 99, cost: 1 };
      const memories = [...flash, pool, ...twoPools(65536)];
      const target = targetFile(folder, "cortex-m4", memories);
      expect(codesOf(modelFile("kws"), { target })).toEqual([4104]);
    });
  });
});
