import { createHmac } from "node:crypto";
import type { Audit, Guard, Guess } from "../application/credential-ports.ts";
import type { Clock } from "../application/ports.ts";
import { throttled } from "../domain/errors.ts";
import {
  abandoned,
  begun,
  counted,
  drawn,
  emptyTally,
  failedAt,
  type GuessRules,
  guessDelayMs,
  isKnown,
  type Limit,
  networkLimit,
  putBack,
  remembered,
  succeededAt,
  type Tally,
  windowDelayMs,
} from "../domain/guessing.ts";
import { derivedKey } from "./derived-key.ts";
import { networkOf } from "./network-of.ts";
import type { SeenTally, Tallies } from "./tallies.ts";
import { createTallyUpdates } from "./tally-updates.ts";

interface TallyGuardDeps {
  readonly tallies: Tallies;
  readonly rules: GuessRules;
  readonly masterKey: Uint8Array;
  readonly clock: Clock;
  readonly audit: Audit;
}

const hourMs = 3_600_000;

/** What is counted for each network, and for everybody together. Each apart. */
type Kind = "guess" | "registration" | "mail";

/** The rules of domain/guessing.ts, over tallies that all processes share. */
export function createTallyGuard(deps: TallyGuardDeps): Guard {
  const { tallies, rules, clock, audit } = deps;
  const keepMs = Math.max(rules.forgetMs, rules.networkWindowMs, hourMs);
  const { inTurn, readAll, readOne, race, update } = createTallyUpdates({ tallies, keepMs });
  const digestKey = derivedKey(deps.masterKey, "limen guard");
  const failureLimit: Limit = { limit: rules.networkFailures, windowMs: rules.networkWindowMs };
  const mailLimit: Limit = { limit: rules.mailsPerAddress, windowMs: hourMs };

  /** Neither an address nor a network can be read out of a key. */
  const keyOf = (...parts: readonly string[]): string =>
    createHmac("sha256", digestKey).update(JSON.stringify(parts)).digest("base64url");

  const keysOf = ({ email, ipAddress }: Pick<Guess, "email" | "ipAddress">) => {
    const address = email.trim().toLowerCase();
    const network = networkOf(ipAddress);
    return {
      own: keyOf("guess", address, network),
      address: keyOf("guess", address),
      strangers: keyOf("strangers", address),
    };
  };

  const current = ({ tally }: SeenTally): Tally =>
    tally === null ? emptyTally(clock.now()) : remembered(tally, rules, clock.now());

  function refuseWhile(delayMs: number): void {
    if (delayMs > 0) throw throttled(delayMs);
  }

  const windowOf = ({ tally }: SeenTally): Tally => tally ?? emptyTally(clock.now());

  /** Draws for a strange network; where nothing is left, what it began is taken back. */
  async function drawForStranger(key: string, own: string): Promise<void> {
    try {
      await update(key, (seen) => {
        const rest = drawn(windowOf(seen), rules, clock.now());
        if (rest === null) throw throttled(rules.refillMs);
        return rest;
      });
    } catch (error) {
      await update(own, (seen) => abandoned(current(seen)));
      throw error;
    }
  }

  const everybodyKey = (kind: Kind): string => keyOf("everybody", kind);

  async function countForEverybody(kind: Kind): Promise<void> {
    const limit = { limit: rules.everybodysAttempts, windowMs: rules.networkWindowMs };
    const { failures } = await update(everybodyKey(kind), (seen) => counted(windowOf(seen), limit, clock.now()));
    if (failures === limit.limit) await audit({ event: "throttled", userId: null, scope: "everybody" });
  }

  async function admit(keys: ReturnType<typeof keysOf>, networkKey: string): Promise<{ isStranger: boolean }> {
    const begunTally = await inTurn(keys.own, () => begin(keys, networkKey));
    const isStranger = !isKnown(begunTally, clock.now());
    if (isStranger) await drawForStranger(keys.strangers, keys.own);
    return { isStranger };
  }

  async function begin(keys: ReturnType<typeof keysOf>, networkKey: string): Promise<Tally> {
    const [own, address, network, everybody] = await readAll([
      keys.own,
      keys.address,
      networkKey,
      everybodyKey("guess"),
    ]);
    const limit = isKnown(current(own), clock.now())
      ? failureLimit
      : networkLimit(windowOf(everybody), failureLimit.limit, rules, clock.now());
    refuseWhile(windowDelayMs(windowOf(network), limit, clock.now()));
    const before = current(address);
    return race(
      keys.own,
      (seen) => {
        const tally = current(seen);
        refuseWhile(guessDelayMs(tally, before, rules, clock.now()));
        return begun(tally, clock.now());
      },
      own,
    );
  }

  async function countFailure(key: string, ipAddress: string, userId: string | null): Promise<void> {
    const { failures } = await update(key, (seen) => counted(windowOf(seen), failureLimit, clock.now()));
    if (failures === failureLimit.limit) await audit({ event: "throttled", userId, ipAddress, scope: "network" });
  }

  const networkKeyOf = (path: "password" | "registration" | "proof", ipAddress: string) =>
    keyOf("network", path, networkOf(ipAddress));

  async function evaluated<T>(key: string, ipAddress: string, evaluate: () => Promise<T | null>): Promise<T | null> {
    const result = await evaluate();
    if (result === null) await countFailure(key, ipAddress, null);
    return result;
  }

  return {
    async password(guess, evaluate) {
      const { ipAddress, userId } = guess;
      const keys = keysOf(guess);
      const networkKey = networkKeyOf("password", ipAddress);
      const { isStranger } = await admit(keys, networkKey);
      const leave = async (change: (own: Tally) => Tally): Promise<Tally> => {
        if (isStranger) await update(keys.strangers, (seen) => putBack(windowOf(seen)));
        return update(keys.own, (seen) => change(current(seen)));
      };

      let result: Awaited<ReturnType<typeof evaluate>>;
      try {
        result = await evaluate();
      } catch (error) {
        await leave(abandoned);
        throw error;
      }
      if (result !== null) {
        await leave((own) => succeededAt(own, rules, clock.now()));
        return result;
      }
      const { failures } = await update(keys.own, (seen) => failedAt(current(seen), clock.now()));
      await update(keys.address, (seen) => failedAt(current(seen), clock.now()));
      await Promise.all([countFailure(networkKey, ipAddress, userId), countForEverybody("guess")]);
      if (failures === rules.freeFailures) await audit({ event: "throttled", userId, ipAddress, scope: "address" });
      return null;
    },

    async registration(ipAddress, evaluate) {
      const failedKey = networkKeyOf("registration", ipAddress);
      const key = keyOf("registrations from", networkOf(ipAddress));
      const [failed, own, everybody] = await readAll([failedKey, key, everybodyKey("registration")]);
      refuseWhile(windowDelayMs(windowOf(failed), failureLimit, clock.now()));
      const limit = networkLimit(windowOf(everybody), Number.POSITIVE_INFINITY, rules, clock.now());
      refuseWhile(windowDelayMs(windowOf(own), limit, clock.now()));
      // Counted while the password is being hashed: a registration takes no longer for it.
      const [result] = await Promise.all([
        evaluated(failedKey, ipAddress, evaluate),
        update(key, (seen) => counted(windowOf(seen), limit, clock.now())),
        countForEverybody("registration"),
      ]);
      return result;
    },

    async proof(ipAddress, evaluate) {
      const key = networkKeyOf("proof", ipAddress);
      refuseWhile(windowDelayMs(windowOf(await readOne(key)), failureLimit, clock.now()));
      return evaluated(key, ipAddress, evaluate);
    },

    async mail(email, ipAddress) {
      const count = (key: string, limit: Limit) =>
        update(key, (seen) => {
          refuseWhile(windowDelayMs(windowOf(seen), limit, clock.now()));
          return counted(windowOf(seen), limit, clock.now());
        });
      const everybody = windowOf(await readOne(everybodyKey("mail")));
      const limit = networkLimit(everybody, failureLimit.limit, rules, clock.now());
      await count(keyOf("mails from", networkOf(ipAddress)), limit);
      await count(keyOf("mails to", email.trim().toLowerCase()), mailLimit);
      await countForEverybody("mail");
    },

    async owner(email, ipAddress) {
      await update(keysOf({ email, ipAddress }).own, (seen) => succeededAt(current(seen), rules, clock.now()));
    },
  };
}
