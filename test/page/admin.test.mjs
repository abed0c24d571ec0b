// The administrator's view in a browser, against the administrative endpoints.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { PASSWORD, person, serious, startBrowser, startServer, until } from './lib.mjs';

let server, closed, browser, boss, n = 0;
const pages = [];
const fresh = (name) => `${name}${++n}`;

before(async () => {
  server = await startServer({ conf: 'ChatAdmin on' });
  boss = await server.account('boss');
  await server.chatctl('account', 'rank', 'boss', '2');
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await server?.stop();
  await closed?.stop();
});

afterEach(async () => {
  for (const page of pages.splice(0)) {
    const { wrong } = page;
    await page.context().close();
    assert.deepEqual(wrong, []);
  }
});

async function enter(options, where = server) {
  const page = await person(browser, where, options);
  pages.push(page);
  return page;
}

// The view, as SESSION sees it.
async function view(session = boss, options = {}) {
  const page = await enter({ session, url: `${server.url}admin.html`, ...options });
  await page.getByRole('heading', { name: 'Administration' }).waitFor();
  return page;
}

const table = (page, name) => page.getByRole('group', { name, exact: true });
const line = (page, name) => page.locator('#accounts tr', { has: page.locator(`bdi:text-is("${name}")`) });

async function search(page, prefix) {
  await page.getByLabel('Name begins with').fill(prefix);
  await until('found', async () => (await page.locator('#accounts tbody tr').count()) === 1);
}

const login = async (name) => (await server.api('gettoken', { username: name, password: PASSWORD })).message;

test('from the chat to the view and back', async () => {
  const page = await enter({ session: boss });
  await page.getByRole('link', { name: 'Admin' }).waitFor();
  assert.ok((await page.locator('#me bdi').boundingBox()).width >= 24, 'the name has a place beside the link');
  await page.getByRole('link', { name: 'Admin' }).click();
  const figures = page.locator('#overview');
  await figures.getByText('Accounts').waitFor();
  for (const name of ['Rooms', 'Messages', 'Database', 'Sockets', 'Outbox: waiting']) await figures.getByText(name, { exact: true }).waitFor();
  await until('the room', async () => (await table(page, 'Rooms').locator('tbody tr').count()) === 1);
  await table(page, 'Limits').getByRole('cell', { name: 'button:sends' }).waitFor();
  await page.getByRole('link', { name: 'Back to the chat' }).click();
  await page.getByRole('navigation', { name: 'Conversations' }).waitFor();
});

test('an account is banned, asked first, and comes back', async () => {
  const a = await server.account(fresh('ban'));
  const there = await enter({ session: a });
  await there.locator('#status', { hasText: 'Live' }).waitFor();
  const page = await view();
  await search(page, a.name);
  await page.getByRole('button', { name: `Ban ${a.name}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  assert.equal(await login(a.name), 'Returning token!', 'asking bans nobody');
  await page.getByRole('button', { name: `Ban ${a.name}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Ban' }).click();
  await line(page, a.name).getByRole('cell', { name: 'Banned' }).waitFor();
  assert.notEqual(await login(a.name), 'Returning token!');
  await there.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Unban', 'the focus stays');
  await page.keyboard.press('Enter');
  await line(page, a.name).getByRole('cell', { name: 'Open' }).waitFor();
  await page.locator('#said', { hasText: 'no longer banned' }).waitFor({ state: 'attached' });
  assert.equal(await login(a.name), 'No token!', 'the password counts again, the old tokens do not');
});

test('a rank is changed; what the server refuses is said', async () => {
  const a = await server.account(fresh('rank'));
  const page = await view();
  await search(page, a.name);
  const select = page.getByLabel(`Rank of ${a.name}`);
  const choose = async (label, answer) => {
    await select.selectOption({ label });
    await page.getByRole('dialog').getByRole('button', { name: answer }).click();
  };
  await choose('Moderator', 'Cancel');
  await until('as it was', async () => (await select.inputValue()) === '0');
  await choose('Administrator', 'Change');
  await page.locator('#said', { hasText: 'Administrator' }).waitFor({ state: 'attached' });
  assert.equal(await select.inputValue(), '2');
  assert.equal((await a.call('adminoverview')).status, 200);
  await a.call('deleteaccount', { username: a.name, password: PASSWORD });
  await choose('Member', 'Change');
  await page.getByRole('alert').getByText('There is no user of that name.').waitFor();
});

test('nothing is offered that would end the own rights', async () => {
  const page = await view();
  await search(page, 'boss');
  assert.ok(await page.getByLabel('Rank of boss').isDisabled());
  assert.equal(await line(page, 'boss').getByRole('button').count(), 0);
});

test('pages of accounts, those of a room, a search', async () => {
  const prefix = fresh('many');
  for (let i = 0; i < 60; i++) await server.api('register', { username: `${prefix}x${i}`, password: PASSWORD });
  const page = await view();
  await page.getByLabel('Name begins with').fill(`${prefix}x`);
  const rows = page.locator('#accounts tbody tr', { hasText: `${prefix}x` });
  await until('a page', async () => (await rows.count()) === 50);
  await page.locator('#accounts').getByRole('button', { name: 'More' }).click();
  await until('all', async () => (await rows.count()) === 60);
  assert.ok(await page.locator('#accounts').getByRole('button', { name: 'More' }).isHidden());
  await page.getByLabel('Name begins with').fill('nobody-is-called-so');
  await page.locator('#accounts').getByText('None.').waitFor();
  await server.chatctl('room', 'add', 'cellar');
  await page.getByRole('button', { name: 'Refresh' }).click();
  await page.getByRole('button', { name: /accounts of cellar/ }).click();
  await page.getByRole('heading', { name: 'Accounts of cellar' }).waitFor();
  await page.getByRole('button', { name: 'my own room' }).click();
  await line(page, 'boss').waitFor();
});

test('an item of the outbox is tried again', async () => {
  const a = await server.account(fresh('out'));
  assert.equal((await a.call('senddcmsgwithtoken', { message: 'to nowhere' })).status, 200);
  const page = await view();
  const rows = table(page, 'Outbox').locator('tbody tr');
  await page.getByLabel('State').selectOption({ label: 'Delivered' });
  await page.locator('#outbox').getByText('None.').waitFor();
  await page.getByLabel('State').selectOption({ label: 'No target' });
  await rows.getByRole('cell', { name: 'No target' }).first().waitFor();
  assert.doesNotMatch(await table(page, 'Outbox').innerText(), /to nowhere/, 'no payload is shown');
  const asked = page.waitForResponse('**/adminretryoutbox/');
  await rows.getByRole('button', { name: /^Retry item/ }).first().click();
  assert.equal((await asked).status(), 200);
  await rows.getByRole('cell', { name: 'Waiting' }).first().waitFor();
});

test('hostile names are text', async () => {
  // no account can have such a name, but the page does not rely on that
  const name = '<svg/onload=boom()>';
  await server.chatctl('room', 'add', '<b>bold</b><script>boom()</script>');
  const page = await view();
  await page.evaluate(() => (window.boom = () => (window.boomed = true)));
  await page.route('**/adminlistoutbox/', (route) => route.fulfill({ json: {
    items: [{ id: 1, room: 1, kind: '<u>k</u>', state: '<i>s</i>', attempts: 1, reason: '<img src=x onerror=boom()>', created_at: 1, next_at: null, done_at: null }],
    more: false,
  } }));
  await page.route('**/adminlistaccounts/', (route) => route.fulfill({ json: {
    accounts: [{ id: 999, username: name, rank: 0, banned: false, created_at: 1, sockets: null }], more: false,
  } }));
  await page.getByRole('button', { name: 'Refresh' }).click();
  await page.getByText('<img src=x onerror=boom()>').waitFor();
  await table(page, 'Rooms').getByText('<b>bold</b>').waitFor();
  await line(page, name).getByRole('button', { name: `Ban ${name}` }).click();
  await page.getByRole('dialog').getByText(name).waitFor();
  assert.equal(await page.locator('main img, main svg, main b, main i, main u, main script, dialog svg').count(), 0);
  assert.equal(await page.evaluate(() => window.boomed), undefined);
});

test('others get nothing: no link, a plain word', async () => {
  const a = await server.account(fresh('user'));
  const chat = await enter({ session: a });
  const asked = [];
  chat.on('request', (r) => asked.push(r.url()));
  await chat.reload();
  await chat.locator('#status', { hasText: 'Live' }).waitFor();
  await until('asked', () => asked.some((url) => url.includes('/listchannels/')));
  assert.ok(await chat.locator('#admin').isHidden());
  assert.ok(!asked.some((url) => url.includes('/admin')), 'nothing is asked that would be refused');
  const page = await view(a);
  await page.getByText('not an administrator').waitFor();
  assert.ok(await page.locator('#view').isHidden());
  const stranger = await enter({ url: `${server.url}admin.html` });
  await stranger.getByText('Sign in on the chat page first').waitFor();
});

test('turned off: it says so', async () => {
  closed = await startServer({ conf: 'ChatAdmin off' });
  const a = await closed.account('boss');
  await closed.chatctl('account', 'rank', 'boss', '2');
  const page = await enter({ session: a, url: `${closed.url}admin.html` }, closed);
  await page.getByText('turned off on this server').waitFor();
  const chat = await enter({ session: a }, closed);
  await chat.locator('#status', { hasText: 'Live' }).waitFor();
  assert.ok(await chat.locator('#admin').isHidden());
});

for (const colorScheme of ['light', 'dark']) {
  test(`axe finds nothing serious: ${colorScheme}, wide and phone`, async () => {
    const a = await server.account(fresh('axe'));
    await a.call('senddcmsgwithtoken', { message: 'x' });
    const page = await view(boss, { colorScheme });
    await table(page, 'Outbox').locator('tbody tr').first().waitFor();
    await serious(page, 'view');
    await search(page, a.name);
    await page.getByRole('button', { name: `Ban ${a.name}` }).click();
    await serious(page, 'question');
    await page.keyboard.press('Escape');
    await page.setViewportSize({ width: 360, height: 640 });
    await serious(page, 'phone');
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing sticks out');
    await serious(await view(a, { colorScheme }), 'closed');
  });
}
