import type { Fault } from "./fault.ts";
import { apiKilled } from "./faults/api-killed.ts";
import { brokerKilled } from "./faults/broker-killed.ts";
import { brokerLink } from "./faults/broker-link.ts";
import { closed } from "./faults/closed.ts";
import { compensation } from "./faults/compensation.ts";
import { consumerCrashes } from "./faults/consumer-crashes.ts";
import { databaseCrashed } from "./faults/database-crashed.ts";
import { databaseFull } from "./faults/database-full.ts";
import { databaseLink } from "./faults/database-link.ts";
import { deliveredThrice } from "./faults/delivered-thrice.ts";
import { dependencyDown } from "./faults/dependency-down.ts";
import { diskAlarm } from "./faults/disk-alarm.ts";
import { lostReply } from "./faults/lost-reply.ts";
import { poison } from "./faults/poison.ts";
import { queueUnbound } from "./faults/queue-unbound.ts";
import { relayKilled } from "./faults/relay-killed.ts";
import { rollingRestart } from "./faults/rolling-restart.ts";
import { sameEmail } from "./faults/same-email.ts";
import { workerKilled } from "./faults/worker-killed.ts";

/** By the lines of the fault table. F12, messages out of order, is a property test of the services. */
export const faults: readonly Fault[] = [
  apiKilled,
  relayKilled,
  workerKilled,
  lostReply,
  compensation,
  brokerKilled,
  databaseCrashed,
  brokerLink,
  databaseLink,
  closed,
  deliveredThrice,
  poison,
  dependencyDown,
  consumerCrashes,
  diskAlarm,
  databaseFull,
  queueUnbound,
  rollingRestart,
  sameEmail,
];
