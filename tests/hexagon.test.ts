import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { before, describe, it } from "node:test";

const root = resolve(import.meta.dirname, "..");
const domainRule = "domain imports nothing from outer layers";
const applicationRule = "application talks to ports only";
const contextRule = "one context never imports another, and platform knows neither";

/** What stands around a hexagon and must not be known inside it. */
const outside = [
  ...["pg", "zod", "zod/v4", "jose", "argon2", "amqplib", "pino", "prom-client", "commander"],
  ...["@connectrpc/connect", "@bufbuild/protobuf", "@mikro-orm/postgresql", "@grpc/grpc-js", "node:crypto", "fs"],
  ...["../infrastructure/postgres-schema.ts", "../app.ts", "../config.ts", "../main.ts"],
  ...["../../platform/log.ts", "../../platform/config.ts", "../../platform/ids.ts"],
  ...["../../platform/database/database.ts", "../../platform/messaging/message.ts"],
  ...["../../../proto/gen/limen/users/v1/user_pb.ts", "../../../proto/gen/limen/auth/v1/auth_pb.ts"],
  ...["../../../gateway/app.ts", "../../../deploy/ops/migrate.ts", "../../../tests/support/postgres.ts"],
];
/** What a service's outer files use every day. */
const adapters = ["pg", "node:crypto", "./user-protobuf.ts", "../application/ports.ts", "../domain/errors.ts"];
const contracts = ["../../../proto/gen/limen/users/v1/user_pb.ts", "../../../proto/gen/limen/auth/v1/auth_pb.ts"];

interface Case {
  /** Where the source stands. */
  readonly file: string;
  readonly rule: string;
  readonly refused: readonly string[];
  readonly allowed: readonly string[];
}

const cases: Case[] = [
  ...["users", "auth"].flatMap((context): Case[] => {
    const other = context === "users" ? "auth" : "users";
    const foreign = ["domain/errors.ts", "application/ports.ts", "infrastructure/migrations.ts", "app.ts"];
    const ofOther = foreign.flatMap((file) => [`../../${other}/${file}`, `./../../${other}/${file}`]);
    return [
      {
        file: `services/${context}/domain/probe.ts`,
        rule: domainRule,
        refused: [...outside, ...ofOther, "../application/ports.ts"],
        allowed: ["./errors.ts", "../../platform/errors.ts"],
      },
      {
        file: `services/${context}/application/probe.ts`,
        rule: applicationRule,
        refused: [...outside, ...ofOther],
        allowed: ["./ports.ts", "../domain/errors.ts", "../../platform/errors.ts"],
      },
      {
        file: `services/${context}/infrastructure/probe.ts`,
        rule: contextRule,
        refused: [...ofOther, "../../../gateway/app.ts", "../../../deploy/ops/migrate.ts"],
        allowed: [...adapters, ...contracts, "../../platform/database/database.ts"],
      },
      {
        file: `services/${context}/probe.ts`,
        rule: contextRule,
        refused: foreign.map((file) => `../${other}/${file}`),
        allowed: ["./app.ts", "./infrastructure/postgres-schema.ts", "../platform/log.ts", "zod"],
      },
    ];
  }),
  {
    file: "services/platform/probe.ts",
    rule: contextRule,
    refused: ["../users/domain/user.ts", "../auth/app.ts", "../../gateway/app.ts", "../../deploy/ops/migrate.ts"],
    allowed: ["./errors.ts", "./database/database.ts", "zod"],
  },
  {
    file: "services/platform/rpc/probe.ts",
    rule: contextRule,
    refused: ["../../users/config.ts", "../../auth/domain/session.ts"],
    allowed: ["../errors.ts", "@grpc/grpc-js", ...contracts],
  },
  {
    file: "gateway/probe.ts",
    rule: contextRule,
    refused: ["../services/users/domain/user.ts", "../services/auth/app.ts"],
    allowed: ["./app.ts", "../services/platform/log.ts", "../proto/gen/limen/auth/v1/auth_pb.ts", "fastify"],
  },
];

describe("the hexagon's lint rules", () => {
  let reports: Report[];
  before(async () => {
    reports = await lint(cases.map(({ file, refused, allowed }) => [file, [...refused, ...allowed].map(importOf)]));
  });

  for (const { file, rule, refused, allowed } of cases) {
    it(`refuse ${refused.length} imports in ${dirname(file)}, and no other`, () => {
      const own = reports.filter((report) => report.file === file);
      const specifiers = own.map(({ line }) => [...refused, ...allowed][line - 1]);
      assert.deepEqual(specifiers, refused);
      assert.deepEqual(new Set(own.map(({ message }) => message)), new Set([rule]));
    });
  }

  it("see an import in whatever form it is written", async () => {
    const forms = ['import "jose";', 'export * from "jose";', 'export type { JWK } from "jose";', 'import("jose");'];
    const seen = await lint([["services/users/domain/probe.ts", forms]]);
    assert.deepEqual(
      seen.map(({ line }) => line),
      [1, 2, 3, 4],
    );
  });
});

const importOf = (specifier: string, index: number): string => `import * as probe${index} from "${specifier}";`;

interface Report {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** Runs Biome, with the project's configuration, over a project that has these files and nothing else. */
async function lint(sources: [file: string, lines: string[]][]): Promise<Report[]> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "limen-lint-")));
  try {
    for (const name of ["biome.json", ".gitignore"]) await copyFile(join(root, name), join(folder, name));
    for (const [file, lines] of sources) {
      await mkdir(join(folder, dirname(file)), { recursive: true });
      await writeFile(join(folder, file), lines.join("\n"));
    }
    const output = await biome(folder);
    const reports = output.matchAll(/^::error .*?,file=([^,]+),line=(\d+),.*?::(.*)$/gm);
    return Array.from(reports, ([, file = "", line, message = ""]) => ({
      file: relative(folder, file),
      line: Number(line),
      message,
    })).sort((a, b) => a.line - b.line);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What Biome printed; it exits with 1 when it has something to report. */
function biome(folder: string): Promise<string> {
  const args = ["lint", "--only=style/noRestrictedImports", "--reporter=github", "--max-diagnostics=none", "."];
  return new Promise((done, fail) => {
    execFile(join(root, "node_modules/.bin/biome"), args, { cwd: folder }, (error, stdout, stderr) => {
      if (error !== null && error.code !== 1) fail(error);
      else if (!stdout.includes("::error")) fail(new Error(`Biome reported nothing: ${stderr}`));
      else done(stdout);
    });
  });
}
