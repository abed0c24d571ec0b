// The page: the session, what is open, and the wires between the parts.

import { KEY, device, keep, meta, placeOf, storedSession, tab } from './api.js';
import { Failure } from './chat-client.js';
import { Composer, composing } from './compose.js';
import { $, face, h } from './dom.js';
import { t } from './lang.js';
import { Log } from './log.js';
import { shorten } from './message.js';
import { notify } from './notify.js';
import { addressOf, bare, place } from './place.js';
import { explain } from './refusal.js';
import { say, toast } from './say.js';
import { Side, nameOf, sign } from './side.js';
import { spoken } from './spoken.js';
import { Store } from './store.js';
import { fold } from './text.js';
import { dateTime } from './time.js';
import { Typing } from './typing.js';

const ENOUGH = 500; // messages kept of a channel that is not being scrolled
const LOUD = 200; // characters of a message that are read out
const NAMES = 60000; // ms that the names of a channel's members are good for completion

const narrow = matchMedia('(max-width: 719px)');
const touch = matchMedia('(pointer: coarse)');

let session, store, current, drawing, door, acts, thread;

const seen = () => document.visibilityState === 'visible';
const showView = (name) => ($('chat').dataset.view = name);

await spoken;

// ---- signing in ----

async function showDoor(why) {
  door ??= new (await import('./door.js')).Door(enter);
  if (!session) door.show(why);
}

function enter(as) {
  session = as;
  keep(placeOf(as), '', as);
  begin();
}

// WHY: the visitor did not ask for it; unsent messages are kept for the next sign-in.
function signOut(why) {
  store?.close();
  for (const where of [tab, device])
    for (const what of ['', '-marks', ...(why ? [] : ['-outbox'])]) keep(where, what, null);
  if (place()?.kind !== 'invite') history.replaceState(null, '', bare());
  session = store = current = undefined;
  log.clear();
  thread?.leave();
  $('aside').hidden = true;
  compose.stop();
  compose.set('');
  showDoor(why);
}

async function leave() {
  if (store.outbox.waiting && !(await act('lose')())) return;
  tabs.postMessage({ out: session.token });
  if (session.passing) store.call('signoff').catch(() => {});
  signOut();
}

addEventListener('storage', (e) => e.key === KEY && !e.newValue && session?.keep && signOut());

// ---- the parts: what a visit does not need at once is loaded when it is used ----

const page = {
  attempt,
  go,
  get store() {
    return store;
  },
  get current() {
    return current;
  },
  get log() {
    return log;
  },
  thread: openThread,
};

// The function NAME of Acts.
const act = (name) => async (...args) => {
  acts ??= new (await import('./acts.js')).Acts(page);
  return acts[name](...args);
};

const viewer = {
  open: (m) => Boolean(current?.writable) && !m.deleted,
  pick: act('pick'),
  react: act('react'),
  remove: act('remove'),
  thread: openThread,
  again: (entry) => store.outbox.again(entry),
  discard: (entry) => store.outbox.remove(entry),
  jump: (id, m) => jump(current, id, m),
};

const log = new Log({
  ...viewer,
  get me() {
    return store.me;
  },
  read: () => seen() && !$('chat').hidden && store.markRead(current),
  older: () => older(current),
  menu: (m, anchor) => act('menu')(m, anchor, () => compose),
});

const writing = {
  edit: act('edit'),
  typing: () => store.typing(current.to),
  names,
};

const compose = new Composer($('compose'), {
  ...writing,
  send(value) {
    if (current.kind === 'channel' && !current.member) act('join')(current).catch(trouble);
    current.draft = '';
    log.unreadFrom = Infinity;
    log.toEnd();
    store.send(current.to, value);
  },
  newest: () => current.messages.findLast((m) => m.mine && !m.deleted),
  up: () => log.focusLast(),
});
const { text } = compose;

async function openThread(m) {
  const c = current;
  const { Thread } = await import('./thread.js');
  thread ??= new Thread({
    ...viewer,
    get me() {
      return store.me;
    },
    get store() {
      return store;
    },
    composer: writing,
    menu: (one, anchor) => act('menu')(one, anchor, () => thread.composer),
    reply(where, value, first) {
      if (where.kind === 'channel' && !where.member) act('join')(where).catch(trouble);
      store.send(where.to, value, { reply_to: first.id });
    },
    trouble,
  });
  if (c === current) await thread.open(c, m);
}

const side = new Side({ open: go });
const typing = new Typing(changed);

async function names() {
  const c = current;
  if (c.kind === 'direct') return [c.name];
  if (!(Date.now() - c.namesRead < NAMES)) {
    c.namesRead = Date.now();
    c.names = store.call('listmembers', { name: c.name }).then(({ members }) => members.filter((n) => fold(n) !== store.me), () => []);
  }
  return [...(await c.names), ...(store.keepsOrder(c) ? ['channel'] : [])];
}

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
    listed,
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

function trouble(e) {
  store?.trouble(e);
}

// WORK was asked for by the user: says why it failed.
async function attempt(work) {
  try {
    return await work();
  } catch (e) {
    if (e.later) toast(explain(e));
    trouble(e);
    return undefined;
  }
}

function failed(e, tell) {
  if (!(e instanceof Failure)) reportError(e);
  else if (e.signedOut) session.renewing || signOut(t('ended'));
  else if (!e.later) tell(explain(e));
}

const told = {
  ready(data) {
    const registered = String(data).match(/ : (.+)$/)?.[1];
    if (registered && fold(registered) === store.me) setName(registered);
  },
  typing: (data) => typing.heard(data),
  new_message: (data) => typing.stop(data),
  new_dm: (data) => typing.stop(data),
  muted({ muted, until, channel }) {
    const where = channel ?? t('everywhere');
    toast(!muted ? t('unmuted', { where }) : until ? t('muted.until', { where, when: dateTime(new Date(until)) }) : t('muted', { where }));
  },
  report_closed: ({ action }) => toast(t(action === 'none' ? 'report.nothing' : 'report.done')),
  emergency: ({ on, reason }) => toast([t(on ? 'emergency.on' : 'emergency.off'), reason].filter(Boolean).join(' ')),
};

function heard(name, data) {
  told[name]?.(data);
  thread?.heard(name, data ?? {});
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
    const { name, renamed, stream } = current;
    const now = renamed && store.find('channel', renamed);
    if (!now) toast(t(stream.known ? 'gone' : 'unknown', { name }));
    current = null;
    if (now) go(now);
    else openSomething();
    return;
  }
  const all = [...store.all.values()];
  const unread = all.reduce((n, c) => n + c.unread, 0);
  side.show(all, current, store);
  $('admin').hidden = !store.admin;
  document.title = `${unread ? `(${unread > 99 ? '99+' : unread}) ` : ''}${current ? `${nameOf(current)} – ` : ''}${t('chat')}`;
  $('none').hidden = Boolean(current) || !store.booted;
  $('open').hidden = !current;
  if (!current) return;
  showHead(current);
  if (log.stuck && current.kind === 'channel') current.stream.trim(ENOUGH);
  log.show(current, store.outbox.of(current.key, !current.stream.known));
  thread?.show();
}

function showHead(c) {
  const channel = c.kind === 'channel';
  const about = {
    direct: t(store.online.has(fold(c.name)) ? 'online' : 'direct'),
    everyone: t('everyone.about'),
    channel: c.about || t(c.public ? 'channel.public' : 'channel.private'),
  }[c.kind];
  $('open-face').replaceChildren(sign(c, store));
  $('open-name').textContent = nameOf(c);
  $('open-about').textContent = store.state === 'offline' ? t('offline.about') : about;
  $('join').hidden = !channel || !c.public || c.member;
  $('people').hidden = !channel;
  $('compose').hidden = !c.writable;
  $('readonly').hidden = c.writable;
  $('readonly').textContent = t({ channel: 'channel.readonly', direct: 'direct.readonly', everyone: 'everyone.readonly' }[c.kind]);
  text.ariaLabel = text.placeholder = t('message-to', { name: c.name });
  $('log').ariaLabel = t('messages-in', { name: nameOf(c) });
  $('typing').textContent = typing.text(c);
}

function arrived(c, m) {
  const here = c === current && seen();
  const channel = c.kind === 'channel';
  if (channel && c !== current) c.stream.trim(ENOUGH);
  if (channel && !c.member && !here) return;
  const tell = c.kind === 'everyone' && !here ? toast : say;
  const values = { name: m.sender, channel: c.name, text: shorten(m.text, LOUD) };
  tell(t(channel && !here ? 'arrived.in' : 'arrived', values));
  if (c.kind === 'direct' || m.forMe) notify(channel ? t('in-channel', values) : m.sender, values.text, c.key, () => go(c));
}

// ---- what is open ----

function go(c, id) {
  if (location.hash === addressOf(c, id)) open(c, id);
  else location.hash = addressOf(c, id);
}

let followed; // the address that was opened last
let inviting; // the channel that is joined as soon as it is known

function followHash() {
  followed = location.hash;
  if (!store) return;
  const { kind, name, id } = place() ?? {};
  if (!kind) showView('list');
  else if (kind === 'invite') {
    inviting = store.find('channel', name);
    history.replaceState(null, '', bare(addressOf(inviting)));
    followed = location.hash;
    open(inviting);
    if (store.booted) listed();
  } else open(kind === 'everyone' ? store.everyone : store.find(kind, name), id);
}

addEventListener('hashchange', followHash);

// The channels are known.
function listed() {
  if (inviting?.public && !inviting.member) act('join')(inviting).catch(trouble);
  inviting = undefined;
  if (!current) location.hash ? followHash() : openSomething();
}

function open(c, id) {
  const other = current !== c;
  if (current) current.draft = compose.editing ? compose.before : text.value;
  if (other) {
    compose.stop();
    thread?.leave();
    text.value = c.draft;
    log.clear();
  }
  current = c;
  showView('talk');
  show();
  compose.fit();
  (touch.matches || !c.writable ? $('open-name') : text).focus();
  if (id) return jump(c, id);
  if (!store.booted && store.busy && c.kind === 'direct') return;
  if (c.stream.known && !c.stream.stale && store.state === 'live') return;
  store.read(c).then(() => store.setReachable(true)).catch(trouble);
}

// Shows the message ID of C, or the thread around it when it is too far back. M: a message that names it.
async function jump(c, id, m) {
  await attempt(async () => {
    const here = c.messages.some((known) => known.id === id) || (await store.reach(c, id));
    if (c !== current) return;
    show();
    if (here && log.jump(id)) return;
    openThread(m ?? (await store.thread({ id }, 1)).find((known) => known.id === id) ?? { id, text: '', date: new Date() });
  });
}

// Without an address: a conversation with something new, else any. An address that was entered a moment ago comes first.
function openSomething() {
  if (location.hash && location.hash !== (followed ?? location.hash)) return;
  const kinds = ['everyone', 'channel', 'direct'];
  const rank = (c) => (c.unread ? 9 : kinds.indexOf(c.kind) + (c.member ? 2 : 0));
  const [best] = [...store.all.values()].sort((a, b) => rank(b) - rank(a) || b.last - a.last);
  const wanted = !narrow.matches && (best.last || best.kind === 'channel');
  history.replaceState(null, '', bare(wanted ? addressOf(best) : ''));
  followed = location.hash;
  if (wanted) open(best);
  else showView('list');
  changed();
}

const reading = new WeakSet();
async function older(c) {
  if (reading.has(c) || !c.stream.known) return;
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

// Pictures and other files cannot be sent.
for (const [kind, data] of [['paste', 'clipboardData'], ['drop', 'dataTransfer']]) {
  $('talk').addEventListener(kind, (e) => {
    if (!e[data]?.files.length) return;
    e.preventDefault();
    toast(t('only-text'));
  });
}
$('talk').addEventListener('dragover', (e) => e.dataTransfer.types.includes('Files') && e.preventDefault());

// ---- buttons and keys ----

async function settings() {
  const { openSettings } = await import('./settings.js');
  openSettings({
    store, session, say: toast, signOut,
    attempt,
    keys: act('keys'),
    signedIn(token) {
      session.token = store.token = token;
      keep(placeOf(session), '', session);
      store.live.nudge();
    },
    renamed(name) {
      keep(placeOf(session), '', Object.assign(session, { name, passing: false }));
      location.reload();
    },
  });
}

async function search() {
  const { openSearch } = await import('./search.js');
  openSearch(store, current, (kind, name, id) => go(store.find(kind, name), id));
}

const actions = {
  'new-channel': act('newChannel'),
  'new-direct': act('newDirect'),
  join: () => attempt(() => act('join')(current)).then(() => text.focus()),
  people: () => act('members')(current),
  keys: act('keys'),
  'sign-out': leave,
  settings,
  search,
};

document.addEventListener('click', ({ target }) => {
  actions[target.closest('[data-do]')?.dataset.do]?.();
  const who = target.closest('[data-person]')?.dataset.person;
  if (who) act('profile')(who);
});

addEventListener('keydown', (e) => {
  if (composing(e) || !store || $('dialog').open || e.defaultPrevented) return;
  const by = e.altKey && { ArrowUp: -1, ArrowDown: 1 }[e.key];
  const control = e.ctrlKey || e.metaKey;
  if (control && e.key.toLowerCase() === 'f' && e.shiftKey) search();
  else if (control && e.key === 'k') {
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
  if (session || door?.used) return;
  enter(data);
};

session = storedSession();
if (session?.token) begin();
else {
  await showDoor();
  tabs.postMessage('who');
  if (meta('open-to').includes('site')) door.pass('signon');
}
