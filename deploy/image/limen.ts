/** The image's entry point, `limen <role> [arguments]`: becomes that role, in this process. */

interface Role {
  readonly start: () => Promise<unknown>;
  /** What the started module finds as its first arguments. */
  readonly args: readonly string[];
}

const roles: Readonly<Record<string, Role>> = {
  "users-api": { start: () => import("../../services/users/main.ts"), args: ["api"] },
  "users-worker": { start: () => import("../../services/users/main.ts"), args: ["worker"] },
  "auth-api": { start: () => import("../../services/auth/main.ts"), args: ["api"] },
  "auth-worker": { start: () => import("../../services/auth/main.ts"), args: ["worker"] },
  gateway: { start: () => import("../../gateway/main.ts"), args: [] },
  migrate: { start: () => import("../ops/main.ts"), args: ["migrate"] },
  ops: { start: () => import("../ops/main.ts"), args: [] },
  healthcheck: { start: () => import("./healthcheck.ts"), args: [] },
};

const name = process.argv[2] ?? "";
const role = Object.hasOwn(roles, name) ? roles[name] : undefined;
if (role === undefined) {
  process.stderr.write(`usage: limen ${Object.keys(roles).join("|")}\n`);
  process.exitCode = 2;
} else {
  process.title = `limen ${name}`;
  process.argv.splice(2, 1, ...role.args);
  await role.start();
}
