import { guardContract } from "./guard.contract.ts";
import { createInMemoryTallies } from "./in-memory-tallies.ts";

guardContract("in memory", createInMemoryTallies);
