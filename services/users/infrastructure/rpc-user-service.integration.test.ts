import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { ErrorInfoSchema } from "../../../proto/gen/google/rpc/error_details_pb.ts";
import { User_Status, UserCreation_State } from "../../../proto/gen/limen/users/v1/user_pb.ts";
import { UserService } from "../../../proto/gen/limen/users/v1/user_service_pb.ts";
import { createInProcessTransport } from "../../platform/messaging/in-process-transport.ts";
import { type OutboxRelay, startOutboxRelay } from "../../platform/messaging/outbox-relay.ts";
import { bearer, gatewayCredential, startRpcServer, type TestServer } from "../../platform/rpc/rpc-server.fixture.ts";
import { createDeleteUser } from "../application/delete-user.ts";
import { createReactivateUser } from "../application/reactivate-user.ts";
import { createRequestUserCreation } from "../application/request-user-creation.ts";
import { createSuspendUser } from "../application/suspend-user.ts";
import { createUpdateUser } from "../application/update-user.ts";
import { newUser, parseEmail, parseName, parseUserId } from "../domain/user.ts";
import { createCreationWaiter } from "./creation-waiter.ts";
import { createUserService } from "./rpc-user-service.ts";
import { commandsOn, openUsersDatabase, type UsersDatabase } from "./users-database.fixture.ts";

let db: UsersDatabase;
let relay: OutboxRelay | undefined;
let server: TestServer;
let worker: ReturnType<typeof createInProcessTransport>;

before(async () => {
  db = await openUsersDatabase({ onMessages: (envelopes) => relay?.handOver(envelopes) });
  worker = createInProcessTransport({ log: db.log });
  const userService = createUserService({
    reader: db.reader,
    requestUserCreation: createRequestUserCreation({
      ...db,
      decisions: createCreationWaiter(db),
      answerSchedule: [60_000],
    }),
    updateUser: createUpdateUser(db),
    suspendUser: createSuspendUser(db),
    reactivateUser: createReactivateUser(db),
    deleteUser: createDeleteUser(db),
  });
  server = await startRpcServer({ services: (services) => services.add(UserService, userService) });
});
after(async () => {
  await server?.[Symbol.asyncDispose]();
  await relay?.stop();
  await db?.drop();
});

const admin = { headers: bearer("admin", randomUUID()) };
const as = (userId: string) => ({ headers: bearer("user", userId) });
const service = { headers: gatewayCredential };
const client = (): Client<typeof UserService> => createClient(UserService, server.transports["connect json"]);

async function existing(name = "Zoë") {
  const user = newUser(
    parseUserId(db.ids.next()),
    parseName(name),
    parseEmail(`${randomUUID()}@example.com`),
    new Date("2026-01-01T00:00:00.123Z"),
  );
  assert.equal(await db.uow.run(({ users }) => users.add(user)), "ADDED");
  return user;
}

const fails = (call: Promise<unknown>, code: Code, reason?: string) =>
  assert.rejects(call, (error) => {
    assert.ok(error instanceof ConnectError);
    assert.equal(Code[error.code], Code[code]);
    if (reason !== undefined) assert.equal(error.findDetails(ErrorInfoSchema).at(0)?.reason, reason);
    return true;
  });

describe("UserService while no worker runs", () => {
  it("answers that a creation is pending, with the id that the user will have", async () => {
    const email = `${randomUUID()}@example.com`;
    const { creation, user } = await client().createUser({ name: "Zoë", email, wait: durationFromMs(50) }, admin);
    assert.ok(creation);
    assert.deepEqual([creation.state, user], [UserCreation_State.PENDING, undefined]);
    const [command] = await db.outbox(creation.id);
    assert.deepEqual(command?.data, { creationId: creation.id, userId: creation.userId, name: "Zoë", email });
    assert.deepEqual((await client().getUserCreation({ id: creation.id }, admin)).creation, creation);
  });

  it("waits no longer than the caller does", async () => {
    const wish = { name: "Zoë", email: `${randomUUID()}@example.com`, wait: durationFromMs(60_000) };
    const { creation } = await client().createUser(wish, { ...admin, timeoutMs: 600 });
    assert.equal(creation?.state, UserCreation_State.PENDING);
  });
});

describe("UserService while a worker runs", () => {
  before(async () => {
    await worker.subscribe(commandsOn(db));
    await worker.subscribe({
      queue: "auth_user_events",
      bindings: [
        "UserCreated",
        "UserCreationRejected",
        "UserUpdated",
        "UserSuspended",
        "UserReactivated",
        "UserDeleted",
      ].map((event) => ({ exchange: "limen.events", routingKey: `limen.users.v1.${event}` })),
      handle: async () => {},
    });
    const { pool } = db.database;
    relay = startOutboxRelay({ pool, schema: "users", publisher: worker, claim: "lease", log: db.log });
  });
  const wait = durationFromMs(5_000);

  it("answers with the user, and with the rejection when the address is taken", async () => {
    const email = `${randomUUID()}@example.com`;
    const { creation, user } = await client().createUser({ name: " Zoë ", email, wait }, admin);
    assert.equal(creation?.state, UserCreation_State.CREATED);
    assert.deepEqual(
      [user?.id, user?.email, user?.name, user?.status],
      [creation.userId, email, "Zoë", User_Status.ACTIVE],
    );
    assert.deepEqual((await client().getUser({ id: creation.userId }, admin)).user, user);

    await fails(client().createUser({ name: "Zoë", email, wait }, admin), Code.AlreadyExists, "EMAIL_TAKEN");
  });

  it("tells afterwards why a creation was rejected", async () => {
    const { email } = await existing();
    const { creation } = await client().createUser({ name: "Zoë", email }, admin);
    assert.ok(creation);
    const decision = await createCreationWaiter(db).waitFor(creation.id, { timeoutMs: 5_000 });
    assert.equal(decision?.state, "REJECTED");
    const known = await client().getUserCreation({ id: creation.id }, admin);
    assert.deepEqual([known.creation?.state, known.creation?.reason], [UserCreation_State.REJECTED, "EMAIL_TAKEN"]);
  });

  it("gives an address to one of 50 administrators who want it at once", async () => {
    const wish = { name: "Zoë", email: `${randomUUID()}@example.com`, wait };
    const calls = Array.from({ length: 50 }, () => client().createUser(wish, admin));
    const outcomes = await Promise.allSettled(calls);
    const refused = outcomes.filter((outcome) => outcome.status === "rejected");
    assert.equal(refused.length, 49);
    for (const { reason } of refused) assert.equal(ConnectError.from(reason).code, Code.AlreadyExists);
  });
});

describe("UserService", () => {
  it("security 24: shows people to themselves, to administrators and to services", async () => {
    const user = await existing();
    const shown = (await client().getUser({ id: "me" }, as(user.id))).user;
    assert.deepEqual(
      [shown?.id, shown?.email, shown?.name, shown?.status],
      [user.id, user.email, user.name, User_Status.ACTIVE],
    );
    assert.deepEqual((await client().getUser({ id: user.id }, admin)).user, shown);
    assert.deepEqual((await client().batchGetUsers({ ids: [user.id, randomUUID()] }, service)).users, [shown]);
    await fails(client().getUser({ id: user.id }, as(randomUUID())), Code.PermissionDenied, "NOT_OWNER");
    await fails(client().getUser({ id: randomUUID() }, admin), Code.NotFound, "USER_NOT_FOUND");
    await fails(client().getUserCreation({ id: randomUUID() }, admin), Code.NotFound, "USER_CREATION_NOT_FOUND");
  });

  it("hides deleted people from everyone but administrators", async () => {
    const user = await existing();
    const { user: deleted } = await client().deleteUser({ id: "me" }, as(user.id));
    assert.equal(deleted?.status, User_Status.DELETED);
    await fails(client().getUser({ id: "me" }, as(user.id)), Code.NotFound, "USER_NOT_FOUND");
    assert.deepEqual((await client().batchGetUsers({ ids: [user.id] }, service)).users, []);
    assert.deepEqual((await client().getUser({ id: user.id }, admin)).user, deleted);
    assert.deepEqual((await client().deleteUser({ id: user.id }, admin)).user, deleted);
  });

  it("lists every user once, page by page", async () => {
    const added = await Promise.all(Array.from({ length: 3 }, () => existing()));
    const seen: string[] = [];
    let pageToken = "";
    do {
      const page = await client().listUsers({ pageSize: 2, pageToken }, admin);
      seen.push(...page.users.map(({ id }) => id));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    assert.equal(new Set(seen).size, seen.length);
    for (const { id } of added) assert.ok(seen.includes(id));
    await fails(client().listUsers({ pageToken: "?" }, admin), Code.InvalidArgument, "INVALID_PAGE_TOKEN");
  });

  it("security 25: changes the name, and nothing else", async () => {
    const user = await existing();
    const rename = { user: { id: "me", name: "Zora", email: "stolen@example.com" }, updateMask: { paths: ["name"] } };
    const { user: renamed } = await client().updateUser(rename, as(user.id));
    assert.deepEqual([renamed?.name, renamed?.email], ["Zora", user.email]);
    const steal = { ...rename, updateMask: { paths: ["email"] } };
    await fails(client().updateUser(steal, as(user.id)), Code.InvalidArgument, "FIELD_NOT_UPDATABLE");
    const unnamed = { user: { id: user.id }, updateMask: { paths: ["name"] } };
    await fails(client().updateUser(unnamed, admin), Code.InvalidArgument, "INVALID_NAME");
    await fails(client().updateUser({ user: { id: "nobody", name: "Zora" } }, admin), Code.NotFound, "USER_NOT_FOUND");
  });

  it("changes only the version that was read", async () => {
    const { id } = await existing();
    const { user: read } = await client().getUser({ id }, admin);
    const { user: suspended } = await client().suspendUser({ id, etag: read?.etag ?? "" }, admin);
    assert.equal(suspended?.status, User_Status.SUSPENDED);
    const late = client().reactivateUser({ id, etag: read?.etag ?? "" }, admin);
    await fails(late, Code.Aborted, "ETAG_MISMATCH");
    const { user: active } = await client().reactivateUser({ id, etag: suspended.etag }, admin);
    assert.equal(active?.status, User_Status.ACTIVE);
  });

  it("lets one of two who change the same version win", async () => {
    const user = await existing();
    const { user: read } = await client().getUser({ id: user.id }, admin);
    const change = (name: string) =>
      client().updateUser({ user: { id: user.id, etag: read?.etag ?? "", name } }, admin);
    const outcomes = await Promise.allSettled(["Ada", "Grace"].map(change));
    assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);
  });

  it("security 24: lets only administrators decide about others", async () => {
    const user = await existing();
    const [me, somebody] = [as(user.id), as(randomUUID())];
    await fails(client().suspendUser({ id: user.id }, me), Code.PermissionDenied, "ADMIN_REQUIRED");
    await fails(client().deleteUser({ id: user.id }, somebody), Code.PermissionDenied, "NOT_OWNER");
    await fails(client().createUser({ name: "Zoë", email: "zoe@example.com" }, me), Code.PermissionDenied);
    await fails(client().batchGetUsers({ ids: [user.id] }, admin), Code.Unauthenticated);
    await fails(client().listUsers({}), Code.Unauthenticated);
  });
});
