import { type Dashboard, lines, number, perSecond, quantile } from "./panels.ts";

const rpc = "limen_rpc_duration_seconds";
const events = "limen_audit_events_total";

export const auth: Dashboard = {
  uid: "limen-auth",
  title: "Limen: authentication",
  description: "Logins, tokens, sessions, and who tries the doors.",
  rows: [
    {
      title: "At a glance",
      panels: [
        number(
          "Logins a second",
          { description: "That succeeded.", unit: "reqps" },
          perSecond(events, '{event="login_succeeded"}'),
        ),
        number(
          "Room for hashes that is used",
          {
            description: "Of 1. A core that is full is a core too few: see LimenHashesRefused.",
            unit: "percentunit",
            alarming: 0.9,
          },
          "sum(rate(limen_hash_duration_seconds_sum[$__rate_interval])) / sum(limen_hash_slots)",
        ),
        number(
          "Refused for want of room",
          { description: "A second. See LimenHashesRefused.", unit: "reqps", alarming: 1 },
          `${perSecond("limen_hashes_refused_total")} or vector(0)`,
        ),
        number(
          "Refresh tokens used twice in the last hour",
          { description: "See LimenRefreshTokensReused.", unit: "short", alarming: 10 },
          `sum(increase(${events}{event="refresh_token_reused"}[1h])) or vector(0)`,
        ),
      ],
    },
    {
      title: "Logins",
      panels: [
        lines(
          "Attempts",
          { description: "By outcome. Failures far above successes: see LimenGuessing.", unit: "reqps" },
          [perSecond(events, '{event=~"login_succeeded|login_failed|throttled"}', ["event"]), "{{event}}"],
        ),
        lines(
          "Duration",
          { description: "Most of it is the hash, and the wait for it.", unit: "s" },
          [quantile(0.5, rpc, '{method="Login"}'), "half"],
          [quantile(0.99, rpc, '{method="Login"}'), "99 %"],
        ),
        lines("Outcome of calls", { description: "Login, Refresh and Register, by status code.", unit: "reqps" }, [
          perSecond(`${rpc}_count`, '{method=~"Login|RefreshToken|Register"}', ["method", "code"]),
          "{{method}} {{code}}",
        ]),
      ],
    },
    {
      title: "Password hashes",
      panels: [
        lines("Computed", { description: "Verifications have the right of way.", unit: "reqps" }, [
          perSecond("limen_hash_duration_seconds_count", "", ["turn"]),
          "{{turn}}",
        ]),
        lines(
          "Running and waiting",
          { description: "Of all instances.", unit: "short" },
          ["sum(limen_hashes_running)", "running"],
          ["sum(limen_hashes_waiting)", "waiting"],
          ["sum(limen_hash_slots)", "room"],
        ),
        lines("Wait, 99 %", { description: "Who would wait for more than a second is refused at once.", unit: "s" }, [
          quantile(0.99, "limen_hash_wait_seconds", "", ["turn"]),
          "{{turn}}",
        ]),
        lines(
          "One hash",
          { description: "The cost of a guess. Longer than it was: another load is on its cores.", unit: "s" },
          [quantile(0.5, "limen_hash_duration_seconds", "", ["turn"]), "{{turn}}"],
        ),
      ],
    },
    {
      title: "Tokens and sessions",
      panels: [
        lines(
          "Tokens judged",
          {
            description: "By ValidateToken; services that follow the revocations judge for themselves.",
            unit: "reqps",
          },
          [perSecond(`${rpc}_count`, '{method="ValidateToken"}', ["code"]), "{{code}}"],
        ),
        lines("Duration of ValidateToken", { description: "It asks no database.", unit: "s" }, [
          quantile(0.99, rpc, '{method="ValidateToken"}'),
          "99 %",
        ]),
        lines("What happened to credentials", { description: "As the audit trail has it.", unit: "reqps" }, [
          perSecond(events, '{event!~"login_succeeded|login_failed|throttled"}', ["event"]),
          "{{event}}",
        ]),
      ],
    },
  ],
};
