import { z } from "zod";
import type { Clock, UnitOfWork } from "../../services/auth/application/ports.ts";
import type { Registration } from "../../services/auth/domain/registration.ts";
import { durations, parseConfig } from "../../services/platform/config.ts";
import { withAuthStore } from "./auth-store.ts";
import { type Context, parseUuid, plural, printJson } from "./context.ts";
import { withDatabaseUrls } from "./databases.ts";
import { Incomplete } from "./exit.ts";

interface Operated {
  readonly registration: Registration;
  readonly outcome: string;
}

interface Operation<Result extends Operated> {
  readonly ids: readonly string[];
  readonly json: boolean;
  create(deps: {
    uow: UnitOfWork;
    clock: Clock;
    answerScheduleMs: readonly number[];
  }): (registrationId: string) => Promise<Result>;
  /** The outcome in words, after the registration's id. */
  tell(result: Result): string;
}

const settings = z.object({ SAGA_ANSWER_TIMEOUTS: durations("5s,15s,60s,5m") });

/**
 * One after the other, each in its own transaction; ends at the first that fails.
 * @throws Incomplete when some were finished already.
 */
export async function operateRegistrations<Result extends Operated>(
  context: Context,
  { ids: given, json, create, tell }: Operation<Result>,
): Promise<void> {
  const ids = [...new Set(given.map(parseUuid))];
  const { SAGA_ANSWER_TIMEOUTS: answerScheduleMs } = parseConfig(settings, context.env);
  const results: Result[] = [];
  try {
    await withDatabaseUrls(context, ["auth"], ({ auth }) =>
      withAuthStore(auth, async ({ uow, clock }) => {
        const operate = create({ uow, clock, answerScheduleMs });
        for (const id of ids) results.push(await operate(id));
      }),
    );
  } finally {
    if (json) printJson(context, { registrations: results.map(toReport) });
    else for (const result of results) context.terminal.print(`${result.registration.id} ${tell(result)}\n`);
  }
  const finished = results.filter(({ outcome }) => outcome === "FINISHED").length;
  if (finished > 0) throw new Incomplete(`${plural(finished, "registration")} finished already.`);
}

const toReport = ({ registration, outcome }: Operated) => ({
  id: registration.id,
  userId: registration.userId,
  state: registration.state,
  outcome,
  sends: registration.sends,
  nextSendTime: registration.nextSendTime,
});
