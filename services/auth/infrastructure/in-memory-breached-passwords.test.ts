import { breachedPasswordsContract } from "./breached-passwords.contract.ts";
import { createInMemoryBreachedPasswords } from "./in-memory-breached-passwords.fixture.ts";

breachedPasswordsContract("in memory", async (passwords) => createInMemoryBreachedPasswords(passwords));
