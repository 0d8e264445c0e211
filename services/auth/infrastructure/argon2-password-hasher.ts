import { randomBytes } from "node:crypto";
import argon2 from "argon2";
import { inSpan } from "../../platform/tracing/spans.ts";
import type { PasswordHasher } from "../application/credential-ports.ts";
import type { HashingPool } from "./hashing-pool.ts";

export interface Argon2Parameters {
  /** m, in KiB. */
  readonly memoryKib: number;
  /** t. */
  readonly passes: number;
  /** p. */
  readonly lanes: number;
}

/** OWASP's first choice for argon2id: about 25 ms and 19 MiB on a present core. */
export const defaultParameters: Argon2Parameters = { memoryKib: 19_456, passes: 2, lanes: 1 };

/** A stored hash that asks for more was not made here and would be a way to exhaust the service. */
const mostAccepted: Argon2Parameters = { memoryKib: 65_536, passes: 10, lanes: 4 };

const saltBytes = 16;
const hashBytes = 32;

/** argon2id (RFC 9106), in the PHC string format with its parameters in the order of the standard: m, t, p. */
export async function createArgon2PasswordHasher(deps: {
  readonly pool: HashingPool;
  readonly parameters?: Argon2Parameters;
}): Promise<PasswordHasher> {
  const { pool, parameters = defaultParameters } = deps;
  /** Verified in place of a hash that is missing, so that an unknown address costs what a known one costs. */
  const decoy = await hashNow(randomBytes(24).toString("base64"), parameters);

  return {
    admit: (work) => pool.admit(work),
    hash: (password) => inSpan("hash password", {}, () => pool.run("hashing", () => hashNow(password, parameters))),
    verify: (hash, password) =>
      inSpan("verify password", {}, () =>
        pool.run("verification", async () => {
          const usable = hash !== null && isAcceptable(hash);
          const matches = await argon2.verify(usable ? hash : decoy, password);
          return usable && matches;
        }),
      ),
    needsRehash(hash) {
      const used = parsePhc(hash);
      return (
        used?.memoryKib !== parameters.memoryKib || used.passes !== parameters.passes || used.lanes !== parameters.lanes
      );
    },
  };
}

async function hashNow(password: string, parameters: Argon2Parameters): Promise<string> {
  const { memoryKib, passes, lanes } = parameters;
  const salt = randomBytes(saltBytes);
  const raw = await argon2.hash(password, {
    type: argon2.argon2id,
    memoryCost: memoryKib,
    timeCost: passes,
    parallelism: lanes,
    hashLength: hashBytes,
    salt,
    raw: true,
  });
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}$${unpadded(salt)}$${unpadded(raw)}`;
}

const unpadded = (bytes: Buffer): string => bytes.toString("base64").replace(/=+$/, "");

const phc = /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,4}),p=(\d{1,3})\$[A-Za-z0-9+/]{16,86}\$[A-Za-z0-9+/]{32,86}$/;

function parsePhc(hash: string): Argon2Parameters | null {
  const [, memory, passes, lanes] = phc.exec(hash) ?? [];
  if (memory === undefined || passes === undefined || lanes === undefined) return null;
  return { memoryKib: Number(memory), passes: Number(passes), lanes: Number(lanes) };
}

function isAcceptable(hash: string): boolean {
  const used = parsePhc(hash);
  return (
    used !== null &&
    used.memoryKib <= mostAccepted.memoryKib &&
    used.passes <= mostAccepted.passes &&
    used.lanes <= mostAccepted.lanes
  );
}
