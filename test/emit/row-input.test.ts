/** Operator RowInput: images that the application delivers row by row, by --rowInput. */
import { describe, expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { writeFiles } from "../../compiler/commands/write.ts";
import { compile } from "../../compiler/compile.ts";
import { type Tensor, tensorBytes } from "../../compiler/ir/tensor.ts";
import { typeBytes } from "../../compiler/ir/types.ts";
import { runProgram } from "../../compiler/run/run.ts";
import { modelFile } from "../support/models.ts";
import { inTemporaryFolder } from "../support/programs.ts";
import { Random } from "../support/random.ts";

describe.each(["host", "cortex-m4"])("on %s", (target) => {
  describe.each(["ic", "kws", "vww"] as const)("%s", (name) => {
    it.each(["speed", "sram"] as const)("runs as the reference says, for %s", async (optimize) => {
      const options = { target, optimize, rowInput: true, ioLayout: "nhwc" } as const;
      const program = compile(modelFile(name), options).program!;
      const [x] = program.graph.inputs;
      const input: Tensor = new Random(7).tensor(x!.type.elem, x!.type.shape);
      const [want] = evaluate(program.graph, [input], { profile: program.profile });
      const made = await inTemporaryFolder(async (outDir) => {
        writeFiles(outDir, program.emitted.files);
        return runProgram({
          outDir,
          name: program.name,
          target: program.target,
          samples: [Buffer.from(tensorBytes(input))],
          outputBytes: typeBytes(program.graph.outputs[0]!.value.type),
          count: false,
          sanitize: program.target.machine === null,
        });
      });
      expect(Buffer.from(made.outputs[0]!)).toEqual(Buffer.from(tensorBytes(want!)));
    });
  });
});

it("keeps the image out of the arena", () => {
  const bytes = (rowInput: boolean) =>
    compile(modelFile("vww"), { rowInput, ioLayout: "nhwc", optimize: "sram" }).program!.graph.plan
      .arenaBytes;
  expect(bytes(true)).toBeLessThan(bytes(false) / 2);
});

it("offers no place for the image, and says the rows' size in the header", () => {
  const { emitted, name } = compile(modelFile("vww"), { rowInput: true }).program!;
  const header = emitted.files.get(`${name}.h`)!;
  expect(header).toContain("#define VWW_INPUT_0_ROWS 96");
  expect(header).toContain("#define VWW_INPUT_0_ROW_BYTES 288");
  expect(header).toContain(
    "mote_status vww_run_rows(void *arena, mote_read_row read, void *context);",
  );
  expect(header).not.toContain("vww_run(");
});
