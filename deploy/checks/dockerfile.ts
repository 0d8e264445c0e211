export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** The instructions, without comments and with continued lines joined. */
export function parseDockerfile(text: string): Instruction[] {
  const lines = text.split("\n").filter((line) => !line.trimStart().startsWith("#"));
  return lines
    .join("\n")
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [, name = "", rest = ""] = /^\s*(\w+)\s+(.*)$/.exec(line) ?? [];
      return { name: name.toUpperCase(), text: rest };
    });
}

/** The variable of an ENV instruction, which may set one, and name no other. */
export function parseEnv(text: string): [variable: string, value: string] {
  const [, variable, quoted, plain] = /^(\w+)=(?:"([^"$\\]*)"|([^\s"$\\]+))$/.exec(text) ?? [];
  const value = quoted ?? plain;
  if (variable === undefined || value === undefined) throw new Error(`ENV ${text}: not known how to follow`);
  return [variable, value];
}

/** What the image's programs find in their environment. */
export function imageEnvironment(text: string): Record<string, string> {
  const instructions = parseDockerfile(text).filter(({ name }) => name === "ENV");
  return Object.fromEntries(instructions.map((instruction) => parseEnv(instruction.text)));
}

/** What the image gives Node itself before its program. */
export function imageRuntimeFlags(text: string): string[] {
  const entrypoint = parseDockerfile(text).findLast(({ name }) => name === "ENTRYPOINT");
  const [runtime, ...args]: string[] = JSON.parse(entrypoint?.text ?? "[]");
  if (runtime !== "node") throw new Error(`ENTRYPOINT ${entrypoint?.text}: not known how to follow`);
  return args.slice(0, -1);
}

/** What hadolint and a security review would say. The numbers are hadolint's rules. */
export function dockerfileProblems(text: string): string[] {
  return [...problems(parseDockerfile(text))];
}

function* problems(instructions: readonly Instruction[]): Generator<string> {
  const all = (name: string) => instructions.filter((i) => i.name === name).map((i) => i.text);
  const stages = new Set(all("FROM").map((from) => / AS (\S+)$/i.exec(from)?.[1]));
  for (const from of all("FROM")) {
    const image = from.split(" ")[0] ?? "";
    if (!stages.has(image) && !/:\d[\w.-]*(@sha256:[0-9a-f]{64})?$/.test(image))
      yield `FROM ${image}: pin the tag (DL3006)`;
  }
  if (all("ADD").length > 0) yield "ADD: use COPY (DL3020)";
  for (const run of all("RUN")) {
    if (/\bnpm (install|i)\b/.test(run)) yield "RUN npm install: npm ci keeps to the lockfile";
    if (/\bsudo\b/.test(run)) yield "RUN sudo (DL3004)";
    if (/\b(curl|wget)\b/.test(run)) yield "RUN: downloads what no lockfile pins";
  }
  for (const variable of [...all("ARG"), ...all("ENV")]) {
    if (/PASSWORD|SECRET|TOKEN|CREDENTIAL|_KEY|_URL/i.test(variable)) yield `${variable}: a secret in the image`;
  }
  for (const copy of all("COPY")) if (/^\.\s/.test(copy)) yield "COPY .: name what the image needs";
  yield* finalStageProblems(instructions.slice(instructions.findLastIndex((i) => i.name === "FROM")));
}

/** What the image itself is: the stages before the last one leave nothing but what is copied from them. */
function* finalStageProblems(stage: readonly Instruction[]): Generator<string> {
  const last = (name: string) => stage.findLast((i) => i.name === name)?.text;
  if (!/^[1-9]\d*(:[1-9]\d*)?$/.test(last("USER") ?? "")) yield "USER: must be a number and not root";
  for (const name of ["ENTRYPOINT", "HEALTHCHECK"]) {
    const command = last(name)?.replace(/^.*\bCMD\s+/, "");
    if (!command?.startsWith("[")) yield `${name}: must be in exec form (DL3025)`;
  }
  if (last("STOPSIGNAL") !== "SIGTERM") yield "STOPSIGNAL: must be SIGTERM, which drains";
  if (last("LABEL")?.includes("org.opencontainers.image.title") !== true) yield "LABEL: no title";
  if (!stage.some((i) => i.name === "COPY" && i.text.includes("sbom.spdx.json"))) yield "COPY: no bill of materials";
  if (stage.some((i) => i.name === "RUN" && i.text.includes("npm"))) yield "RUN npm: belongs in an earlier stage";
  if (stage.some((i) => i.name === "COPY" && /--from=build .*node_modules/.test(i.text))) {
    yield "COPY node_modules: development packages do not belong in the image";
  }
}
