import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import type { AuditEntry, Guard } from "../application/credential-ports.ts";
import { testGuessRules } from "./in-memory-access.fixture.ts";
import type { Tallies } from "./tallies.ts";
import { createTallyGuard } from "./tally-guard.ts";

const home = "192.0.2.1";
const elsewhere = "198.51.100.7";
const throttled = { kind: "resource-exhausted", reason: "THROTTLED" };

/** What the guard promises, over tallies in memory and in PostgreSQL. */
export function guardContract(where: string, open: () => Tallies): void {
  describe(`guard (${where})`, () => {
    it("security 9: lets five guesses at an address fail, then doubles the delay with each", async () => {
      const { fails, refusal, time } = setup(open());
      for (let i = 0; i < 5; i++) await fails();
      for (const delayMs of [1_000, 2_000, 4_000, 8_000]) {
        assert.equal(await refusal(), delayMs);
        time.ms += delayMs - 1;
        assert.equal(await refusal(), 1);
        time.ms += 1;
        await fails();
      }
    });

    it("security 9: refused guesses make no delay longer, and none is longer than the longest", async () => {
      const { fails, refusal, time } = setup(open());
      for (let i = 0; i < 5; i++) await fails();
      for (let i = 0; i < 16; i++) {
        for (let refused = 0; refused < 3; refused++) await refusal();
        time.ms += 300_000;
        await fails();
      }
      assert.equal(await refusal(), 300_000);
    });

    it("security 9: an address is slowed alike whether or not anybody has it, and however it is written", async () => {
      const { fails, refusal } = setup(open());
      const [ada, nobody] = [randomUUID(), "no address"];
      for (const email of [ada, nobody]) {
        for (let i = 0; i < 5; i++) await fails({ email, userId: email === ada ? "ada" : null });
        assert.equal(await refusal({ email: ` ${email.toUpperCase()}` }), 1_000);
      }
    });

    it("security 9: evaluates at most 20 of 200 parallel guesses, from one network or from 200", async () => {
      for (const ipOf of [() => home, (i: number) => `203.0.113.${i}`]) {
        const { guard, email } = setup(open());
        let evaluated = 0;
        const guesses = Array.from({ length: 200 }, (_, i) =>
          guard.password({ email, ipAddress: ipOf(i), userId: null }, async () => {
            evaluated++;
            await new Promise((resolve) => setImmediate(resolve));
            return null;
          }),
        );
        const outcomes = await Promise.allSettled(guesses);
        assert.ok(evaluated >= 5 && evaluated <= 20, `${evaluated} were evaluated`);
        for (const outcome of outcomes) {
          if (outcome.status === "rejected") assert.equal(outcome.reason.reason, "THROTTLED");
        }
      }
    });

    it("security 9: others' failures do not slow a network from which the owner has logged in", async () => {
      const { succeeds, fails, refusal } = setup(open());
      await succeeds({ ipAddress: home });
      for (let i = 0; i < 40; i++) await fails({ ipAddress: `203.0.113.${i}` }).catch(refused);
      for (let i = 0; i < 5; i++) await fails({ ipAddress: home });
      assert.equal(await refusal({ ipAddress: home }), 1_000);
    });

    it("security 9: nobody's failures keep the owner out, wherever they come from", async () => {
      const { succeeds, fails } = setup(open());
      for (let i = 0; i < 9; i++) await fails({ ipAddress: elsewhere }).catch(refused);
      assert.equal(await succeeds({ ipAddress: "2001:db8::1" }), "in");
    });

    it("security 9: where strangers crowd at an address, a mailed link lets its owner through", async () => {
      const { guard, email, succeeds, fails, refusal } = setup(open());
      for (let i = 0; i < 25; i++) await fails({ ipAddress: `203.0.113.${i}` }).catch(refused);
      assert.equal(await refusal({ ipAddress: home }), 4_000);
      await guard.owner(email, home);
      assert.equal(await succeeds({ ipAddress: home }), "in");
    });

    it("security 9: strangers have one guess each once an address is under attack", async () => {
      const { fails, refusal } = setup(open());
      for (let i = 0; i < 5; i++) await fails({ ipAddress: elsewhere });
      await fails({ ipAddress: home });
      assert.equal(await refusal({ ipAddress: home }), 1_000);
    });

    it("security 9: an IPv6 network is one, whatever address of it is used", async () => {
      const { fails, refusal } = setup(open());
      for (let i = 0; i < 5; i++) await fails({ ipAddress: `2001:db8::${i}` });
      assert.equal(await refusal({ ipAddress: "2001:0db8:0:0:ffff::1" }), 1_000);
    });

    it("forgets failures by a success, and by time", async () => {
      const { fails, succeeds, refusal, time } = setup(open());
      for (let round = 0; round < 2; round++) {
        for (let i = 0; i < 4; i++) await fails();
        await succeeds();
      }
      for (let i = 0; i < 5; i++) await fails();
      assert.equal(await refusal(), 1_000);
      time.ms += 3_600_001;
      for (let i = 0; i < 5; i++) await fails();
    });

    it("knows a network for thirty days", async () => {
      const { fails, succeeds, time } = setup(open());
      await succeeds({ ipAddress: home });
      time.ms += 30 * 86_400_000 + 1;
      for (let i = 0; i < 20; i++) await fails({ ipAddress: `203.0.113.${i}` });
      await assert.rejects(fails({ ipAddress: home }), throttled);
    });

    it("counts nothing when there was no answer", async () => {
      const { guard, email, fails, refusal } = setup(open());
      const boom = async () => Promise.reject(new Error("boom"));
      for (let i = 0; i < 30; i++) {
        await assert.rejects(guard.password({ email, ipAddress: home, userId: null }, boom), /boom/);
      }
      for (let i = 0; i < 5; i++) await fails();
      assert.equal(await refusal(), 1_000);
    });

    it("security 9: lets a network fail a thousand times at whatever addresses, and then no more until its time is over", async () => {
      const { guard, fails, time, audited } = setup(open(), { networkFailures: 30 });
      const fail = () => fails({ email: randomUUID() });
      for (let i = 0; i < 30; i++) await fail();
      assert.deepEqual(
        audited.map((entry) => entry.event === "throttled" && entry.scope),
        ["network"],
      );
      await assert.rejects(fail(), { ...throttled, retryAfterMs: 900_000 });
      assert.equal(await guard.registration(home, async () => "free"), "free");
      time.ms += 900_000;
      await fail();
    });

    it("security 9: counts refused registrations and refused links apart", async () => {
      const { guard } = setup(open(), { networkFailures: 3 });
      for (const path of ["registration", "proof"] as const) {
        for (let i = 0; i < 3; i++) assert.equal(await guard[path](home, async () => null), null);
        await assert.rejects(
          guard[path](home, async () => assert.fail("it was evaluated")),
          throttled,
        );
        assert.equal(await guard[path](elsewhere, async () => "fine"), "fine");
      }
    });

    it("security 9: where everybody together guesses too much, each strange network has its share, and owners go on", async () => {
      const { guard, email, fails, succeeds, time, audited } = setup(open(), manyTogether);
      const strange = (ipAddress: string) => fails({ email: randomUUID(), ipAddress });
      await succeeds({ ipAddress: home });
      for (let i = 0; i < 50; i++) await strange(`203.0.113.${i}`);
      assert.deepEqual(audited, [{ event: "throttled", userId: null, scope: "everybody" }]);
      for (let i = 0; i < 3; i++) await strange(elsewhere);
      await assert.rejects(strange(elsewhere), { ...throttled, retryAfterMs: 900_000 });
      for (let i = 0; i < 3; i++) await strange(home);
      await assert.rejects(strange(home), throttled);
      assert.equal(await succeeds({ ipAddress: home }), "in");
      await guard.owner(email, elsewhere);
      assert.equal(await succeeds({ ipAddress: elsewhere }), "in");
      time.ms += 900_000;
      for (let i = 0; i < 5; i++) await strange(elsewhere);
    });

    it("security 9: where everybody together registers too much, each network has its share", async () => {
      const { guard, time } = setup(open(), manyTogether);
      const register = (ipAddress: string) => guard.registration(ipAddress, async () => "registered");
      for (let i = 0; i < 50; i++) assert.equal(await register(home), "registered");
      await assert.rejects(register(home), throttled);
      for (let i = 0; i < 3; i++) assert.equal(await register(elsewhere), "registered");
      await assert.rejects(register(elsewhere), throttled);
      time.ms += 900_000;
      assert.equal(await register(home), "registered");
    });

    it("security 9: where everybody together asks for too many mails, each network has its share", async () => {
      const { guard, email, time } = setup(open(), manyTogether);
      for (let i = 0; i < 50; i++) await guard.mail(randomUUID(), `203.0.113.${i}`);
      for (let i = 0; i < 3; i++) await guard.mail(email, home);
      await assert.rejects(guard.mail(email, home), throttled);
      time.ms += 900_000;
      await guard.mail(email, home);
    });

    it("security 9: lets ten mails an hour go to an address, whoever asks", async () => {
      const { guard, email, time } = setup(open());
      for (let i = 0; i < 10; i++) await guard.mail(email, `203.0.113.${i}`);
      await assert.rejects(guard.mail(email, home), throttled);
      await guard.mail(randomUUID(), home);
      time.ms += 3_600_000;
      await guard.mail(email, home);
    });

    it("security 30: says once that an address or a network is slowed", async () => {
      const { fails, refusal, audited } = setup(open());
      for (let i = 0; i < 5; i++) await fails({ userId: "ada" });
      for (let i = 0; i < 5; i++) await refusal();
      assert.deepEqual(audited, [{ event: "throttled", userId: "ada", ipAddress: home, scope: "address" }]);
    });

    it("sweeps what is past its time, and nothing else", async () => {
      const tallies = open();
      const { fails, succeeds, time } = setup(tallies);
      await fails({ email: randomUUID() });
      await succeeds({ ipAddress: home });
      time.ms += 3_600_001;
      assert.ok((await tallies.sweep(new Date(time.ms), 1_000)) >= 3);
      assert.equal(await tallies.sweep(new Date(time.ms), 1_000), 0);
      time.ms += 30 * 86_400_000;
      assert.equal(await tallies.sweep(new Date(time.ms), 1_000), 1);
    });
  });
}

const manyTogether = { everybodysAttempts: 50, networkShare: 3 };

const refused = (error: unknown) => assert.equal((error as { reason?: unknown }).reason, "THROTTLED");

function setup(tallies: Tallies, rules: Partial<typeof testGuessRules> = {}) {
  const time = { ms: Date.parse("2026-01-01T00:00:00Z") };
  const audited: AuditEntry[] = [];
  // Another key each time: other digests, so that no test sees what another has left.
  const masterKey = Buffer.from(randomUUID().padEnd(32));
  const guard: Guard = createTallyGuard({
    tallies,
    rules: { ...testGuessRules, ...rules },
    masterKey,
    clock: { now: () => new Date(time.ms) },
    audit: async (entry) => void audited.push(entry),
  });
  const email = `${randomUUID()}@example.com`;
  const guess = { email, ipAddress: home, userId: null };
  type Change = Partial<{ email: string; ipAddress: string; userId: string | null }>;
  return {
    guard,
    email,
    time,
    audited,
    async fails(change: Change = {}) {
      assert.equal(await guard.password({ ...guess, ...change }, async () => null), null);
    },
    succeeds: (change: Change = {}) => guard.password({ ...guess, ...change }, async () => "in"),
    /** The delay that a refused guess is told, in milliseconds. */
    async refusal(change: Change = {}): Promise<number> {
      try {
        await guard.password({ ...guess, ...change }, async () => assert.fail("it was evaluated"));
      } catch (error) {
        refused(error);
        return Number((error as { retryAfterMs?: unknown }).retryAfterMs);
      }
      return 0;
    },
  };
}
