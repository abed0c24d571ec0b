// <mod-chat> on pages of many kinds: strict and hostile ones, of this and of another origin.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, test } from 'node:test';
import { chatAssertion } from '../../docs/examples/signon.mjs';
import { hostile } from './hostile.mjs';
import { PASSWORD, PATIENCE, TOP, channel, fresh, gate, history, patient, person, serious, server, sleep, stage, until } from './lib.mjs';

const WEIGHT = 25000; // bytes on the wire, of all that the box loads
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const keys = path.join(tmpdir(), `mod_chat-widget-keys.${process.pid}`);
let site, user;
let host = 'localhost'; // of the chat, as the site's assertions name it

// A page of the site in folder /site, with the policy of the chat page.
function write(name, body, head = '') {
  writeFileSync(`${server.state}/htdocs/site/${name}.html`, `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>A site</title>
<link rel="stylesheet" href="/chat/widget.css">${head}
<script type="module" src="/chat/widget.js"></script></head><body><main><h1>A site</h1>${body}<p id="after">After the box.</p></main></body></html>`);
  return `${server.url}site/${name}.html`;
}

stage(async () => {
  // another origin, whose own login knows its user
  site = createServer((request, response) => {
    if (request.url === '/assertion') {
      response.writeHead(user ? 200 : 401, { 'Content-Type': 'application/json' });
      return response.end(JSON.stringify(user ? { assertion: chatAssertion(privateKey, host, user) } : {}));
    }
    const policy = `default-src 'none'; script-src ${server.http}; style-src ${server.http}; connect-src 'self' ${server.http} ${server.http.replace('http', 'ws')}; require-trusted-types-for 'script'; trusted-types 'none'`;
    response.writeHead(200, { 'Content-Type': 'text/html', 'Content-Security-Policy': policy });
    return response.end(`<!doctype html><html lang="en"><title>Elsewhere</title><link rel="stylesheet" href="${server.http}/chat/widget.css">
<script type="module" src="${server.http}/chat/widget.js"></script><mod-chat assertion-url="/assertion"></mod-chat></html>`);
  }).listen(0, '127.0.0.1');
  await new Promise((done) => { site.once('listening', done); });
  site.url = `http://127.0.0.1:${site.address().port}`;
  writeFileSync(keys, `a EdDSA ${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}\n`, { mode: 0o600 });
  const page = readFileSync(`${TOP}/conf/page.conf`, 'utf8');
  return { conf: `${page}\nChatGuests On\nChatSignOnKey ${keys}\nChatAllowOrigin ${site.url}\n` };
}, () => mkdirSync(`${server.state}/htdocs/site`, { recursive: true }));

after(() => {
  site?.close();
  rmSync(keys, { force: true });
});

afterEach(() => {
  user = undefined;
  host = 'localhost';
});

const box = (page, at = 0) => page.locator('mod-chat').nth(at);
const texts = (page, at = 0) => box(page, at).locator('.text').evaluateAll((all) => all.map((el) => el.textContent));
const sees = (page, text, at = 0) => box(page, at).locator('.text', { hasText: text }).first().waitFor();
// The history of the channel is there, be it empty.
const read = (page, at = 0) => box(page, at).locator('.list:not(:empty)').waitFor();

async function visit(url, { guest, as, before, ...options } = {}) {
  const page = await person({ url: 'about:blank', ...options });
  await before?.(page);
  page.sockets = new Set();
  page.on('websocket', (w) => {
    page.sockets.add(w);
    w.on('close', () => page.sockets.delete(w));
  });
  await page.goto(url);
  if (guest) await box(page).getByRole('button', { name: 'Join as a guest' }).click();
  if (as) {
    await box(page).getByRole('button', { name: 'Sign in' }).click();
    await box(page).getByLabel('User name').fill(as);
    await box(page).getByLabel('Password').fill(PASSWORD);
    await box(page).getByRole('button', { name: 'Sign in', exact: true }).click();
  }
  if (guest || as) await box(page).locator('.live', { hasText: 'Live' }).waitFor();
  return page;
}

const stored = (page, text, at = 0) => box(page, at).locator('article:not([data-key*="-"])', { has: page.locator('.text', { hasText: text }) }).first().waitFor();
async function say(page, text, at = 0) {
  await box(page, at).locator('textarea').fill(text);
  await box(page, at).locator('textarea').press('Enter');
  await stored(page, text, at);
}

async function tool(page, text, name) {
  const message = box(page).locator('article', { has: page.locator('.text', { hasText: text }) }).last();
  await message.hover();
  await message.getByRole('button', { name, exact: true }).click();
}

const PLAIN = '<mod-chat channel="default" guest></mod-chat>';

test('a guest writes, replies, reacts, edits and deletes; another user sees each at once', async () => {
  const url = write('plain', PLAIN);
  const ann = await visit(url, { guest: true });
  const ben = await visit(url, { guest: true });
  await say(ann, 'first words');
  await sees(ben, 'first words');
  await tool(ben, 'first words', 'Reply');
  await say(ben, 'an answer');
  await box(ann).locator('.quote', { hasText: 'first words' }).waitFor();
  await tool(ben, 'first words', 'React');
  await box(ben).getByRole('button', { name: 'React with 🎉' }).click();
  await box(ann).getByRole('button', { name: '🎉: 1', pressed: false }).click();
  await box(ben).getByRole('button', { name: '🎉: 2', pressed: true }).waitFor();
  await tool(ann, 'first words', 'Edit');
  await say(ann, 'better words');
  await sees(ben, 'better words');
  await box(ben).getByText('edited', { exact: true }).waitFor();
  await box(ben).locator('article', { has: ben.locator('.text', { hasText: 'better words' }) }).hover();
  assert.equal(await box(ben).locator('.tools').getByRole('button', { name: 'Edit' }).count(), 0, 'only the author edits');
  await tool(ben, 'an answer', 'Delete');
  await box(ben).getByRole('button', { name: 'Delete', exact: true }).last().click();
  await until('gone', async () => !(await texts(ann)).includes('an answer'));
});

test('an account reports a message; the typing of another is shown', async () => {
  const url = write('plain', PLAIN);
  const mod = await server.account(fresh('mod'));
  const { name } = await server.account(fresh('ann'));
  await server.chatctl('account', 'rank', mod.name, '1');
  const ann = await visit(url, { as: name });
  const ben = await visit(url, { guest: true });
  await say(ben, 'rude words');
  await sees(ann, 'rude words');
  await tool(ann, 'rude words', 'Report');
  await box(ann).locator('textarea').fill('this is rude');
  await box(ann).getByRole('button', { name: 'Report', exact: true }).last().click();
  const { reports } = await until('reported', async () => {
    const answer = await mod.call('listreports');
    return answer.reports?.length && answer;
  });
  assert.equal(reports[0].reason, 'this is rude');
  await until('typing is shown', async () => {
    await box(ben).locator('textarea').pressSequentially('hm');
    return (await box(ann).getByText('is typing…').count()) > 0;
  });
});

test('two hundred hostile messages are text', async () => {
  const a = await server.account(fresh('evil'));
  const name = await channel(a);
  const page = await visit(write('hostile', `<mod-chat channel="${name}"></mod-chat>`), { as: a.name });
  assert.ok(hostile.length >= 200);
  for (const message of hostile) await a.call('sendmessage', { channel: name, message });
  const norm = (list) => list.map((s) => s.replace(/\s+/g, ' ').trim());
  const stored = await history(a, name);
  await until('all shown', async () => (await texts(page)).length >= stored.length);
  assert.deepEqual(norm(await texts(page)), norm(stored));
  const made = await page.evaluate(() => [...document.querySelector('mod-chat').shadowRoot.querySelectorAll('*')].map((el) => el.localName));
  assert.deepEqual(made.filter((tag) => /script|iframe|img|style|object|embed|math|form-/.test(tag)), []);
  assert.equal(await page.evaluate(() => window.pwned), undefined);
});

test("a site's stylesheet that dresses everything does not reach inside", async () => {
  writeFileSync(`${server.state}/htdocs/site/hostile.css`, `html { font-size: 62.5%; } body { color: lime; text-transform: uppercase; letter-spacing: 9px; line-height: 4; font: 40px serif; text-align: right; visibility: visible; }
* { color: red !important; border: 7px dashed blue !important; padding: 33px !important; font-size: 44px !important; box-sizing: content-box !important; }
button, input, textarea, article, header, section, p, h2, div, form, a { display: none !important; position: fixed !important; float: left !important; background: lime !important; }
.box, .msg, .log, .text, .main, .title, .tools { display: none !important; opacity: 0 !important; }`);
  const plain = await visit(write('plain', PLAIN), { guest: true });
  const dressed = await visit(write('dressed', PLAIN, '<link rel="stylesheet" href="hostile.css">'), { guest: true });
  await say(plain, 'how do I look?');
  await sees(dressed, 'how do I look?');
  const look = (page) => page.evaluate(() => {
    const { shadowRoot: root } = document.querySelector('mod-chat');
    return ['.box', '.top', '.title', '.live', '.log', 'article:last-child .text', 'article:last-child', 'textarea', '.send', '.main'].map((s) => {
      const css = getComputedStyle(root.querySelector(s));
      return [s, ...['color', 'fontSize', 'fontFamily', 'textTransform', 'letterSpacing', 'lineHeight', 'display', 'position', 'paddingTop', 'borderTopWidth', 'backgroundColor', 'textAlign', 'opacity'].map((k) => `${k} ${css[k]}`)];
    });
  });
  assert.deepEqual(await look(dressed), await look(plain));
});

test('several boxes on a page share one connection; each has its channel and count', async () => {
  const a = await server.account(fresh('two'));
  const other = fresh('room');
  await a.call('makechannel', { name: other });
  const url = write('twice', `<mod-chat></mod-chat><mod-chat channel="${other}"></mod-chat><mod-chat></mod-chat>`);
  const page = await visit(url, { as: a.name });
  await say(page, 'in the first');
  await sees(page, 'in the first', 2);
  await say(page, 'in the second', 1);
  assert.deepEqual(await texts(page, 1), ['in the second']);
  assert.ok(!(await texts(page, 0)).includes('in the second'));
  await until('one connection', () => page.sockets.size === 1, 2 * PATIENCE);
});

test('on another origin, by an assertion of that site; its log-out ends it', async () => {
  user = fresh('remote');
  const page = await visit(site.url);
  await box(page).locator('.live', { hasText: 'Live' }).waitFor();
  await say(page, 'from elsewhere');
  const seen = await server.account(fresh('seen'));
  const { messages } = await seen.call('readmessagesfromchannel', { name: 'default', count: 1 });
  assert.deepEqual(messages.map((m) => [m.sender, m.message]), [[user, 'from elsewhere']]);
  const { token } = await (await fetch(`${server.url}api/v3/signon/`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ assertion: chatAssertion(privateKey, 'localhost', user) }),
  })).json();
  user = undefined;
  await server.api('signoff', { token });
  await box(page).locator('textarea').waitFor({ state: 'hidden' });
});

test('without a user of the site the box says so', async () => {
  const page = await visit(site.url);
  await box(page).getByText('Sign in at this site to chat.').waitFor();
});

test('an assertion that is refused is named', async () => {
  user = fresh('remote');
  host = 'chat.example';
  const page = await visit(site.url);
  await box(page).getByText('Invalid assertion: aud is not this site!').waitFor();
});

test('a guest becomes an account and keeps what was said; a reload finds it again', async () => {
  const page = await visit(write('plain', PLAIN), { guest: true });
  const name = fresh('anna');
  await say(page, `said by ${name}`);
  await box(page).getByRole('button', { name: 'Keep your name' }).click();
  await box(page).getByLabel('User name').fill(name);
  await box(page).getByLabel('Password').fill(PASSWORD);
  await box(page).getByRole('button', { name: 'Create an account' }).click();
  await box(page).getByRole('button', { name: 'Keep your name' }).waitFor({ state: 'hidden' });
  await say(page, 'now with a name');
  await page.reload();
  await sees(page, 'now with a name');
  const { token } = await server.api('gettoken', { username: name, password: PASSWORD });
  const { sent_messages: messages } = await server.api('getmysentmessages', { token });
  assert.deepEqual(messages.map((m) => m.message), [`said by ${name}`, 'now with a name']);
});

test('collapsed it counts what is unread, and opens by a click', async () => {
  const page = await visit(write('small', '<mod-chat collapsed guest></mod-chat>'));
  await box(page).getByRole('button', { name: 'Open the chat' }).click();
  await box(page).getByRole('button', { name: 'Join as a guest' }).click();
  await box(page).locator('.live', { hasText: 'Live' }).waitFor();
  await read(page);
  await box(page).getByRole('button', { name: 'Close the chat' }).click();
  const a = await server.account(fresh('caller'));
  for (const message of ['one', 'two']) await a.call('sendmessage', { channel: 'default', message });
  await box(page).locator('.bubble .count', { hasText: '2' }).waitFor();
  assert.equal(await box(page).evaluate((el) => el.unread), 2);
  await box(page).getByRole('button', { name: /Open the chat. Unread: 2/ }).click();
  await sees(page, 'two');
  await until('read', () => box(page).evaluate((el) => el.unread === 0));
});

test('without a network a message waits, and is sent once when it is back', async () => {
  const page = await visit(write('plain', PLAIN), { guest: true });
  await page.context().setOffline(true);
  await box(page).locator('.live:not([data-state=live])').waitFor();
  const text = fresh('patience');
  await box(page).locator('textarea').fill(text);
  await box(page).locator('textarea').press('Enter');
  await box(page).getByText('Waiting to be sent').waitFor();
  await page.context().setOffline(false);
  await box(page).getByText('Waiting to be sent').waitFor({ state: 'hidden' });
  await box(page).locator('.live', { hasText: 'Live' }).waitFor();
  await stored(page, text);
  assert.equal((await texts(page)).filter((t) => t === text).length, 1);
});

test('by keyboard alone: to the messages, a reply, a reaction, and back', async () => {
  const page = await visit(write('plain', PLAIN), { guest: true });
  await say(page, 'keys');
  const active = () => page.evaluate(() => document.querySelector('mod-chat').shadowRoot.activeElement?.className || document.querySelector('mod-chat').shadowRoot.activeElement?.localName);
  await page.keyboard.press('ArrowUp');
  assert.match(await active(), /^msg/);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await box(page).getByRole('button', { name: '👍: 1' }).waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await active(), 'textarea');
  await page.keyboard.type('typed');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('two lines');
  await page.keyboard.press('Enter');
  await sees(page, 'typed\ntwo lines');
});

test('by keyboard alone: in as a guest, out, a refused password, and in with an account', async () => {
  const a = await server.account(fresh('keys'));
  const page = await visit(write('plain', PLAIN));
  const has = (label) => until(`the focus is on ${label}`, () => page.evaluate((text) => {
    const { activeElement: at } = document.querySelector('mod-chat').shadowRoot;
    return [at?.ariaLabel, at?.textContent, at?.parentNode.textContent].includes(text);
  }, label));
  const press = async (...keys) => { for (const key of keys) await page.keyboard.press(key); };
  await box(page).getByRole('button', { name: 'Join as a guest' }).focus();
  await press('Enter');
  await has('Write a message');
  await box(page).getByRole('button', { name: 'Sign out' }).focus();
  await press('Enter');
  await has('Join as a guest');
  await press('Tab', 'Enter');
  await has('User name');
  await page.keyboard.type(a.name);
  await press('Tab');
  await page.keyboard.type(`${PASSWORD}x`);
  await press('Enter');
  await box(page).locator('.error', { hasText: /./ }).waitFor();
  await has('Password');
  await press('Backspace', 'Enter');
  await has('Write a message');
});

test('an empty channel says so', async () => {
  const a = await server.account(fresh('first'));
  const page = await visit(write('empty', `<mod-chat channel="${await channel(a)}"></mod-chat>`), { as: a.name });
  await box(page).getByText('Nothing here yet. Say hello!').waitFor();
});

test('a channel that does not exist says so as long as it does not, and to its own box', async () => {
  const a = await server.account(fresh('early'));
  const name = fresh('later');
  const missing = (page, at) => box(page, at).locator('.list', { hasText: 'Channel not found!' });
  const page = await visit(write('later', `<mod-chat channel="${name}"></mod-chat><mod-chat></mod-chat>`), { as: a.name });
  await missing(page).waitFor();
  assert.ok(await box(page).locator('textarea').isHidden());
  assert.equal(await box(page, 1).getByText('Channel not found!').count(), 0);
  await a.call('makechannel', { name });
  await say(page, 'now it does');
  await a.call('deletechannel', { name });
  await missing(page).waitFor();
});

for (const [kind, options, attributes, wanted] of [
  ['light', {}, '', { dark: false, dir: 'ltr' }],
  ['dark', { colorScheme: 'dark' }, '', { dark: true, dir: 'ltr' }],
  ['dark by its theme', {}, 'theme="dark"', { dark: true, dir: 'ltr' }],
  ['right to left', {}, 'dir="rtl"', { dark: false, dir: 'rtl' }],
  ['a phone', { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true }, '', { dark: false, dir: 'ltr' }],
]) {
  test(`${kind}: readable for all, nothing overflows`, async () => {
    const page = await visit(write('look', `<mod-chat guest ${attributes}></mod-chat>`), { ...options });
    await box(page).getByRole('button', { name: 'Join as a guest' }).waitFor();
    await serious(page, `${kind}, outside`);
    await box(page).getByRole('button', { name: 'Join as a guest' }).click();
    await say(page, `look at https://example.org/${'long'.repeat(60)}`);
    await box(page).locator('article').last().click({ position: { x: 100, y: 8 } });
    await box(page).locator('.tools').waitFor();
    await serious(page, kind);
    const is = await page.evaluate(() => {
      const el = document.querySelector('mod-chat').shadowRoot.querySelector('.box');
      const css = getComputedStyle(el);
      return { dark: Number(css.backgroundColor.match(/\d+/)[0]) < 60, dir: css.direction, wide: document.documentElement.scrollWidth > innerWidth };
    });
    assert.deepEqual(is, { ...wanted, wide: false });
  });
}

// Runs in the page: moves() gives what moved without its doing since it was called last.
function watchMoves() {
  const moved = [];
  const note = (entries) => moved.push(...entries.map((e) => `${e.value} ${e.sources.map((s) => JSON.stringify([s.previousRect, s.currentRect]))}`));
  const watch = new PerformanceObserver((list) => note(list.getEntries()));
  watch.observe({ type: 'layout-shift', buffered: true });
  window.moves = async () => {
    // what was changed by now is drawn with the next frame
    for (let i = 0; i < 2; i++) await new Promise((drawn) => { requestAnimationFrame(drawn); });
    note(watch.takeRecords());
    return moved.splice(0);
  };
}
const moves = (page) => page.evaluate(() => window.moves());

for (const [what, old] of [['an empty channel', 0], ['a channel with a history', 30]]) {
  test(`what is said before ${what} was read stands at its end, and nothing moves`, async () => {
    const a = await server.account(fresh('early'));
    const name = await channel(a);
    for (let n = 0; n < old; n++) await a.call('sendmessage', { channel: name, message: `old ${n}` });
    const { open, opened } = gate();
    const before = async (page) => {
      await page.route('**/readmessagesfromchannel/', async (route) => {
        await opened;
        await route.continue();
      });
      for (const script of [patient, watchMoves]) await page.addInitScript(script);
    };
    const page = await visit(write('slow', `<mod-chat channel="${name}"></mod-chat>`), { as: a.name, before });
    await moves(page);
    await box(page).locator('textarea').fill('too early');
    await box(page).locator('textarea').press('Enter');
    await until('it is stored', async () => (await history(a, name)).includes('too early'));
    await sleep(300);
    assert.deepEqual(await texts(page), []);
    open();
    await sees(page, 'too early');
    assert.deepEqual(await texts(page), [...[...Array(old).keys()].map((n) => `old ${n}`), 'too early']);
    await sleep(300);
    assert.deepEqual(await moves(page), []);
  });
}

test(`it weighs under ${WEIGHT} bytes, moves nothing, and asks nothing when it is idle`, async () => {
  const page = await person({ url: 'about:blank' });
  const loaded = new Map();
  page.on('response', async (r) => {
    if (new URL(r.url()).pathname.startsWith('/chat/')) loaded.set(r.url(), r.request().sizes());
  });
  const url = write('plain', PLAIN);
  await page.addInitScript(watchMoves);
  const asked = [];
  page.on('request', (r) => asked.push(r.url()));
  await page.goto(url);
  await box(page).getByRole('button', { name: 'Join as a guest' }).click();
  await box(page).locator('.live', { hasText: 'Live' }).waitFor();
  await say(page, 'quiet now');
  for (let last = -1; last !== asked.length; await sleep(1500)) last = asked.length;
  asked.length = 0;
  const a = await server.account(fresh('talker'));
  await a.call('sendmessage', { channel: 'default', message: 'are you there?' });
  await sees(page, 'are you there?');
  await sleep(4000);
  assert.deepEqual(asked, [], 'idle, no request');
  let sum = 0;
  for (const sizes of loaded.values()) sum += (await sizes).responseBodySize;
  assert.ok(loaded.size >= 7 && sum > 10000, `${loaded.size} files, ${sum} bytes were seen`);
  assert.ok(sum <= WEIGHT, `${sum} bytes`);
  assert.deepEqual(await moves(page), []);
  console.log(`# the box loads ${sum} bytes in ${loaded.size} files`);
});
