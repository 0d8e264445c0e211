import { defineEntity, p } from "@mikro-orm/postgresql";
import type { DecidedCreation, RejectionReason } from "../domain/creation.ts";
import type { Email, Name, UserId, UserStatus } from "../domain/user.ts";

export const UserRow = defineEntity({
  name: "User",
  schema: "users",
  tableName: "users",
  properties: {
    id: p.uuid().$type<UserId>().primary(),
    email: p.string().$type<Email>(),
    name: p.string().$type<Name>(),
    status: p.string().$type<UserStatus>(),
    version: p.bigint("number"),
    createTime: p.datetime(),
    updateTime: p.datetime(),
  },
});

/** `outcome` is null while nothing is decided; until then, what was asked for here is known. */
export const CreationRow = defineEntity({
  name: "Creation",
  schema: "users",
  tableName: "creations",
  properties: {
    creationId: p.uuid().primary(),
    userId: p.uuid().$type<UserId>(),
    outcome: p.string().$type<DecidedCreation["state"]>().nullable(),
    reason: p.string().$type<RejectionReason>().nullable(),
    name: p.string().$type<Name>().nullable(),
    email: p.string().$type<Email>().nullable(),
    sends: p.integer().default(0),
    nextSendTime: p.datetime().nullable(),
  },
});
