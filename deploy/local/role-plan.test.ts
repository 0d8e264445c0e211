import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { freePort } from "./ports.ts";
import { planRoles } from "./role-plan.ts";

describe("role plan", () => {
  const surroundings = {
    port: 8_080,
    usersUrl: "postgresql://limen_users@127.0.0.1/limen",
    authUrl: "postgresql://limen_auth@127.0.0.1/limen",
    secrets: { KEY_ENCRYPTION_KEY: "key", SERVICE_CREDENTIALS: "gateway=secret" },
  };

  it("starts the gateway last and gives every listener a port of its own", async () => {
    const plan = await planRoles({ ...surroundings, env: {} });
    assert.deepEqual(
      plan.map(({ name }) => name),
      ["users-api", "users-worker", "auth-api", "auth-worker", "gateway"],
    );
    const { env } = plan[0] ?? assert.fail();
    const shared = ["PORT", "USERS_GRPC_PORT", "USERS_HTTP_PORT", "AUTH_GRPC_PORT", "AUTH_HTTP_PORT"].map(
      (name) => env[name],
    );
    const management = plan.map((role) => role.env.MANAGEMENT_PORT);
    assert.equal(new Set([...shared, ...management]).size, 10);
    assert.deepEqual(
      management,
      plan.map((role) => String(role.managementPort)),
    );
  });

  it("points the roles at each other, with the user's settings on top", async () => {
    const grpcPort = String(await freePort());
    const plan = await planRoles({
      ...surroundings,
      env: { USERS_GRPC_PORT: grpcPort, PUBLIC_URL: "https://id.example" },
    });
    const gateway = plan.at(-1) ?? assert.fail();
    assert.equal(gateway.env.USERS_GRPC_PORT, grpcPort);
    assert.equal(gateway.env.USERS_GRPC_TARGET, `dns:///127.0.0.1:${grpcPort}`);
    assert.equal(gateway.env.PUBLIC_URL, "https://id.example");
  });

  it("keeps the superuser's URL from the roles", async () => {
    const env = {
      DATABASE_URL: "postgresql://postgres@127.0.0.1/limen",
      MIGRATIONS_DATABASE_URL: "postgresql://owner@h/d",
    };
    for (const role of await planRoles({ ...surroundings, env })) {
      assert.equal(role.env.DATABASE_URL, undefined);
      assert.equal(role.env.MIGRATIONS_DATABASE_URL, undefined);
      assert.equal(role.env.USERS_DATABASE_URL, surroundings.usersUrl);
    }
  });
});
