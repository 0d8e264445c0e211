import { badInputSuite } from "./bad-input.ts";
import { bufCurlSuite } from "./buf-curl.ts";
import { emailChangesSuite } from "./email-changes.ts";
import { guessingSuite } from "./guessing.ts";
import { operationsSuite } from "./operations.ts";
import { passwordsSuite } from "./passwords.ts";
import { registrationSuite } from "./registration.ts";
import { sessionsSuite } from "./sessions.ts";
import type { System } from "./system.ts";
import { tokenVerificationSuite } from "./token-verification.ts";
import { usersSuite } from "./users.ts";

/** What a user of Limen may rely on, whatever shape it runs in. */
export function systemSuites(system: () => System): void {
  registrationSuite(system);
  sessionsSuite(system);
  tokenVerificationSuite(system);
  passwordsSuite(system);
  emailChangesSuite(system);
  guessingSuite(system);
  usersSuite(system);
  badInputSuite(system);
  bufCurlSuite(system);
  operationsSuite(system);
}
