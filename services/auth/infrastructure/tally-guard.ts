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
import type { KeptTally, SeenTally, Tallies } from "./tallies.ts";
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

type Guesser = Pick<Guess, "ipAddress" | "userId">;

/** Where guesses at one address are counted. */
interface GuessKeys {
  /** What this network did at the address. */
  readonly own: string;
  /** What all networks did at it. */
  readonly address: string;
  /** What strange networks together have drawn from its bucket. */
  readonly strangers: string;
}

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

  const keysOf = ({ email, ipAddress }: Pick<Guess, "email" | "ipAddress">): GuessKeys => {
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

  const everybodyKey = (kind: Kind): string => keyOf("everybody", kind);

  async function countForEverybody(kind: Kind, seen?: SeenTally): Promise<void> {
    const limit = { limit: rules.everybodysAttempts, windowMs: rules.networkWindowMs };
    const { tally } = await update(everybodyKey(kind), (now) => counted(windowOf(now), limit, clock.now()), seen);
    if (tally.failures === limit.limit) await audit({ event: "throttled", userId: null, scope: "everybody" });
  }

  /** Begins the guess, or refuses it. What was seen, for what is to be written when it ends. */
  async function admit(keys: GuessKeys, networkKey: string) {
    const { own, strangers, ...seen } = await inTurn(keys.own, () => begin(keys, networkKey));
    if (isKnown(own.tally, clock.now())) return { ...seen, own, strangers: null };
    return { ...seen, own, strangers: await drawForStranger(keys, own, strangers) };
  }

  async function begin(keys: GuessKeys, networkKey: string) {
    const [own, address, strangers, network, everybody] = await readAll([
      keys.own,
      keys.address,
      keys.strangers,
      networkKey,
      everybodyKey("guess"),
    ]);
    const limit = isKnown(current(own), clock.now())
      ? failureLimit
      : networkLimit(windowOf(everybody), failureLimit.limit, rules, clock.now());
    refuseWhile(windowDelayMs(windowOf(network), limit, clock.now()));
    const before = current(address);
    const beginOwn = (seen: SeenTally): Tally => {
      const tally = current(seen);
      refuseWhile(guessDelayMs(tally, before, rules, clock.now()));
      return begun(tally, clock.now());
    };
    return { own: await race(keys.own, beginOwn, own), address, strangers, network, everybody };
  }

  /** Draws for a strange network; where nothing is left, what it began is taken back. */
  async function drawForStranger(keys: GuessKeys, own: KeptTally, strangers: SeenTally) {
    const draw = (seen: SeenTally): Tally => {
      const rest = drawn(windowOf(seen), rules, clock.now());
      if (rest === null) throw throttled(rules.refillMs);
      return rest;
    };
    try {
      return await update(keys.strangers, draw, strangers);
    } catch (error) {
      await update(keys.own, (seen) => abandoned(current(seen)), own);
      throw error;
    }
  }

  async function countFailure(key: string, guesser: Guesser, seen?: SeenTally): Promise<void> {
    const { tally } = await update(key, (now) => counted(windowOf(now), failureLimit, clock.now()), seen);
    if (tally.failures === failureLimit.limit) await auditThrottled(guesser, "network");
  }

  async function auditThrottled({ ipAddress, userId }: Guesser, scope: "network" | "address"): Promise<void> {
    await audit({ event: "throttled", userId: await userId, ipAddress, scope });
  }

  const networkKeyOf = (path: "password" | "registration" | "proof", ipAddress: string) =>
    keyOf("network", path, networkOf(ipAddress));

  async function evaluated<T>(key: string, ipAddress: string, evaluate: () => Promise<T | null>): Promise<T | null> {
    const result = await evaluate();
    if (result === null) await countFailure(key, { ipAddress, userId: null });
    return result;
  }

  return {
    async password(guess, evaluate) {
      const keys = keysOf(guess);
      const networkKey = networkKeyOf("password", guess.ipAddress);
      const { own, address, strangers, network, everybody } = await admit(keys, networkKey);
      const leave = async (change: (tally: Tally) => Tally): Promise<void> => {
        await Promise.all([
          strangers !== null && update(keys.strangers, (seen) => putBack(windowOf(seen)), strangers),
          update(keys.own, (seen) => change(current(seen)), own),
        ]);
      };

      let result: Awaited<ReturnType<typeof evaluate>>;
      try {
        result = await evaluate();
      } catch (error) {
        await leave(abandoned);
        throw error;
      }
      if (result !== null) {
        await leave((tally) => succeededAt(tally, rules, clock.now()));
        return result;
      }
      const failed = (seen: SeenTally) => failedAt(current(seen), clock.now());
      const { tally } = await update(keys.own, failed, own);
      await Promise.all([
        update(keys.address, failed, address),
        countFailure(networkKey, guess, network),
        countForEverybody("guess", everybody),
      ]);
      if (tally.failures === rules.freeFailures) await auditThrottled(guess, "address");
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
        update(key, (seen) => counted(windowOf(seen), limit, clock.now()), own),
        countForEverybody("registration", everybody),
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
      const everybody = await readOne(everybodyKey("mail"));
      const limit = networkLimit(windowOf(everybody), failureLimit.limit, rules, clock.now());
      await count(keyOf("mails from", networkOf(ipAddress)), limit);
      await count(keyOf("mails to", email.trim().toLowerCase()), mailLimit);
      await countForEverybody("mail", everybody);
    },

    async owner(email, ipAddress) {
      await update(keysOf({ email, ipAddress }).own, (seen) => succeededAt(current(seen), rules, clock.now()));
    },
  };
}
