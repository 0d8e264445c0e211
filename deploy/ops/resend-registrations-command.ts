import { Command } from "commander";
import {
  createResendRegistration,
  type ResentRegistration,
} from "../../services/auth/application/resend-registration.ts";
import type { Context } from "./context.ts";
import { jsonOption } from "./context.ts";
import { operateRegistrations } from "./operate-registrations.ts";

export function resendRegistrationsCommand(context: Context): Command {
  return new Command("resend")
    .description("send the command that a registration waits to be answered again, now")
    .argument("<ids...>", "of registrations")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Under a new message id and the same creation id: it is decided once, however often it is asked. While its last message
is still in the outbox, no other is sent. A registration that is finished stays as it is.`,
    )
    .action((ids: string[], { json }: { json?: boolean }) =>
      operateRegistrations(context, {
        ids,
        json: json === true,
        create: createResendRegistration,
        tell: ({ outcome, registration }: ResentRegistration) => {
          if (outcome === "SENT") return `sent again, for the ${registration.sends}. time`;
          return outcome === "FINISHED" ? `is finished: ${registration.state}` : "its message waits in the outbox";
        },
      }),
    );
}
