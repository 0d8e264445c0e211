import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { promisify } from "node:util";
import { entryPoints } from "./build.ts";
import { contextFilter } from "./checks/build-context.ts";
import { dockerfileProblems, imageEnvironment, imageRuntimeFlags } from "./checks/dockerfile.ts";

describe("the Dockerfile", () => {
  let text: string;
  before(async () => {
    text = await readFile(join(import.meta.dirname, "Dockerfile"), "utf8");
  });

  it("security 33: keeps every rule", () => {
    assert.deepEqual(dockerfileProblems(text), []);
  });

  it("gives V8 no more than half of the memory of the smallest role", async () => {
    const { NODE_OPTIONS = "" } = imageEnvironment(text);
    const [, megabytes] = /--max-old-space-size=(\d+)/.exec(NODE_OPTIONS) ?? [];
    const base = join(import.meta.dirname, "k8s/base");
    const manifests = await Promise.all((await readdir(base)).map((file) => readFile(join(base, file), "utf8")));
    const limits = manifests.flatMap((yaml) =>
      [...yaml.matchAll(/limits: \{.*memory: (\d+)Mi/g)].map(([, mi]) => Number(mi)),
    );
    assert.ok(limits.length >= 5);
    assert.ok(Number(megabytes) <= Math.min(...limits) / 2, `${megabytes} MiB of ${limits}`);
  });

  it("gives Node flags that it knows", async () => {
    const flags = imageRuntimeFlags(text);
    assert.ok(flags.length > 0);
    await promisify(execFile)(process.execPath, [...flags, "--eval", ""]);
  });

  it("is sent every path that it copies, and no secret, test or state", async () => {
    const reaches = contextFilter(await readFile(join(import.meta.dirname, "../.dockerignore"), "utf8"));
    const copied = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(
      ([, sources]) => sources?.split(" ") ?? [],
    );
    assert.ok(copied.includes("package-lock.json"));
    const files = copied.filter((path) => /\.\w+$/.test(path));
    for (const path of [
      ...files,
      ...Object.values(entryPoints),
      "deploy/build.ts",
      "proto/gen/limen/auth/v1/auth_pb.ts",
    ]) {
      assert.ok(reaches(path), `${path} does not reach the builder`);
    }
    for (const path of [
      ".env",
      "deploy/.env",
      ".git/config",
      ".data/key",
      "node_modules/x/index.js",
      "services/a.test.ts",
    ]) {
      assert.ok(!reaches(path), `${path} reaches the builder`);
    }
  });

  const mistakes: [name: string, from: string | RegExp, to: string, complaint: RegExp][] = [
    ["a moving base", "node:26-slim", "node:latest", /FROM node:latest: pin the tag/],
    ["a base without a tag", "node:26-slim", "node", /FROM node: pin the tag/],
    ["no user", /^USER.*\n/m, "", /USER: must be a number/],
    ["a root user", /^USER.*/m, "USER 0:0", /USER: must be a number/],
    ["a named user", /^USER.*/m, "USER node", /USER: must be a number/],
    ["ADD", "COPY tsconfig.json ./", "ADD tsconfig.json ./", /DL3020/],
    ["npm install", "npm ci --omit=dev", "npm install --omit=dev", /keeps to the lockfile/],
    ["a shell before the role", /^ENTRYPOINT.*/m, "ENTRYPOINT node dist/limen.js", /ENTRYPOINT: must be in exec form/],
    ["a shell in the health check", /CMD \["node".*/, "CMD node dist/limen.js", /HEALTHCHECK: must be in exec form/],
    ["no health check", /^HEALTHCHECK.*\n/m, "", /HEALTHCHECK/],
    ["a secret", "ENV NODE_ENV=production", "ENV KEY_ENCRYPTION_KEY=c2VjcmV0", /a secret in the image/],
    ["a secret build argument", "WORKDIR /app", "WORKDIR /app\nARG NPM_TOKEN", /NPM_TOKEN: a secret/],
    ["the whole tree", "COPY services services", "COPY . .", /name what the image needs/],
    ["development packages", "--from=dependencies", "--from=build", /development packages/],
    ["no bill of materials", /^COPY.*sbom.*\n/m, "", /no bill of materials/],
    ["another stop signal", "SIGTERM", "SIGKILL", /STOPSIGNAL/],
  ];
  for (const [name, from, to, complaint] of mistakes) {
    it(`is refused with ${name}`, () => {
      const spoilt = text.replace(from, to);
      assert.notEqual(spoilt, text, "nothing was planted");
      assert.match(dockerfileProblems(spoilt).join("\n"), complaint);
    });
  }
});
