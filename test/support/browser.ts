import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { newAccount, type TestAccount } from './account.ts';
import { newLink } from './login.ts';
import { testServer } from './test-server.ts';

/** Debian's Chromium, or what `CHROMIUM` names. */
const EXECUTABLE = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

export const hasBrowser = existsSync(EXECUTABLE);
if (!hasBrowser) console.log(`${EXECUTABLE} is not installed: the browser tests are skipped.`);

let browser: Promise<Browser> | undefined;

/** Ends with the process of the tests. */
async function theBrowser(): Promise<Browser> {
  // Chromium's own sandbox does not start for root, as which containers run; the pages that it opens are ours.
  browser ??= chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  return await browser;
}

/** A browser that is logged in, on an account of its own. */
export type Visit = TestAccount & {
  readonly page: Page;
  readonly context: BrowserContext;
  /** The address of a page of the account. */
  readonly at: (path: string) => string;
  /** Fails when the pages wrote anything to the console that a developer should see, or tried what they may not. */
  readonly checkConsole: () => void;
};

export type VisitOptions = {
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: 'light' | 'dark';
};

let users = 0;

/** Opens a browser at 1280 × 800, or as told, and logs a new user in by a link as a person does. */
export async function visit(options: VisitOptions = {}): Promise<Visit> {
  const { url, databaseUrl } = await testServer();
  const account = await newAccount();
  const { width = 1_280, height = 800, colorScheme = 'light' } = options;
  const context = await (await theBrowser()).newContext({ viewport: { width, height }, colorScheme, baseURL: url });
  const page = await context.newPage();
  page.setDefaultTimeout(45_000);
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(`${url}/login#${await newLink(databaseUrl)}`);
  await page.getByLabel('Email').fill(`visitor-${process.pid}-${users++}@example.com`);
  await page.getByRole('textbox', { name: 'Password' }).fill('correct horse battery');
  await page.getByRole('button', { name: 'Set password and log in' }).click();
  await page.waitForURL('**/test');
  const at = (path: string) => `${url}/${account.accountId}${path}`;
  return { ...account, page, context, at, checkConsole: () => expect(problems).toEqual([]) };
}
