import { spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { json } from "node:stream/consumers";
import type { World } from "./world.ts";

const program = join(resolve(import.meta.dirname, "../.."), "deploy/ops/main.ts");

/** What `npm run ops -- … --json` prints, by its real program. Some of its answers come with an exit code. */
export async function ops({ database }: World, ...args: string[]): Promise<ReturnType<typeof JSON.parse>> {
  const child = spawn(process.execPath, ["--import", "tsx", program, ...args, "--json"], {
    env: { PATH: process.env.PATH, DATABASE_URL: database.url() },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [answer] = await Promise.all([json(child.stdout), once(child, "exit")]);
  return answer;
}
