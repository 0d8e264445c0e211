import { Command } from "commander";
import { cancelRegistrationsCommand } from "./cancel-registrations-command.ts";
import { type Context, checkOption, jsonOption, parseUuid, plural, positive, printJson } from "./context.ts";
import { withDatabases } from "./databases.ts";
import { ProblemsFound } from "./exit.ts";
import { shortType } from "./limen-queues.ts";
import { describeMoment, describeSpan, parseSpan } from "./moment.ts";
import {
  type RegistrationDetails,
  type RegistrationReport,
  registrationDetails,
  stuckRegistrations,
} from "./registrations.ts";
import { resendRegistrationsCommand } from "./resend-registrations-command.ts";
import { renderFields, renderTable } from "./table.ts";

export const registrationsCommand = (context: Context): Command =>
  new Command("registrations")
    .description("sign-ups on their way: which do not end, why, and what to do about them")
    .addCommand(stuckCommand(context))
    .addCommand(showCommand(context))
    .addCommand(resendRegistrationsCommand(context))
    .addCommand(cancelRegistrationsCommand(context));

interface StuckOptions {
  readonly olderThan: string;
  readonly limit: number;
  readonly check?: boolean;
  readonly json?: boolean;
}

function stuckCommand(context: Context): Command {
  return new Command("stuck")
    .description("registrations that are not finished though they are old, the oldest first")
    .option("--older-than <duration>", "what counts as old", "5m")
    .option("--limit <count>", "show at most so many", positive, 50)
    .addOption(checkOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Nobody needs to act on them: an unanswered command is sent again, and after SAGA_GIVE_UP_AFTER (24h) cancelled. That there
are any means that a worker or the broker is away, or that their commands die: see \`queues\` and \`dead-letters\`.`,
    )
    .action(async ({ olderThan, limit, check, json }: StuckOptions) => {
      const now = new Date();
      const ageMs = parseSpan(olderThan);
      const before = new Date(now.getTime() - ageMs);
      const { total, registrations } = await withDatabases(context, ["auth"], ({ auth }) =>
        stuckRegistrations(auth, before, limit),
      );
      if (json === true) printJson(context, { total, registrations });
      else if (total === 0) context.terminal.print(`No registration is unfinished after ${describeSpan(ageMs)}.\n`);
      else context.terminal.print(renderStuck(registrations, now));
      if (json !== true && total > registrations.length)
        context.terminal.note(`${registrations.length} of ${total} shown.`);
      if (check === true && total > 0) throw new ProblemsFound(plural(total, "stuck registration"));
    });
}

function showCommand(context: Context): Command {
  return new Command("show")
    .description("where a registration stands, at both services, and the messages about it")
    .argument("<id>", "of the registration")
    .addOption(jsonOption())
    .action(async (given: string, { json }: { json?: boolean }) => {
      const id = parseUuid(given);
      const details = await withDatabases(context, ["users", "auth"], (databases) =>
        registrationDetails(databases, id),
      );
      if (details === null) throw new Error(`There is no registration ${id}.`);
      if (json === true) printJson(context, details);
      else context.terminal.print(renderDetails(details, new Date()));
    });
}

const renderStuck = (registrations: readonly RegistrationReport[], now: Date): string =>
  renderTable<RegistrationReport>(
    [
      { title: "id", value: ({ id }) => id },
      { title: "state", value: ({ state }) => state },
      { title: "accepted", value: ({ createTime }) => describeMoment(createTime, now) },
      { title: "sends", value: ({ sends }) => sends },
      { title: "next send", value: ({ nextSendTime }) => describeMoment(nextSendTime, now) },
      { title: "in outbox", value: ({ inOutbox }) => (inOutbox ? "yes" : "no") },
    ],
    registrations,
  );

function renderDetails(details: RegistrationDetails, now: Date): string {
  const { creation, account, waiting, deadLetters } = details;
  const time = (moment: Date) => `${moment.toISOString()} (${describeMoment(moment, now)})`;
  return renderFields([
    ["registration", details.id],
    ["state", withReason(details.state, details.reason)],
    ["user", details.userId],
    ["e-mail", details.email],
    ["accepted", time(details.createTime)],
    ["changed", time(details.updateTime)],
    ["sends", details.sends],
    ["next send", details.nextSendTime && time(details.nextSendTime)],
    ["users-service", creation === null ? "has not heard of it" : withReason(creation.outcome, creation.reason)],
    ["account", account && `${account.status}${account.hasPassword ? "" : ", without a password"}`],
    [
      "in outbox",
      waiting
        .map(({ service, type, attempts }) => `${service}: ${shortType(type)}, ${plural(attempts, "failed attempt")}`)
        .join("\n"),
    ],
    ["dead letters", deadLetters.map(({ id, type, reason }) => `${id}: ${shortType(type)}, ${reason}`).join("\n")],
  ]);
}

const withReason = (state: string, reason: string | null): string => (reason === null ? state : `${state}, ${reason}`);
