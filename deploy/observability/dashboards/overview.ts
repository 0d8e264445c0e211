import { type Dashboard, lines, number, perSecond, quantile } from "./panels.ts";

const api = '{route=~"/api/.*"}';
const http = "limen_http_request_duration_seconds";

export const overview: Dashboard = {
  uid: "limen-overview",
  title: "Limen: overview",
  description: "Is it well, is it fast, has it room?",
  rows: [
    {
      title: "Objectives: how much of the month's budget each hour uses (1 is even use)",
      panels: [
        number(
          "Availability",
          {
            description: "Calls that failed, against 0.1 % of all. See LimenAvailabilityBurnsFast.",
            unit: "none",
            alarming: 6,
          },
          "limen:availability_errors:ratio_rate1h / 0.001",
        ),
        number(
          "Logins within 1 s",
          { description: "Slower logins, against 1 % of all.", unit: "none", alarming: 6 },
          "limen:login_latency_errors:ratio_rate1h / 0.01",
        ),
        number(
          "Token validations within 50 ms",
          { description: "Slower validations, against 0.1 % of all.", unit: "none", alarming: 6 },
          "limen:validation_latency_errors:ratio_rate1h / 0.001",
        ),
        number(
          "Registrations within 1 min",
          { description: "Slower registrations, against 0.1 % of all.", unit: "none", alarming: 6 },
          "limen:registration_errors:ratio_rate1h / 0.001",
        ),
        number(
          "Instances not ready",
          { description: "More than 0 for minutes: see LimenNotReady.", unit: "none", alarming: 1 },
          "count(limen_ready == 0) or vector(0)",
        ),
      ],
    },
    {
      title: "The gateway",
      panels: [
        lines("Requests", { description: "By status.", unit: "reqps" }, [
          perSecond(`${http}_count`, api, ["status"]),
          "{{status}}",
        ]),
        lines(
          "Duration",
          { description: "Of all calls; logins and registrations hash a password.", unit: "s" },
          [quantile(0.5, http, api), "half"],
          [quantile(0.99, http, api), "99 %"],
        ),
        lines("Failures by route", { description: "Answers of 500 and above.", unit: "reqps" }, [
          perSecond(`${http}_count`, '{route=~"/api/.*",status=~"5.."}', ["route", "status"]),
          "{{route}} {{status}}",
        ]),
      ],
    },
    {
      title: "The services, by method",
      panels: [
        lines("Calls", { description: "By method.", unit: "reqps" }, [
          perSecond("limen_rpc_duration_seconds_count", "", ["method"]),
          "{{method}}",
        ]),
        lines("Refusals and failures", { description: "Everything that was not answered with ok.", unit: "reqps" }, [
          perSecond("limen_rpc_duration_seconds_count", '{code!="ok"}', ["method", "code"]),
          "{{method}} {{code}}",
        ]),
        lines("Duration, 99 %", { description: "By method.", unit: "s" }, [
          quantile(0.99, "limen_rpc_duration_seconds", "", ["method"]),
          "{{method}}",
        ]),
      ],
    },
    {
      title: "Processes",
      panels: [
        lines(
          "Event loop at work",
          { description: "Of 1. Above 0.8 everything waits: more instances are needed.", unit: "percentunit" },
          ["max by (role) (rate(limen_event_loop_active_seconds_total[$__rate_interval]))", "{{role}}"],
        ),
        lines("Event loop late, 99 %", { description: "How long work waited that could have run.", unit: "s" }, [
          'max by (role) (limen_event_loop_delay_seconds{quantile="0.99"})',
          "{{role}}",
        ]),
        lines("CPU", { description: "Cores in use, by all instances of a role.", unit: "short" }, [
          perSecond("process_cpu_seconds_total", '{job="limen"}', ["role"]),
          "{{role}}",
        ]),
        lines(
          "Memory",
          {
            description: "Of the largest instance of each role. A password hash takes 19 MiB while it runs.",
            unit: "bytes",
          },
          ['max by (role) (process_resident_memory_bytes{job="limen"})', "{{role}}"],
        ),
      ],
    },
    {
      title: "Database",
      panels: [
        lines(
          "Connections",
          {
            description: "Of all instances; their maxima together must stay below PostgreSQL's max_connections.",
            unit: "short",
          },
          ["sum by (pool, state) (limen_database_pool_connections)", "{{pool}} {{state}}"],
          ["sum by (pool) (limen_database_pool_max_connections)", "{{pool}} at most"],
        ),
        lines(
          "Work that waits for a connection",
          { description: "More than 0 for minutes: see LimenDatabasePoolExhausted.", unit: "short" },
          ["sum by (pool) (limen_database_pool_waiting)", "{{pool}}"],
        ),
      ],
    },
  ],
};
