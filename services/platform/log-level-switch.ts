import { type LeveledLog, type LogLevel, logLevels } from "./log.ts";

/** Changes what a running process logs. */
export interface LogLevelSwitch {
  readonly levels: readonly LogLevel[];
  current(): string;
  /** False where there is no such level. The level that the process was started with comes back by itself. */
  change(level: string): boolean;
  /** Comes back to it now. */
  stop(): void;
}

const forMs = 15 * 60_000;

/** A level that somebody forgot would fill a disk, so none stays: after a quarter of an hour all is as it was configured. */
export function createLogLevelSwitch(log: LeveledLog): LogLevelSwitch {
  const configured = log.level;
  let timer: NodeJS.Timeout | undefined;

  function set(level: string): void {
    clearTimeout(timer);
    const from = log.level;
    log.level = level;
    if (level === from) return;
    // Above the level before and after, so that the change itself can always be found.
    log.error({ event: "log_level_changed", from, to: level }, "the log level was changed");
  }

  return {
    levels: logLevels,
    current: () => log.level,
    change(level) {
      if (!logLevels.some((known) => known === level)) return false;
      set(level);
      if (level !== configured) timer = setTimeout(set, forMs, configured).unref();
      return true;
    },
    stop: () => set(configured),
  };
}
