// The client module by itself: its size, and the npm package in a program of somebody else's.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { PATIENCE, TOP, startServer, until } from './lib.mjs';

const BUILD = path.resolve(process.env.CHAT_BUILD ?? path.join(TOP, 'build'));
const clients = [];
let server, dir, ChatClient;

before(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'mod_chat-npm.'));
  writeFileSync(`${dir}/package.json`, '{ "name": "a-program", "private": true }');
  const packed = readdirSync(`${BUILD}/npm`).find((file) => file.endsWith('.tgz'));
  assert.match(packed, /^mod-chat-client-\d+\.\d+\.\d+\.tgz$/);
  execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', `${BUILD}/npm/${packed}`], { cwd: dir, stdio: 'pipe' });
  const { exports } = JSON.parse(readFileSync(`${dir}/node_modules/mod-chat-client/package.json`, 'utf8'));
  for (const file of Object.values(exports['.'])) readFileSync(path.join(dir, 'node_modules/mod-chat-client', file));
  ({ ChatClient } = await import(pathToFileURL(path.join(dir, 'node_modules/mod-chat-client', exports['.'].default))));
  server = await startServer({ conf: 'ChatGuests On\n' });
});

after(async () => {
  for (const client of clients) client.close();
  await server?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const make = (options) => {
  const client = new ChatClient({ api: `${server.http}/api/v3/`, live: `${server.http}/socket.io/`, ...options });
  client.seen = [];
  client.on('event', (name, data) => client.seen.push([name, data]));
  clients.push(client);
  return client;
};
const live = (client) => until('live', () => client.state === 'live');
const texts = (stream) => stream.messages.map((m) => m.message);

test('on the wire it has at most 6,000 bytes', () => {
  const size = gzipSync(readFileSync(`${BUILD}/page/chat-client.js`), { level: 6 }).length;
  assert.ok(size <= 6000, `${size} bytes`);
});

test('the package says which types there are, and names nothing that is not exported', async () => {
  const types = readFileSync(`${dir}/node_modules/mod-chat-client/chat-client.d.ts`, 'utf8');
  const module = await import(pathToFileURL(`${dir}/node_modules/mod-chat-client/chat-client.js`));
  const declared = [...types.matchAll(/^export (?:class|function) (\w+)/gm)].map((m) => m[1]);
  assert.deepEqual(declared.sort(), Object.keys(module).sort());
  const client = make();
  for (const [, name] of types.match(/class ChatClient \{[^]*?\n\}/)[0].matchAll(/^ {2}(?:readonly )?(\w+)[?(:]/gm)) {
    if (name !== 'token') assert.ok(name in client, name);
  }
});

// What the package says, against what TypeScript reads in the module.
const AGREE = `
import type * as made from './made/chat-client.js';
import type * as said from 'mod-chat-client';
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
type Args<F> = F extends (...args: infer P) => unknown ? { [K in keyof P]-?: Exclude<P[K], undefined> } : never;
type Methods<A, B> = { [K in Exclude<keyof B, 'on' | 'outbox'>]: Same<Args<K extends keyof A ? A[K] : never>, Args<B[K]>> };
export const types: true[] = [
  {} as Same<made.To, said.To>, {} as Same<made.State, said.State>, {} as Same<made.Kind, said.Kind>, {} as Same<made.Message, said.Message>,
  {} as Same<made.Watcher, said.Watcher>, {} as Same<Omit<made.Entry, 'error'>, Omit<said.Entry, 'error'>>,
  {} as Same<ConstructorParameters<typeof made.ChatClient>, ConstructorParameters<typeof said.ChatClient>>,
  {} as Same<Args<typeof made.request>, Args<typeof said.request>>, {} as Same<Args<typeof made.fold>, Args<typeof said.fold>>,
];
type All<M> = M[keyof M];
export const chat: true = {} as All<Methods<made.ChatClient, said.ChatClient>>;
export const stream: true = {} as All<Methods<made.Stream, said.Stream>>;
export const module: Pick<typeof said, 'ChatClient' | 'fold' | 'request'> = {} as typeof made;
export const listed: said.Stream = {} as made.Stream;
export const failed: Pick<said.Failure, keyof made.Failure> = {} as made.Failure;
export const failure: Omit<made.Failure, never> = {} as said.Failure;
`;

test('its types are those that the module has', () => {
  const tsc = (...args) => execFileSync(process.execPath, [`${TOP}/test/page/node_modules/typescript/bin/tsc`, '--target', 'es2022', '--lib', 'es2022,dom,dom.iterable',
    '--module', 'nodenext', '--moduleResolution', 'nodenext', ...args], { cwd: dir, encoding: 'utf8' });
  tsc('--allowJs', '--declaration', '--emitDeclarationOnly', '--strict', '--outDir', 'made', `${TOP}/src/page/chat-client.js`);
  writeFileSync(`${dir}/agree.mts`, AGREE);
  try {
    tsc('--noEmit', '--strict', 'agree.mts');
  } catch (e) {
    assert.fail(e.stdout);
  }
});

test('two programs talk: history, events, replies, reactions, edits, typing, deletion', async () => {
  const account = await server.account('ann');
  for (let i = 0; i < 70; i++) await account.call('sendmessage', { channel: 'default', message: `old ${i}` });
  const ann = make({ token: account.token, name: 'ann' });
  const ben = make();
  await ben.enter('guest', { name: 'ben' });
  assert.equal(ben.name, '~ben');
  const [here, there] = [ann, ben].map((c) => c.channel('default'));
  for (const c of [ann, ben]) c.connect();
  await live(ann);
  await live(ben);
  await until('the history', () => there.messages.length === 50);
  assert.equal(await there.older(), false, 'there is nothing older');
  assert.deepEqual(texts(there), Array.from({ length: 70 }, (_, i) => `old ${i}`));
  ann.send({ channel: 'default' }, 'hello');
  await until('heard', () => texts(there).at(-1) === 'hello');
  const { message_id } = there.messages.at(-1);
  ben.send({ channel: 'default' }, 'hello yourself', { reply_to: message_id });
  await until('answered', () => here.byId.get(message_id)?.replies === 1);
  assert.equal(here.messages.at(-1).reply_to, message_id);
  await ann.call('react', { message_id, emoji: '👍' });
  await until('reacted', () => there.byId.get(message_id).reactions?.[0]?.count === 1);
  await until('mine', () => here.byId.get(message_id).reactions?.[0]?.mine);
  await ann.call('editmessage', { message_id, message: 'good day' });
  await until('edited', () => there.byId.get(message_id).message === 'good day');
  await until('typing', () => {
    ann.typing({ channel: 'default' });
    return ben.seen.some(([name, data]) => name === 'typing' && data.sender === 'ann');
  });
  await ann.call('deletemessage', { message_id });
  await until('deleted, but with an answer', () => there.byId.get(message_id).deleted);
  await until('nothing waits', () => !ann.outbox.list.length && !ben.outbox.list.length);
});

test('while the server is away messages wait; each is stored once, and nothing is missed', async () => {
  const store = new Map();
  const storage = { getItem: (k) => store.get(k) ?? null, setItem: (k, v) => store.set(k, v), removeItem: (k) => store.delete(k) };
  const { token } = await server.account('cleo');
  const cleo = make({ token, name: 'cleo', storage });
  const stream = cleo.channel('default');
  cleo.connect();
  await live(cleo);
  await until('read', () => stream.known);
  await server.halt();
  cleo.send({ channel: 'default' }, 'into the void');
  await until('offline', () => cleo.state === 'offline' && cleo.outbox.waiting);
  cleo.close();
  const again = make({ token, name: 'cleo', storage });
  const list = again.channel('default');
  assert.deepEqual(again.outbox.of('channel:default').map((e) => [e.text, e.state]), [['into the void', 'waiting']]);
  again.connect();
  await server.start();
  // the longer the server was away, the later it is asked again
  await until('stored', () => !again.outbox.list.length && texts(list).includes('into the void'), 3 * PATIENCE);
  const { messages } = await again.call('readmessagesfromchannel', { name: 'default', count: 50 });
  assert.equal(messages.filter((m) => m.message === 'into the void').length, 1);
});

test('a refusal is a Failure with the words of the API; an ended token says so', async () => {
  const { token } = await server.account('dan');
  const dan = make({ token, name: 'dan' });
  await assert.rejects(dan.call('sendmessage', { channel: 'no such', message: 'x' }), { kind: 'api', status: 404, later: false });
  await dan.call('signoff');
  await assert.rejects(dan.call('getchannels'), { status: 401, message: 'Invalid token!', signedOut: true });
  const nowhere = new ChatClient({ api: 'http://127.0.0.1:1/', token });
  await assert.rejects(nowhere.call('getchannels'), { kind: 'unreachable', status: 0, later: true });
});
