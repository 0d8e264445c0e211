import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Browser, Page } from "puppeteer-core";
import { openBrowser } from "../support/browser.ts";
import { eventually } from "../support/client.ts";
import type { System } from "./system.ts";

/** What a person sees in a browser. */
export function pagesSuite(system: () => System): void {
  describe("pages", () => {
    let browser: Browser;
    before(async () => {
      browser = await openBrowser();
    });
    after(() => browser?.close());

    it("/docs: describes the calls, and makes one", async () => {
      const { page, complaints } = await open("/docs");
      const operation = "#operations-Auth-Login";
      await click(page, `${operation} button.opblock-summary-control`);
      await click(page, `${operation} button.try-out__btn`);
      await fill(
        page,
        `${operation} textarea.body-param__text`,
        '{"email":"nobody@example.com","password":"not the one"}',
      );
      await click(page, `${operation} button.execute`);
      const answer = await textOf(page, `${operation} .live-responses-table .response`);
      assert.match(answer, /401/);
      assert.match(answer, /INVALID_CREDENTIALS/);
      // Chromium itself notes each answer of 400 or above.
      assert.deepEqual(
        complaints.filter((line) => !/status of 401/.test(line)),
        [],
      );
    });

    it("/dev/mailbox: shows a mail, its words as words, and links to where it leads", async () => {
      const { email } = await system().client.register({ name: "<img src=x onerror=alert(1)>" });
      await eventually(
        () => system().client("GET", "/dev/mailbox", { headers: { accept: "application/json" } }),
        ({ body }) => body.some(({ to }: { to: string }) => to === email),
      );
      const { page, complaints } = await open("/dev/mailbox");
      const newest = await textOf(page, "article");
      assert.ok(newest.includes(email), newest);
      const link = await page.$eval("article a", ({ href }) => href);
      assert.ok(newest.includes(link) && new URL(link).searchParams.has("token"), link);
      assert.equal(await page.$("article img"), null);
      assert.deepEqual(complaints, []);
    });

    /** The page, and what the browser complains of: errors, and whatever the page's content security policy blocks. */
    async function open(path: string): Promise<{ page: Page; complaints: string[] }> {
      const page = await browser.newPage();
      const complaints: string[] = [];
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("console", (message) => {
        if (message.type() === "error") complaints.push(message.text());
      });
      await page.goto(new URL(path, system().url).href, { waitUntil: "load" });
      return { page, complaints };
    }
  });
}

async function click(page: Page, selector: string): Promise<void> {
  await page.locator(selector).click();
}

async function fill(page: Page, selector: string, text: string): Promise<void> {
  await page.locator(selector).fill(text);
}

async function textOf(page: Page, selector: string): Promise<string> {
  await page.waitForSelector(selector);
  return await page.$eval(selector, ({ innerText }) => innerText);
}
