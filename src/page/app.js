// The page: signing in and out, what is open, and the wires between the parts.

import { KEY, call, device, keep, login, meta, placeOf, storedSession, tab } from './api.js';
import { Failure } from './chat-client.js';
import { ask, confirm, field, people, userField } from './dialogs.js';
import { $, face, h } from './dom.js';
import { t } from './lang.js';
import { Log } from './log.js';
import { explain } from './refusal.js';
import { Side, nameOf, sign } from './side.js';
import { spoken } from './spoken.js';
import { Store } from './store.js';
import { fold } from './text.js';

const ENOUGH = 500; // messages kept of a channel that is not being scrolled

const KEYS = ['enter', 'up', 'delete', 'escape', 'alt', 'find'];

const text = $('text');
const narrow = matchMedia('(max-width: 719px)');
const touch = matchMedia('(pointer: coarse)');

const DOOR = ['sign-title', 'sign-go', 'sign-ask', 'sign-switch'];

let session, store, current, drawing;

const seen = () => document.visibilityState === 'visible';
const showView = (name) => ($('chat').dataset.view = name);
const bare = (hash = '') => location.pathname + location.search + hash;

// ---- signing in ----

const door = $('sign');
const { username, password, keep: stay } = door.elements;
let registering = false;

function showDoor(why = '') {
  document.title = t('chat');
  $('chat').hidden = true;
  $('door').hidden = door.inert = false;
  $('sign-error').textContent = why;
  (username.value ? password : username).focus();
}

function setRegistering(on) {
  registering = on;
  for (const id of DOOR) $(id).textContent = t(`door.${id}.${on ? 'new' : 'old'}`);
  $('sign-rules').hidden = !on;
  $('sign-error').textContent = '';
  password.autocomplete = on ? 'new-password' : 'current-password';
}

$('sign-switch').onclick = () => {
  setRegistering(!registering);
  username.focus();
};

door.onsubmit = async (e) => {
  const account = { username: username.value.trim(), password: password.value };
  e.preventDefault();
  if (door.inert) return;
  door.inert = true;
  $('sign-error').textContent = '';
  try {
    if (registering) await call('register', account);
    enter({ name: account.username, token: await login(account), keep: stay.checked });
    door.reset();
    setRegistering(false);
  } catch (why) {
    // a password that breaks the rule cannot be the right one
    showDoor(!registering && why.status === 411 ? t('said.Invalid username or password!') : explain(why));
    if (registering && why.status === 401) username.focus();
  }
};

function enter(as) {
  session = as;
  keep(placeOf(as), '', as);
  begin();
}

// HOW: signon (a user of the site) or guest.
async function comeIn(how) {
  door.inert = true;
  try {
    const { username: name, token } = await call(how, {});
    if (!session) enter({ name, token, passing: true });
  } catch (why) {
    if (!session) showDoor(why.status === 401 ? '' : explain(why));
  }
}

const openTo = meta('open-to');
$('sign-guest').hidden = !openTo.includes('guest');
$('sign-guest').onclick = () => comeIn('guest');

// WHY: the visitor did not ask for it; unsent messages are kept for the next sign-in.
function signOut(why) {
  store?.close();
  for (const where of [tab, device])
    for (const what of ['', '-marks', ...(why ? [] : ['-outbox'])]) keep(where, what, null);
  history.replaceState(null, '', bare());
  session = store = current = undefined;
  log.clear();
  text.value = '';
  showDoor(why);
}

$('sign-out').onclick = async () => {
  if (store.outbox.waiting && !(await confirm(t('sign-out.title'), t('sign-out.lost'), t('sign-out'), () => {}))) return;
  tabs.postMessage({ out: session.token });
  if (session.passing) store.call('signoff').catch(() => {});
  signOut();
};

addEventListener('storage', (e) => e.key === KEY && !e.newValue && session?.keep && signOut());

const log = new Log({
  read: () => seen() && !$('chat').hidden && store.markRead(current),
  older: () => older(current),
  again: (entry) => store.outbox.again(entry),
  discard: (entry) => store.outbox.remove(entry),
  remove,
});

const side = new Side({ open: go });

function begin() {
  $('door').hidden = true;
  $('chat').hidden = false;
  setName(session.name);
  current = null;
  store = new Store(session, {
    get current() {
      return current;
    },
    changed,
    arrived,
    gone,
    listed: () => current || (location.hash ? followHash() : openSomething()),
  });
  store.on('state', showStatus);
  store.on('outbox', changed);
  store.on('event', heard);
  // a message that was not sent shows why beside itself
  store.on('failure', (e, entry) => failed(e, entry ? say : toast));
  showStatus();
  followHash();
  store.connect();
}

function setName(name) {
  session.name = name;
  $('me').replaceChildren(face(name), h('bdi', null, name));
}

// ---- keeping up to date ----

const trouble = (e) => store?.trouble(e);

function failed(e, tell) {
  if (!(e instanceof Failure)) reportError(e);
  else if (e.signedOut) signOut(t('ended'));
  else if (!e.later) tell(explain(e));
}

function heard(name, data) {
  const registered = name === 'ready' && String(data).match(/ : (.+)$/)?.[1];
  if (registered && fold(registered) === store.me) setName(registered);
}

function showStatus() {
  const el = $('status');
  if (el.dataset.state === store.state && el.textContent) return;
  el.dataset.state = store.state;
  el.textContent = t(`status.${store.state}`);
  el.title = t(`status.${store.state}.title`);
  changed();
}

document.addEventListener('visibilitychange', () => seen() && store && log.settle());

// ---- showing ----

// No animation frame: the title counts unread messages while the page is hidden.
function changed() {
  drawing ??= setTimeout(show, 15);
}

function show() {
  clearTimeout(drawing);
  drawing = undefined;
  if (!store) return;
  if (current?.gone && store.booted) {
    current = null;
    openSomething();
    return;
  }
  const all = [...store.all.values()];
  const unread = all.reduce((n, c) => n + c.unread, 0);
  side.show(all, current);
  $('admin').hidden = !store.admin;
  document.title = `${unread ? `(${unread > 99 ? '99+' : unread}) ` : ''}${current ? `${nameOf(current)} – ` : ''}${t('chat')}`;
  $('none').hidden = Boolean(current) || !store.booted;
  $('open').hidden = !current;
  if (!current) return;
  showHead(current);
  if (log.stuck && current.kind === 'channel') current.stream.trim(ENOUGH);
  log.show(current, store.outbox.of(current.key));
}

function showHead(c) {
  const channel = c.kind === 'channel';
  const about = {
    direct: t('direct'),
    everyone: t('everyone.about'),
    channel: c.about || t(c.public ? 'channel.public' : 'channel.private'),
  }[c.kind];
  $('open-face').replaceChildren(sign(c));
  $('open-name').textContent = nameOf(c);
  $('open-about').textContent = $('status').dataset.state === 'offline' ? t('offline.about') : about;
  $('join').hidden = !channel || !c.public || c.member;
  $('people').hidden = !channel;
  $('compose').hidden = !c.writable;
  $('readonly').hidden = c.writable;
  $('readonly').textContent = t(c.kind === 'everyone' ? 'everyone.readonly' : 'direct.readonly');
  text.ariaLabel = text.placeholder = t('message-to', { name: c.name });
  $('log').ariaLabel = t('messages-in', { name: nameOf(c) });
}

const shorten = (long) => (long.length > 200 ? `${long.slice(0, 200)}…` : long);

function arrived(c, m) {
  const here = c === current && seen();
  const channel = c.kind === 'channel';
  if (channel && c !== current) c.stream.trim(ENOUGH);
  if (channel && !c.member && !here) return;
  const tell = c.kind === 'everyone' && !here ? toast : say;
  const values = { name: m.sender, channel: c.name, text: shorten(m.text) };
  tell(t(channel && !here ? 'arrived.in' : 'arrived', values));
}

function gone(c) {
  if (c !== current || !store.booted) return;
  toast(t(c.stream.known ? 'gone' : 'unknown', { name: c.name }));
}

// To screen readers: several texts at once become one.
let saying = [];
function say(what) {
  if (!saying.length) {
    setTimeout(() => {
      $('said').textContent = saying.slice(-5).join('\n');
      saying = [];
    }, 250);
  }
  saying.push(what);
}

function toast(what) {
  const el = h('p', { dir: 'auto' }, what);
  $('toasts').append(el);
  say(what);
  setTimeout(() => el.remove(), 6000);
}

// ---- what is open ----

const address = (c) => `#/${c.kind}/${encodeURIComponent(c.name)}`;

function go(c) {
  if (location.hash === address(c)) open(c);
  else location.hash = address(c);
}

let followed; // the address that was opened last

function followHash() {
  followed = location.hash;
  const [, kind, name] = location.hash.match(/^#\/(channel|direct|everyone)\/(.+)$/) ?? [];
  if (!store) return;
  try {
    if (!kind) showView('list');
    else open(kind === 'everyone' ? store.everyone : store.find(kind, decodeURIComponent(name)));
  } catch {} // not an address of ours
}

addEventListener('hashchange', followHash);

function open(c) {
  if (current) current.draft = text.value;
  if (current !== c) {
    text.value = c.draft;
    log.clear();
  }
  current = c;
  showView('talk');
  show();
  fit();
  (touch.matches || !c.writable ? $('open-name') : text).focus();
  if (!store.booted && store.busy && c.kind === 'direct') return;
  if (c.stream.known && !c.stream.stale && store.state === 'live') return;
  store.read(c).then(() => store.setReachable(true)).catch(trouble);
}

// Without an address: a conversation with something new, else any. An address that was entered a moment ago comes first.
function openSomething() {
  if (location.hash && location.hash !== (followed ?? location.hash)) return;
  const kinds = ['everyone', 'channel', 'direct'];
  const rank = (c) => (c.unread ? 9 : 0) + kinds.indexOf(c.kind) + (c.member ? 2 : 0);
  const [best] = [...store.all.values()].sort((a, b) => rank(b) - rank(a) || b.last - a.last);
  const wanted = !narrow.matches && (best.last || best.kind === 'channel');
  history.replaceState(null, '', bare(wanted ? address(best) : ''));
  followed = location.hash;
  if (wanted) open(best);
  else showView('list');
  changed();
}

const reading = new WeakSet();
async function older(c) {
  if (reading.has(c)) return;
  reading.add(c);
  try {
    await store.older(c);
    reading.delete(c);
    changed();
  } catch (e) {
    setTimeout(() => reading.delete(c), 3000);
    trouble(e);
  }
}

$('back').onclick = () => {
  history.pushState(null, '', bare());
  showView('list');
  ($('lists').querySelector('[aria-current]') ?? $('filter')).focus();
};

$('skip').onclick = (e) => {
  e.preventDefault();
  (current ? $('log') : $('none').querySelector('button')).focus();
};

// ---- writing ----

function fit() {
  text.style.height = 'auto';
  text.style.height = `${text.scrollHeight}px`;
}

text.oninput = fit;
// Keys that belong to an input method; Safari ends the composition before it tells of the key.
const composing = (e) => e.isComposing || e.keyCode === 229;

text.onkeydown = (e) => {
  if (composing(e)) return;
  if (e.key === 'Enter' && !e.shiftKey && !touch.matches) $('compose').requestSubmit();
  else if (e.key === 'ArrowUp' && !text.value) log.focusLast();
  else return;
  e.preventDefault();
};

// Pictures and other files cannot be sent.
for (const [kind, data] of [['paste', 'clipboardData'], ['drop', 'dataTransfer']]) {
  $('open').addEventListener(kind, (e) => {
    if (!e[data]?.files.length) return;
    e.preventDefault();
    toast(t('only-text'));
  });
}
$('open').addEventListener('dragover', (e) => e.dataTransfer.types.includes('Files') && e.preventDefault());

$('compose').onsubmit = (e) => {
  const value = text.value.replace(/^(\s*\n)+|\s+$/g, '');
  e.preventDefault();
  if (!value) return;
  if (current.kind === 'channel' && !current.member) join(current).catch(trouble);
  text.value = current.draft = '';
  fit();
  log.divider = null;
  log.toEnd();
  store.send(current.kind === 'channel' ? { channel: current.name } : { username: current.name }, value);
  text.focus();
};

async function remove({ id, text: said }) {
  const { stream } = current;
  if (!(await confirm(t('delete.title'), shorten(said), t('delete'), () => store.call('deletemessage', { message_id: id })))) return;
  log.focusNear(id);
  stream.remove(id);
  say(t('deleted'));
}

// ---- channels and people ----

const guarded = (work) => () => work(current).catch((e) => {
  if (e.later) toast(explain(e));
  trouble(e);
});

async function change(name, body) {
  const answer = await store.call(name, body);
  await store.syncChannels();
  return answer;
}

const actions = {
  'new-channel': () => ask(t('channel.new'), [
    h('p.hint', null, t('channel.new.hint')),
    field(t('name'), { maxlength: 64 }),
  ], {
    go: t('create'),
    submit: async ({ name }) => go(store.find('channel', (await change('makechannel', { name: name.trim() })).channel_name)),
  }),
  keys: () => ask(t('keys'), [h('dl', null, ...KEYS.flatMap((key) => [h('dt', null, t(`key.${key}`)), h('dd', null, t(`key.${key}.does`))]))],
    { close: t('close') }),
  'new-direct': () => ask(t('direct.new'), [userField(t('user-name'))],
    { go: t('write'), submit: ({ name }) => go(store.find('direct', name.trim())) }),
};

document.addEventListener('click', (e) => actions[e.target.closest('[data-do]')?.dataset.do]?.());

async function join(c) {
  await change('joinchannel', { name: c.name });
  store.markRead(c);
  toast(t('joined', { name: c.name }));
}

$('join').onclick = guarded(async (c) => {
  await join(c);
  text.focus();
});

$('people').onclick = guarded(async ({ name, member }) => {
  const list = async () => (await store.call('listmembers', { name })).members;
  await people(name, await list(), {
    me: store.me,
    member,
    async add(other) {
      await store.call('addusertochannel', { name, username: other });
      say(t('added', { name: other }));
      return list();
    },
    write: (other) => go(store.find('direct', other)),
    leave: guarded(async () => {
      await change('leavechannel', { name });
      toast(t('left', { name }));
    }),
  });
});

addEventListener('keydown', (e) => {
  if (composing(e)) return;
  const by = e.altKey && { ArrowUp: -1, ArrowDown: 1 }[e.key];
  if (!store || $('dialog').open) return;
  if ((e.ctrlKey || e.metaKey) && e.key === 'k') {
    showView('list');
    $('filter').select();
  } else if (by) go(side.neighbour(by));
  else if (e.key === 'Escape' && e.target.closest('#log') && current.writable) text.focus();
  else return;
  e.preventDefault();
});

function broadcast() {
  try {
    return new BroadcastChannel(KEY);
  } catch {
    return { postMessage() {} };
  }
}

// A new tab asks the others for the session that they have, so one sign-in serves them all.
const tabs = broadcast();
tabs.onmessage = ({ data }) => {
  if (data === 'who') return session && tabs.postMessage(session);
  if (data.out) return session?.token === data.out && signOut();
  if (session || door.inert || username.value || password.value) return;
  enter(data);
};

await spoken;
setRegistering(false);
session = storedSession();
if (session?.token) begin();
else {
  showDoor();
  tabs.postMessage('who');
  if (openTo.includes('site')) comeIn('signon');
}
