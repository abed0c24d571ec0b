// Pictures of the page for the manual: docs/page.png (wide, light) and docs/page-phone.png
// (phone, dark), docs/admin.png (the administrator's view), docs/widget*.png (the box on pages of a site). With an argument, more of them
// into that directory.
//   node screenshots.mjs [DIRECTORY]
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chatAssertion } from '../../docs/examples/signon.mjs';
import { PASSWORD, TOP, close, open, openConversation, person, sees, server, sleep } from './lib.mjs';

const more = process.argv[2];
// another origin: a site that knows its user
const site = createServer((request, response) => site.answer(request, response)).listen(0, '127.0.0.1');
await new Promise((done) => { site.once('listening', done); });
const SITE = `http://127.0.0.1:${site.address().port}`;
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const folder = mkdtempSync(path.join(tmpdir(), 'mod_chat-pictures.'));
writeFileSync(`${folder}/keys`, `a EdDSA ${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}\n`, { mode: 0o600 });
await open({ conf: `${readFileSync(`${TOP}/conf/page.conf`, 'utf8')}\nChatGuests On everybody\nChatAllowOrigin ${SITE}\nChatSignOnKey ${folder}/keys\n` });
rmSync(folder, { recursive: true });
const people = {};
for (const name of ['Mara', 'Emil', 'Amina', 'Tariq', 'Yuki']) people[name] = await server.account(name);
const { Mara } = people;

const talk = [
  ['Emil', 'The seeds for the balcony came today: tomatoes, basil and far too much mint.'],
  ['Emil', 'Who wants some?'],
  ['Amina', 'Me! Basil please 🌿'],
  ['Mara', 'I read that mint wants a pot of its own, or it takes over everything: https://example.org/herbs/mint_(plant)'],
  ['Tariq', 'صباح الخير! أستطيع إحضار التربة يوم السبت، فالسيارة معي.'],
  ['Yuki', '🍅🍅🍅'],
  ['Mara', 'Saturday at ten, then, @Emil? I will make coffee.'],
  ['Emil', 'Perfect.'],
  ['Amina', 'I will be a little late, but I bring cake.'],
  ['Mara', 'Cake forgives everything.'],
];
for (const name of ['balcony', 'reading circle', 'trip to the sea']) {
  await Mara.call('makechannel', { name });
  for (const username of Object.keys(people)) await Mara.call('addusertochannel', { name, username });
}
await server.chatctl('channel', 'add', 'everybody', '--description', 'For all who are new');
for (const name of Object.keys(people)) await people[name].call('joinchannel', { name: 'everybody' });
await people.Emil.call('senddcmsgwithtoken', { message: 'Saturday at ten' });
const ids = [];
for (const [name, message] of talk) {
  const more = message.startsWith('Me!') ? { reply_to: ids[1] } : {};
  ids.push((await people[name].call('sendmessage', { channel: 'balcony', message, extended: true, ...more })).message_id);
}
for (const [name, i, emoji] of [['Emil', 8, '🎂'], ['Yuki', 8, '🎂'], ['Mara', 8, '🎂'], ['Amina', 6, '👍'], ['Tariq', 6, '👍']])
  await people[name].call('react', { message_id: ids[i], emoji });
await Mara.call('markread', { name: 'balcony', message_id: ids.at(-1) });
await people.Yuki.call('senddm', { username: 'Mara', message: 'Do you still have my umbrella?' });
await people.Amina.call('senddm', { username: 'Mara', message: 'See you on Saturday!' });
await server.chatctl('announce', 'Welcome. Be kind to each other.');

// When they said it, in the pictures: in the evening, and the next morning.
const times = ['19:02', '19:02', '19:10', '19:31', '08:14', '08:20', '08:31', '08:33', '08:40', '08:41'];

async function spread(page) {
  const day = (i) => new Date(Date.now() - (i < 4 ? 86400000 : 0)).toISOString().slice(0, 10);
  await page.route('**/readmessagesfromchannel/', async (route) => {
    const response = await route.fetch();
    const json = await response.json();
    if (json.messages?.length === times.length) json.messages.forEach((m, i) => (m.timestamp = `${day(i)}T${times[i]}:00.000000Z`));
    await route.fulfill({ response, json });
  });
}

async function shoot(name, { before, ...options }) {
  const page = await person({ session: Mara, ...options, timezoneId: 'UTC', url: 'about:blank' });
  await spread(page);
  await page.goto(server.url);
  await page.locator('#lists bdi', { hasText: 'balcony' }).waitFor();
  if (before !== 'list') {
    await openConversation(page, 'balcony');
    await sees(page, 'Cake forgives');
  }
  await people.Emil.call('sendmessage', { channel: 'reading circle', message: 'Chapter four is the best one so far.' });
  await people.Yuki.call('senddm', { username: 'Mara', message: 'The blue one.' });
  await page.locator('.count', { hasText: /\d/ }).nth(1).waitFor({ state: 'attached' });
  if (typeof before === 'function') await before(page);
  await sleep(600);
  await page.screenshot({ path: name });
  await page.context().close();
}

// The administrator's view, as MARA sees it once she may.
async function shootAdmin(name, options) {
  await server.chatctl('account', 'rank', 'Mara', '2');
  await people.Yuki.call('report', { message_id: ids[4], reason: 'Is this the right channel?' });
  await server.chatctl('mute', 'Yuki', '--channel', 'everybody', '--until', '30m', '--reason', 'too many tomatoes');
  const page = await person({ session: Mara, ...options, timezoneId: 'UTC', url: 'about:blank' });
  await page.goto(`${server.url}admin.html`);
  await page.locator('#outbox tbody tr').first().waitFor();
  await sleep(600);
  await page.screenshot({ path: name });
  await page.context().close();
}

const docs = path.join(TOP, 'docs');
const phone = { viewport: { width: 390, height: 760 }, isMobile: true, hasTouch: true };
if (!more) {
  await shoot(path.join(docs, 'page.png'), { colorScheme: 'light', before: (page) => page.locator('.replies').first().click() });
  await shoot(path.join(docs, 'page-phone.png'), { ...phone, colorScheme: 'dark' });
  await shootAdmin(path.join(docs, 'admin.png'), { colorScheme: 'light', viewport: { width: 1180, height: 1100 } });
} else {
  const dir = path.resolve(more);
  await shoot(path.join(dir, 'light.png'), { colorScheme: 'light' });
  await shoot(path.join(dir, 'dark.png'), { colorScheme: 'dark' });
  await shoot(path.join(dir, 'phone-dark.png'), { ...phone, colorScheme: 'dark' });
  await shoot(path.join(dir, 'phone-list.png'), { ...phone, colorScheme: 'light', before: 'list' });
  await shoot(path.join(dir, 'people.png'), {
    colorScheme: 'dark',
    before: (page) => page.getByRole('button', { name: 'People in this channel' }).click(),
  });
  await shootAdmin(path.join(dir, 'admin.png'), { colorScheme: 'light', viewport: { width: 1180, height: 1100 } });
  await shootAdmin(path.join(dir, 'admin-phone.png'), { ...phone, colorScheme: 'dark' });
}
// A page of a site with the box, after ENTER did something with it.
async function shootWidget(name, { box, enter, at = `${server.url}site/`, ...options }) {
  const html = `<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>The garden club</title>
<link rel="stylesheet" href="garden.css">
<link rel="stylesheet" href="${server.url}chat/widget.css"><script type="module" src="${server.url}chat/widget.js"></script>
<h1>The garden club</h1><p>We meet on Saturdays at ten, behind the old greenhouse. Bring gloves; there is coffee.
Until then you find us here:</p>${box}</html>`;
  const css = `body { font: 17px/1.6 Georgia, serif; margin: 2em auto; max-width: 46em; padding: 0 1em; color: #243; background: #fbfaf5 }
mod-chat { --chat-accent: #2f7d4f; --chat-height: 460px } @media (prefers-color-scheme: dark) { body { color: #dde8df; background: #141915 } mod-chat { --chat-accent: #7fd3a0 } }`;
  const answers = {
    '/': ['text/html', html],
    '/garden.css': ['text/css', css],
    '/chat-assertion': ['application/json', JSON.stringify({ assertion: chatAssertion(privateKey, 'localhost', 'garden-17', { name: 'Nora', channels: ['balcony'] }) })],
  };
  site.answer = ({ url }, response) => {
    const [type, body] = answers[url] ?? ['text/plain', ''];
    response.writeHead(200, { 'Content-Type': type }).end(body);
  };
  mkdirSync(`${server.state}/htdocs/site`, { recursive: true });
  writeFileSync(`${server.state}/htdocs/site/index.html`, html);
  writeFileSync(`${server.state}/htdocs/site/garden.css`, css);
  const page = await person({ ...options, timezoneId: 'UTC', url: 'about:blank' });
  await page.goto(at);
  await enter(page.locator('mod-chat'));
  await sleep(600);
  await page.screenshot({ path: name });
  await page.context().close();
}
await shootWidget(path.join(TOP, 'docs/widget.png'), {
  box: '<mod-chat channel="balcony"></mod-chat>', colorScheme: 'light', viewport: { width: 900, height: 700 },
  enter: async (box) => {
    await box.getByRole('button', { name: 'Sign in' }).click();
    await box.getByLabel('User name').fill('Mara');
    await box.getByLabel('Password').fill(PASSWORD);
    await box.getByRole('button', { name: 'Sign in', exact: true }).click();
    await box.locator('.text', { hasText: 'Cake forgives' }).waitFor();
  },
});
await shootWidget(path.join(TOP, 'docs/widget-guest.png'), {
  ...phone, box: '<mod-chat channel="everybody" guest></mod-chat>', colorScheme: 'dark',
  enter: async (box) => {
    await box.getByRole('button', { name: 'Join as a guest' }).click();
    await box.locator('textarea').fill('Hello! Is there room for two more on Saturday?');
    await box.locator('textarea').press('Enter');
    await people.Amina.call('sendmessage', { channel: 'everybody', message: 'Of course, come along 🌿' });
    await box.locator('.text', { hasText: 'come along' }).waitFor();
  },
});
await shootWidget(path.join(TOP, 'docs/widget-elsewhere.png'), {
  at: `${SITE}/`, box: '<mod-chat channel="balcony" collapsed assertion-url="/chat-assertion"></mod-chat>', colorScheme: 'light', viewport: { width: 760, height: 540 },
  enter: async (box) => {
    await box.locator('.bubble').click();
    await box.locator('.text', { hasText: 'Cake forgives' }).waitFor();
    await box.locator('textarea').fill('Hello, I am the new one. May I come, too?');
    await box.locator('textarea').press('Enter');
    await people.Emil.call('sendmessage', { channel: 'balcony', message: 'Welcome, Nora! Bring a pot.' });
    await box.locator('.text', { hasText: 'Bring a pot' }).waitFor();
  },
});
await close();
site.close();
