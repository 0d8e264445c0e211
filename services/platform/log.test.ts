import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { DomainError } from "./errors.ts";
import { describeError } from "./log.ts";

describe("describeError", () => {
  it("tells name, code and message, down the cause chain", () => {
    const cause = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    const error = new DomainError("unavailable", "DEPENDENCY_UNAVAILABLE", "the database is not available", { cause });
    assert.equal(
      describeError(error),
      "DomainError: the database is not available <- Error [ECONNREFUSED]: connect ECONNREFUSED",
    );
  });

  it("tells nothing of the data that an error carries", () => {
    const error = Object.assign(new Error("duplicate key value violates unique constraint"), {
      code: "23505",
      detail: "Key (email)=(ada@example.com) already exists.",
      query: "insert into users values ('ada@example.com')",
      parameters: ["ada@example.com"],
    });
    assert.equal(describeError(error), "Error [23505]: duplicate key value violates unique constraint");
  });

  it("tells the first line of a message: libraries put statements and values below it", () => {
    const error = new Error("insert failed\ninsert into accounts (hash) values ('$argon2id$')");
    assert.equal(describeError(error), "Error: insert failed");
  });

  it("leaves out the value that a database could not read", () => {
    const error = Object.assign(new Error('invalid input syntax for type uuid: "ada@example.com "x""'), {
      code: "22P02",
    });
    assert.equal(describeError(error), "Error [22P02]: invalid input syntax for type uuid: …");
  });

  it("ends, with causes that never do and with what is no error", () => {
    const error = new Error("round");
    error.cause = error;
    assert.equal(describeError(error).split(" <- ").length, 5);
    assert.equal(describeError("plain"), "plain");
    assert.equal(describeError(undefined), "undefined");
  });
});

describe("the log", () => {
  it("is one JSON line per event on standard output", async () => {
    const script = `
      const { createLog } = await import("./services/platform/log.ts");
      const log = createLog("info", "auth-api");
      log.debug({ event: "unseen" }, "below the level");
      log.child({ requestId: "r1" }).info({ event: "started", port: 50052 }, "two\\nlines");`;
    const args = ["--import", "tsx", "--input-type=module", "--eval", script];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const [line = "", ...rest] = stdout.split("\n");
    assert.deepEqual(rest, [""]);
    const { time, ...fields } = JSON.parse(line);
    assert.deepEqual(fields, {
      level: "info",
      role: "auth-api",
      requestId: "r1",
      event: "started",
      port: 50_052,
      msg: "two\nlines",
    });
    assert.equal(new Date(time).toISOString(), time);
  });

  it("has told of a warning, and of what came before it, also when the process dies at once", async () => {
    const script = `
      const { createLog } = await import("./services/platform/log.ts");
      const log = createLog("info", "auth-api");
      log.info({ event: "rpc" }, "call");
      log.warn({ event: "outbox_relay_failed" }, "outbox waits");
      process.kill(process.pid, "SIGKILL");`;
    const args = ["--import", "tsx", "--input-type=module", "--eval", script];
    const died = await promisify(execFile)(process.execPath, args).catch((error) => error);
    assert.equal(died.signal, "SIGKILL");
    const events = died.stdout
      .trim()
      .split("\n")
      .map((line: string) => JSON.parse(line).event);
    assert.deepEqual(events, ["rpc", "outbox_relay_failed"]);
  });

  it("tells of what is no warning soon, also when nothing follows", async (t) => {
    const script = `
      const { createLog } = await import("./services/platform/log.ts");
      const log = createLog("info", "auth-api");
      process.stdin.on("data", () => log.info({ event: "rpc" }, "call"));`;
    const args = ["--import", "tsx", "--input-type=module", "--eval", script];
    const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
    t.after(() => child.kill());
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    for (const _ of ["first", "second"]) {
      child.stdin.write("more");
      assert.equal(JSON.parse((await lines.next()).value ?? "").event, "rpc");
    }
  });
});
