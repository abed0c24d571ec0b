// The page in a browser, against a server of our own.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { hostile } from './hostile.mjs';
import { PASSWORD, TOP, channel, fresh, history, openConversation, person, row, sees, serious, server, shown, signIn, signUp, sleep, stage, toast, until, write } from './lib.mjs';

stage({ conf: readFileSync(`${TOP}/conf/page.conf`, 'utf8') });

test('two people register, make a channel and talk', async () => {
  const [ann, ben] = [await person(), await person()];
  const [a, b] = [fresh('ann'), fresh('ben')];
  await signUp(ben, b);
  await signUp(ann, a);
  await ann.getByRole('navigation').getByRole('button', { name: 'New channel' }).click();
  await ann.getByRole('dialog').getByLabel('Name').fill('the garden');
  await ann.keyboard.press('Enter');
  await ann.locator('#open-name', { hasText: 'the garden' }).waitFor();
  await write(ann, 'first');
  await ann.getByRole('button', { name: 'People in this channel' }).click();
  const dialog = ann.getByRole('dialog');
  await dialog.getByLabel('Add a person').fill('nobody-at-all');
  await dialog.getByRole('button', { name: 'Add' }).click();
  await dialog.getByText('There is no user of that name.').waitFor();
  await dialog.getByLabel('Add a person').fill(b);
  await dialog.getByRole('button', { name: 'Add' }).click();
  await dialog.locator('li', { hasText: b }).waitFor();
  await ann.keyboard.press('Escape');
  await openConversation(ben, 'the garden');
  await sees(ben, 'first');
  await write(ben, 'second <b>bold</b>\nhttps://example.org/a_(b).');
  await sees(ann, 'second');
  assert.deepEqual(await shown(ann), ['first', 'second <b>bold</b>\nhttps://example.org/a_(b).']);
  assert.equal(await ann.locator('#log .text a').getAttribute('href'), 'https://example.org/a_(b)');
  assert.equal(await ann.locator('#log b').count(), 0);
  assert.equal(await ann.locator('.day').innerText(), 'Today');
  assert.match(await ann.locator('#log time').first().innerText(), /^\d\d:\d\d$/);
  assert.equal(await ann.locator('.msg.mine').count(), 1);
  assert.equal(await ben.locator('.msg .who').first().innerText(), a);

  // a direct message shows as unread, in the title too, until it is looked at
  await ben.getByRole('button', { name: 'New direct message' }).click();
  await ben.getByRole('dialog').getByLabel('User name').fill(a.toUpperCase());
  await ben.keyboard.press('Enter');
  await ben.locator('#open-name', { hasText: a }).waitFor();
  await write(ben, 'psst');
  await sees(ben, 'psst');
  const mine = row(ann, b);
  await mine.locator('.count', { hasText: '1' }).waitFor();
  await until('title', async () => /^\(1\) /.test(await ann.title()));
  await mine.getByRole('button').click();
  await sees(ann, 'psst');
  await until('read', async () => !/^\(/.test(await ann.title()));
  // and the name is the registered one, however it was typed
  await until('name', async () => (await ben.getByRole('navigation').locator('li', { hasText: a }).count()) === 1);

  // delete own: asked first, gone for both
  await openConversation(ben, 'the garden');
  await ben.locator('.msg.mine').hover();
  await ben.getByRole('button', { name: 'More' }).click();
  await ben.getByRole('menuitem', { name: 'Delete this message' }).click();
  await ben.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await until('deleted here', async () => (await shown(ben)).length === 1);
  await openConversation(ann, 'the garden');
  await until('deleted there', async () => (await shown(ann)).join() === 'first');
  // who made the channel may delete the messages of others, who did not may not
  await write(ben, 'another');
  await sees(ann, 'another');
  await sees(ben, 'first');
  for (const [who, last] of [[ann, true], [ben, false]]) {
    await who.locator('.msg:not(.mine)').first().hover();
    await who.getByRole('button', { name: 'More' }).click();
    await who.getByRole('menuitem', { name: 'Report' }).waitFor();
    assert.equal(await who.getByRole('menuitem', { name: 'Delete this message' }).count(), Number(last));
    await who.keyboard.press('Escape');
  }

  // leave, and nothing is left of it
  await ben.getByRole('button', { name: 'People in this channel' }).click();
  await ben.getByRole('button', { name: 'Leave channel' }).click();
  await until('left', async () => (await ben.locator('#lists bdi:text-is("the garden")').count()) === 0);
});

test('what is wrong with a name or password is said', async () => {
  const page = await person();
  await page.getByLabel('User name').fill('nobody');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('Wrong user name or password').waitFor();
  await page.getByRole('button', { name: 'Create an account' }).click();
  await page.getByLabel('User name').fill(fresh('weak'));
  await page.getByLabel('Password').fill('weak');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('The password does not follow the rules below.').waitFor();
});

test('a public channel: seen, joined, left', async () => {
  const [a] = [await server.account(fresh('pub'))];
  await server.chatctl('channel', 'add', 'plaza', '--description', 'For everybody');
  const page = await person({ session: a });
  await openConversation(page, 'plaza');
  assert.equal(await page.locator('#open-about').innerText(), 'For everybody');
  await page.getByRole('button', { name: 'Join' }).click();
  await page.locator('section', { hasText: 'Channels' }).first().locator('bdi', { hasText: 'plaza' }).waitFor();
  await until('button gone', () => page.locator('#join').isHidden());
  assert.ok((await a.call('getchannels')).channels.some((c) => c.channel_name === 'plaza'));
});

test('announcements', async () => {
  const a = await server.account(fresh('told'));
  const page = await person({ session: a });
  await page.locator('#open-name').waitFor();
  await server.chatctl('announce', 'The server rests at <noon>');
  await toast(page, 'rests at <noon>', 40000);
  await openConversation(page, 'Announcements');
  await sees(page, 'The server rests at <noon>');
  assert.ok(await page.locator('#compose').isHidden());
});

test('200 hostile messages are text', async () => {
  const [a, b] = [await server.account(fresh('bad')), await server.account(fresh('good'))];
  const room = await channel(a, b);
  const sent = [];
  for (const message of hostile)
    if ((await a.call('sendmessage', { channel: room, message })).status === 200) sent.push(message);
  assert.ok(sent.length > 190, `${sent.length} were taken`);
  await b.call('makechannel', { name: '<img src=x onerror=boom()>' });
  await a.call('senddm', { username: b.name, message: '<script>boom()</script>' });
  const page = await person({ session: b });
  await allText(page, room, sent);
});

// Opens the conversation NAME and sees to it that SENT stands there, and nothing but text.
async function allText(page, name, sent) {
  const requests = [];
  page.on('request', (r) => requests.push(r.url()));
  await page.evaluate(() => (window.boom = () => (window.boomed = true)));
  await openConversation(page, name);
  await until('all are there', async () => {
    await page.locator('#log').evaluate((el) => (el.scrollTop = 0));
    return (await page.locator('#log .text').count()) >= sent.length;
  });
  assert.deepEqual(await shown(page), sent);
  const tags = await page.locator('#log .text *').evaluateAll((all) => [...new Set(all.map((el) => el.tagName))]);
  assert.deepEqual(tags.filter((tag) => tag !== 'SPAN'), ['A']);
  assert.deepEqual(await page.locator('#log .text span:not(.mention)').count(), 0);
  for (const href of await page.locator('#log a').evaluateAll((all) => all.map((el) => el.href))) assert.match(href, /^https?:\/\//);
  assert.ok(await page.locator('#log a').evaluateAll((all) => all.every((el) => el.rel.includes('noopener') && el.target === '_blank')));
  assert.equal(await page.evaluate(() => window.boomed), undefined);
  assert.deepEqual(requests.filter((url) => !url.startsWith(server.url) && !url.startsWith('ws')), []);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing sticks out');
}

// The same texts by the other APIs, each as its clients send. Every one returns what it
// got through: their limits are shorter.
const others = {
  async teendevops(who, channel) {
    const api = `${server.url}api/v1/`;
    const form = async (path, fields, cookie) => {
      const r = await fetch(api + path, { method: 'POST', body: new URLSearchParams(fields), headers: cookie ? { cookie } : {} });
      return r.json();
    };
    const cookie = (j) => `teendevops_session=${j.sessionid}`;
    const first = await form('auth/csrf/', {});
    const inside = await form('auth/login/', { username: who.name, password: PASSWORD, csrf: first.csrf }, cookie(first));
    const sent = [];
    for (const message of hostile)
      if ((await form('chat/send/', { channel: channel.channel_id, message, csrf: inside.csrf }, cookie(inside))).success) sent.push(message);
    return sent;
  },
  async chatroom(who, channel) {
    const [{ uuid }] = JSON.parse(await server.chatctl('room', 'list', '--json'));
    const api = (path, body, cookie) => fetch(`${server.url}api/v0/${path}/${uuid}`, {
      method: body ? 'POST' : 'GET',
      body: body && JSON.stringify(body),
      headers: cookie ? { cookie, username: who.name } : {},
    });
    const login = await api('login', { userID: who.name, password: PASSWORD });
    const cookie = login.headers.get('set-cookie').split(';')[0];
    const { userID, channels } = await login.json();
    const { channelID } = channels.find((c) => c.channel_name === channel.channel_name);
    const sent = [];
    for (const data of hostile) if ((await api('messages', { userID, channelID, data }, cookie)).ok) sent.push(data);
    return sent;
  },
  async kinglet(who, channel, reader) {
    const api = (path, json, me = {}) => fetch(`${server.url}api/v1/${path}`, {
      method: 'POST', body: new URLSearchParams({ ...me, json: JSON.stringify(json) }),
    });
    const { user_id, user_name, session_id } = await (await api('users/login', { email: who.name, password: PASSWORD })).json();
    const sent = [];
    for (const text of hostile) {
      const message_text = `@${reader.name} ${text}`;
      if ((await api('messages', { message_text }, { user_id, user_name, session_id })).status === 201) sent.push(message_text);
    }
    return sent;
  },
};

for (const [dialect, post] of Object.entries(others)) {
  test(`200 hostile messages by ${dialect} are text`, async () => {
    const [a, b] = [await server.account(fresh('bad')), await server.account(fresh('good'))];
    const name = fresh('square');
    await server.chatctl('channel', 'add', name);
    const channel = (await b.call('listchannels')).channels.find((c) => c.channel_name === name);
    const sent = await post(a, channel, b);
    assert.ok(sent.length > 150, `${sent.length} were taken`);
    const page = await person({ session: b });
    await allText(page, dialect === 'kinglet' ? a.name : name, sent);
  });
}

test('history without end, backwards, and the place stays', async () => {
  const [a, b] = [await server.account(fresh('old')), await server.account(fresh('new'))];
  const room = await channel(a, b);
  const all = Array.from({ length: 330 }, (_, i) => `line ${i}`);
  for (const message of all) await a.call('sendmessage', { channel: room, message });
  const page = await person({ session: b });
  await openConversation(page, room);
  await sees(page, 'line 329');
  const log = page.locator('#log');
  assert.ok((await log.locator('.text').count()) < 200, 'not all at once');
  // the first message in sight and where, after scrolling to TOP; null when more than MOST are there
  const first = (top, most = Infinity) => log.evaluate((el, [to, n]) => {
    if (el.querySelectorAll('.text').length > n) return null;
    if (to) el.scrollTop = to;
    const edge = el.getBoundingClientRect().top;
    const at = [...el.querySelectorAll('article')].find((x) => x.getBoundingClientRect().bottom > edge);
    return [at.querySelector('.text').textContent, Math.round(at.getBoundingClientRect().top)];
  }, [top, most]);
  await page.locator('#status', { hasText: 'Live' }).waitFor();
  const count = await log.locator('.text').count();
  let before;
  await until('more came', async () => {
    const at = await first(500, count);
    before = at ?? before;
    return !at;
  });
  assert.deepEqual(await first(0), before, 'what is read does not move');
  await until('the beginning', async () => {
    // what comes keeps the reader's place: the last scrolling is behind it
    const there = await log.getByText('The channel begins here.').isVisible();
    await log.evaluate((el) => (el.scrollTop = 0));
    return there;
  });
  assert.deepEqual(await shown(page), all);
  // something new does not tear the reader away, and says that it is there
  await a.call('sendmessage', { channel: room, message: 'news' });
  const down = page.getByRole('button', { name: '1 new below' });
  await down.waitFor();
  assert.ok(await log.evaluate((el) => el.scrollTop < 1000));
  await down.click();
  await until('at the end', () => log.evaluate((el) => el.scrollHeight - el.scrollTop - el.clientHeight < 5));
});

test('offline: messages wait, and are sent once', async () => {
  const [a, b] = [await server.account(fresh('away')), await server.account(fresh('home'))];
  const room = await channel(a, b);
  const page = await person({ session: a });
  await openConversation(page, room);
  await write(page, 'before');
  await until('stored', async () => (await history(b, room)).length === 1);
  await page.locator('#status', { hasText: 'Live' }).waitFor();
  await page.context().setOffline(true);
  await page.locator('#status', { hasText: 'Offline' }).waitFor();
  for (const text of ['one', 'two', 'two', 'three']) await write(page, text);
  await until('shown', async () => (await shown(page)).join() === 'before,one,two,two,three');
  await page.getByText('Waiting to be sent').first().waitFor();
  await b.call('sendmessage', { channel: room, message: 'meanwhile' });
  await sleep(300);
  assert.deepEqual(await history(b, room), ['before', 'meanwhile']);
  await page.context().setOffline(false);
  const wanted = ['before', 'meanwhile', 'one', 'two', 'two', 'three'];
  await until('sent', async () => (await history(b, room)).length >= wanted.length);
  await until('shown', async () => (await shown(page)).join() === wanted.join());
  await until('nothing waits', async () => (await page.getByText('Waiting to be sent').count()) === 0);
  await sleep(4000);
  assert.deepEqual(await history(b, room), wanted);
  assert.deepEqual(await shown(page), wanted);
});

test('an answer that gets lost does not send twice', async () => {
  const a = await server.account(fresh('lost'));
  const room = await channel(a);
  const page = await person({ session: a });
  await openConversation(page, room);
  const keys = [];
  await page.route('**/sendmessage/', async (route) => {
    keys.push(route.request().headers()['idempotency-key']);
    if (keys.length > 2) return route.continue();
    await route.fetch(); // the server has it
    return route.abort();
  });
  await write(page, 'only once');
  await until('tried again', () => keys.length >= 3);
  await sleep(3000);
  assert.equal(new Set(keys).size, 1);
  assert.ok(keys[0]);
  assert.deepEqual(await history(a, room), ['only once']);
  assert.deepEqual(await shown(page), ['only once']);
});

test('what waits survives a reload; what is refused is said', async () => {
  const [a, b] = [await server.account(fresh('load')), await server.account(fresh('gone'))];
  const room = await channel(a, b);
  const page = await person({ session: a });
  await openConversation(page, room);
  await page.route('**/sendmessage/', (route) => route.abort());
  await write(page, 'kept');
  await page.getByText('Waiting to be sent').waitFor();
  assert.equal(await page.locator('#log .new').count(), 0, 'what one says is not new to oneself');
  await page.unroute('**/sendmessage/');
  await page.reload();
  await until('sent after all', async () => (await history(b, room)).join() === 'kept');
  await page.route('**/sendmessage/', (route) => route.fulfill({ status: 403, json: { message: 'You are not allowed to write in this channel!' } }));
  await write(page, 'refused');
  await page.getByText('Not sent: You are not allowed').waitFor();
  await page.unroute('**/sendmessage/');
  await page.getByRole('button', { name: 'Try again' }).click();
  await until('sent', async () => (await history(b, room)).join() === 'kept,refused');
});

test('the token: not in URLs, not beyond the tab unless wanted', async () => {
  const name = fresh('key');
  await server.account(name);
  const page = await person();
  const urls = [];
  page.on('request', (r) => urls.push(r.url()));
  page.on('framenavigated', (f) => urls.push(f.url()));
  page.on('websocket', (w) => urls.push(w.url()));
  await signIn(page, name);
  const token = await page.evaluate(() => JSON.parse(sessionStorage.mod_chat).token);
  assert.match(token, /^[0-9a-f-]{36}$/);
  assert.equal(await page.evaluate(() => localStorage.length), 0);
  await page.reload();
  await page.getByRole('navigation').waitFor();
  // it ends with the last tab
  await page.goto('about:blank');
  const other = await page.context().newPage();
  await other.goto(server.url);
  await other.getByRole('heading', { name: 'Sign in' }).waitFor();
  await signIn(other, name, { keep: true });
  const third = await page.context().newPage();
  await third.goto(server.url);
  await third.getByRole('navigation').waitFor();
  await page.goto(server.url);
  await page.getByRole('navigation').waitFor();
  // signing out in one signs out all that share the token
  await third.getByRole('button', { name: 'Sign out' }).click();
  await other.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.deepEqual(await third.evaluate(() => [localStorage.length, sessionStorage.length]), [0, 0]);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.deepEqual(urls.filter((url) => url.includes(token) || url.includes(PASSWORD)), []);
  // a token that was changed elsewhere ends the visit
  await signIn(page, name);
  await server.api('generatetoken', { username: name, password: PASSWORD });
  await page.getByRole('alert').getByText('You were signed out').waitFor();
});

test('phone: one thing at a time', async () => {
  const [a, b] = [await server.account(fresh('fon')), await server.account(fresh('mob'))];
  const room = await channel(a, b);
  await a.call('sendmessage', { channel: room, message: 'x'.repeat(3000) });
  await a.call('sendmessage', { channel: room, message: 'שלום, this begins in Hebrew' });
  const page = await person({ session: b, viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true });
  const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
  await page.getByRole('navigation').locator('bdi', { hasText: room }).waitFor();
  assert.ok(await page.locator('#talk').isHidden());
  assert.ok(await fits());
  await openConversation(page, room);
  await sees(page, 'שלום');
  assert.ok(await page.getByRole('navigation').isHidden());
  assert.ok(await fits());
  assert.equal(await page.locator('#log .text').last().evaluate((el) => getComputedStyle(el).direction), 'rtl');
  assert.equal(await page.locator('#log .text').first().evaluate((el) => el.clientHeight < 260), true, 'long texts are folded');
  await page.getByRole('button', { name: 'Show all' }).tap();
  await until('unfolded', () => page.locator('#log .text').first().evaluate((el) => el.clientHeight > 500));
  await page.getByRole('button', { name: 'Back to the conversations' }).tap();
  await page.getByRole('navigation').waitFor();
  await page.goBack();
  await page.locator('#open-name').waitFor();
});

test('keyboard alone', async () => {
  const page = await person();
  const name = fresh('keys');
  const tab = async (what) => {
    for (let i = 0; i < 40; i++) {
      const at = await page.evaluate(() => {
        const el = document.activeElement;
        return `${el.ariaLabel ?? ''} ${el.title} ${el.textContent.slice(0, 60)} ${el.name ?? ''} ${el.id}`;
      });
      if (at.includes(what)) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`Tab never got to ${what}`);
  };
  const type = (text) => page.keyboard.type(text);
  const press = (key) => page.keyboard.press(key);
  await tab('Create an account');
  await press('Enter');
  await type(name);
  await tab('password');
  await type('Xq7!plumtree');
  await press('Enter');
  await page.getByRole('navigation').waitFor();
  await page.locator('#open-name').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'text', 'ready to write');
  await page.evaluate(() => document.body.focus());
  await tab('New channel');
  await press('Enter');
  await page.getByRole('dialog').waitFor();
  const room = fresh('room');
  await type(room);
  await press('Enter');
  await page.locator('#open-name', { hasText: room }).waitFor();
  await until('ready to write', () => page.evaluate(() => document.activeElement.id === 'text'));
  await type('one');
  await press('Shift+Enter');
  await type('two');
  await press('Enter');
  await until('shown', async () => (await shown(page)).join() === 'one\ntwo');
  await page.locator('.msg:not([data-state])').waitFor();
  await press('Shift+Tab');
  await press('ArrowUp');
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'ARTICLE');
  await press('Delete');
  await page.getByRole('dialog').waitFor();
  await tab('Delete');
  await press('Enter');
  await until('deleted', async () => (await shown(page)).length === 0);
  await until('the dialog is gone', () => page.evaluate(() => !document.getElementById('dialog').open && Boolean(document.activeElement.closest('#log'))));
  await press('Escape');
  await until('writing again', () => page.evaluate(() => document.activeElement.id === 'text'));
  await press('Alt+ArrowDown');
  await until('another', async () => (await page.locator('#open-name').innerText()) !== room);
  await press('Control+k');
  await type(room);
  await press('Enter');
  await page.locator('#open-name', { hasText: room }).waitFor();
});

test('a screen reader hears what arrives', async () => {
  const [a, b] = [await server.account(fresh('loud')), await server.account(fresh('ears'))];
  const room = await channel(a, b);
  await a.call('sendmessage', { channel: room, message: 'old' });
  const page = await person({ session: b });
  await openConversation(page, room);
  await sees(page, 'old');
  assert.equal(await page.locator('#said').textContent(), '', 'what was there is not read out');
  await a.call('sendmessage', { channel: room, message: 'hello ears' });
  await page.locator('#said', { hasText: `${a.name}: hello ears` }).waitFor({ state: 'attached' });
});

for (const colorScheme of ['light', 'dark']) {
  test(`axe finds nothing serious: ${colorScheme}`, async () => {
    const [a, b] = [await server.account(fresh('axe')), await server.account(fresh('bee'))];
    const room = await channel(a, b);
    for (const message of ['hello https://example.org/', 'x'.repeat(2000), '😀', 'again']) await a.call('sendmessage', { channel: room, message });
    await b.call('sendmessage', { channel: room, message: 'me' });
    await a.call('senddm', { username: b.name, message: 'unread' });
    const page = await person({ colorScheme });
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await serious(page, 'door');
    await page.getByRole('button', { name: 'Create an account' }).click();
    await page.getByLabel('User name').fill('x');
    await page.getByLabel('Password').fill('x');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('The password does not follow').waitFor();
    await serious(page, 'door with an error');
    const talk = await person({ colorScheme, session: b });
    await openConversation(talk, room);
    await sees(talk, 'again');
    await talk.route('**/sendmessage/', (route) => route.fulfill({ status: 403, json: { message: 'no' } }));
    await write(talk, 'failed');
    await talk.getByText('Not sent').waitFor();
    await a.call('senddm', { username: b.name, message: 'unread too' });
    await talk.locator('.count', { hasText: /\d/ }).waitFor();
    await serious(talk, 'talk');
    await talk.getByRole('button', { name: 'People in this channel' }).click();
    await talk.locator('.members li').first().waitFor();
    await serious(talk, 'people');
    await talk.keyboard.press('Escape');
    await talk.setViewportSize({ width: 360, height: 640 });
    await serious(talk, 'phone, talk');
    await talk.getByRole('button', { name: 'Back to the conversations' }).click();
    await serious(talk, 'phone, list');
    const ground = await talk.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number)[0]);
    assert.equal(ground < 60, colorScheme === 'dark', 'the colours are those of the preference');
  });
}

test('until the first message at most 60,000 bytes are on the wire', async () => {
  const [a, b] = [await server.account(fresh('slow')), await server.account(fresh('fast'))];
  await a.call('sendmessage', { channel: await channel(a, b), message: 'the first message' });
  const page = await person({ session: b, url: 'about:blank' });
  const client = await page.context().newCDPSession(page);
  let bytes = 0;
  await client.send('Network.enable');
  client.on('Network.loadingFinished', (e) => (bytes += e.encodedDataLength));
  const begin = performance.now();
  await page.goto(server.url, { waitUntil: 'commit' });
  await sees(page, 'the first message');
  console.log(`# first message after ${Math.round(performance.now() - begin)} ms; ${bytes} bytes`);
  assert.ok(bytes > 20000 && bytes < 60000, `${bytes} bytes, headers and answers included`);
});

// Everything that a visit brings along, before compression.
const WEIGHT = 160000;

test(`a visit weighs under ${WEIGHT} bytes`, async () => {
  const a = await server.account(fresh('kilo'));
  const name = fresh('room');
  const page = await person({ url: 'about:blank' });
  const loaded = new Map();
  page.on('response', async (r) => {
    const path = new URL(r.url()).pathname;
    if (!/^\/(api|socket\.io)\//.test(path)) loaded.set(path, r.body().then((body) => body.length));
  });
  await page.goto(server.url);
  await signIn(page, a.name);
  await page.getByRole('navigation').getByRole('button', { name: 'New channel' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill(name);
  await page.keyboard.press('Enter');
  await page.locator('#open-name', { hasText: name }).waitFor();
  await write(page, 'hello');
  await sees(page, 'hello');
  let sum = 0;
  for (const size of loaded.values()) sum += await size;
  assert.ok(loaded.size > 10 && sum > 30000, `${loaded.size} files were seen`);
  assert.ok(!loaded.has('/admin.js'), 'the administrator\u2019s view is loaded by those who open it');
  assert.ok(sum <= WEIGHT, `${sum} bytes: ${[...loaded.keys()]}`);
  console.log(`# a visit loads ${sum} bytes in ${loaded.size} files`);
});

test('headers: policy, caching, compression', async () => {
  const policy = readFileSync(`${TOP}/src/page/index.html`, 'utf8').match(/Content-Security-Policy" content="([^"]+)"/)[1];
  // at / by chatctl serve, at /chat/ by the file for servers of one's own
  for (const file of ['', 'app.js', 'style.css', 'icon.svg', 'admin.html', 'admin.js', 'chat/', 'chat/app.js', 'chat/admin.html']) {
    const r = await fetch(server.url + file);
    const header = (name) => r.headers.get(name);
    assert.equal(r.status, 200, file);
    const document = /^$|\/$|html$|svg$/.test(file);
    assert.equal(header('content-security-policy'), document ? `${policy}; frame-ancestors 'none'` : null, file);
    assert.equal(header('referrer-policy'), document ? 'no-referrer' : null, file);
    assert.equal(header('x-content-type-options'), 'nosniff');
    assert.equal(header('cache-control'), 'no-cache');
    assert.equal(header('content-encoding'), 'gzip');
    const again = await fetch(server.url + file, { headers: { 'If-None-Match': header('etag') } });
    assert.equal(again.status, 304, file);
  }
  assert.doesNotMatch(policy, /unsafe|\*/);
  const source = readdirSync(`${TOP}/src/page`).filter((f) => /\.(js|html)$/.test(f)).map((f) => readFileSync(`${TOP}/src/page/${f}`, 'utf8')).join('');
  assert.doesNotMatch(source, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|<script>|<style|\son[a-z]+=|style="/);
});
