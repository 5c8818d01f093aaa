// The extension starts `ticketgen lsp` and leaves everything else to it.

import { commands, ExtensionContext, window, workspace } from "vscode";
import { LanguageClient, TransportKind } from "vscode-languageclient/node";

let client: LanguageClient | undefined;

export async function activate(context: ExtensionContext): Promise<void> {
  context.subscriptions.push(commands.registerCommand("ticketgen.restart", restart));
  context.subscriptions.push(
    workspace.onDidChangeConfiguration(async (change) => {
      if (change.affectsConfiguration("ticketgen.command")) {
        await restart();
      }
    }),
  );
  await start();
}

export async function deactivate(): Promise<void> {
  await client?.stop();
  client = undefined;
}

async function restart(): Promise<void> {
  await deactivate();
  await start();
}

async function start(): Promise<void> {
  const command = workspace.getConfiguration("ticketgen").get("command", "ticketgen");
  client = new LanguageClient(
    "ticketgen",
    "ticketgen",
    { command, args: ["lsp"], transport: TransportKind.stdio },
    {
      documentSelector: [
        { scheme: "file", pattern: "**/*.{tf,tofu,tfvars}" },
        { scheme: "file", pattern: "**/*.{tf,tofu,tfvars}.json" },
        { scheme: "file", pattern: "**/*.{tftest,tfmock}.hcl" },
        { scheme: "file", pattern: "**/ticketgen.{yaml,yml}" },
      ],
      synchronize: {
        fileEvents: [
          workspace.createFileSystemWatcher("**/*.{tf,tofu,tfvars,tf.json,tofu.json,tfvars.json,tftest.hcl,tfmock.hcl}"),
          workspace.createFileSystemWatcher("**/{ticketgen,.ticketgen}.{toml,json,yaml,yml}"),
        ],
      },
    },
  );
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    const reason = error instanceof Error ? error.message : String(error);
    await window.showErrorMessage(
      `\`${command} lsp\` does not start: ${reason}. Install ticketgen with its extra "lsp", or set ticketgen.command.`,
    );
  }
}
