import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { eventually, somebody } from "./support/client.ts";
import { mailedToken, mailTo } from "./support/mails.ts";
import { type StartedSystem, startSystem } from "./system/start-system.ts";

describe("Limen with REGISTRATION_MODE=verified", () => {
  let dataDir: string;
  let system: StartedSystem;
  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "limen-verified-"));
    const env = { DATA_DIR: dataDir, DATABASE_URL: undefined, REGISTRATION_MODE: "verified" };
    system = await startSystem("deploy/local/start.ts", env);
  });
  after(async () => {
    await system?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const register = (person = somebody()) => system.client("POST", "/api/v1/auth/register", { body: person });

  /** From the first request to the first login. */
  async function signUp() {
    const person = somebody();
    const { status, headers, body } = await register(person);
    assert.deepEqual([status, body.registration.state, body.tokens], [202, "AWAITING_PROOF", undefined]);
    const token = await mailedToken(system, person.email, /finish your registration/i);
    const { email, password } = person;
    const login = () => system.client("POST", "/api/v1/auth/login", { body: { email, password } });
    assert.deepEqual(await unprovenLogin(login), await unprovenLogin(loginOfNobody));
    assert.equal((await system.client("POST", "/api/v1/auth/email/verify", { body: { token } })).status, 200);
    await eventually(
      () => system.client("GET", headers.get("location") ?? ""),
      (answer) => answer.body.registration.state === "COMPLETED",
    );
    assert.equal((await login()).status, 200);
    return person;
  }

  const loginOfNobody = () => {
    const { email, password } = somebody();
    return system.client("POST", "/api/v1/auth/login", { body: { email, password } });
  };
  const unprovenLogin = async (login: typeof loginOfNobody) => {
    const { status, body, headers } = await login();
    assert.equal(status, 401);
    return [{ ...body, requestId: "" }, [...headers.keys()].toSorted()];
  };

  it("security 7: makes the account after the proof of the address, and knows nobody before", async () => {
    await signUp();
  });

  it("security 8: answers alike for an address that has an account, whose owner is told", async () => {
    const owner = await signUp();
    const [known, unknown] = [await register(owner), await register()];
    const shape = ({ status, body, headers }: typeof known) => [
      status,
      Object.keys(body.registration).toSorted(),
      body.registration.state,
      [...headers.keys()].toSorted(),
    ];
    assert.deepEqual(shape(known), shape(unknown));
    assert.doesNotMatch(await mailTo(system, owner.email, /already have an account/i), /token=/);
  });

  it("gives the address to the first of two who prove it", async () => {
    const person = somebody();
    const [first, second] = [await register(person), await register({ ...person, name: "Grace" })];
    const tokens = new Set<string>();
    await eventually(
      async () => {
        for (const mail of await system.mails()) {
          const token = mail.to === person.email ? /\?token=(\S+)/.exec(mail.text)?.[1] : undefined;
          if (token !== undefined) tokens.add(token);
        }
        return { status: tokens.size, headers: new Headers(), body: null };
      },
      ({ status }) => status === 2,
    );
    for (const token of tokens) await system.client("POST", "/api/v1/auth/email/verify", { body: { token } });
    const ends = [];
    for (const { headers } of [first, second]) {
      const { body } = await eventually(
        () => system.client("GET", headers.get("location") ?? ""),
        (answer) => ["COMPLETED", "REJECTED"].includes(answer.body.registration.state),
      );
      ends.push(`${body.registration.state} ${body.registration.reason}`.trim());
    }
    assert.deepEqual(ends.toSorted(), ["COMPLETED", "REJECTED EMAIL_TAKEN"]);
  });
});
