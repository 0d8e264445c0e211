import { DomainError } from "../../platform/errors.ts";
import { parseEmail } from "../domain/email.ts";
import { emailTaken, idempotencyMismatch, invalidEmail, invalidName } from "../domain/errors.ts";
import { parseName } from "../domain/name.ts";
import { accepted, answerDeadline, isFinished, type Registration } from "../domain/registration.ts";
import type { Device } from "../domain/session.ts";
import type { PasswordHasher, PasswordPolicy, RequestDigest } from "./credential-ports.ts";
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
  readonly clock: Clock;
  readonly ids: Ids;
  readonly answerScheduleMs: readonly number[];
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
    const password = deps.policy(command.password, email);
    const requestHash = deps.digest([name, email]);
    const key = command.idempotencyKey;

    const earlier = key === null ? null : await deps.registrations.findByIdempotencyKey(key, keysSince());
    if (earlier !== null) return repeat(earlier, { ...command, password }, requestHash);

    // A courtesy: the judge is users-service, but most callers need not wait for it.
    if ((await deps.accounts.findByEmail(email)) !== null) throw emailTaken();

    const passwordHash = await deps.hasher.hash(password);
    const now = deps.clock.now();
    const registration = accepted(
      {
        id: deps.ids.next(),
        userId: deps.ids.next(),
        applicant: { name, email, passwordHash },
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

  /** The same key again. The password is checked as a login would check it, so that an old key is no way in. */
  async function repeat(earlier: Registration, command: RegisterCommand, requestHash: Uint8Array): Promise<Registered> {
    if (!sameBytes(earlier.requestHash, requestHash)) throw idempotencyMismatch();
    if (earlier.applicant !== null && !(await deps.hasher.verify(earlier.applicant.passwordHash, command.password))) {
      throw idempotencyMismatch();
    }
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

  async function outcome(registration: Registration, command: RegisterCommand): Promise<RegistrationProgress> {
    const { waitMs, signal } = command;
    const progress =
      isFinished(registration) || waitMs <= 0
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
