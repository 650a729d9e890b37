/**
 * Gets what is missing to compile and run: npm packages, mote's own build, tools of the system.
 * `npm start` and `npm test` call it. It runs before node_modules exist, so it is plain JavaScript
 * and imports of Node only. It says what it does and is quiet when nothing is missing.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const inRoot = (...parts) => join(root, ...parts);

const say = (text) => console.error(`setup: ${text}`);

/** Runs a command that the user sees the output of; true when it succeeded. */
function run(command, args, env = {}) {
  say([command, ...args].join(" "));
  const options = { cwd: root, stdio: ["ignore", 2, 2], env: { ...process.env, ...env } };
  const isDone = spawnSync(command, args, options).status === 0;
  if (!isDone) say(`'${command}' failed`);
  return isDone;
}

/** Whether a command exists and succeeds, without a word. */
function succeeds(command, args, input = "") {
  return spawnSync(command, args, { input, stdio: ["pipe", "ignore", "ignore"] }).status === 0;
}

// ---- npm packages ----

const readJson = (file) => JSON.parse(readFileSync(file, "utf8"));

/** npm notes what it installed; compared by content, for a checkout changes the times. */
function packagesAreInstalled() {
  const note = inRoot("node_modules", ".package-lock.json");
  if (!existsSync(note)) return false;
  const installed = readJson(note).packages;
  const wanted = Object.entries(readJson(inRoot("package-lock.json")).packages);
  return wanted.every(([path, { version, optional, devOptional }]) => {
    const isOptional = path === "" || optional || devOptional;
    return path in installed ? installed[path].version === version : isOptional;
  });
}

function installPackages() {
  if (packagesAreInstalled()) return true;
  say("installing npm packages");
  const skip = { ONNXRUNTIME_NODE_INSTALL: "skip", ONNXRUNTIME_NODE_INSTALL_CUDA: "skip" };
  return run("npm", ["ci", "--include=dev", "--no-audit", "--no-fund"], skip);
}

// ---- mote's own build ----

const modifiedAt = (file) => statSync(file).mtimeMs;

function newestSource(folder) {
  const times = readdirSync(folder, { withFileTypes: true }).map((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return newestSource(path);
    return entry.name.endsWith(".ts") ? modifiedAt(path) : 0;
  });
  return Math.max(0, ...times);
}

function buildMote() {
  const built = inRoot("dist", "compiler", "cli.js");
  const sources = Math.max(newestSource(inRoot("compiler")), modifiedAt(inRoot("tsconfig.json")));
  if (existsSync(built) && modifiedAt(built) >= sources) return true;
  say("building mote");
  if (run("npm", ["run", "--silent", "build"])) return true;
  rmSync(built, { force: true }); // the compiler writes its output in spite of errors
  return false;
}

// ---- tools of the system ----

const usesLibrary = "#include <math.h>\n#include <stdint.h>\n#include <string.h>\n";
const check = ["-x", "c", "-fsyntax-only", "-"];
const armCheck = ["-mcpu=cortex-m4", "-mthumb", ...check];

/** `isThere` is asked again after the installation; an entry may need an earlier one. */
const tools = [
  {
    name: "a C compiler for this computer",
    debian: ["gcc"],
    isThere: () => succeeds("cc", ["--version"]),
  },
  {
    name: "the C library's headers",
    debian: ["libc6-dev"],
    isThere: () => succeeds("cc", check, usesLibrary),
  },
  {
    name: "arm-none-eabi-gcc",
    debian: ["gcc-arm-none-eabi"],
    isThere: () => succeeds("arm-none-eabi-gcc", ["--version"]),
  },
  {
    name: "newlib (the C library for Arm)",
    debian: ["libnewlib-arm-none-eabi"],
    isThere: () => succeeds("arm-none-eabi-gcc", armCheck, usesLibrary),
  },
  {
    name: "qemu-system-arm",
    debian: ["qemu-system-arm"],
    isThere: () => succeeds("qemu-system-arm", ["--version"]),
  },
];

const missingTools = () => tools.filter(({ isThere }) => !isThere());

const packagesOf = (missing) => missing.flatMap(({ debian }) => debian);

const canInstall = () =>
  process.getuid?.() === 0 &&
  existsSync("/etc/debian_version") &&
  succeeds("apt-get", ["--version"]);

function installTools(missing) {
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const quiet = ["-qq", "-o", "Acquire::Retries=3"];
  run("apt-get", [...quiet, "update"], env);
  const install = ["install", "-y", "--no-install-recommends", ...packagesOf(missing)];
  run("apt-get", [...quiet, ...install], env);
}

function instructions(missing) {
  if (process.platform === "darwin") {
    return "xcode-select --install; brew install --cask gcc-arm-embedded; brew install qemu";
  }
  if (existsSync("/etc/debian_version")) {
    return `as root: apt-get install --no-install-recommends ${packagesOf(missing).join(" ")}`;
  }
  const arm = "https://developer.arm.com/downloads/-/arm-gnu-toolchain-downloads";
  return `GCC for Arm: ${arm}, QEMU: https://www.qemu.org/download/`;
}

/** Never an error: without these, `--target host` still works where there is a C compiler. */
function provideTools() {
  let missing = missingTools();
  if (missing.length > 0 && canInstall()) {
    say(`installing ${missing.map(({ name }) => name).join(", ")}`);
    installTools(missing);
    missing = missingTools();
  }
  if (missing.length === 0) return;
  say(`not found: ${missing.map(({ name }) => name).join(", ")}`);
  say(`to get it: ${instructions(missing)}`);
  say("without the tools for Arm, only '--target host' can run programs");
}

provideTools();
process.exitCode = installPackages() && buildMote() ? 0 : 1;
