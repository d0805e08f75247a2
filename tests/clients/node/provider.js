// Starts the real binary `provider` on a free port with a database of its own, and its commands.
// `PROVIDER_BINARY` names the binary; `tests/run` sets it.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

export const PASSWORD = "correct horse battery staple";
// Nobody listens there: the scripted owner stops at the redirect and reads it.
export const REDIRECT_URI = "http://127.0.0.1:4999/callback";
const START_WITHIN = 30_000;

function freePort() {
  return new Promise((resolve, reject) => {
    const listener = createServer();
    listener.once("error", reject);
    listener.listen(0, "127.0.0.1", () => {
      const { port } = listener.address();
      listener.close(() => resolve(port));
    });
  });
}

export class Provider {
  static async start(...options) {
    const provider = new Provider();
    provider.directory = mkdtempSync(join(tmpdir(), "provider-"));
    provider.database = join(provider.directory, "provider.db");
    provider.origin = `http://127.0.0.1:${await freePort()}`;
    provider.log = join(provider.directory, "provider.log");
    const log = openSync(provider.log, "a");
    const port = new URL(provider.origin).port;
    provider.process = spawn(binary(), ["--port", port, "--database", provider.database, ...options], {
      cwd: provider.directory, env: environment(), stdio: ["ignore", log, log],
    });
    closeSync(log);
    provider.ended = new Promise((resolve) => {
      provider.process.once("exit", resolve);
      provider.process.once("error", resolve);
    });
    await provider.#answers();
    provider.user("alice", PASSWORD);
    return provider;
  }

  async #answers() {
    const end = Date.now() + START_WITHIN;
    while (Date.now() < end && this.process.exitCode === null && this.process.pid !== undefined) {
      try {
        if ((await fetch(`${this.origin}/.well-known/oauth-authorization-server`)).ok) return;
      } catch {
        // it does not listen yet
      }
      await pause(50);
    }
    this.process.kill("SIGKILL");
    throw new Error(`the provider does not answer; it wrote:\n${readFileSync(this.log, "utf8")}`);
  }

  async stop() {
    this.process.kill("SIGTERM");
    const late = setTimeout(() => this.process.kill("SIGKILL"), 15_000);
    await this.ended;
    clearTimeout(late);
    rmSync(this.directory, { recursive: true, force: true });
  }

  // Runs a subcommand while the server runs, and gives what it writes to standard output.
  command(given, input = "") {
    const done = spawnSync(binary(), ["--database", this.database, ...given], {
      cwd: this.directory, env: environment(), input, encoding: "utf8", timeout: 60_000,
    });
    assert.equal(done.status, 0, `provider ${given.join(" ")}: ${done.error ?? done.stderr}`);
    return done.stdout;
  }

  application(given, input) {
    return JSON.parse(this.command(["application", "create", ...given, "--json"], input));
  }

  confidential(name, given = [], input = "") {
    return this.application(["--name", name, "--confidential", "--redirect-uri", REDIRECT_URI, ...given], input);
  }

  public(name) {
    return this.application(["--name", name, "--public", "--redirect-uri", REDIRECT_URI]);
  }

  user(username, password) {
    this.command(["user", "create", "--username", username, "--password-stdin"], `${password}\n`);
  }

  // Calls the API with a token and gives the status.
  async api(accessToken, path = "/api/profile") {
    return (await fetch(this.origin + path, { headers: { authorization: `Bearer ${accessToken}` } })).status;
  }
}

function binary() {
  const path = process.env.PROVIDER_BINARY;
  assert.ok(path, "PROVIDER_BINARY names the server under test; tests/run sets it");
  return path;
}

function environment() {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("PROVIDER_"));
  return { ...Object.fromEntries(own), PROVIDER_ADMIN_PASSWORD: "only for this test, admin" };
}
