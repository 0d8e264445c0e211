import type { AuthMessage } from "../../services/auth/domain/messages.ts";
import type { UserEvent } from "../../services/users/domain/events.ts";

/** A message with the id that it keeps however often it is delivered. */
export interface Packet {
  readonly id: string;
  readonly message: AuthMessage | UserEvent;
}

/** Safe places: each context's outbox, in its database. */
export type Outbox = "auth" | "users";

/** Outboxes, and a broker that forgets, repeats and reorders as it is told. `which` counts packets, round and round. */
export function createSimulatedNetwork() {
  const outboxes: Record<Outbox, Packet[]> = { auth: [], users: [] };
  const broker: Packet[] = [];
  const lost: Packet[] = [];
  let lastId = 0;

  return {
    send(from: Outbox, message: Packet["message"]): void {
      outboxes[from].push({ id: `m${++lastId}`, message });
    },
    /** A relay that crashes has published, and leaves the packet in the outbox to be published again. */
    relay(from: Outbox, which: number, crashes = false): Packet | undefined {
      const packet = crashes ? at(outboxes[from], which) : take(outboxes[from], which);
      if (packet !== undefined) broker.push(packet);
      return packet;
    },
    /** The packet stays where it is until it is acknowledged. */
    next: (which: number): Packet | undefined => at(broker, which),
    acknowledge(packet: Packet): void {
      const index = broker.indexOf(packet);
      if (index >= 0) broker.splice(index, 1);
    },
    repeat(which: number): Packet | undefined {
      const packet = at(broker, which);
      if (packet !== undefined) broker.push(packet);
      return packet;
    },
    lose(which: number): Packet | undefined {
      const packet = take(broker, which);
      if (packet !== undefined) lost.push(packet);
      return packet;
    },
    loseAll(): readonly Packet[] {
      const packets = broker.splice(0);
      lost.push(...packets);
      return packets;
    },
    lost: (): readonly Packet[] => lost,
    waitingIn: (outbox: Outbox): readonly Packet[] => outboxes[outbox],
    /** How many packets have not arrived. */
    size: (): number => outboxes.auth.length + outboxes.users.length + broker.length,
  };
}

const at = (packets: readonly Packet[], which: number): Packet | undefined =>
  packets[which % Math.max(packets.length, 1)];

const take = (packets: Packet[], which: number): Packet | undefined =>
  packets.splice(which % Math.max(packets.length, 1), 1)[0];
