import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  User_Status,
  UserCreation_State,
  type UserCreationSchema,
  type UserSchema,
} from "../../../proto/gen/limen/users/v1/user_pb.ts";
import type { Creation } from "../domain/creation.ts";
import { etagOf, type User } from "../domain/user.ts";

export const userToProtobuf = (user: User): MessageInitShape<typeof UserSchema> => ({
  id: user.id,
  email: user.email,
  name: user.name,
  status: User_Status[user.status],
  createTime: timestampFromDate(user.createTime),
  updateTime: timestampFromDate(user.updateTime),
  etag: etagOf(user),
});

export const creationToProtobuf = (creation: Creation): MessageInitShape<typeof UserCreationSchema> => ({
  id: creation.id,
  state: UserCreation_State[creation.state],
  userId: creation.userId,
  reason: creation.state === "REJECTED" ? creation.reason : "",
});
