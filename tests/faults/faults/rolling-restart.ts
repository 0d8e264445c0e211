import type { Fault } from "../fault.ts";
import { rollOutUnderLoad } from "../rollout.ts";

export const rollingRestart: Fault = {
  name: "F19",
  title: "every role restarted under load, one instance after the other",
  async inject(context) {
    await rollOutUnderLoad(context, async ({ there, back }) => {
      for (let rollouts = context.scaled(4, 2); rollouts > 0; rollouts -= 2) {
        await there();
        await back();
      }
    });
  },
};
