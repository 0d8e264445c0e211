import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import type { LeveledLog } from "./log.ts";
import { createLogLevelSwitch } from "./log-level-switch.ts";

const quarterMs = 15 * 60_000;

describe("the switch of the log level", () => {
  const told: string[] = [];
  const ignore = () => undefined;
  const write = ({ from, to }: { from: string; to: string }) => void told.push(`${from} to ${to}`);
  const log = { level: "info", debug: ignore, info: ignore, warn: ignore, error: write } as unknown as LeveledLog;
  beforeEach(() => {
    told.length = 0;
  });

  it("changes the level for a quarter of an hour, and tells of both", (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const level = createLogLevelSwitch(log);
    assert.equal(level.change("debug"), true);
    t.mock.timers.tick(quarterMs - 1);
    assert.equal(level.current(), "debug");
    t.mock.timers.tick(1);
    assert.equal(level.current(), "info");
    assert.deepEqual(told, ["info to debug", "debug to info"]);
  });

  it("counts the quarter from the last change, and not at all once the configured level is back", (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const level = createLogLevelSwitch(log);
    level.change("debug");
    t.mock.timers.tick(quarterMs - 1);
    level.change("error");
    t.mock.timers.tick(quarterMs - 1);
    assert.equal(level.current(), "error");
    level.change("info");
    t.mock.timers.tick(quarterMs);
    assert.deepEqual(told, ["info to debug", "debug to error", "error to info"]);
  });

  it("knows no other levels, silence least of all", () => {
    const level = createLogLevelSwitch(log);
    for (const unknown of ["silent", "", "DEBUG", "__proto__"]) assert.equal(level.change(unknown), false);
    assert.equal(level.current(), "info");
  });

  it("is back at once when it is stopped", () => {
    const level = createLogLevelSwitch(log);
    level.change("debug");
    level.stop();
    assert.equal(level.current(), "info");
  });
});
