import { existsSync } from "node:fs";
import { type Browser, launch } from "puppeteer-core";
import { canInstallPackages, findInPath, installPackage } from "../../deploy/local/debian-packages.ts";

const programs = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const macProgram = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/**
 * A real browser without a window: at CHROME_PATH, else the installed Chrome or Chromium, else, as root on Debian, the package
 * that is installed for it.
 * @throws Error saying what to install when there is no way.
 */
export async function openBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROME_PATH ?? findProgram() ?? (await installProgram());
  // Chromium's sandbox refuses to run as root.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return await launch({ executablePath, args });
}

function findProgram(): string | undefined {
  const found = programs.map(findInPath).find((path) => path !== undefined);
  return found ?? (existsSync(macProgram) ? macProgram : undefined);
}

async function installProgram(): Promise<string> {
  if (canInstallPackages()) {
    console.log("No browser is installed: installing the package chromium (apt-get) …");
    await installPackage("chromium");
    const program = findProgram();
    if (program !== undefined) return program;
  }
  throw new Error("A browser is needed: install Chromium or Chrome, or set CHROME_PATH to its program.");
}
