// A server of our own, a browser of our own, and what the tests ask of both.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const TOP = fileURLToPath(new URL('../..', import.meta.url));
const CHATCTL = process.env.CHATCTL ?? path.join(TOP, 'build/chatctl');
const CHROMIUM = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
export const PASSWORD = 'Secret-word1';
// How long to wait for what must come; never a measure of anything.
export const PATIENCE = 20000;

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

export async function until(what, test, patience = PATIENCE) {
  for (const end = Date.now() + patience; ; await sleep(50)) {
    const answer = await test();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`never came true: ${what}`);
  }
}

// `chatctl serve` in a directory of its own. CONF is configuration with the page's place in
// it, which becomes a copy of the page.
export async function startServer({ args = [], conf = '', port = 0 } = {}) {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'chat-page-'));
  await chmod(dir, 0o755); // httpd's children are somebody else
  const state = path.join(dir, 'state');
  const server = { dir, state };
  await cp(path.join(TOP, 'src/page'), path.join(dir, 'page'), { recursive: true });
  await writeFile(path.join(dir, 'more.conf'), `
# tests are no people: they register and write quickly
ChatRateLimit button:registrations off
ChatRateLimit button:sends off
ChatRateLimit teendevops off
${conf.replace(/^Define CHAT_PAGE .*/m, `Define CHAT_PAGE ${dir}/page`)}`);
  server.start = async () => {
    const all = ['serve', '--state', state, '--port', String(port), '--conf', path.join(dir, 'more.conf'), ...args];
    server.child = spawn(CHATCTL, all, { stdio: ['ignore', 'pipe', 'inherit'] });
    process.once('exit', () => server.child.kill('SIGTERM'));
    let said = '';
    server.child.stdout.on('data', (text) => (said += text));
    await until('ready', () => {
      if (server.child.exitCode !== null) throw new Error('chatctl serve ended');
      return args.includes('--tls-port') ? /https:/.test(said) : /ready/.test(said);
    }, 60000);
    server.url = said.match(/ready (http:\S+)/)[1];
    server.tls = said.match(/ready (https:\S+)/)?.[1];
    port = Number(new URL(server.url).port);
  };
  server.stop = async () => {
    if (server.child.exitCode !== null) return;
    const ended = new Promise((done) => server.child.once('exit', done));
    server.child.kill('SIGTERM');
    await ended;
  };
  server.end = async () => {
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  };
  server.chatctl = (...words) => new Promise((done, fail) => {
    const child = spawn(CHATCTL, ['--state', state, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (text) => (said += text));
    child.once('close', (code) => (code ? fail(new Error(`chatctl ${words.join(' ')}: ${code}`)) : done(said)));
  });
  server.api = async (name, body) => {
    const response = await fetch(`${server.url}api/v3/${name}/`, { method: 'POST', body: JSON.stringify(body) });
    return { status: response.status, ...(await response.json()) };
  };
  // An account with its token, made through the API.
  server.account = async (username) => {
    await server.api('register', { username, password: PASSWORD });
    const made = await server.api('generatetoken', { username, password: PASSWORD });
    if (!made.token) throw new Error(`no account ${username}: ${JSON.stringify(made)}`);
    const call = (name, body) => server.api(name, { token: made.token, ...body });
    return { name: username, token: made.token, call };
  };
  await server.start();
  return server;
}

export async function startBrowser() {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--force-color-profile=srgb'];
  return chromium.launch({ executablePath: CHROMIUM, headless: true, args });
}

// A person: a browser context of its own, the page, and what went wrong on it.
export async function person(browser, server, options = {}) {
  const { session, url = server.url, ...rest } = options;
  const context = await browser.newContext({ viewport: { width: 1180, height: 760 }, locale: 'en-GB', timezoneId: 'Europe/Vienna', ignoreHTTPSErrors: true, ...rest });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
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
  await page.goto(url);
  return page;
}

export async function signUp(page, name, { password = PASSWORD, keep = false } = {}) {
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
  await page.locator('#open-name', { hasText: name }).waitFor();
}

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
