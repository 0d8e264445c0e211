/** .dockerignore as far as this one goes: the last pattern that matches a path, or a folder above it, decides. */
export function contextFilter(ignore: string): (path: string) => boolean {
  const rules = ignore
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => ({ reaches: line.startsWith("!"), pattern: globToRegExp(line.replace(/^!/, "")) }));
  return (path) => rules.findLast(({ pattern }) => pattern.test(path))?.reaches ?? true;
}

/** Docker's stars match dot files too. A pattern also stands for everything below what it matches. */
function globToRegExp(glob: string): RegExp {
  const source = glob.replaceAll(".", "\\.").replaceAll(/\*\*\/|\*/g, (star) => (star === "*" ? "[^/]*" : "(.*/)?"));
  return new RegExp(`^${source}(/|$)`);
}
