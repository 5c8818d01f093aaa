// The bundled extension, with a stand-in for the editor: it must start the configured command as a language server.

import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import Module, { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

/** A language server that answers every request with an empty result. */
const SERVER = `
const { writeFileSync } = require("node:fs");
writeFileSync(process.argv[1] + ".arguments", process.argv.slice(2).join(" "));
let input = Buffer.alloc(0);
process.stdin.on("data", (data) => {
  input = Buffer.concat([input, data]);
  for (;;) {
    const start = input.indexOf("\\r\\n\\r\\n") + 4;
    const length = Number(/Content-Length: (\\d+)/.exec(input.subarray(0, start))?.[1] ?? Infinity);
    if (start < 4 || input.length < start + length) return;
    const { id, method } = JSON.parse(input.subarray(start, start + length));
    input = input.subarray(start + length);
    if (method === "exit") process.exit();
    if (id === undefined) continue;
    const result = method === "initialize" ? { capabilities: {} } : null;
    const answer = JSON.stringify({ jsonrpc: "2.0", id, result });
    process.stdout.write("Content-Length: " + answer.length + "\\r\\n\\r\\n" + answer);
  }
});
`;

const require = createRequire(import.meta.url);
const shown = [];
let command = "ticketgen";

const disposable = () => ({ dispose() {} });
class Anything {
  event = disposable;
  fire() {}
  cancel() {}
  dispose() {}
}
const event = () => disposable();
const space = (given) =>
  new Proxy(given, {
    get: (target, name) => {
      if (name in target) return target[name];
      if (typeof name === "symbol") return undefined;
      if (/^on[A-Z]/.test(name)) return event;
      return /^[A-Z]/.test(name) ? class extends Anything {} : () => disposable();
    },
  });
const vscode = space({
  version: "1.91.0",
  workspace: space({
    textDocuments: [],
    notebookDocuments: [],
    workspaceFolders: undefined,
    getConfiguration: () => ({ get: (_, otherwise) => command ?? otherwise, has: () => false }),
    createFileSystemWatcher: () => space({}),
  }),
  window: space({
    tabGroups: space({ all: [] }),
    visibleTextEditors: [],
    createOutputChannel: () => space({ append() {}, appendLine() {}, show() {} }),
    showErrorMessage: async (text) => void shown.push(text),
  }),
  languages: space({ match: () => 0, createDiagnosticCollection: () => space({ clear() {}, set() {} }) }),
  env: space({ appName: "test", language: "en" }),
  commands: space({ registerCommand: disposable }),
});
const load = Module._load;
Module._load = (name, ...rest) => (name === "vscode" ? vscode : load(name, ...rest));
const extension = require("../dist/extension.js");

test("a command that does not exist is reported, with the fix", async () => {
  command = "/no/such/command";
  await extension.activate({ subscriptions: [] });
  assert.match(shown.at(-1) ?? "", /does not start/);
  assert.match(shown.at(-1), /ticketgen\.command/);
});

test("the configured command is started as a language server, and stopped", async () => {
  const folder = mkdtempSync(join(tmpdir(), "extension-"));
  command = join(folder, "server");
  writeFileSync(command, `#!${process.execPath}\n${SERVER}`);
  chmodSync(command, 0o755);
  const before = shown.length;
  await extension.activate({ subscriptions: [] });
  assert.equal(readFileSync(`${command}.arguments`, "utf8").split(" ")[0], "lsp");
  await extension.deactivate();
  assert.equal(shown.length, before);
});

test("the program cannot be chosen by a workspace", () => {
  const described = require("../package.json");
  assert.equal(described.contributes.configuration.properties["ticketgen.command"].scope, "machine");
  assert.equal(described.capabilities.untrustedWorkspaces.supported, false);
});
