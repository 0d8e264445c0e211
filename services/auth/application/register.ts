import { DomainError } from "../../platform/errors.ts";
import { type Email, parseEmail } from "../domain/email.ts";
import { emailTaken, idempotencyMismatch, invalidEmail, invalidName } from "../domain/errors.ts";
import type { Locale } from "../domain/locale.ts";
import { parseName } from "../domain/name.ts";
import { type Applicant, accepted, awaitingProof, isFinished, type Registration } from "../domain/registration.ts";
import { answerDeadline } from "../domain/saga.ts";
import type { Device } from "../domain/session.ts";
import type { Guard, PasswordHasher, PasswordPolicy, RequestDigest } from "./credential-ports.ts";
import type { Login } from "./login.ts";
import type { OpenSession, Tokens } from "./open-session.ts";
import type {
  AccountReader,
  Clock,
  Ids,
  RegistrationProgress,
  RegistrationReader,
  RegistrationWaiter,
  UnitOfWork,
} from "./ports.ts";

export interface RegisterCommand {
  readonly name: string;
  readonly email: string;
  readonly password: string;
  readonly idempotencyKey: string | null;
  readonly waitMs: number;
  readonly device: Device;
  /** Of the mails to this person. */
  readonly locale: Locale;
  /** Aborts when the caller has gone: the registration goes on, nobody waits for it. */
  readonly signal?: AbortSignal;
}

export interface Registered {
  readonly registration: RegistrationProgress;
  /** Null while the registration is not completed. */
  readonly tokens: Tokens | null;
}

export type Register = (command: RegisterCommand) => Promise<Registered>;

interface RegisterDeps {
  readonly uow: UnitOfWork;
  readonly registrations: RegistrationReader;
  readonly accounts: AccountReader;
  readonly waiter: RegistrationWaiter;
  readonly policy: PasswordPolicy;
  readonly hasher: PasswordHasher;
  readonly digest: RequestDigest;
  readonly login: Login;
  readonly openSession: OpenSession;
  readonly guard: Guard;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly answerScheduleMs: readonly number[];
  /**
   * "open": an address that is taken is refused. "verified": nothing happens before the person has proven to read the mail
   * of the address, and the answer is the same for every address.
   */
  readonly mode: "open" | "verified";
  /** For how long an idempotency key names its registration. */
  readonly idempotencyMs: number;
}

/**
 * Keeps a registration and the command that sets it going in one transaction, then waits for its end. From the commit on
 * it happens, whatever becomes of this process or of the caller's patience.
 */
export function createRegister(deps: RegisterDeps): Register {
  const keysSince = (): Date => new Date(deps.clock.now().getTime() - deps.idempotencyMs);

  return async (command) => {
    const name = parseName(command.name);
    const email = parseEmail(command.email);
    const password = await deps.policy(command.password, email, "password");
    const requestHash = deps.digest([name, email]);
    const key = command.idempotencyKey;

    const earlier = key === null ? null : await deps.registrations.findByIdempotencyKey(key, keysSince());
    if (earlier !== null) return repeat(earlier, { ...command, password }, requestHash);

    const passwordHash = await admit(email, password, command.device.ipAddress);
    const now = deps.clock.now();
    const begin = deps.mode === "verified" ? awaitingProof : accepted;
    const registration = begin(
      {
        id: deps.ids.next(),
        userId: deps.ids.next(),
        applicant: { name, email, passwordHash, locale: command.locale, emailVerified: false },
        idempotencyKey: key,
        requestHash,
      },
      now,
      answerDeadline(deps.answerScheduleMs, 1, now),
    );
    const added = await deps.uow.run(async ({ registrations, messages }) => {
      if (!(await registrations.add(registration, keysSince()))) return false;
      await messages.send({ type: "register-user", registrationId: registration.id });
      return true;
    });
    if (!added) {
      const racing = key === null ? null : await deps.registrations.findByIdempotencyKey(key, keysSince());
      if (racing === null) throw new Error("a registration was refused though its key is free");
      return repeat(racing, { ...command, password }, requestHash);
    }

    const progress = await outcome(registration, command);
    if (progress.state !== "COMPLETED") return { registration: progress, tokens: null };
    const account = await deps.accounts.find(registration.userId);
    // Changed already, by a reset or a suspension: whoever it is, they log in.
    if (account === null || account.passwordHash !== passwordHash) return { registration: progress, tokens: null };
    const session = await deps.openSession(account, command.device);
    return { registration: progress, tokens: session?.tokens ?? null };
  };

  /** The hash of the password, of whoever may go on. */
  async function admit(email: Email, password: string, ipAddress: string): Promise<string> {
    if (deps.mode === "verified") {
      await deps.guard.mail(email, ipAddress);
      return deps.hasher.hash(password);
    }
    // A courtesy: the judge is users-service, but most callers need not wait for it. Asked together with what the guard counted.
    const asking = deps.accounts.findByEmail(email);
    const [hash] = await Promise.all([
      deps.guard.registration(ipAddress, async () => ((await asking) === null ? deps.hasher.hash(password) : null)),
      asking,
    ]);
    if (hash === null) throw emailTaken();
    return hash;
  }

  /** The same key again. The password is checked as a login would check it, so that an old key is no way in. */
  async function repeat(earlier: Registration, command: RegisterCommand, requestHash: Uint8Array): Promise<Registered> {
    if (!sameBytes(earlier.requestHash, requestHash)) throw idempotencyMismatch();
    if (earlier.applicant !== null && !(await knowsPassword(earlier.applicant, command))) throw idempotencyMismatch();
    const progress = await outcome(earlier, command);
    if (progress.state !== "COMPLETED") return { registration: progress, tokens: null };
    try {
      const { tokens } = await deps.login(command);
      return { registration: progress, tokens };
    } catch (error) {
      if (error instanceof DomainError && error.kind === "unauthenticated") throw idempotencyMismatch();
      throw error;
    }
  }

  async function knowsPassword({ email, passwordHash }: Applicant, command: RegisterCommand): Promise<boolean> {
    const { ipAddress } = command.device;
    const matches = await deps.guard.password({ email, ipAddress, userId: null }, async () =>
      (await deps.hasher.verify(passwordHash, command.password)) ? true : null,
    );
    return matches !== null;
  }

  async function outcome(registration: Registration, command: RegisterCommand): Promise<RegistrationProgress> {
    const { waitMs, signal } = command;
    const progress =
      isFinished(registration) || registration.state === "AWAITING_PROOF" || waitMs <= 0
        ? registration
        : await deps.waiter.wait(registration.id, isFinished, {
            timeoutMs: waitMs,
            ...(signal && { signal }),
          });
    if (progress?.state === "REJECTED") throw rejection(progress.reason ?? "");
    return progress ?? registration;
  }
}

/** users-service's reason, as the caller who waited for it hears it. */
function rejection(reason: string): DomainError {
  if (reason === "INVALID_EMAIL") return invalidEmail();
  if (reason === "INVALID_NAME") return invalidName();
  if (reason === "EMAIL_TAKEN") return emailTaken();
  return new DomainError("aborted", reason, "the registration was refused");
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
