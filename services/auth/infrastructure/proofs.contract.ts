import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import type { ProofReader, UnitOfWork } from "../application/ports.ts";
import { newAccount } from "../domain/account.ts";
import type { Email } from "../domain/email.ts";
import type { Proof, ProofKind } from "../domain/proof.ts";

const now = new Date("2026-01-01T00:00:00.000Z");
const later = (ms: number) => new Date(now.getTime() + ms);

/** Every implementation of the ports of proofs runs these. */
export function proofsContract(name: string, open: () => { uow: UnitOfWork; reader: ProofReader }): void {
  describe(`proofs contract: ${name}`, () => {
    it("keeps a proof, and finds it until its time is over", async () => {
      const { reader, proof, issue } = await setup(open());
      await issue(proof);
      assert.deepEqual(await reader.find(proof.id, later(999)), proof);
      assert.equal(await reader.find(proof.id, later(1_000)), null);
      assert.equal(await reader.find(randomUUID(), now), null);
    });

    it("remembers which session asked, and forgets it with the proof", async () => {
      const { reader, proof, issue, next } = await setup(open());
      const asked = { ...proof, sessionId: randomUUID() };
      await issue(asked);
      assert.deepEqual(await reader.find(proof.id, now), asked);
      const second = next("CHANGE_EMAIL");
      await issue(second);
      assert.deepEqual(await reader.find(second.id, now), second);
    });

    it("security 20: of twenty who use a proof at once, one does", async () => {
      const { uow, reader, proof, issue } = await setup(open());
      await issue(proof);
      const used = await Promise.all(
        Array.from({ length: 20 }, () => uow.run(({ proofs }) => proofs.use(proof.id, later(1)))),
      );
      assert.equal(used.filter(Boolean).length, 1);
      assert.equal(await reader.find(proof.id, later(1)), null);
    });

    it("security 20: a proof is not used after its time", async () => {
      const { uow, proof, issue } = await setup(open());
      await issue(proof);
      assert.equal(await uow.run(({ proofs }) => proofs.use(proof.id, later(1_000))), false);
    });

    it("security 20: a newer proof of any kind takes the place of the account's earlier one, used or not", async () => {
      const { uow, reader, proof, issue, next } = await setup(open());
      await issue(proof);
      const second = next("VERIFY_EMAIL");
      await issue(second);
      assert.equal(await reader.find(proof.id, now), null);
      assert.equal(await uow.run(({ proofs }) => proofs.use(second.id, now)), true);
      const third = next("INVITATION");
      await issue(third);
      assert.deepEqual(await reader.find(third.id, now), third);
    });

    it("security 20: a revoked proof counts no more, and nobody else's is touched", async () => {
      const ports = open();
      const [{ uow, reader, proof, issue }, other] = [await setup(ports), await setup(ports)];
      await issue(proof);
      await other.issue(other.proof);
      const isOutstanding = (userId: string) => uow.run(({ proofs }) => proofs.isOutstanding(userId, now));
      assert.equal(await isOutstanding(proof.userId), true);
      await uow.run(({ proofs }) => proofs.revoke(proof.userId));
      assert.deepEqual([await isOutstanding(proof.userId), await isOutstanding(other.proof.userId)], [false, true]);
      assert.equal(await uow.run(({ proofs }) => proofs.use(proof.id, now)), false);
      assert.equal(await reader.find(proof.id, now), null);
    });

    it("uses nothing up when the work throws afterwards", async () => {
      const { uow, reader, proof, issue } = await setup(open());
      await issue(proof);
      const failing = uow.run(async ({ proofs }) => {
        assert.equal(await proofs.use(proof.id, now), true);
        throw new Error("boom");
      });
      await assert.rejects(failing, /boom/);
      assert.deepEqual(await reader.find(proof.id, now), proof);
    });
  });
}

async function setup({ uow, reader }: { uow: UnitOfWork; reader: ProofReader }) {
  const userId = randomUUID();
  const email = `${userId}@example.com` as Email;
  await uow.run(({ accounts }) => accounts.add(newAccount({ userId, email, status: "ACTIVE", version: 1 }, now)));
  const next = (kind: ProofKind): Proof => ({
    id: randomUUID(),
    kind,
    userId,
    email,
    issueTime: now,
    expireTime: later(1_000),
  });
  const issue = (proof: Proof) => uow.run(({ proofs }) => proofs.issue(proof));
  return { uow, reader, proof: next("RESET"), next, issue };
}
