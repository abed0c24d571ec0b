// A server of our own, a browser of our own, and what the tests ask of both.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, afterEach, before } from 'node:test';
import { chromium } from 'playwright-core';
import starter from '../lib/server.js';

const { BUILD, SLOW, Server } = starter;
export const { PASSWORD, PATIENCE, TOP, sleep, until } = starter;
const CHROMIUM = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

// A server; the page's place in CONF becomes a copy of the page.
export async function startServer({ conf = '', tls = false, ...options } = {}) {
  const server = new Server({ ...options, tls, conf: conf.replace(/^Define CHAT_PAGE .*/m, 'Define CHAT_PAGE @BASE@/page') });
  await cp(path.join(BUILD, 'page'), path.join(server.dir, 'page'), { recursive: true });
  await server.start();
  server.url = `${server.http}/`;
  // What a busy machine refuses (503) is asked again when the refusal says, under the key that lets it happen once.
  server.api = (name, body) => {
    const request = { method: 'POST', body: JSON.stringify(body), headers: { 'Idempotency-Key': randomUUID() } };
    return until(name, async () => {
      const response = await fetch(`${server.url}api/v3/${name}/`, request);
      const answer = { status: response.status, ...(await response.json()) };
      if (answer.status !== 503) return answer;
      return sleep(1000 * Number(response.headers.get('Retry-After')));
    });
  };
  // An account with its token, made through the API.
  server.account = async (username) => {
    await server.api('register', { username, password: PASSWORD });
    const made = await server.api('generatetoken', { username, password: PASSWORD });
    if (!made.token) throw new Error(`no account ${username}: ${JSON.stringify(made)}`);
    const call = (name, body) => server.api(name, { token: made.token, ...body });
    return { name: username, token: made.token, call };
  };
  return server;
}

export async function startBrowser() {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--force-color-profile=srgb'];
  return chromium.launch({ executablePath: CHROMIUM, headless: true, args, timeout: 2 * PATIENCE });
}

// The server and the browser of this process, between open() and close(); stage() does both for a file of tests, and
// after each test closes its pages: whatever it did, no error was on them, and the policy refused nothing.
export let server;
export let browser;
export const pages = [];

export async function open(options) {
  server = await startServer(options);
  browser = await startBrowser();
}

export async function close() {
  await browser?.close();
  await server?.stop();
}

// The server's OPTIONS; a function: what comes from it, asked before the server starts. PREPARE is called when it runs.
export function stage(options, prepare) {
  before(async () => {
    await open(typeof options === 'function' ? await options() : options);
    await prepare?.();
  });
  after(close);
  afterEach(async () => {
    for (const page of pages.splice(0)) {
      const { wrong } = page;
      await page.context().close();
      assert.deepEqual(wrong, []);
    }
  });
}

let names = 0;
export const fresh = (name) => `${name}${++names}`;

// A channel with these members, the first of whom makes it.
export async function channel(...members) {
  const name = fresh('room');
  assert.equal((await members[0].call('makechannel', { name })).status, 200);
  for (const m of members.slice(1)) assert.equal((await members[0].call('addusertochannel', { name, username: m.name })).status, 200);
  return name;
}

export const history = async (who, name) => (await who.call('readmessagesfromchannel', { name, count: 1000 })).messages.map((m) => m.message);

// A person: a browser context of its own, the page, and what went wrong on it.
export async function person(options = {}) {
  const { session, url = server.url, ...rest } = options;
  const context = await browser.newContext({ viewport: { width: 1180, height: 760 }, locale: 'en-GB', timezoneId: 'Europe/Vienna', ignoreHTTPSErrors: true, ...rest });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  pages.push(page);
  if (SLOW > 1) await (await context.newCDPSession(page)).send('Emulation.setCPUThrottlingRate', { rate: SLOW });
  page.wrong = [];
  page.on('pageerror', (e) => page.wrong.push(String(e)));
  page.on('console', (m) => {
    // a refused request is part of several tests; the browser's own words for it are not ours
    if (m.type() === 'error' && !/Failed to load resource|WebSocket connection/.test(m.text())) page.wrong.push(m.text());
  });
  page.on('dialog', (d) => {
    page.wrong.push(`a browser dialog: ${d.message()}`);
    d.dismiss();
  });
  if (session) {
    await page.addInitScript(([name, token]) => {
      if (location.protocol === 'about:') return;
      if (!sessionStorage.getItem('seeded')) sessionStorage.setItem('mod_chat', JSON.stringify({ name, token, keep: false }));
      sessionStorage.setItem('seeded', '1');
    }, [session.name, session.token]);
  }
  await page.addInitScript(remember);
  await page.goto(url);
  return page;
}

// Runs in the page: what it says for a moment stays in `toasted`, what it marks as found in `marked`.
function remember() {
  window.toasted = [];
  window.marked = [];
  addEventListener('DOMContentLoaded', () => {
    const [toasts, log] = ['toasts', 'log'].map((id) => document.getElementById(id));
    const note = (all) => all.forEach((m) => m.addedNodes.forEach((el) => window.toasted.push(el.textContent)));
    if (toasts) new MutationObserver(note).observe(toasts, { childList: true });
    const mark = (all) => all.forEach(({ target }) => target.classList.contains('found') && window.marked.push(target.textContent));
    if (log) new MutationObserver(mark).observe(log, { subtree: true, attributeFilter: ['class'] });
  });
}

// What waits for `opened` goes on when the test calls open().
export function gate() {
  let open;
  const opened = new Promise((done) => { open = done; });
  return { open, opened };
}

// Runs in the page: a request that the test holds back is not given up, however slow the machine is.
export const patient = () => { AbortSignal.timeout = () => new AbortController().signal; };

// PAGE says TEXT, or has said it: each time counts once.
export const toast = (page, text, ms) => until(`the words ${text}`, () => page.evaluate((wanted) => {
  const at = window.toasted.findIndex((said) => said.includes(wanted));
  return at >= 0 && window.toasted.splice(at, 1).length;
}, text), ms);

// PAGE has led to the message with TEXT: it is marked for a moment, and has the focus.
export async function led(page, text) {
  await page.locator('#log article:focus', { hasText: text }).waitFor();
  assert.ok(await page.evaluate((wanted) => window.marked.some((said) => said.includes(wanted)), text), 'it is marked');
}

// The page refuses passwords that are common.
const UNCOMMON = 'Xq7!plumtree';

export async function signUp(page, name, { password = UNCOMMON, keep = false } = {}) {
  await page.getByRole('button', { name: 'Create an account' }).click();
  await signIn(page, name, { password, keep, button: 'Create account' });
}

export async function signIn(page, name, { password = PASSWORD, keep = false, button = 'Sign in' } = {}) {
  await page.getByLabel('User name').fill(name);
  await page.getByLabel('Password').fill(password);
  if (keep) await page.getByLabel('Stay signed in').check();
  await page.getByRole('button', { name: button, exact: true }).click();
  await page.getByRole('navigation').waitFor();
}

export async function openConversation(page, name) {
  await page.getByRole('navigation').locator('li button', { has: page.locator(`bdi:text-is("${name}")`) }).click();
  await page.locator(`#open-name:text-is("${name}")`).waitFor();
}

// A conversation's row in the list.
export const row = (page, name) => page.getByRole('navigation').locator('li', { has: page.locator(`bdi:text-is("${name}")`) });

export async function write(page, text) {
  await page.locator('#text').fill(text);
  await page.locator('#text').press('Enter');
}

// The texts that stand in the log, as they are read.
export const shown = (page) => page.locator('#log .text').evaluateAll((all) => all.map((el) => el.textContent));
export const sees = (page, text) => page.locator('#log .text', { hasText: text }).first().waitFor();

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// axe-core has nothing serious to say about PAGE as it is now.
export async function serious(page, where) {
  // axe's own code is not ours: the page's policy refuses it, so it comes by the debugger
  const found = await page.evaluate(`${AXE};axe.run(document, { resultTypes: ['violations'] })`);
  const bad = found.violations.filter((v) => ['serious', 'critical'].includes(v.impact));
  assert.deepEqual(bad.map((v) => `${where}: ${v.id}: ${v.nodes[0].html} ${v.nodes[0].failureSummary}`), []);
  assert.ok(found.passes.length > 10, 'axe looked');
}
