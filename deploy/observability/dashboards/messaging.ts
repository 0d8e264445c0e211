import { type Dashboard, lines, number, perSecond, quantile } from "./panels.ts";

export const messaging: Dashboard = {
  uid: "limen-messaging",
  title: "Limen: messaging",
  description: "Outboxes, queues, consumers, dead letters.",
  rows: [
    {
      title: "At a glance",
      panels: [
        number(
          "Connections to the broker that are down",
          { description: "See LimenBrokerDisconnected.", unit: "short", alarming: 1 },
          "count(limen_broker_connected == 0) or vector(0)",
        ),
        number(
          "Broker short of memory or disk",
          { description: "It takes no messages then. See LimenBrokerBlocked.", unit: "short", alarming: 1 },
          "max(limen_broker_blocked)",
        ),
        number(
          "Queues that take no messages",
          { description: "See LimenQueueIll.", unit: "short", alarming: 1 },
          "count(limen_queue_sound == 0) or vector(0)",
        ),
        number(
          "Dead letters",
          { description: "They wait for an operator: npm run ops -- dead-letters list.", unit: "short", alarming: 1 },
          "sum(max by (queue) (limen_dead_letters)) or vector(0)",
        ),
        number(
          "Unroutable in the last hour",
          { description: "Messages that no queue received. See LimenMessageUnroutable.", unit: "short", alarming: 1 },
          "sum(increase(limen_messages_returned_total[1h])) or vector(0)",
        ),
      ],
    },
    {
      title: "Out",
      panels: [
        lines("Sent", { description: "Repeats included.", unit: "reqps" }, [
          perSecond("limen_messages_published_total", "", ["routing_key"]),
          "{{routing_key}}",
        ]),
        lines(
          "Sent, and not confirmed",
          {
            description: "These are sent again. It should be 0 but for the moments in which a broker goes or comes.",
            unit: "reqps",
          },
          [
            `${perSecond("limen_messages_published_total", "", ["routing_key"])} - ${perSecond("limen_messages_confirmed_total", "", ["routing_key"])}`,
            "{{routing_key}}",
          ],
        ),
        lines("In the outboxes", { description: "Messages that wait to be sent.", unit: "short" }, [
          "max by (schema) (limen_outbox_rows)",
          "{{schema}}",
        ]),
        lines("Age of the outboxes", { description: "Of the oldest of them. See LimenOutboxStuck.", unit: "s" }, [
          "max by (schema) (limen_outbox_age_seconds)",
          "{{schema}}",
        ]),
      ],
    },
    {
      title: "In",
      panels: [
        lines("Consumed", { description: "Messages whose effect was committed.", unit: "reqps" }, [
          perSecond("limen_messages_consumed_total", "", ["queue"]),
          "{{queue}}",
        ]),
        lines("In the queues", { description: "Ready for a consumer. See LimenQueueBacklog.", unit: "short" }, [
          "max by (queue) (limen_queue_messages)",
          "{{queue}}",
        ]),
        lines(
          "Age when they have taken effect, 99 %",
          { description: "The outbox and the queue together.", unit: "s" },
          [quantile(0.99, "limen_message_lag_seconds", "", ["queue"]), "{{queue}}"],
        ),
      ],
    },
    {
      title: "What goes wrong",
      panels: [
        lines("Tried again", { description: "Deliveries that failed and wait in a retry queue.", unit: "reqps" }, [
          perSecond("limen_messages_retried_total", "", ["queue"]),
          "{{queue}}",
        ]),
        lines("Given up", { description: "By reason.", unit: "reqps" }, [
          perSecond("limen_messages_dead_lettered_total", "", ["queue", "reason"]),
          "{{queue}} {{reason}}",
        ]),
        lines(
          "Held back",
          {
            description: "Because something that the consumer needs was down. See LimenConsumerPaused.",
            unit: "reqps",
          },
          [perSecond("limen_consumer_pauses_total", "", ["queue"]), "{{queue}}"],
        ),
      ],
    },
  ],
};
