// The page with its live connection: both browsers, every transport, and what breaks.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { PATIENCE, channel, fresh, history, openConversation, person, sees, server, shown, sleep, stage, toast, until, write } from './lib.mjs';

stage({ tls: true });

// Comes back with the page when it is live; .asked are the API's lists that were read
// since, .sockets (those that are open) and .polls how it is connected.
async function enter(options, prepare) {
  const page = await person({ ...options, url: 'about:blank' });
  Object.assign(page, { asked: [], frames: [], pending: new Set(), polls: 0, sockets: new Set() });
  page.on('request', (r) => {
    if (/readmessages|getdms|getmessagesforeveryone/.test(r.url())) page.asked.push(r.url());
    if (r.url().includes('/api/')) page.pending.add(r);
    if (!r.url().includes('transport=polling')) return;
    page.polls++;
    if (r.method() === 'POST') page.frames.push(r.postData() ?? '');
  });
  for (const end of ['requestfinished', 'requestfailed']) page.on(end, (r) => page.pending.delete(r));
  page.on('websocket', (w) => {
    page.sockets.add(w);
    w.on('close', () => page.sockets.delete(w));
    w.on('framesent', ({ payload }) => page.frames.push(String(payload)));
  });
  if (prepare) await page.addInitScript(prepare);
  await page.goto(options.url ?? server.url);
  await page.locator('#status', { hasText: 'Live' }).waitFor();
  return page;
}

const quiet = async (page) => {
  for (let last = -1; last !== page.asked.length || page.pending.size; await sleep(800)) last = page.asked.length;
  page.asked.length = 0;
};

test('two browsers, one through TLS, hear each other at once', async () => {
  const [a, b] = [await server.account(fresh('plain')), await server.account(fresh('tls'))];
  const name = await channel(a, b);
  const ann = await enter({ session: a });
  const ben = await enter({ session: b, url: `${server.https}/` });
  await openConversation(ann, name);
  await openConversation(ben, name);
  for (const page of [ann, ben]) {
    // where a WebSocket took long to open, polls came first
    await until('a WebSocket', () => page.sockets.size === 1, 2 * PATIENCE);
    await quiet(page);
  }
  const [socket] = ann.sockets;
  ann.polls = 0;
  await write(ann, 'through the air');
  await sees(ben, 'through the air');
  await write(ben, 'and back');
  await sees(ann, 'and back');
  assert.deepEqual(ben.asked, [], 'nothing was asked for');
  // a message, an announcement, a channel, a deletion
  await a.call('senddm', { username: b.name, message: 'psst' });
  await ben.locator('li', { hasText: a.name }).locator('.count', { hasText: '1' }).waitFor();
  await server.chatctl('announce', 'All hands');
  await toast(ben, 'All hands');
  const [{ message_id }] = (await a.call('readmessagesfromchannel', { name, count: 2 })).messages;
  await a.call('deletemessage', { message_id });
  await until('deleted', async () => (await shown(ben)).join() === 'and back');
  assert.deepEqual(ben.asked, [], 'nothing was asked for');
  const other = await channel(a, b);
  await ben.locator('#lists bdi', { hasText: other }).waitFor();
  await b.call('leavechannel', { name: other });
  await until('gone', async () => (await ben.locator('#lists bdi', { hasText: other }).count()) === 0);
  assert.ok(ann.sockets.has(socket) && ann.sockets.size === 1, 'one connection all the time');
  assert.equal(ann.polls, 0);
});

test('without WebSocket: long polling', async () => {
  const [a, b] = [await server.account(fresh('ws')), await server.account(fresh('poll'))];
  const name = await channel(a, b);
  const page = await enter({ session: b }, () => {
    window.WebSocket = class {
      constructor() {
        setTimeout(() => this.onclose?.(), 10);
      }
      close() {}
    };
  });
  await openConversation(page, name);
  await quiet(page);
  await a.call('sendmessage', { channel: name, message: 'by mail' });
  await sees(page, 'by mail');
  await write(page, 'by return');
  await until('stored', async () => (await history(a, name)).join() === 'by mail,by return');
  assert.deepEqual(page.asked, []);
  assert.ok(page.polls > 2);
  await page.locator('#status', { hasText: 'Live' }).waitFor();
});

test('the daemon is killed and comes back: nothing is lost, nothing twice', async () => {
  const [a, b] = [await server.account(fresh('kill')), await server.account(fresh('back'))];
  const name = await channel(a, b);
  const page = await enter({ session: b });
  await openConversation(page, name);
  const pid = readdirSync('/proc').find((d) => {
    try {
      return /^\d+$/.test(d) && readFileSync(`/proc/${d}/cmdline`, 'utf8').startsWith('chatd\0') &&
        readFileSync(`/proc/${d}/cmdline`, 'utf8').includes(server.state);
    } catch {
      return false;
    }
  });
  assert.ok(pid, 'the daemon runs');
  const wanted = [];
  const say = async (message) => {
    wanted.push(message);
    await a.call('sendmessage', { channel: name, message });
  };
  await say('before');
  await sees(page, 'before');
  process.kill(Number(pid), 'SIGKILL');
  for (let i = 0; i < 10; i++) await say(`during ${i}`);
  await write(page, 'from here');
  wanted.push('from here');
  await until('stored', async () => (await history(a, name)).length === wanted.length);
  await page.locator('#status', { hasText: 'Live' }).waitFor();
  await say('after');
  await sees(page, 'after');
  const inOrder = await history(a, name);
  await until('all there', async () => (await shown(page)).join() === inOrder.join());
});

test('a short break: the connection goes on where it was', async () => {
  const [a, b] = [await server.account(fresh('gap')), await server.account(fresh('mend'))];
  const name = await channel(a, b);
  const page = await enter({ session: b });
  await openConversation(page, name);
  await a.call('sendmessage', { channel: name, message: 'one' });
  await sees(page, 'one');
  await quiet(page);
  page.frames.length = 0;
  await page.context().setOffline(true);
  await page.locator('#status:not([data-state=live])').waitFor();
  await a.call('sendmessage', { channel: name, message: 'two' });
  await page.context().setOffline(false);
  await sees(page, 'two');
  await page.locator('#status', { hasText: 'Live' }).waitFor();
  await a.call('sendmessage', { channel: name, message: 'three' });
  await sees(page, 'three');
  assert.deepEqual(await shown(page), ['one', 'two', 'three']);
  assert.ok(page.frames.some((f) => /^40.*"pid":/.test(f)), 'the session of before was shown');
  assert.ok(!page.frames.some((f) => f.includes('api_v3_connect')), 'and taken');
});

test('a revoked token ends the visit', async () => {
  const a = await server.account(fresh('rev'));
  const page = await enter({ session: a });
  await server.chatctl('token', 'revoke', a.name);
  await page.getByText('You were signed out').waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.getItem('mod_chat')), null);
});
