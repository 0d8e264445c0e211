import { defineEntity, p } from "@mikro-orm/postgresql";
import type { Role, UserStatus } from "../domain/account.ts";
import type { Email } from "../domain/email.ts";
import type { Locale } from "../domain/locale.ts";
import type { RegistrationState } from "../domain/registration.ts";

export const RegistrationRow = defineEntity({
  name: "Registration",
  schema: "auth",
  tableName: "registrations",
  properties: {
    id: p.uuid().primary(),
    userId: p.uuid(),
    state: p.string().$type<RegistrationState>(),
    reason: p.string().nullable(),
    name: p.string().nullable(),
    email: p.string().$type<Email>().nullable(),
    passwordHash: p.string().nullable(),
    locale: p.string().$type<Locale>().nullable(),
    emailVerified: p.boolean().nullable(),
    idempotencyKey: p.string().nullable(),
    requestHash: p.blob(),
    sends: p.integer(),
    nextSendTime: p.datetime().nullable(),
    createTime: p.datetime(),
    updateTime: p.datetime(),
  },
});

export const AccountRow = defineEntity({
  name: "Account",
  schema: "auth",
  tableName: "accounts",
  properties: {
    userId: p.uuid().primary(),
    email: p.string().$type<Email>(),
    status: p.string().$type<UserStatus>(),
    userVersion: p.bigint("number"),
    passwordHash: p.string().nullable(),
    credentialVersion: p.integer(),
    roles: p.array().$type<Role[]>(),
    emailVerified: p.boolean(),
    locale: p.string().$type<Locale>(),
    createTime: p.datetime(),
    updateTime: p.datetime(),
  },
});
