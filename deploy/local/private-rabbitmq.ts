import { randomBytes, randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "amqplib";
import { canInstallPackages } from "./debian-packages.ts";
import { createDockerBroker } from "./docker-rabbitmq.ts";
import { createLocalBroker } from "./local-rabbitmq.ts";
import { nextFreePort } from "./ports.ts";
import { dockerAnswers, findRabbitMqProgram, installRabbitMq } from "./rabbitmq-program.ts";

export interface PrivateRabbitMq {
  readonly url: string;
  /** Where its files are, unless they are in a container. */
  readonly dataDir: string | undefined;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
  /**
   * Another user than guest, as production wants one, who may do everything.
   * @returns the URL with that user.
   */
  addUser(name: string): Promise<string>;
  /** What a crash does (SIGKILL): the data stays for `restart`. */
  kill(): Promise<void>;
  /**
   * Has it write what it knows of exchanges and queues to disk. It does so by itself within minutes only: a queue that was
   * declared shortly before a crash is lost, with messages that were confirmed (measured with 3.10.8).
   */
  syncToDisk(): Promise<void>;
  /** Adds users and their permissions, in JSON as `load_definitions` takes it. */
  importDefinitions(json: string): Promise<void>;
  /** Starts it again at the same address with the same data; one that runs is killed first. */
  restart(): Promise<void>;
  /** Kills it and starts another one at the same address that knows nothing: neither messages nor queues. */
  wipe(): Promise<void>;
  /** Evaluates an Erlang expression inside. */
  evaluate(expression: string): Promise<void>;
}

/** One way to run a broker. */
export interface Broker {
  readonly dataDir?: string;
  start(): Promise<void>;
  /** Why it will never be ready, or undefined while it may. */
  failure(): Promise<string | undefined>;
  kill(): Promise<void>;
  /** Evaluates an Erlang expression inside. */
  evaluate(expression: string): Promise<void>;
  /** Runs `rabbitmqctl import_definitions`. */
  importDefinitions(json: string): Promise<void>;
  remove(): Promise<void>;
}

/** The first start prepares a database; a machine whose cores are busy takes its time. */
const readyMs = 120_000;

/**
 * A RabbitMQ of one's own on free ports of the loopback interface, with nothing kept: from the installed server, else from
 * Docker, else, as root on Debian, from the package that is installed for it.
 * @throws Error saying what to install when there is no way.
 */
export async function startPrivateRabbitMq(log: (line: string) => void = console.log): Promise<PrivateRabbitMq> {
  const port = await nextFreePort(randomInt(20_000, 30_000));
  const url = `amqp://guest:guest@127.0.0.1:${port}`;
  const create = await findBroker(log);
  let broker = await create(port);
  const start = async () => {
    await broker.start();
    await waitUntilReady(url, broker);
  };
  try {
    await start();
  } catch (error) {
    await broker.remove();
    throw error;
  }
  return {
    url,
    dataDir: broker.dataDir,
    stop: () => broker.remove(),
    async addUser(name) {
      const own = new URL(url);
      own.username = name;
      own.password = randomBytes(32).toString("base64url");
      const [user, password, all] = [name, own.password, ".*"].map((text) => `<<"${text}">>`);
      await broker.evaluate(
        `rabbit_auth_backend_internal:add_user(${user}, ${password}, ${user}),
         rabbit_auth_backend_internal:set_permissions(${user}, <<"/">>, ${all}, ${all}, ${all}, ${user}).`,
      );
      return own.href;
    },
    kill: () => broker.kill(),
    syncToDisk: () => broker.evaluate("mnesia:sync_log(), [dets:sync(Table) || Table <- dets:all()]."),
    importDefinitions: (json) => broker.importDefinitions(json),
    async restart() {
      await broker.kill();
      await start();
    },
    async wipe() {
      await broker.remove();
      broker = await create(port);
      await start();
    },
    evaluate: (expression) => broker.evaluate(expression),
  };
}

/** The way there is to make one. */
async function findBroker(log: (line: string) => void): Promise<(port: number) => Promise<Broker>> {
  const local = (program: string) => (port: number) => createLocalBroker(program, port);
  const program = findRabbitMqProgram();
  if (program !== undefined) return local(program);
  if (await dockerAnswers()) return async (port) => createDockerBroker(port);
  if (canInstallPackages()) return local(await installRabbitMq(log));
  throw new Error("RabbitMQ is needed: install rabbitmq-server, or start Docker, or set AMQP_URL to a running one.");
}

async function waitUntilReady(url: string, broker: Broker): Promise<void> {
  let problem: unknown;
  for (const deadline = performance.now() + readyMs; performance.now() < deadline; await sleep(100)) {
    const failure = await broker.failure();
    if (failure !== undefined) throw new Error(`RabbitMQ does not start: ${failure}`);
    try {
      await tryAmqp(url);
      return;
    } catch (error) {
      problem = error;
    }
  }
  throw new Error(`RabbitMQ is not ready after ${readyMs / 1_000} s`, { cause: problem });
}

/** @throws what amqplib throws when no broker accepts a connection at `url` within 5 s. */
export async function tryAmqp(url: string): Promise<void> {
  const connection = await connect(url, { timeout: 5_000 });
  await connection.close();
}
