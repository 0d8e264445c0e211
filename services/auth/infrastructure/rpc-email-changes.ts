import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import { EmailChange_State, type EmailChangeSchema } from "../../../proto/gen/limen/auth/v1/auth_pb.ts";
import type { AuthService } from "../../../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { callerOf, requireUser } from "../../platform/rpc/caller.ts";
import type { ChangeEmail } from "../application/change-email.ts";
import type { ConfirmEmailChange } from "../application/confirm-email-change.ts";
import type { EmailChangeProgress, Waiter } from "../application/ports.ts";
import { isFinishedChange } from "../domain/email-change.ts";
import { emailChangeNotFound } from "../domain/errors.ts";
import { waitMs } from "./rpc-wait.ts";

type Handlers = Pick<ServiceImpl<typeof AuthService>, "changeEmail" | "confirmEmailChange" | "getEmailChange">;

const defaultConfirmWaitMs = 2_000;

export function createEmailChangeHandlers(deps: {
  changeEmail: ChangeEmail;
  confirmEmailChange: ConfirmEmailChange;
  waiter: Waiter<EmailChangeProgress>;
}): Handlers {
  return {
    async changeEmail({ newEmail, currentPassword }, context) {
      const { userId, sessionId } = requireUser(context);
      const { clientIp: ipAddress } = callerOf(context);
      await deps.changeEmail({ userId, sessionId, newEmail, currentPassword, ipAddress });
      return {};
    },

    async confirmEmailChange({ token, wait }, context) {
      const change = await deps.confirmEmailChange({
        token,
        waitMs: waitMs(wait, defaultConfirmWaitMs, context),
        ipAddress: callerOf(context).clientIp,
        signal: context.signal,
      });
      return { emailChange: toMessage(change) };
    },

    async getEmailChange({ id, wait }, context) {
      const change = await deps.waiter.wait(id, isFinishedChange, {
        timeoutMs: waitMs(wait, 0, context),
        signal: context.signal,
      });
      if (change === null) throw emailChangeNotFound();
      return { emailChange: toMessage(change) };
    },
  };
}

const toMessage = ({ id, state, createTime }: EmailChangeProgress): MessageInitShape<typeof EmailChangeSchema> => ({
  id,
  state: EmailChange_State[state],
  createTime: timestampFromDate(createTime),
});
