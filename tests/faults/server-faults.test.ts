import { serverFaults } from "./all-faults.ts";
import { shortRun } from "./short-run.ts";

shortRun("what goes wrong with servers and the lines to them while people register", serverFaults);
