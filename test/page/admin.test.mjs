// The administrator's view in a browser, against the administrative endpoints.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { PASSWORD, fresh, gate, person, serious, server, stage, startServer, toast, until } from './lib.mjs';

let closed, boss, mod;

stage({ conf: 'ChatAdmin on' }, async () => {
  boss = await server.account('boss');
  await server.chatctl('account', 'rank', 'boss', '2');
  mod = await server.account('mod');
  await server.chatctl('account', 'rank', 'mod', '1');
  await server.chatctl('channel', 'add', 'square');
});

after(async () => closed?.stop());

// The view, as SESSION sees it.
async function view(session = boss, options = {}) {
  const page = await person({ session, url: `${server.url}admin.html`, ...options });
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
  const page = await person({ session: boss });
  await page.getByRole('link', { name: 'Admin' }).waitFor();
  assert.ok((await page.locator('#me bdi').boundingBox()).width >= 24, 'the name has a place beside the link');
  await page.getByRole('link', { name: 'Admin' }).click();
  const figures = page.locator('#overview');
  await figures.getByText('Accounts').waitFor();
  for (const name of ['Rooms', 'Messages', 'Database', 'Sockets', 'Outbox: Waiting']) await figures.getByText(name, { exact: true }).waitFor();
  await until('the room', async () => (await table(page, 'Rooms').locator('tbody tr').count()) === 1);
  await table(page, 'Limits').getByRole('cell', { name: 'button:sends' }).waitFor();
  await page.getByRole('link', { name: 'Back to the chat' }).click();
  await page.getByRole('navigation', { name: 'Conversations' }).waitFor();
});

test('an account is banned, asked first, and comes back', async () => {
  const a = await server.account(fresh('ban'));
  const there = await person({ session: a });
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
  const page = await person({ session: boss, url: 'about:blank' });
  const listed = page.waitForResponse((r) => /adminlistaccounts/.test(r.url()) && r.request().postDataJSON().prefix);
  await page.route('**/adminoverview/', async (route) => { // which says who one is
    await listed;
    await route.continue();
  }, { times: 1 });
  await page.goto(`${server.url}admin.html`);
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
  await page.getByLabel('State of an item').selectOption({ label: 'Delivered' });
  await page.locator('#outbox').getByText('None.').waitFor();
  await page.getByLabel('State of an item').selectOption({ label: 'No target' });
  await rows.getByRole('cell', { name: 'No target' }).first().waitFor();
  assert.doesNotMatch(await table(page, 'Outbox').innerText(), /to nowhere/, 'no payload is shown');
  const asked = page.waitForResponse('**/adminretryoutbox/');
  await rows.getByRole('button', { name: /^Retry item/ }).first().click();
  assert.equal((await asked).status(), 200);
  await rows.getByRole('cell', { name: 'Waiting' }).first().waitFor();
});

// A user, a message of theirs in the square with others around it, and its report by another.
async function reported(what = 'rude') {
  const [bad, good] = [await server.account(fresh('bad')), await server.account(fresh('good'))];
  const say = (who, message) => who.call('sendmessage', { channel: 'square', message, extended: true });
  for (let i = 1; i <= 6; i++) await say(good, `before ${i}`);
  const { message_id } = await say(bad, what);
  for (let i = 1; i <= 6; i++) await say(good, `after ${i}`);
  const { status, report_id } = await good.call('report', { message_id, reason: 'it is rude' });
  assert.equal(status, 201);
  return { bad, good, message_id, report_id };
}

const about = (page, name) => page.getByRole('article', { name: new RegExp(`reports ${name} in square`) });

test('a moderator judges a report by what stands around the message, and closes it', async () => {
  const { bad, good, message_id } = await reported();
  const reporter = await person({ session: good });
  await reporter.locator('#status[data-state=live]').waitFor({ state: 'attached' });
  const page = await person({ session: mod });
  await page.getByRole('link', { name: 'Admin' }).click();
  const report = about(page, bad.name);
  await report.getByText('it is rude').waitFor();
  assert.deepEqual(await report.locator('.context .text').allInnerTexts(),
    [2, 3, 4, 5, 6].map((i) => `before ${i}`).concat('rude', [1, 2, 3, 4, 5].map((i) => `after ${i}`)));
  assert.equal(await report.locator('.reported .text').innerText(), 'rude');
  await report.getByText(`1 report by ${good.name} so far`).waitFor();
  await report.getByText(`0 actions against ${bad.name} so far`).waitFor();
  for (const id of ['networks', 'rooms', 'accounts', 'outbox', 'limits', 'overview-part']) assert.ok(await page.locator(`#${id}`).isHidden(), id);
  await report.getByRole('button', { name: 'Delete and mute' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('How long').selectOption({ label: 'An hour' });
  await dialog.getByLabel('Reason').fill('calm down');
  await dialog.getByRole('button', { name: 'Delete and mute' }).click();
  await report.waitFor({ state: 'detached' });
  await toast(reporter, 'Your report led to an action');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'reports-title', 'the focus has a place');
  await table(page, 'Mutes').getByRole('row', { name: bad.name }).getByText('calm down').waitFor();
  assert.match((await bad.call('sendmessage', { channel: 'square', message: 'x' })).message, /^You are muted until/);
  assert.equal((await mod.call('deletemessage', { message_id })).status, 404, 'the message is gone');
  await page.getByLabel('State', { exact: true }).selectOption({ label: 'Closed' });
  await about(page, bad.name).getByText('message deleted, sender muted').waitFor();
  await about(page, bad.name).getByRole('button', { name: `Show actions against ${bad.name}` }).click();
  await until('only those', async () => (await table(page, 'Audit log').locator('tbody tr').allInnerTexts()).every((text) => text.includes(bad.name)));
  await table(page, 'Audit log').getByRole('cell', { name: 'deleted a message' }).waitFor();
  await table(page, 'Mutes').getByRole('button', { name: `Unmute: ${bad.name}` }).click();
  await table(page, 'Mutes').getByText(bad.name).waitFor({ state: 'detached' });
  assert.equal((await bad.call('sendmessage', { channel: 'square', message: 'x' })).status, 200);
});

test('a moderator bans for a day at most and does not unban, an administrator does', async () => {
  const { bad } = await reported();
  const page = await view(mod);
  await about(page, bad.name).getByRole('button', { name: 'Delete and ban' }).click();
  const choices = await page.getByRole('dialog').getByLabel('How long').locator('option').allInnerTexts();
  assert.deepEqual(choices, ['10 minutes', 'An hour', 'A day']);
  await page.getByRole('dialog').getByRole('button', { name: 'Delete and ban' }).click();
  await table(page, 'Bans').getByText(bad.name).waitFor();
  assert.equal(await table(page, 'Bans').getByRole('button').count(), 0);
  assert.equal(await login(bad.name), 'Invalid username or password!');
  const other = await view(boss);
  await table(other, 'Bans').getByRole('button', { name: `Unban: ${bad.name}` }).click();
  await table(other, 'Bans').getByText(bad.name).waitFor({ state: 'detached' });
  assert.equal(await login(bad.name), 'No token!');
});

test('what its author took back is there as it was reported', async () => {
  const { bad, message_id } = await reported('a threat');
  await bad.call('editmessage', { message_id, message: 'good morning' });
  await bad.call('deletemessage', { message_id });
  const report = about(await view(mod), bad.name);
  assert.equal(await report.locator('.reported .text').innerText(), 'a threat');
  await report.locator('.context').getByText('Message deleted').waitFor();
});

test('a report is closed without an act; nothing that was said is markup', async () => {
  const { bad, message_id } = await reported('<img src=x onerror="boom()">');
  const page = await view(mod);
  await page.evaluate(() => (window.boom = () => (window.boomed = true)));
  await about(page, bad.name).getByRole('button', { name: 'Do nothing' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Do nothing' }).click();
  await about(page, bad.name).waitFor({ state: 'detached' });
  assert.equal(await page.evaluate(() => window.boomed), undefined);
  assert.equal((await bad.call('deletemessage', { message_id })).status, 200, 'the message was there');
});

test('networks and an emergency, and what refuses them', async () => {
  const page = await view(boss);
  const ban = async (network) => {
    await page.getByRole('button', { name: 'Ban a network' }).click();
    await page.getByRole('dialog').getByLabel('Network').fill(network);
    await page.getByRole('dialog').getByLabel('Reason').fill('a raid');
    await page.getByRole('dialog').getByRole('button', { name: 'Ban' }).click();
  };
  await ban('127.0.0.0/8');
  await page.getByRole('dialog').getByText('You are in this network!').waitFor();
  await page.keyboard.press('Escape');
  await ban('192.0.2.7/24');
  const line24 = table(page, 'Networks').getByRole('row', { name: '192.0.2.0/24' });
  await line24.getByText('a raid').waitFor();
  await line24.getByRole('button', { name: 'Unban' }).click();
  await line24.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Begin an emergency' }).click();
  await page.getByRole('dialog').getByLabel('Reason').fill('a raid');
  await page.getByRole('dialog').getByRole('button', { name: 'Begin an emergency' }).click();
  await page.getByText('On, by boss: a raid').waitFor();
  assert.equal((await server.api('register', { username: fresh('late'), password: PASSWORD })).message, 'Registration is closed!');
  const watching = await view(mod);
  await watching.getByText('On, by boss: a raid').waitFor();
  assert.ok(await watching.getByRole('button', { name: 'End the emergency' }).isHidden());
  await page.getByRole('button', { name: 'End the emergency' }).click();
  await page.locator('#emergency-now', { hasText: 'Off' }).waitFor();
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
  const chat = await person({ session: a });
  const asked = [];
  chat.on('request', (r) => asked.push(r.url()));
  await chat.reload();
  await chat.locator('#status', { hasText: 'Live' }).waitFor();
  await until('asked', () => asked.some((url) => url.includes('/listchannels/')));
  assert.ok(await chat.locator('#admin').isHidden());
  assert.ok(!asked.some((url) => url.includes('/admin')), 'nothing is asked that would be refused');
  const page = await view(a);
  await page.getByText('neither a moderator').waitFor();
  assert.ok(await page.locator('#view').isHidden());
  assert.deepEqual(await page.getByRole('navigation').getByRole('link').allInnerTexts(), ['Back to the chat']);
  const stranger = await person({ url: `${server.url}admin.html` });
  await stranger.getByText('Sign in on the chat page first').waitFor();
});

test('turned off: it says so', async () => {
  closed = await startServer({ conf: 'ChatAdmin off' });
  const a = await closed.account('boss');
  await closed.chatctl('account', 'rank', 'boss', '2');
  const page = await person({ session: a, url: `${closed.url}admin.html` });
  await page.getByText('turned off on this server').waitFor();
  assert.ok(await page.locator('#accounts').isHidden());
  await page.getByRole('heading', { name: 'Reports' }).waitFor();
  const chat = await person({ session: a, url: closed.url });
  await chat.locator('#status', { hasText: 'Live' }).waitFor();
  // reports are there without ChatAdmin
  await chat.locator('#admin').waitFor();
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
    const member = await view(a, { colorScheme });
    await member.getByText('neither a moderator').waitFor();
    await serious(member, 'closed');
    const { bad } = await reported();
    const queue = await person({ session: mod, colorScheme, url: 'about:blank' });
    const { open, opened } = gate();
    await queue.route('**/listsanctions/', async (route) => {
      await opened;
      await route.continue();
    }, { times: 1 });
    await queue.goto(`${server.url}admin.html`);
    await about(queue, bad.name).waitFor();
    await serious(queue, 'reports, before the rest has come');
    open();
    await about(queue, bad.name).getByRole('button', { name: 'Delete and mute' }).click();
    await serious(queue, 'closing');
    await queue.keyboard.press('Escape');
    await queue.setViewportSize({ width: 360, height: 640 });
    await serious(queue, 'reports, phone');
    assert.ok(await queue.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing sticks out');
  });
}
