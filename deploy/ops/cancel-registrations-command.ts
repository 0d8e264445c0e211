import { Command } from "commander";
import {
  type CancelledRegistration,
  createCancelRegistration,
} from "../../services/auth/application/cancel-registration.ts";
import { type Context, jsonOption, plural, yesOption } from "./context.ts";
import { operateRegistrations } from "./operate-registrations.ts";

export function cancelRegistrationsCommand(context: Context): Command {
  return new Command("cancel")
    .description("give registrations up")
    .argument("<ids...>", "of registrations")
    .addOption(yesOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Asks first, unless --yes says that nobody needs to. users-service is told not to create the user any more, and told
again until it answers; the registration then ends as FAILED, and the person can sign up anew. Where the user was created
before the cancellation arrived, that stands: the registration ends as COMPLETED. \`show\` tells which.`,
    )
    .action(async (ids: string[], { yes, json }: { yes?: boolean; json?: boolean }) => {
      if (yes !== true) await context.terminal.confirm(`Cancel ${plural(ids.length, "registration")}?`);
      await operateRegistrations(context, {
        ids,
        json: json === true,
        create: createCancelRegistration,
        tell: ({ outcome, registration }: CancelledRegistration) => {
          if (outcome === "CANCELLING") return "is being cancelled; it completes if its user was created before";
          return outcome === "FINISHED" ? `is finished: ${registration.state}` : "is being cancelled already";
        },
      });
    });
}
