import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { existsSync, globSync } from "node:fs";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { findInPath } from "./debian-packages.ts";
import { nextFreePort } from "./ports.ts";
import type { Broker } from "./private-rabbitmq.ts";

/** A broker from an installed `rabbitmq-server`: own ports, own cookie, own data, own name server, no plugins. */
export async function createLocalBroker(program: string, port: number): Promise<Broker> {
  const home = await mkdtemp(join(tmpdir(), "limen-rabbitmq-"));
  const taken = new Set([port]);
  const distributionPort = await nextFreePort(randomInt(20_000, 30_000), taken);
  const nameServerPort = await nextFreePort(randomInt(20_000, 30_000), taken);
  const plugins = join(home, "enabled_plugins");
  await writeFile(plugins, "[].\n");
  const output = join(home, "output.log");
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    LANG: "C.UTF-8",
    // Makes the script become the server instead of staying its parent: one process to signal.
    RUNNING_UNDER_SYSTEMD: "true",
    // A terminal's Ctrl-C is not for the broker, which ends after those who use it.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "+B i",
    RABBITMQ_NODENAME: "limen@localhost",
    RABBITMQ_NODE_IP_ADDRESS: "127.0.0.1",
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distributionPort),
    ERL_EPMD_PORT: String(nameServerPort),
    ERL_EPMD_ADDRESS: "127.0.0.1",
    RABBITMQ_CONF_ENV_FILE: "/dev/null",
    RABBITMQ_CONFIG_FILE: join(home, "none"),
    RABBITMQ_ENABLED_PLUGINS_FILE: plugins,
    RABBITMQ_PLUGINS_EXPAND_DIR: join(home, "plugins"),
    RABBITMQ_MNESIA_BASE: join(home, "data"),
    RABBITMQ_LOG_BASE: join(home, "log"),
    RABBITMQ_LOGS: "-",
    RABBITMQ_PID_FILE: join(home, "pid"),
  };
  let children: ChildProcess[] = [];

  async function launch(command: string, args: string[], env: NodeJS.ProcessEnv): Promise<void> {
    const log = await open(output, "a");
    const child = spawn(command, args, { cwd: home, stdio: ["ignore", log.fd, log.fd], env });
    try {
      await once(child, "spawn");
      children.push(child);
    } finally {
      await log.close();
    }
  }

  async function kill(): Promise<void> {
    await Promise.all(
      children.map(async (child) => {
        if (hasEnded(child)) return;
        child.kill("SIGKILL");
        await once(child, "exit");
      }),
    );
    children = [];
  }

  const control = (...args: string[]) =>
    promisify(execFile)(join(dirname(program), "rabbitmqctl"), ["--quiet", ...args], { cwd: home, env });

  return {
    dataDir: home,
    kill,
    async start() {
      // Erlang's name server would otherwise be started in the background, and outlive the broker.
      await launch(findNameServer(), ["-port", String(nameServerPort), "-address", "127.0.0.1"], {});
      await launch(program, [], env);
    },
    async evaluate(expression) {
      await control("eval", expression);
    },
    async importDefinitions(json) {
      const file = join(home, "definitions.json");
      await writeFile(file, json, { mode: 0o600 });
      await control("import_definitions", file);
    },
    async failure() {
      return children.some(hasEnded)
        ? (await readFile(output, "utf8")).trim().split("\n").slice(-20).join("\n")
        : undefined;
    },
    async remove() {
      await kill();
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

function findNameServer(): string {
  const program = findInPath("epmd") ?? globSync("/usr/lib/erlang/erts-*/bin/epmd").find((path) => existsSync(path));
  if (program === undefined) throw new Error("RabbitMQ is installed but Erlang's epmd is not in PATH.");
  return program;
}
