import { DomainError } from "../../platform/errors.ts";
import { type Account, mayLogIn } from "../domain/account.ts";
import { type Email, parseEmail } from "../domain/email.ts";
import { invalidCredentials } from "../domain/errors.ts";
import { normalizePassword } from "../domain/password-policy.ts";
import type { Device } from "../domain/session.ts";
import type { Audit, Guard, PasswordHasher, PasswordHashes } from "./credential-ports.ts";
import type { OpenedSession, OpenSession } from "./open-session.ts";
import type { AccountReader } from "./ports.ts";

export interface LoginCommand {
  readonly email: string;
  readonly password: string;
  readonly device: Device;
}

/** @throws DomainError INVALID_CREDENTIALS, the same for whatever is wrong; THROTTLED, OVERLOADED. */
export type Login = (command: LoginCommand) => Promise<OpenedSession>;

interface LoginDeps {
  readonly accounts: AccountReader;
  readonly hasher: PasswordHasher;
  readonly passwordHashes: PasswordHashes;
  readonly openSession: OpenSession;
  readonly guard: Guard;
  readonly audit: Audit;
}

/** Every refusal takes one verification and gives one answer, so that neither tells which addresses have an account. */
export function createLogin(deps: LoginDeps): Login {
  // Before anything is read or counted: in an overload, what is refused must cost next to nothing.
  return (command) => deps.hasher.admit(() => logIn(command));

  async function logIn(command: LoginCommand): Promise<OpenedSession> {
    const { ipAddress } = command.device;
    // Asked for together with what the guard has counted: one round trip for both.
    const asking = findAccount(command.email);
    const userId = asking.then((account) => account?.userId ?? null);
    const [session, knownUserId] = await Promise.all([
      deps.guard.password({ email: command.email, ipAddress, userId }, async () =>
        checkAndOpen(await asking, normalizePassword(command.password), command.device),
      ),
      userId,
    ]);
    if (session !== null) return session;
    await deps.audit({ event: "login_failed", userId: knownUserId, ipAddress });
    throw invalidCredentials();
  }

  async function findAccount(raw: string): Promise<Account | null> {
    const email = emailOrNull(raw);
    return email === null ? null : deps.accounts.findByEmail(email);
  }

  async function checkAndOpen(account: Account | null, password: string, device: Device) {
    const hash = account !== null && mayLogIn(account) ? account.passwordHash : null;
    const matches = await deps.hasher.verify(hash, password);
    if (!matches || account === null || hash === null) return null;
    if (deps.hasher.needsRehash(hash)) await rehash(account.userId, hash, password);
    return deps.openSession(account, device);
  }

  /** The old hash is as good as it was: where there is no time for a new one, the next login makes it. */
  async function rehash(userId: string, oldHash: string, password: string): Promise<void> {
    try {
      await deps.passwordHashes.replace(userId, oldHash, await deps.hasher.hash(password));
    } catch (error) {
      if (!(error instanceof DomainError) || error.kind !== "resource-exhausted") throw error;
    }
  }
}

/** An address that can be nobody's is refused like one that is nobody's. */
function emailOrNull(raw: string): Email | null {
  try {
    return parseEmail(raw);
  } catch (error) {
    if (error instanceof DomainError) return null;
    throw error;
  }
}
