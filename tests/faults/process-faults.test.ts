import { processFaults } from "./all-faults.ts";
import { randomRun } from "./random-run.ts";
import { shortRun } from "./short-run.ts";

shortRun("what goes wrong with processes and messages while people register", [...processFaults, randomRun]);
