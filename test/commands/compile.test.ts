/** `mote MODEL…` as its user meets it: files, projects, options, errors. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packagePath } from "../../compiler/paths.ts";
import { inFoldersOfTheirOwn, mote } from "../support/command.ts";
import { dataFile } from "../support/mlperf.ts";
import { modelFile } from "../support/models.ts";

const folder = inFoldersOfTheirOwn();

const kws = modelFile("kws");
const expectFailure = async (code: string, ...argv: string[]) => {
  const said = await mote(...argv);
  expect(said.error).toContain(code);
  expect(said.code).toBe(1);
  expect(said.error).not.toMatch(/\n\s+at /);
  return said;
};

describe("compiling", () => {
  it("writes the header, the source and the kernels used, into out", async () => {
    const { code, out } = await mote(kws);
    expect(code).toBe(0);
    expect(out).toMatch(/arena +[\d,]+ bytes/);
    expect(readdirSync("out").sort()).toEqual(["kws.c", "kws.h", "kws_check.h", "mote"]);
    const included = [...readFileSync("out/kws.c", "utf8").matchAll(/"mote\/(.+)"/g)].map(
      (m) => m[1]!,
    );
    for (const header of included) expect(existsSync(join("out/mote", header)), header).toBe(true);
    expect(readdirSync("out/mote")).not.toContain("conv_2d_f32.h");
  });

  it("takes several models, and a name and folder of one's own", async () => {
    expect((await mote(kws, modelFile("ad"), "--outDir", "a/b")).code).toBe(0);
    const files = ["ad.c", "ad.h", "ad_check.h", "kws.c", "kws.h", "kws_check.h", "mote"];
    expect(readdirSync("a/b").sort()).toEqual(files);
    expect((await mote(kws, "--name", "my-word", "--outDir", "c")).code).toBe(0);
    expect(readFileSync("c/my_word.h", "utf8")).toMatch(/#define MY_WORD_ARENA_BYTES \d+/);
  });

  it.each(["--out-dir", "--outdir", "--OUTDIR"])("accepts %s for --outDir", async (flag) => {
    expect((await mote(kws, flag, "x")).code).toBe(0);
    expect((await mote(kws, `${flag}=y`)).code).toBe(0);
    expect([existsSync("x/kws.h"), existsSync("y/kws.h")]).toEqual([true, true]);
  });

  it("writes nothing with --noEmit or when it stops early", async () => {
    expect((await mote(kws, "--noEmit")).out).toContain("no errors");
    expect((await mote(kws, "--stopAfter", "fuse")).code).toBe(0);
    expect(existsSync("out")).toBe(false);
  });

  it("prints the graph after a stage, its weights beside the output", async () => {
    const { out } = await mote(kws, "--dump", "select", "--stopAfter", "select");
    expect(out).toMatch(/^graph lowered "kws" \{/);
    expect(out).toContain('kernel: "softmax_s8"');
    expect(readdirSync("out").sort()).toEqual(["kws.select.graph", "kws.select.weights"]);
    expect(readFileSync("out/kws.select.graph", "utf8")).toBe(out);
  });

  it("prints one JSON object with --json", async () => {
    const { out } = await mote(kws, "--json", "--target", "cortex-m0plus");
    const json = JSON.parse(out);
    expect(json).toMatchObject({
      model: "kws",
      target: "cortex-m0plus",
      profile: "fast",
      macs: 2_656_768,
    });
    const header = readFileSync("out/kws.h", "utf8");
    expect(header).toContain(`#define KWS_ARENA_BYTES ${json.arenaBytes}\n`);
    expect(json.inputs).toMatchObject([
      { name: "input", shape: [1, 1, 49, 10], type: "int8", zeroPoint: 83 },
    ]);
    expect(json.files).toContain("kws.c");
    expect(json.diagnostics).toEqual([]);
    const { peakBytes, ...order } = json.order;
    expect(order).toMatchObject({ exact: true, givenBytes: peakBytes, isGiven: true });
    const { error } = await mote(kws, "--noEmit", "--diagnostics", "--target", "cortex-m0plus");
    const peak = peakBytes.toLocaleString("en-US");
    expect(error).toContain(`order exact: the graph's own, ${peak} bytes layer by layer`);
  });

  it("explains which kernel each layer got", async () => {
    const { out } = await mote(kws, "--noEmit", "--explain", "kernels");
    expect(out.match(/│ \* \w+/g)).toHaveLength(12);
    expect(out).toContain("softmax_s8");
  });

  it("says how long the stages took with --diagnostics", async () => {
    expect((await mote(kws, "--diagnostics")).error).toMatch(/read +\d+ ms[\s\S]*emit +\d+ ms/);
  });

  it("quantises with samples and needs them", async () => {
    await expectFailure("MOTE3001", dataFile("kws_fp32.onnx"), "--quantize", "int8");
    const samples = packagePath("models/kws/right.npy");
    expect((await mote(dataFile("kws_fp32.onnx"), "--calib", samples)).code).toBe(0);
    expect(readFileSync("out/kws_fp32.h", "utf8")).toContain("_INPUT_0_TYPE MOTE_INT8");
    expect((await mote(kws, "--calib", samples)).error).toContain("MOTE3007");
  });
});

describe("a failed compilation", () => {
  it("leaves earlier output untouched and other models compiled", async () => {
    await mote(kws);
    const earlier = readFileSync("out/kws.c", "utf8");
    writeFileSync("kws.onnx", "not a model");
    await expectFailure("MOTE2001", "kws.onnx", modelFile("ad"));
    expect(readFileSync("out/kws.c", "utf8")).toBe(earlier);
    expect(existsSync("out/ad.c")).toBe(true);
    expect(readdirSync("out").filter((f) => f.startsWith("."))).toEqual([]);
  });

  it.each([
    ["MOTE1001", ["nowhere.onnx"]],
    ["MOTE1003", [kws, "--targt", "host"]],
    ["MOTE1004", [kws, "--target"]],
    ["MOTE1005", [kws, "--profile", "exact"]],
    ["MOTE1005", [kws, "--dump", "fusion"]],
    ["MOTE1009", [kws, "-p", "."]],
    ["MOTE1011", [kws, "--shape", "input=1,-1"]],
    ["MOTE1012", [kws, kws]],
    ["MOTE2016", [kws, "--shape", "inptu=1,1,49,10"]],
    ["MOTE2017", [packagePath("package.json")]],
    ["MOTE4001", [kws, "--target", "cortex-m5"]],
    ["MOTE1001", [kws.replace("kws.onnx", ""), "--quantize", "int8"]],
  ])("is %s for %j", async (code, argv) => {
    // A folder instead of a model is an unknown kind of file or one that cannot be read.
    if (argv[0]!.endsWith("/")) await expectFailure("MOTE2017", ...argv);
    else await expectFailure(code, ...argv);
  });

  it("suggests what was meant", async () => {
    expect((await mote(kws, "--targt", "host")).error).toContain("Did you mean '--target'?");
    expect((await mote(kws, "--target", "cortex-m4f")).error).toContain(
      "Did you mean 'cortex-m4'?",
    );
    expect((await mote(kws, "--profile", "tflit")).error).toContain("Did you mean 'tflite'?");
  });

  it("says that a folder cannot be written", async () => {
    writeFileSync("file", "");
    await expectFailure("MOTE1002", kws, "--outDir", "file/out");
    await expectFailure("MOTE1002", kws, "--outDir", "/proc/nowhere/out");
    mkdirSync("out/kws.c", { recursive: true });
    await expectFailure("MOTE1002", kws);
    chmodSync("out", 0o755);
  });
});

describe("a project", () => {
  it("starts with --init, compiles without arguments, and takes options of the line first", async () => {
    writeFileSync("kws.onnx", readFileSync(kws));
    expect((await mote("--init")).code).toBe(0);
    await expectFailure("MOTE1010", "--init");
    expect((await mote()).code).toBe(0);
    expect(readFileSync("out/kws.c", "utf8")).toContain("target cortex-m4");
    expect((await mote("--target", "host")).code).toBe(0);
    expect(readFileSync("out/kws.c", "utf8")).toContain("target host");
  });

  it("is found from below, and its paths are relative to it", async () => {
    writeFileSync("net.onnx", readFileSync(kws));
    writeFileSync(
      "mote.json",
      '{ "files": ["net.onnx"], "compilerOptions": { "outDir": "gen", }, }',
    );
    mkdirSync("deep/er", { recursive: true });
    process.chdir("deep/er");
    expect((await mote()).code).toBe(0);
    expect(existsSync(join(folder(), "gen/net.h"))).toBe(true);
    process.chdir(folder());
    expect((await mote("-p", "mote.json", "--noEmit")).code).toBe(0);
  });

  it.each([
    [
      "an unknown key",
      '{\n  "files": ["a.onnx"],\n  "compilerOptions": {\n    "targte": "host"\n  }\n}',
      "(4,5)",
      "Did you mean 'target'?",
    ],
    [
      "a bad value",
      '{\n  "files": ["a.onnx"],\n  "compilerOptions": { "profile": "slow" }\n}',
      "(3,35)",
      "fast, tflite",
    ],
    ["no files", "{ }", "(1,1)", "files"],
    ["broken JSON", '{\n  "files": [', "(2,", "mote.json"],
  ])("with %s is an error with its place", async (_, text, place, said) => {
    writeFileSync("mote.json", text);
    const { error } = await expectFailure("MOTE1006");
    expect(error).toContain(`mote.json${place}`);
    expect(error).toContain(said);
  });
});

describe("without a model", () => {
  it("shows the help, which names every option", async () => {
    const { code, out } = await mote();
    expect(code).toBe(0);
    for (const word of [
      "--target",
      "--outDir",
      "--watch",
      "--noEmit",
      "mote run",
      "mote bench",
      "mote doctor",
    ])
      expect(out).toContain(word);
    expect((await mote("--help")).out).toBe(out);
    expect((await mote("run", "-h")).out).toContain("--input");
  });

  it("shows the version", async () => {
    expect((await mote("--version")).out).toMatch(/^Version \d+\.\d+\.\d+$/);
  });
});
