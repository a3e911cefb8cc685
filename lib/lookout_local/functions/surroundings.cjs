// Runs in the process of a function in Node, before its code: Lambda's file system and Lambda's AWS SDK around it.
"use strict";

const childProcess = require("node:child_process");
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const { pathToFileURL } = require("node:url");

// Functions whose first argument is a path, and those whose second one is, too.
const ONE_PATH = `access appendFile chmod createReadStream createWriteStream exists lstat mkdir open opendir readdir
  readFile readlink realpath rm rmdir stat truncate unlink utimes writeFile`.split(/\s+/);
const TWO_PATHS = ["copyFile", "cp", "link", "rename", "symlink"];
const PROGRAMS = ["execFile", "execFileSync", "fork", "spawn", "spawnSync"];

// What Lambda's Node runtimes have installed.
const PREINSTALLED = /^(?:@aws-sdk|@smithy|@aws-crypto)\/[^/]+/;
const ASK = `fetch(process.env.ASKED, { method: "POST" }).then(async (answer) => {
  process.stdout.write(await answer.text());
  process.exitCode = answer.ok ? 0 : 1;
});`;

const requireAsItWas = Module.prototype.require;

/**
 * Puts Lambda's surroundings in place.
 *
 * `task` is where the code is, `layers` where the layers are, the one that comes first on Lambda's paths last. `sdk` has
 * the directory of the AWS SDK and the URL to ask for parts of it, `programs` the directory that is first on the PATH.
 */
exports.install = ({ task, layers, sdk, programs }) => {
  const tools = layers.map((layer) => path.join(layer, "bin"));
  process.env.PATH = [programs, ...tools, process.env.PATH].join(path.delimiter);
  const place = placing(task, layers);
  mapFiles(place);
  Module.registerHooks({ resolve: resolving(place, sdk) });
};

/** Takes back what MiniStack puts in place of the SDK: functions get the real one, or an error that says what is missing. */
exports.withoutStubs = () => {
  Module.prototype.require = requireAsItWas;
};

/** Ends the invocation when nothing is left in the event loop, as Lambda does; what it was settled with before counts. */
exports.settleWhenDry = (settle, result) => {
  process.stdin.unref(); // which waits for the next invocation
  const pending = typeof result?.then === "function";
  process.once("beforeExit", () => {
    process.stdin.ref();
    settle(pending ? new Error("Runtime.NodeJsExit: nothing is left that could settle the handler's promise") : null, null);
  });
};

function placing(task, layers) {
  const below = (name, root) => name === root || name.startsWith(`${root}/`);
  return (name) => {
    if (typeof name !== "string") return name;
    if (below(name, "/var/task")) return task + name.slice("/var/task".length);
    if (!below(name, "/opt")) return name;
    const candidates = layers.map((layer) => layer + name.slice("/opt".length));
    return candidates.find((candidate) => fs.existsSync(candidate)) ?? candidates[0] ?? name;
  };
}

function mapFiles(place) {
  const wrap = (holder, name, count) => {
    const original = holder[name];
    if (typeof original !== "function") return;
    const wrapped = function (...args) {
      for (let index = 0; index < count; index++) args[index] = place(args[index]);
      return Reflect.apply(original, this, args);
    };
    holder[name] = Object.assign(wrapped, original);
  };
  for (const [names, count] of [[ONE_PATH, 1], [TWO_PATHS, 2]]) {
    for (const name of names) {
      wrap(fs, name, count);
      wrap(fs, `${name}Sync`, count);
      wrap(fs.promises, name, count);
    }
  }
  for (const name of PROGRAMS) wrap(childProcess, name, 1);
  Module.syncBuiltinESMExports();
}

function resolving(place, sdk) {
  const inSdk = Module.createRequire(path.join(sdk.directory, "node_modules", "_"));
  const here = new Set();
  const have = (name) => {
    if (here.has(name)) return;
    try {
      const url = `${sdk.url}${process.env._LAMBDA_FUNCTION_ARN}/${name}`;
      // Everybody on this machine sees arguments, and nobody the environment.
      const options = { env: { ASKED: url }, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] };
      childProcess.execFileSync(process.execPath, ["-e", ASK], options);
    } catch (error) {
      throw new Error(error.stdout || error.message);
    }
    here.add(name);
  };
  return (specifier, context, next) => {
    const placed = place(specifier);
    try {
      return next(placed, context);
    } catch (error) {
      const [name] = PREINSTALLED.exec(specifier) ?? [];
      if (!name || !/MODULE_NOT_FOUND/.test(error.code)) throw error;
      have(name);
      return { url: pathToFileURL(inSdk.resolve(specifier)).href, format: "commonjs", shortCircuit: true };
    }
  };
}
