import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  Registration_State,
  type RegistrationSchema,
  type TokensSchema,
} from "../../../proto/gen/limen/auth/v1/auth_pb.ts";
import type { AuthService } from "../../../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { callerOf } from "../../platform/rpc/caller.ts";
import type { RegistrationProgress, RegistrationWaiter } from "../application/ports.ts";
import type { Register } from "../application/register.ts";
import type { WatchRegistration } from "../application/watch-registration.ts";
import { registrationNotFound } from "../domain/errors.ts";
import { chooseLocale } from "../domain/locale.ts";
import { isFinished } from "../domain/registration.ts";
import { waitMs } from "./rpc-wait.ts";

type Handlers = Pick<ServiceImpl<typeof AuthService>, "register" | "getRegistration" | "watchRegistration">;

const defaultRegisterWaitMs = 2_000;

export function createRegistrationHandlers(deps: {
  register: Register;
  watch: WatchRegistration;
  waiter: RegistrationWaiter;
}): Handlers {
  return {
    async register(request, context) {
      const { clientIp, userAgent, acceptLanguage } = callerOf(context);
      const { registration, tokens } = await deps.register({
        name: request.name,
        email: request.email,
        password: request.password,
        idempotencyKey: request.idempotencyKey === "" ? null : request.idempotencyKey,
        waitMs: waitMs(request.wait, defaultRegisterWaitMs, context),
        device: { ipAddress: clientIp, userAgent },
        locale: chooseLocale(acceptLanguage),
        signal: context.signal,
      });
      return {
        registration: toMessage(registration),
        ...(tokens && { tokens: tokens satisfies MessageInitShape<typeof TokensSchema> }),
      };
    },

    async getRegistration(request, context) {
      const registration = await deps.waiter.wait(request.id, isFinished, {
        timeoutMs: waitMs(request.wait, 0, context),
        signal: context.signal,
      });
      if (registration === null) throw registrationNotFound();
      return { registration: toMessage(registration) };
    },

    async *watchRegistration(request, context) {
      for await (const registration of deps.watch(request.id, context.signal)) {
        yield { registration: toMessage(registration) };
      }
    },
  };
}

const toMessage = (registration: RegistrationProgress): MessageInitShape<typeof RegistrationSchema> => ({
  id: registration.id,
  state: Registration_State[registration.state],
  userId: registration.userId,
  createTime: timestampFromDate(registration.createTime),
  reason: registration.reason ?? "",
});
