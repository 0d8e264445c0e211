import type { ServiceImpl } from "@connectrpc/connect";
import type { AuthService } from "../../../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { callerOf, requireUser } from "../../platform/rpc/caller.ts";
import type { ChangePassword } from "../application/change-password.ts";
import type { ForgotPassword } from "../application/forgot-password.ts";
import type { ResetPassword } from "../application/reset-password.ts";
import type { SendEmailVerification } from "../application/send-email-verification.ts";
import type { VerifyEmail } from "../application/verify-email.ts";

type Handlers = Pick<
  ServiceImpl<typeof AuthService>,
  "changePassword" | "forgotPassword" | "resetPassword" | "sendEmailVerification" | "verifyEmail"
>;

export function createPasswordHandlers(deps: {
  changePassword: ChangePassword;
  forgotPassword: ForgotPassword;
  resetPassword: ResetPassword;
  sendEmailVerification: SendEmailVerification;
  verifyEmail: VerifyEmail;
}): Handlers {
  return {
    async changePassword({ currentPassword, newPassword }, context) {
      const { userId, sessionId } = requireUser(context);
      const { clientIp: ipAddress } = callerOf(context);
      await deps.changePassword({ userId, sessionId, currentPassword, newPassword, ipAddress });
      return {};
    },

    async forgotPassword({ email }, context) {
      await deps.forgotPassword({ email, ipAddress: callerOf(context).clientIp });
      return {};
    },

    async resetPassword({ token, newPassword }, context) {
      await deps.resetPassword({ token, newPassword, ipAddress: callerOf(context).clientIp });
      return {};
    },

    async sendEmailVerification(_, context) {
      const { userId } = requireUser(context);
      await deps.sendEmailVerification({ userId, ipAddress: callerOf(context).clientIp });
      return {};
    },

    async verifyEmail({ token }, context) {
      await deps.verifyEmail({ token, ipAddress: callerOf(context).clientIp });
      return {};
    },
  };
}
