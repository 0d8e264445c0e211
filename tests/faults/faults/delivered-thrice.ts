import type { Fault } from "../fault.ts";
import { answersToAuth, authCommands, intercept, userCommands } from "../interceptor.ts";
import { register } from "./steps.ts";

export const deliveredThrice: Fault = {
  name: "F11",
  title: "every message delivered three times",
  async inject(context) {
    const { world, scaled } = context;
    const ways = [authCommands, userCommands, answersToAuth];
    const interceptors = await Promise.all(
      ways.map((way) =>
        intercept(world, way, (message, forward) => {
          for (let copy = 0; copy < 3; copy++) forward(message);
        }),
      ),
    );
    await register(context, scaled(10_000, 60), { width: 16 });
    for (const interceptor of interceptors) await interceptor.stop();
  },
};
