/** The server over standard input and output: what an editor asks, and what it is told. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  CompletionItemKind,
  DefinitionRequest,
  DidChangeWatchedFilesNotification,
  DidCloseTextDocumentNotification,
  DocumentFormattingRequest,
  DocumentSymbolRequest,
  FileChangeType,
  InsertTextFormat,
  type Location,
  PrepareRenameRequest,
  ReferencesRequest,
  RenameRequest,
  SemanticTokensRequest,
} from "vscode-languageserver-protocol/node";
import { applied, Client, marked, textIn } from "./client.ts";

const net = `/// Four classes.
model net(image: float[1, 3, 8, 8]) -> y {
  weights random(seed: 1)
  let sizes = [4, 8]
  var x = image
  for i, size in sizes {
    x = x |> unit(size, stride: i + 1) as "unit.{i}"
  }
  y = x |> global_average_pool |> dense(4) as fc |> softmax
}

/// A convolution and its activation.
block unit(x, channels, stride = 1) =
  x |> conv(channels, stride: stride, pad: same) as conv |> relu
`;

let client: Client;
beforeAll(async () => {
  client = new Client();
  await client.initialise();
});
afterAll(async () => {
  expect(await client.end()).toBe(0);
});

/** Where the n-th occurrence of a piece of text stands, `by` characters on. */
function at(text: string, piece: string, n = 0, by = 0) {
  let offset = text.indexOf(piece);
  for (let i = 0; i < n; i++) offset = text.indexOf(piece, offset + 1);
  expect(offset).toBeGreaterThanOrEqual(0);
  const before = text.slice(0, offset + by).split("\n");
  return { line: before.length - 1, character: before.at(-1)!.length };
}

describe("diagnostics", () => {
  it("have code, range, help and both sides, all in one run", async () => {
    const text = net
      .replace("y = x |> global_average_pool", "y = x |> global_avrage_pool")
      .replace("weights random(seed: 1)", "weights random(seed: 1)\n  let bad = image + [1, 2, 3]");
    const { uri } = await client.open("errors.mote", text);
    const found = await client.diagnostics(uri, 1);
    expect(found.map((d) => [d.code, textIn(text, d.range)])).toEqual([
      ["MOTE2107", "+"],
      ["MOTE2102", "global_avrage_pool"],
    ]);
    expect(found[1]!.message).toContain("help: Did you mean 'global_average_pool'?");
    expect(found[0]!.relatedInformation!.map((r) => r.message)).toContain(
      "[1, 3, 8, 8], from line 2",
    );
  });

  it("follow the text, and go when the file is closed", async () => {
    const { uri } = await client.open("follow.mote", "model m(");
    expect((await client.diagnostics(uri, 1)).map((d) => d.code)).toEqual(["MOTE2101"]);
    await client.change(uri, 2, net);
    expect(await client.diagnostics(uri, 2)).toEqual([]);
    await client.connection.sendNotification(DidCloseTextDocumentNotification.type, {
      textDocument: { uri },
    });
    expect(await client.hover(uri, at(net, "conv("))).toBeUndefined();
  });

  it("are those of a text that changes piece by piece", async () => {
    const { uri } = await client.open("pieces.mote", net);
    const start = at(net, "relu");
    const end = { ...start, character: start.character + 4 };
    await client.change(uri, 2, "rely", { start, end });
    const [found, ...more] = await client.diagnostics(uri, 2);
    expect([found!.code, found!.range, more]).toEqual(["MOTE2102", { start, end }, []]);
  });

  it("say what only a compile finds, by the nearest mote.json", async () => {
    const options = { target: "cortex-m4", maxSram: 64 };
    const folder = join(client.folder, "small");
    mkdirSync(folder);
    writeFileSync(
      join(folder, "mote.json"),
      JSON.stringify({ files: ["net.mote"], compilerOptions: options }),
    );
    const { uri } = await client.open("small/net.mote", net);
    const found = await client.diagnostics(uri, 1, "MOTE4101");
    expect(found).toHaveLength(1);
    const { message, range } = found[0]!;
    expect(message).toMatch(/^The network needs \d+ bytes of SRAM, more than --maxSram 64/);
    const { line, character } = range.start;
    expect(net.split("\n")[line]!.slice(character)).toMatch(/^conv/);
  });

  it("follow files that are imported, open or not", async () => {
    client.write("blocks.mote", "block twice(x) = x |> relu |> relu\n");
    const user = `import "blocks.mote"\nmodel m(x: float[1, 4]) -> y {\n  y = x |> twice\n}\n`;
    const { uri } = await client.open("user.mote", user);
    expect(await client.diagnostics(uri, 1)).toEqual([]);
    client.write("blocks.mote", "block thrice(x) = x |> relu\n");
    await client.connection.sendNotification(DidChangeWatchedFilesNotification.type, {
      changes: [{ uri: client.uri("blocks.mote"), type: FileChangeType.Changed }],
    });
    await client.change(uri, 2, `${user} `);
    expect((await client.diagnostics(uri, 2)).map((d) => d.code)).toEqual(["MOTE2102"]);
    await client.open("blocks.mote", "block twice(x) = x |> relu\n");
    await client.change(uri, 3, user);
    expect(await client.diagnostics(uri, 3)).toEqual([]);
  });
});

describe("hover", () => {
  it("shows what a layer makes each time, with bytes and multiply-accumulates", async () => {
    const { uri } = await client.open("hover.mote", net);
    const text = await client.hover(uri, at(net, "conv(channels"));
    expect(text).toContain("conv(x, channels");
    // 4 of 8·8 by 3·3·3; then 8 of 4·4 by 3·3·4.
    expect(text).toMatch(
      new RegExp(
        "unit\\.0\\.conv \\(Conv\\) \\| float32\\[1, 4, 8, 8\\] \\| 1,024 \\| 6,912 " +
          "[^]*unit\\.1\\.conv \\(Conv\\) \\| float32\\[1, 8, 4, 4\\] \\| 512 \\| 4,608 ",
      ),
    );
  });

  it("shows values, types and documentation of names", async () => {
    const { uri } = await client.open("names.mote", net);
    expect(await client.hover(uri, at(net, "sizes {"))).toContain("let sizes: [4, 8]");
    expect(await client.hover(uri, at(net, "image: float"))).toContain(
      "input image: float32[1, 3, 8, 8]",
    );
    const size = await client.hover(uri, at(net, "size, stride"));
    expect(size).toContain("let size: 4\nlet size: 8");
    const unit = await client.hover(uri, at(net, "unit(size"));
    expect(unit).toContain("block unit(x, channels, stride) -> float32[1, 4, 8, 8]");
    expect(unit).toContain("A convolution and its activation.");
    expect(await client.hover(uri, at(net, "for i"))).toBeUndefined();
  });

  it("shows a model of another file, where it is, and the layers that its call makes", async () => {
    const library = "/// Half.\nmodel half(image: float[1, 8]) -> y { y = image * 0.5 }\n";
    const user = `import "half.mote" as lib
model m(x: float[1, 8]) -> y { y = lib.half(image: x) as part }
`;
    client.write("half.mote", library);
    const { uri } = await client.open("user2.mote", user);
    const name = await client.hover(uri, at(user, "half(image"));
    expect(name).toContain("model half(image)");
    expect(name).toContain("Half.");
    expect(name).toContain("part.mul (Mul) | float32[1, 8]");
    for (const [piece, start] of [
      ["half(image", "half("],
      ["image: x", "image:"],
    ] as const) {
      const params = { textDocument: { uri }, position: at(user, piece) };
      const found = (await client.connection.sendRequest(
        DefinitionRequest.type,
        params,
      )) as Location;
      expect([found.uri, found.range.start]).toEqual([
        ...[client.uri("half.mote"), at(library, start)],
      ]);
    }
  });

  it("adds costs on the target once the model is compiled, and says when they are older", async () => {
    client.write(
      "mote.json",
      '{ "files": ["costs.mote"], "compilerOptions": { "target": "cortex-m0plus" } }',
    );
    const { uri } = await client.open("costs.mote", net);
    const place = at(net, "dense(");
    let text: string | undefined;
    for (let i = 0; i < 200 && !text?.includes("cortex-m0plus"); i++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      text = await client.hover(uri, place);
    }
    expect(text).toMatch(/cortex-m0plus: arena [\d,]+ bytes, as of the last compile$/);
    expect(text).toMatch(/\| kernel \| instructions \| bytes live \|/);
    expect(text).toMatch(
      /\| fc \(Gemm\) \| float32\[1, 4\] \| 16 \| 32 \| fully_connected\w* \| [\d,]+ \| [\d,]+ \|/,
    );
    await client.change(uri, 2, `${net}\n`);
    expect(await client.hover(uri, place)).toContain("before the last edit");
  });
});

describe("definition, references, rename", () => {
  const library =
    "/// One.\nblock one(x, size = 3) = x |> conv(4, kernel: size) as c\nlet depth = 2\n";
  const main = `import "lib.mote" as lib
import "lib.mote"
model m(x: float[1, 3, 8, 8]) -> y {
  weights random(seed: 1)
  let z = x |> lib.one(size: depth) as "a.{depth}"
  y = z |> one as b
}
`;

  it("finds declarations, also in other files, and none for the language's own", async () => {
    const { uri } = await client.open("def.mote", net);
    const define = async (uri: string, position: { line: number; character: number }) => {
      const params = { textDocument: { uri }, position };
      return (await client.connection.sendRequest(
        DefinitionRequest.type,
        params,
      )) as Location | null;
    };
    const unit = await define(uri, at(net, "unit(size", 0, 2));
    expect([unit!.uri, unit!.range.start]).toEqual([uri, at(net, "unit(x, channels")]);
    expect((await define(uri, at(net, "x |> global")))!.range.start).toEqual(at(net, "x = image"));
    expect((await define(uri, at(net, "i}")))!.range.start).toEqual(at(net, "i, size"));
    expect((await define(uri, at(net, "stride: i")))!.range.start).toEqual(at(net, "stride = 1"));
    expect(await define(uri, at(net, "softmax"))).toBeNull();
    client.write("lib.mote", library);
    const user = await client.open("main.mote", main);
    for (const piece of ["one(size", "one as b"]) {
      const other = await define(user.uri, at(main, piece));
      expect([other!.uri, other!.range.start]).toEqual([
        client.uri("lib.mote"),
        at(library, "one("),
      ]);
    }
  });

  const rename = async (uri: string, position: object, newName: string) => {
    const { changes } = (await client.connection.sendRequest(RenameRequest.type, {
      textDocument: { uri },
      position: position as { line: number; character: number },
      newName,
    }))!;
    return changes!;
  };

  it("renames in every file that uses the name", async () => {
    client.write("lib.mote", library);
    const { uri } = await client.open("main2.mote", main);
    const lib = await client.open("lib.mote", library);
    const one = await rename(lib.uri, at(library, "one("), "single");
    expect(applied(main, one[uri]!)).toBe(
      main.replace("lib.one", "lib.single").replace("> one", "> single"),
    );
    expect(applied(library, one[lib.uri]!)).toBe(library.replace("block one", "block single"));
    const depth = await rename(uri, at(main, "depth}"), "k");
    expect(applied(main, depth[uri]!)).toBe(main.replaceAll("depth", "k"));
    const size = await rename(lib.uri, at(library, "size)"), "edge");
    expect(applied(main, size[uri]!)).toBe(main.replace("size:", "edge:"));
    expect(applied(library, size[lib.uri]!)).toBe(library.replaceAll("size", "edge"));
  });

  it("renames one variable and not another of the same name", async () => {
    const { uri } = await client.open("scopes.mote", net);
    const changes = await rename(uri, at(net, "x = image"), "v");
    const renamed = net
      .replace("var x", "var v")
      .replace("x = x |> unit", "v = v |> unit")
      .replace("y = x", "y = v");
    expect(applied(net, changes[uri]!)).toBe(renamed);
    const params = { textDocument: { uri }, position: at(net, "x = image") };
    const context = { includeDeclaration: true };
    const found = await client.connection.sendRequest(ReferencesRequest.type, {
      ...params,
      context,
    });
    expect(found).toHaveLength(4);
  });

  it("refuses keywords, the language's own names, names that are taken, and broken texts", async () => {
    const { uri } = await client.open("refuse.mote", net);
    const prepare = (position: object) =>
      client.connection.sendRequest(PrepareRenameRequest.type, {
        textDocument: { uri },
        position: position as { line: number; character: number },
      });
    await expect(prepare(at(net, "for i"))).rejects.toThrow("no name");
    await expect(prepare(at(net, "softmax"))).rejects.toThrow("belongs to the language");
    expect(await prepare(at(net, "sizes {"))).toEqual({
      start: at(net, "sizes {"),
      end: at(net, " {", 1),
    });
    const sizes = at(net, "sizes {");
    await expect(rename(uri, sizes, "for")).rejects.toThrow("belongs to the language");
    await expect(rename(uri, sizes, "relu")).rejects.toThrow("belongs to the language");
    await expect(rename(uri, sizes, "a b")).rejects.toThrow("is no name");
    await expect(rename(uri, sizes, "image")).rejects.toThrow("already");
    await client.change(uri, 2, `${net}block`);
    await expect(rename(uri, sizes, "good")).rejects.toThrow("errors");
  });
});

describe("completion", () => {
  const complete = async (name: string, text: string) => {
    const { text: whole, places } = marked(text);
    const { uri } = await client.open(name, net);
    await client.diagnostics(uri, 1);
    await client.change(uri, 2, whole);
    return Promise.all(places.map((place) => client.completions(uri, place)));
  };
  const labels = (items: readonly { label: string }[]) => items.map((i) => i.label);

  it("offers names in sight, operators with what they need, and keywords", async () => {
    const [inLoop, atEnd] = await complete(
      "c1.mote",
      net.replace("    x = x", "    ‸x = x").replace("  y = x |> ", "  y = x |> ‸"),
    );
    expect(labels(inLoop!)).toEqual(
      expect.arrayContaining(["i", "size", "sizes", "x", "let", "unit"]),
    );
    const kinds = (items: typeof inLoop) =>
      items!.filter((i) => i.label === "size").map((i) => i.kind);
    expect(kinds(inLoop)).toContain(CompletionItemKind.Variable);
    expect(kinds(atEnd)).not.toContain(CompletionItemKind.Variable);
    expect(labels(atEnd!)).not.toContain("let");
    const conv = (items: typeof inLoop) => items!.find((i) => i.label === "conv")!;
    expect(conv(inLoop).insertText).toBe(`conv(\${1:x}, \${2:channels})`);
    expect(conv(atEnd).insertText).toBe(`conv(\${1:channels})`);
    expect(conv(atEnd).insertTextFormat).toBe(InsertTextFormat.Snippet);
    expect(atEnd!.find((i) => i.label === "relu")!.insertText).toBe("relu");
  });

  it("offers arguments that are not there yet, words, annotations and members", async () => {
    const [args, block, words, mark, onnx, member, layout] = await complete(
      "c2.mote",
      net
        .replace("stride: stride, pad: same) as conv", "stride: stride, ‸) as conv @‸")
        .replace("stride: i + 1", "‸")
        .replace("|> dense(4) as fc", "|> conv(4, pad: ‸) |> onnx.‸ |> dense(sizes.‸)")
        .replace("random(seed: 1)", '"w.npz" layout ‸'),
    ).then(([layout, block, words, onnx, member, args, mark]) => [
      args,
      block,
      words,
      mark,
      onnx,
      member,
      layout,
    ]);
    expect(labels(args!)).toEqual(expect.arrayContaining(["pad:", "kernel:", "groups:"]));
    expect(labels(args!)).not.toContain("stride:");
    expect(labels(block!)).toContain("channels:");
    expect(labels(words!)).toEqual(expect.arrayContaining(["same", "valid"]));
    expect(labels(mark!)).toEqual(expect.arrayContaining(["kernel", "bits"]));
    expect(labels(onnx!)).toContain("GlobalAveragePool");
    expect(labels(member!)).toEqual(["shape", "type"]);
    expect(labels(layout!)).toContain("pytorch");
  });

  it("knows the names of the last text that could be read while a line is being written", async () => {
    const { uri } = await client.open("typing.mote", net);
    await client.diagnostics(uri, 1);
    const place = at(net, "  y = x");
    await client.change(uri, 2, "  let q = ", { start: place, end: place });
    const items = await client.completions(uri, { ...place, character: 10 });
    expect(labels(items)).toEqual(expect.arrayContaining(["sizes", "x", "image", "conv"]));
  });
});

describe("formatting, symbols and colours", () => {
  it("formats, and leaves a text with errors as it is", async () => {
    const untidy = net.replace("let sizes = [4, 8]", "let   sizes=[ 4,8 ]");
    const { uri } = await client.open("format.mote", untidy);
    const options = { tabSize: 2, insertSpaces: true };
    const ask = () =>
      client.connection.sendRequest(DocumentFormattingRequest.type, {
        textDocument: { uri },
        options,
      });
    const tidy = applied(untidy, (await ask())!);
    expect(tidy).toContain("  let sizes = [4, 8]\n");
    await client.change(uri, 2, tidy);
    expect(await ask()).toEqual([]);
    await client.change(uri, 3, "model (");
    expect(await ask()).toEqual([]);
  });

  it("lists declarations with what is in them", async () => {
    const { uri } = await client.open("symbols.mote", net);
    const symbols = (await client.connection.sendRequest(DocumentSymbolRequest.type, {
      textDocument: { uri },
    })) as { name: string; children: { name: string }[] }[];
    expect(symbols.map((s) => [s.name, s.children.map((c) => c.name)])).toEqual([
      ["net", ["image", "y", "sizes", "x"]],
      ["unit", ["x", "channels", "stride"]],
    ]);
  });

  it("says what each name is", async () => {
    const { uri } = await client.open("tokens.mote", net);
    const { legend } = client.initialised.capabilities.semanticTokensProvider!;
    const { data } = (await client.connection.sendRequest(SemanticTokensRequest.type, {
      textDocument: { uri },
    }))!;
    let [line, character] = [0, 0];
    const found = new Map<string, string>();
    for (let i = 0; i < data.length; i += 5) {
      const [down, right, length, type] = data.slice(i, i + 4) as [number, number, number, number];
      character = down > 0 ? right : character + right;
      line += down;
      const start = { line, character };
      const text = textIn(net, { start, end: { line, character: character + length } });
      found.set(`${line}:${text}`, legend.tokenTypes[type]!);
    }
    expect(found.get("1:net")).toBe("class");
    expect(found.get("1:float")).toBe("type");
    expect(found.get("4:x")).toBe("variable");
    expect(found.get("6:unit")).toBe("function");
    expect(found.get("6:stride")).toBe("parameter");
    expect(found.get("8:fc")).toBe("label");
    expect(found.get("13:pad")).toBe("property");
    expect(found.get("13:conv")).toBe("label");
  });
});

describe("a hostile client", () => {
  it("gets answers for files that are not open, and for places outside of the text", async () => {
    expect(await client.hover("file:///nowhere.mote", { line: 0, character: 0 })).toBeUndefined();
    expect(await client.completions("untitled:Untitled-1", { line: 0, character: 0 })).toEqual([]);
    const { uri } = await client.open("small.mote", "let a = 1\n");
    expect(await client.hover(uri, { line: 900, character: 900 })).toBeUndefined();
    await expect(client.connection.sendRequest("mote/unknown", {})).rejects.toThrow();
    expect(await client.hover(uri, { line: 0, character: 4 })).toContain("let a");
  });

  it("is served after notifications that make no sense, and ends on closed input", async () => {
    const other = new Client();
    await other.initialise();
    const nonsense = '{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"a":[1,2]}}';
    other.process.stdin.write(`Content-Length: ${nonsense.length}\r\n\r\n${nonsense}`);
    const { uri } = await other.open("a.mote", net);
    expect(await other.diagnostics(uri, 1)).toEqual([]);
    expect(await other.end()).toBe(0);
    const third = new Client();
    await third.initialise();
    third.process.stdin.end("Content-Length: 9\r\n\r\n{not json");
    expect((await third.process).exitCode).toBe(1);
    const fourth = new Client();
    fourth.process.stdin.end("\u0000\u0001 no header at all\r\n\r\n{}{}{}");
    expect((await fourth.process).exitCode).toBe(1);
  });
});
