import { defineEntity, p } from "@mikro-orm/postgresql";
import type { Role, UserStatus } from "../domain/account.ts";
import type { Email } from "../domain/email.ts";
import type { Locale } from "../domain/locale.ts";

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
