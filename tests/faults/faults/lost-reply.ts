import type { Fault } from "../fault.ts";
import { answersToAuth, intercept } from "../interceptor.ts";
import { allFinished, register } from "./steps.ts";

export const lostReply: Fault = {
  name: "F4",
  title: "every first reply lost",
  async inject(context) {
    const { world, measure, scaled } = context;
    const asked = new Set<string>();
    let dropped = 0;
    const interceptor = await intercept(world, answersToAuth, (message, forward) => {
      const { creationId } = JSON.parse(message.content.toString());
      if (asked.has(creationId)) return forward(message);
      asked.add(creationId);
      dropped += 1;
    });
    const wishes = await register(context, scaled(1_000, 30), { width: 16, waitSeconds: 0 });
    await allFinished(world, 60_000);
    await interceptor.stop();
    measure("replies lost", dropped, { atLeast: wishes.length });
  },
};
