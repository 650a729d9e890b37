/** Starts `mote --lsp` and connects it with the editor. */
const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

function serverOptions() {
  const command = workspace.getConfiguration("mote").get("command", "mote");
  return command.endsWith(".js")
    ? { command: process.execPath, args: [command, "--lsp"], options: asNode }
    : // Windows finds commands of npm only through its shell.
      { command, args: ["--lsp"], options: { shell: process.platform === "win32" } };
}

/** The editor's own executable, as Node. */
const asNode = { env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" } };

exports.activate = () => {
  const files = workspace.createFileSystemWatcher("**/*.{mote,onnx,npz,safetensors,json}");
  client = new LanguageClient("mote", "mote", serverOptions(), {
    documentSelector: [{ language: "mote" }],
    synchronize: { fileEvents: files },
  });
  return client.start();
};

exports.deactivate = () => client?.stop();
