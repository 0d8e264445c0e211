import { type Dashboard, lines, number, perSecond, quantile } from "./panels.ts";

const duration = "limen_registration_duration_seconds";

export const saga: Dashboard = {
  uid: "limen-saga",
  title: "Limen: registrations",
  description: "From the request to the account, over three messages.",
  rows: [
    {
      title: "On their way",
      panels: [
        number(
          "Oldest",
          { description: "That waits for no person. See LimenRegistrationsStuck.", unit: "s", alarming: 900 },
          "max(limen_registrations_oldest_open_age_seconds)",
        ),
        number(
          "Asked again",
          {
            description: "Their command was sent more than once: an answer is late, or was lost.",
            unit: "short",
            alarming: 100,
          },
          "max(limen_registrations_asked_again)",
        ),
        number(
          "Mails waiting",
          { description: "Not sent yet. See LimenMailsStuck.", unit: "short", alarming: 1_000 },
          "max(limen_mails_waiting)",
        ),
        number(
          "Mails given up",
          { description: "They wait for an operator: npm run ops -- mails list.", unit: "short", alarming: 1 },
          "max(limen_mails_dead)",
        ),
      ],
    },
    {
      title: "Flow",
      panels: [
        lines(
          "Taken and ended",
          { description: "What is taken ends: the lines run together, unless people are waited for.", unit: "reqps" },
          [perSecond("limen_registrations_accepted_total"), "taken"],
          [perSecond(`${duration}_count`, "", ["state"]), "{{state}}"],
        ),
        lines(
          "Open, by state",
          { description: "AWAITING_PROOF waits for a person who was mailed a link.", unit: "short" },
          ["max by (state) (limen_registrations_open)", "{{state}}"],
        ),
        lines(
          "Duration of the completed",
          { description: "From the request to the account. In verified mode, the person's part included.", unit: "s" },
          [quantile(0.5, duration, '{state="COMPLETED"}'), "half"],
          [quantile(0.99, duration, '{state="COMPLETED"}'), "99 %"],
        ),
      ],
    },
    {
      title: "Hop by hop",
      panels: [
        lines(
          "From event to effect, 99 %",
          { description: "Age of messages when they have taken effect, by queue: which hop is slow.", unit: "s" },
          [quantile(0.99, "limen_message_lag_seconds", "", ["queue"]), "{{queue}}"],
        ),
        lines(
          "Age of the outboxes",
          { description: "Of the oldest message that has not left. See LimenOutboxStuck.", unit: "s" },
          ["max by (schema) (limen_outbox_age_seconds)", "{{schema}}"],
        ),
        lines("Age of the oldest mail", { description: "See LimenMailsStuck.", unit: "s" }, [
          "max(limen_mails_oldest_age_seconds)",
          "mail",
        ]),
      ],
    },
  ],
};
