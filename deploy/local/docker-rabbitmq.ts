import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Broker } from "./private-rabbitmq.ts";

const image = "rabbitmq:4-alpine";

/** A broker in a container. The image is downloaded the first time. */
export function createDockerBroker(port: number): Broker {
  const container = `limen-rabbitmq-${process.pid}-${port}`;
  const docker = async (...args: string[]) => (await promisify(execFile)("docker", args)).stdout.trim();
  const status = () => docker("ps", "--all", "--filter", `name=^${container}$`, "--format", "{{.State}}");

  return {
    async start() {
      if ((await status()) !== "") {
        await docker("start", container);
        return;
      }
      // The data directory is named after the host, so the name must outlast a restart.
      await docker(
        "run",
        "--detach",
        "--name",
        container,
        "--hostname",
        "limen",
        "--publish",
        `127.0.0.1:${port}:5672`,
        image,
      );
    },
    async failure() {
      const state = await status();
      return state === "exited" || state === "dead" ? await docker("logs", "--tail", "20", container) : undefined;
    },
    async kill() {
      if ((await status()) === "running") await docker("kill", container);
    },
    async evaluate(expression) {
      await docker("exec", container, "rabbitmqctl", "eval", expression);
    },
    async importDefinitions(json) {
      const importing = promisify(execFile)("docker", [
        "exec",
        "--interactive",
        container,
        "rabbitmqctl",
        "import_definitions",
      ]);
      importing.child.stdin?.end(json);
      await importing;
    },
    async remove() {
      await docker("rm", "--force", "--volumes", container);
    },
  };
}
