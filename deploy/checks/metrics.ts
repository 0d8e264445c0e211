import { AuthService } from "../../proto/gen/limen/auth/v1/auth_service_pb.ts";
import { UserService } from "../../proto/gen/limen/users/v1/user_service_pb.ts";

/** A metric of Limen: who exports it, and its labels, each with the values that it can have, or null where those are open. */
export interface Metric {
  readonly type: "counter" | "gauge" | "histogram";
  readonly labels: Readonly<Record<string, readonly string[] | null>>;
  readonly roles: readonly string[];
}

const rpc = [AuthService, UserService];
const apis = ["users-api", "auth-api"];
const workers = ["users-worker", "auth-worker"];
const services = [...apis, ...workers];
const everyRole = [...services, "gateway"];

const queue = ["user_commands", "auth_commands", "auth_user_events"];
const everyQueue = queue.flatMap((name) => [name, `${name}.retry`, `${name}.dead`]);
const exchange = ["limen.commands", "limen.events", "limen.retry", "limen.dead"];
const schema = ["users", "auth"];
const turn = ["verification", "hashing"];
const pool = services.map((role) => `limen ${role}`);
const state = ["ACCEPTED", "AWAITING_PROOF", "CREATING", "COMPENSATING"];

/** Closed on purpose: what is exported and not here, or here and not exported, fails the telemetry test. */
export const metrics: Readonly<Record<string, Metric>> = {
  limen_build_info: { type: "gauge", labels: { version: null, node: null }, roles: everyRole },
  limen_ready: { type: "gauge", labels: {}, roles: everyRole },
  limen_not_ready: { type: "gauge", labels: { reason: null }, roles: everyRole },
  limen_certificate_expiry_timestamp_seconds: { type: "gauge", labels: {}, roles: everyRole },
  limen_event_loop_delay_seconds: { type: "gauge", labels: { quantile: ["0.5", "0.99", "1"] }, roles: everyRole },
  limen_event_loop_active_seconds_total: { type: "counter", labels: {}, roles: everyRole },

  limen_http_request_duration_seconds: {
    type: "histogram",
    labels: { method: null, route: null, status: null },
    roles: ["gateway"],
  },
  limen_rpc_duration_seconds: {
    type: "histogram",
    labels: {
      service: rpc.map(({ typeName }) => typeName),
      method: rpc.flatMap(({ methods }) => methods.map(({ name }) => name)),
      code: [
        ...["ok", "canceled", "unknown", "invalid_argument", "deadline_exceeded", "not_found", "already_exists"],
        ...["permission_denied", "resource_exhausted", "failed_precondition", "aborted", "out_of_range"],
        ...["unimplemented", "internal", "unavailable", "data_loss", "unauthenticated"],
      ],
    },
    roles: apis,
  },

  limen_messages_published_total: { type: "counter", labels: { exchange, routing_key: null }, roles: services },
  limen_messages_confirmed_total: { type: "counter", labels: { exchange, routing_key: null }, roles: services },
  limen_messages_returned_total: { type: "counter", labels: { exchange, routing_key: null }, roles: services },
  limen_messages_consumed_total: { type: "counter", labels: { queue }, roles: services },
  limen_message_lag_seconds: { type: "histogram", labels: { queue }, roles: services },
  limen_messages_retried_total: { type: "counter", labels: { queue }, roles: services },
  limen_messages_dead_lettered_total: { type: "counter", labels: { queue, reason: null }, roles: services },
  limen_consumer_pauses_total: { type: "counter", labels: { queue }, roles: services },
  limen_broker_connected: {
    type: "gauge",
    labels: { client: services, connection: ["publish", "consume"] },
    roles: services,
  },
  limen_broker_blocked: { type: "gauge", labels: { client: services }, roles: services },
  limen_queue_messages: { type: "gauge", labels: { queue }, roles: services },
  limen_queue_sound: { type: "gauge", labels: { queue: everyQueue }, roles: services },
  limen_outbox_rows: { type: "gauge", labels: { schema }, roles: services },
  limen_outbox_age_seconds: { type: "gauge", labels: { schema }, roles: services },
  limen_dead_letters: { type: "gauge", labels: { queue }, roles: services },

  limen_database_up: { type: "gauge", labels: { pool }, roles: services },
  limen_database_pool_connections: { type: "gauge", labels: { pool, state: ["idle", "busy"] }, roles: services },
  limen_database_pool_max_connections: { type: "gauge", labels: { pool }, roles: services },
  limen_database_pool_waiting: { type: "gauge", labels: { pool }, roles: services },

  limen_hash_slots: { type: "gauge", labels: {}, roles: ["auth-api"] },
  limen_hashes_running: { type: "gauge", labels: {}, roles: ["auth-api"] },
  limen_hashes_waiting: { type: "gauge", labels: {}, roles: ["auth-api"] },
  limen_hashes_refused_total: { type: "counter", labels: { turn }, roles: ["auth-api"] },
  limen_hash_wait_seconds: { type: "histogram", labels: { turn }, roles: ["auth-api"] },
  limen_hash_duration_seconds: { type: "histogram", labels: { turn }, roles: ["auth-api"] },
  limen_audit_events_total: {
    type: "counter",
    labels: {
      event: [
        ...["login_succeeded", "login_failed", "throttled", "refresh_token_reused", "session_revoked"],
        ...["password_changed", "password_reset", "email_verified", "role_granted", "role_revoked"],
        ...["signing_key_rotated", "signing_key_revoked"],
        ...["email_change_requested", "email_change_confirmed", "email_change_rejected", "email_changed"],
      ],
    },
    roles: ["auth-api", "auth-worker"],
  },

  limen_registrations_accepted_total: { type: "counter", labels: {}, roles: ["auth-api", "auth-worker"] },
  limen_registration_duration_seconds: {
    type: "histogram",
    labels: { state: ["COMPLETED", "REJECTED", "FAILED"] },
    roles: ["auth-api", "auth-worker"],
  },
  limen_registrations_open: { type: "gauge", labels: { state }, roles: ["auth-worker"] },
  limen_registrations_asked_again: { type: "gauge", labels: {}, roles: ["auth-worker"] },
  limen_registrations_oldest_open_age_seconds: { type: "gauge", labels: {}, roles: ["auth-worker"] },
  limen_mails_waiting: { type: "gauge", labels: {}, roles: ["auth-worker"] },
  limen_mails_oldest_age_seconds: { type: "gauge", labels: {}, roles: ["auth-worker"] },
  limen_mails_dead: { type: "gauge", labels: {}, roles: ["auth-worker"] },
};

/** Of Node.js and the process, by prom-client: those that dashboards and alerts use. Every role exports them. */
export const processMetrics = [
  "process_cpu_seconds_total",
  "process_resident_memory_bytes",
  "process_open_fds",
  "process_max_fds",
  "process_start_time_seconds",
  "nodejs_heap_size_used_bytes",
] as const;

/** The series of a metric: a histogram has three, one of them with the label `le`. */
export function* seriesOf(name: string, { type, labels }: Metric): Generator<[string, Metric["labels"]]> {
  if (type !== "histogram") return yield [name, labels];
  yield [`${name}_bucket`, { ...labels, le: null }];
  yield [`${name}_sum`, labels];
  yield [`${name}_count`, labels];
}
