import { type Figure, type Study, studyOf } from "./subject.ts";
import { createUserConsumed } from "./subjects/create-user-consumed.ts";
import { flood } from "./subjects/flood.ts";
import { getUserGrpc, getUserJson } from "./subjects/get-user.ts";
import { growth } from "./subjects/growth.ts";
import { login } from "./subjects/login.ts";
import { memory } from "./subjects/memory.ts";
import { outboxRelay } from "./subjects/outbox-relay.ts";
import { overload } from "./subjects/overload.ts";
import { refreshToken } from "./subjects/refresh-token.ts";
import { register } from "./subjects/register.ts";
import { registrationBeyondHash } from "./subjects/registration-beyond-hash.ts";
import { startToReady } from "./subjects/start-to-ready.ts";
import { timing } from "./subjects/timing.ts";
import { validateTokenGrpc, validateTokenJson } from "./subjects/validate-token.ts";
import { validateTokenDuringLogins } from "./subjects/validate-token-during-logins.ts";

/**
 * Everything that is measured, in this order: what leaves processes that are not like those that have been up for a while
 * (too many clients, a restart) comes after what is about those.
 */
export const studies: readonly Study[] = [
  registrationBeyondHash,
  studyOf(login),
  studyOf(register),
  studyOf(validateTokenGrpc),
  studyOf(validateTokenJson),
  studyOf(getUserGrpc),
  studyOf(getUserJson),
  studyOf(refreshToken),
  studyOf(createUserConsumed),
  studyOf(outboxRelay),
  studyOf(validateTokenDuringLogins),
  studyOf(timing),
  memory,
  overload,
  flood,
  growth,
  studyOf(startToReady),
];

export const figures: readonly Figure[] = studies.flatMap((study) => study.figures);
