import { Command } from "commander";
import { DomainError } from "../../services/platform/errors.ts";
import { describeError } from "../../services/platform/log.ts";
import { auditCommand } from "./audit-command.ts";
import { keysCommand } from "./keys-command.ts";
import { mailsCommand } from "./mails-command.ts";
import { migrateCommand } from "./migrate-command.ts";
import { rolesCommand } from "./roles-command.ts";

/** What an operator does to a running Limen, from a shell beside its database. */
const program = new Command("limen ops")
  .description("Operate Limen. Finds the database by AUTH_DATABASE_URL, by DATABASE_URL, or under DATA_DIR.")
  .showHelpAfterError()
  .addCommand(migrateCommand())
  .addCommand(rolesCommand())
  .addCommand(keysCommand())
  .addCommand(mailsCommand())
  .addCommand(auditCommand());

try {
  await program.parseAsync();
} catch (error) {
  const message = error instanceof DomainError ? `${error.message} (${error.reason})` : describeError(error);
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}
