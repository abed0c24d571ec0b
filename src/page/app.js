// The page: signing in and out, what is open, and the wires between the parts.

import { Refused, livePath, register, token } from './api.js';
import { askChannel, askDirect, confirm, people } from './dialogs.js';
import { $, dressFace, h } from './dom.js';
import { Live } from './live.js';
import { Log } from './log.js';
import { Outbox } from './outbox.js';
import { Side, sign } from './side.js';
import { Store } from './store.js';
import { fold } from './text.js';

const KEY = 'mod_chat';
const POLL = 3000; // ms between questions when there are no events
const POLL_HIDDEN = 15000;
const POLL_MAX = 30000;
const ENOUGH = 500; // messages of a channel that nobody scrolls back in

let session, store, outbox, live, current, marks;
let liveState = 'connecting';
let reachable = true;
let turn = 0;
let failures = 0;
let pollTimer, drawing, syncing, resync;

// ---- what is kept, and where ----

function stored(place, key) {
  try {
    return JSON.parse(place.getItem(key));
  } catch {
    return null;
  }
}

function keep(place, key, value) {
  try {
    if (value === null) place.removeItem(key);
    else place.setItem(key, JSON.stringify(value));
  } catch {
    // private windows may have no storage: the page works, for as long as it is open
  }
}

// The tab forgets when it is closed; localStorage is used only when somebody asked for it.
const place = () => (session?.keep ? localStorage : sessionStorage);

// ---- signing in ----

const sign_form = $('sign');
let registering = false;

function showDoor(why = '') {
  document.title = 'Chat';
  $('chat').hidden = true;
  $('door').hidden = false;
  $('sign-error').textContent = why;
  sign_form.elements[sign_form.elements.username.value ? 'password' : 'username'].focus();
}

function setRegistering(on) {
  registering = on;
  $('sign-title').textContent = on ? 'Create an account' : 'Sign in';
  $('sign-go').textContent = on ? 'Create account' : 'Sign in';
  $('sign-ask').textContent = on ? 'Been here before?' : 'New here?';
  $('sign-switch').textContent = on ? 'Sign in' : 'Create an account';
  $('sign-rules').hidden = !on;
  $('sign-error').textContent = '';
  sign_form.elements.password.autocomplete = on ? 'new-password' : 'current-password';
}

$('sign-switch').addEventListener('click', () => {
  setRegistering(!registering);
  sign_form.elements.username.focus();
});

sign_form.addEventListener('submit', async (e) => {
  const { username, password, keep: stay } = sign_form.elements;
  const name = username.value.trim();
  e.preventDefault();
  if (sign_form.inert) return;
  sign_form.inert = true;
  $('sign-error').textContent = '';
  try {
    if (registering) await register(name, password.value);
    const made = await token(name, password.value);
    session = { name, token: made, keep: stay.checked };
    keep(place(), KEY, session);
    sign_form.inert = false;
    sign_form.reset();
    setRegistering(false);
    begin();
  } catch (why) {
    sign_form.inert = false;
    $('sign-error').textContent = why.message;
    (why.status === 401 && registering ? username : password).focus();
  }
});

// WHY: it was not wanted, and what waits to be sent is kept for when they are back.
function signOut(why) {
  live?.stop();
  clearTimeout(pollTimer);
  for (const where of [sessionStorage, localStorage])
    for (const key of [KEY, `${KEY}-marks`, ...(why ? [] : [`${KEY}-outbox`])]) keep(where, key, null);
  history.replaceState(null, '', location.pathname + location.search);
  session = store = outbox = live = current = undefined;
  log.clear();
  $('text').value = '';
  showDoor(why);
}

$('sign-out').addEventListener('click', async () => {
  const waiting = outbox.waiting;
  if (waiting && !(await confirm('Sign out?', 'Some messages have not been sent yet. They will be lost.', 'Sign out', () => true))) return;
  signOut();
});

// Signed out in another tab.
addEventListener('storage', (e) => {
  if (e.key === KEY && !e.newValue && session?.keep) signOut();
});

// ---- the parts ----

const log = new Log({
  read: () => document.visibilityState === 'visible' && !$('chat').hidden && store.markRead(current),
  older: () => older(current),
  again: (entry) => outbox.again(entry),
  discard: (entry) => outbox.remove(entry),
  remove,
});

const side = new Side({ open: (c) => go(c) });

function begin() {
  $('door').hidden = true;
  $('chat').hidden = false;
  liveState = 'connecting';
  reachable = true;
  failures = turn = 0;
  marks = stored(place(), `${KEY}-marks`) ?? {};
  setName(session.name);
  store = new Store(session, marks, {
    changed,
    arrived,
    listed: () => current || (location.hash ? followHash() : openSomething()),
    marked: () => keep(place(), `${KEY}-marks`, marks),
  });
  outbox = store.outbox = new Outbox(store, {
    load: () => {
      const { me, list } = stored(sessionStorage, `${KEY}-outbox`) ?? {};
      return me === store.me ? list : [];
    },
    save: (list) => keep(sessionStorage, `${KEY}-outbox`, list.length ? { me: store.me, list } : null),
    failed: (e) => trouble(e, say), // it is shown beside the message, too
    live: () => liveState === 'live',
  });
  live = new Live(livePath(), {
    token: () => session.token,
    event: heard,
    state: liveChanged,
    refused: (text) => (text === 'Invalid token!' ? signOut('You were signed out: the token is no longer valid.') : live.lost('closed')),
  });
  current = null;
  followHash();
  live.start();
  everything();
  outbox.pump();
}

function setName(name) {
  session.name = name;
  dressFace($('me-face'), name);
  $('me-name').textContent = name;
}

// ---- keeping up to date ----

// A request failed: what that says about the connection and the session.
function trouble(e, tell = toast) {
  if (e.signedOut) {
    if (session) signOut('You were signed out: the token is no longer valid.');
    return;
  }
  if (!(e instanceof Refused) || e.status >= 502) setReachable(false);
  if (e instanceof Refused && !e.later) tell(e.message);
  else if (!e.later) throw e;
}

function setReachable(now) {
  if (reachable === now) return;
  reachable = now;
  showStatus();
  if (now) outbox?.pump();
}

// Reads everything again. Calls that come meanwhile make it run once more.
async function everything() {
  resync = true;
  if (syncing) return;
  syncing = true;
  const mine = store;
  clearTimeout(pollTimer);
  try {
    while (resync && store === mine) {
      resync = false;
      await mine.sync(current);
      setReachable(true);
      failures = 0;
    }
  } catch (e) {
    if (store === mine) trouble(e);
    failures++;
  }
  syncing = false;
  if (store === mine) schedule();
  else if (store) everything();
}

// Without events we ask.
function schedule() {
  clearTimeout(pollTimer);
  if (!store || (liveState === 'live' && store.booted && !failures)) return;
  const base = document.visibilityState === 'visible' ? POLL : POLL_HIDDEN;
  pollTimer = setTimeout(poll, Math.min(POLL_MAX, base * 2 ** Math.min(failures, 4)) * (0.8 + Math.random() * 0.4));
}

async function poll() {
  const mine = store;
  if (!store.booted || failures) {
    everything();
    return;
  }
  try {
    await mine.poll(current, turn++);
    setReachable(true);
    failures = 0;
  } catch (e) {
    if (store === mine) trouble(e);
    failures++;
  }
  if (store === mine) schedule();
}

function liveChanged(state, gap) {
  const before = liveState;
  liveState = state === 'connecting' && (before === 'none' || before === 'down') ? before : state;
  if (state === 'live') {
    setReachable(true);
    outbox.pump();
    if (gap) {
      store.doubt();
      everything();
    }
  }
  showStatus();
  schedule();
}

async function heard(name, data) {
  if (name === 'ready') {
    const registered = String(data).match(/ : (.+)$/)?.[1];
    if (registered && fold(registered) === store.me) setName(registered);
    return;
  }
  try {
    await store.event(name, data);
  } catch (e) {
    trouble(e);
  }
}

function showStatus() {
  const state = liveState === 'live' ? 'live' : !reachable ? 'offline' : liveState === 'connecting' ? 'connecting' : 'asking';
  const text = { live: 'Live', offline: 'Offline', connecting: 'Connecting…', asking: 'Every few seconds' }[state];
  const el = $('status');
  if (el.dataset.state === state) return;
  el.dataset.state = state;
  el.lastElementChild.textContent = text;
  el.title = { live: 'New messages come at once', offline: 'Messages are kept and sent when you are back', connecting: '', asking: 'No live connection: the page asks every few seconds' }[state];
  changed();
}

// The network changed. The browser's word for it is only a hint (a server on this very
// machine needs none), so everything is tried.
function back(e) {
  if (!store) return;
  if (e?.type === 'offline') live.renew();
  else live.nudge();
  failures = 0;
  if (liveState !== 'live') everything();
  outbox.pump();
}

addEventListener('online', back);
addEventListener('offline', back);
addEventListener('pageshow', (e) => e.persisted && back());
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState !== 'visible' || !store) return;
  live.nudge();
  schedule();
  log.settle();
  // what one wrote to somebody on another device comes by no event
  store.directs.sync().catch(trouble);
});

// ---- showing ----

// Not by animation frame: the title is to tell what is unread when the page is not seen.
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
  side.show(all, current);
  const unread = all.reduce((n, c) => n + c.unread, 0);
  document.title = `${unread ? `(${unread > 99 ? '99+' : unread}) ` : ''}${current ? `${current.name} – ` : ''}Chat`;
  $('none').hidden = Boolean(current) || !store.booted;
  $('open').hidden = !current;
  if (!current) return;
  showHead();
  if (log.stuck && current.kind === 'channel') current.stream.trim(ENOUGH);
  log.show(current, outbox.of(current));
}

function showHead() {
  const c = current;
  const channel = c.kind === 'channel';
  const about = { direct: 'Direct message', everyone: 'From the people who run this server', channel: c.about || (c.public ? 'Public channel' : 'Private channel') }[c.kind];
  if ($('open-face').dataset.is !== `${c.key} ${c.public}`) {
    $('open-face').dataset.is = `${c.key} ${c.public}`;
    $('open-face').replaceChildren(sign(c));
  }
  $('open-name').textContent = c.name;
  $('open-about').textContent = $('status').dataset.state === 'offline' ? 'Offline: it will be sent later' : about;
  $('join').hidden = !(channel && c.public && !c.member);
  $('people').hidden = !channel;
  $('compose').hidden = !c.writable;
  $('readonly').hidden = c.writable;
  $('readonly').textContent = c.kind === 'everyone' ? 'Announcements cannot be answered.' : 'This conversation cannot be answered from here.';
  $('text-label').textContent = `Message to ${c.name}`;
  $('text').placeholder = `Message to ${c.name}`;
  $('log').setAttribute('aria-label', `Messages in ${c.name}`);
}

const shorten = (text) => (text.length > 200 ? `${text.slice(0, 200)}…` : text);

function arrived(c, m) {
  const here = c === current && document.visibilityState === 'visible';
  if (c.kind === 'channel' && c !== current) c.stream.trim(ENOUGH);
  if (c.kind === 'channel' && !c.member && !here) return;
  if (c.kind === 'everyone' && !here) {
    toast(`${m.sender}: ${shorten(m.text)}`);
    return;
  }
  say(`${m.sender}${here || c.kind === 'direct' ? '' : ` in ${c.name}`}: ${shorten(m.text)}`);
}

// What a screen reader says. Several things at once become one text.
let saying = [];
function say(text) {
  if (!saying.length) {
    setTimeout(() => {
      $('said').textContent = saying.slice(-5).join('\n');
      saying = [];
    }, 250);
  }
  saying.push(text);
}

function toast(text) {
  const el = h('p', { dir: 'auto' }, text);
  $('toasts').append(el);
  say(text);
  setTimeout(() => el.remove(), 6000);
}

// ---- what is open ----

const address = (c) => `#/${c.kind}/${encodeURIComponent(c.name)}`;

function go(c) {
  if (location.hash === address(c)) open(c, true);
  else location.hash = address(c);
}

function followHash() {
  const [, kind, name] = location.hash.match(/^#\/(channel|direct|everyone)\/(.+)$/) ?? [];
  if (!store) return;
  if (!kind) {
    $('chat').dataset.view = 'list';
    return;
  }
  let decoded;
  try {
    decoded = decodeURIComponent(name);
  } catch {
    return;
  }
  open(kind === 'channel' ? store.channel(decoded) : kind === 'direct' ? store.direct(decoded) : store.everyone, true);
}

addEventListener('hashchange', followHash);

const narrow = matchMedia('(max-width: 719px)');
const touch = matchMedia('(pointer: coarse)');

async function open(c, focus) {
  const text = $('text');
  if (current) current.draft = text.value;
  if (current !== c) {
    text.value = c.draft;
    log.clear();
  }
  current = c;
  $('chat').dataset.view = 'talk';
  show();
  fit();
  if (focus) (touch.matches || !c.writable ? $('open-name') : text).focus();
  if (!store.booted && syncing && c.kind === 'direct') return;
  if (c.stream.known && !c.stream.stale && liveState === 'live') return;
  try {
    await store.read(c);
    setReachable(true);
  } catch (e) {
    trouble(e);
  }
}

// The first visit: what has something new, else any.
function openSomething() {
  const all = [...store.all.values()];
  const rank = (c) => (c.unread ? 4 : 0) + (c.kind === 'channel' ? (c.member ? 3 : c.public ? 1 : 0) : c.kind === 'direct' ? 2 : c.last ? 0.5 : 0);
  const best = all.sort((a, b) => rank(b) - rank(a) || b.last - a.last)[0];
  const wide = !narrow.matches;
  history.replaceState(null, '', location.pathname + location.search + (wide && rank(best) ? address(best) : ''));
  if (wide && rank(best)) open(best, true);
  else {
    $('chat').dataset.view = 'list';
    changed();
  }
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
    trouble(e);
    setTimeout(() => reading.delete(c), 3000);
  }
}

$('back').addEventListener('click', () => {
  history.pushState(null, '', location.pathname + location.search);
  $('chat').dataset.view = 'list';
  ($('lists').querySelector('[aria-current]') ?? $('filter')).focus();
});

$('skip').addEventListener('click', (e) => {
  e.preventDefault();
  (current ? $('log') : $('none').querySelector('button')).focus();
});

// ---- writing ----

const text = $('text');

function fit() {
  text.style.height = 'auto';
  text.style.height = `${text.scrollHeight}px`;
}

text.addEventListener('input', fit);
text.addEventListener('keydown', (e) => {
  if (e.key === 'Enter' && !e.shiftKey && !e.isComposing && !touch.matches) {
    e.preventDefault();
    $('compose').requestSubmit();
  }
  if (e.key === 'ArrowUp' && !text.value) {
    e.preventDefault();
    $('log').focus();
  }
});

$('compose').addEventListener('submit', (e) => {
  const value = text.value.trim();
  e.preventDefault();
  if (!value) return;
  text.value = '';
  current.draft = '';
  fit();
  log.divider = null;
  log.stuck = true;
  outbox.add(current, value);
  text.focus();
});

async function remove(message) {
  const conversation = current;
  const done = await confirm('Delete this message?', shorten(message.text), 'Delete', async () => {
    await store.call('deletemessage', { message_id: message.id });
    return true;
  });
  if (!done) return;
  log.focusNear(message.id);
  conversation.stream.remove(message.id);
  say('Message deleted');
}

// ---- channels and people ----

const actions = {
  'new-channel': () => askChannel(async (name) => {
    const made = await store.call('makechannel', { name });
    await store.syncChannels();
    go(store.channel(made.channel_name));
    return true;
  }),
  'new-direct': () => askDirect((name) => {
    go(store.direct(name));
    return true;
  }),
};

document.addEventListener('click', (e) => actions[e.target.closest('[data-do]')?.dataset.do]?.());

async function guarded(work) {
  try {
    await work();
  } catch (e) {
    if (e.later) toast(e.message);
    trouble(e);
  }
}

$('join').addEventListener('click', () => guarded(async () => {
  const c = current;
  await store.call('joinchannel', { name: c.name });
  await store.syncChannels();
  c.read = c.last;
  toast(`You joined ${c.name}.`);
  $('text').focus();
}));

const membersOf = async (c) => (await store.call('listmembers', { name: c.name })).members;

$('people').addEventListener('click', () => guarded(async () => {
  const c = current;
  await people(c.name, await membersOf(c), {
    me: store.me,
    member: c.member,
    async add(username) {
      await store.call('addusertochannel', { name: c.name, username });
      say(`${username} was added.`);
      return membersOf(c);
    },
    write: (name) => go(store.direct(name)),
    leave: () => guarded(async () => {
      await store.call('leavechannel', { name: c.name });
      await store.syncChannels();
      toast(`You left ${c.name}.`);
    }),
  });
}));

// ---- keyboard ----

addEventListener('keydown', (e) => {
  if (!store || $('dialog').open) return;
  if ((e.ctrlKey || e.metaKey) && e.key === 'k') {
    e.preventDefault();
    $('chat').dataset.view = 'list';
    $('filter').select();
  } else if (e.altKey && (e.key === 'ArrowUp' || e.key === 'ArrowDown')) {
    e.preventDefault();
    const next = side.neighbour(e.key === 'ArrowUp' ? -1 : 1);
    if (next) go(next);
  } else if (e.key === 'Escape' && $('log').contains(document.activeElement) && current.writable) {
    text.focus();
  }
});

// ---- here we go ----

session = stored(sessionStorage, KEY) ?? stored(localStorage, KEY);
if (session?.token) begin();
else showDoor();
