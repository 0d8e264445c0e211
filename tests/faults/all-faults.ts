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

/** What the broker, the database and the lines to them do. */
export const serverFaults: readonly Fault[] = [
  brokerKilled,
  databaseCrashed,
  brokerLink,
  databaseLink,
  closed,
  dependencyDown,
  diskAlarm,
  databaseFull,
  queueUnbound,
];

/** What Limen's own processes and messages do. */
export const processFaults: readonly Fault[] = [
  apiKilled,
  relayKilled,
  workerKilled,
  lostReply,
  compensation,
  deliveredThrice,
  poison,
  consumerCrashes,
  rollingRestart,
  sameEmail,
];

const line = ({ name }: Fault): number => Number(name.slice(1));

/** By the lines of the fault table. F12, messages out of order, is a property test of the services. */
export const faults: readonly Fault[] = [...processFaults, ...serverFaults].sort((a, b) => line(a) - line(b));
