// The administrator's view, over the administrative endpoints of the Button API.

import { call, storedSession } from './api.js';
import { confirm } from './dialogs.js';
import { $, button, h } from './dom.js';
import { explain } from './refusal.js';
import { spoken } from './spoken.js';

const RANKS = ['Member', 'Moderator', 'Administrator'];
const STATES = { waiting: 'Waiting', delivered: 'Delivered', given_up: 'Given up', no_target: 'No target' };
const TYPING = 250; // ms without a key before a search begins

const session = storedSession();
const number = new Intl.NumberFormat().format;
const megabytes = new Intl.NumberFormat(undefined, { style: 'unit', unit: 'megabyte', maximumFractionDigits: 1 }).format;
const date = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' }).format;

const admin = (name, body) => call(`admin${name}`, { token: session?.token ?? '', ...body });
const count = (n) => (n === null || n === undefined ? '–' : number(n));
const named = (name) => h('bdi', { title: name }, name);

function when(seconds) {
  if (!seconds) return '–';
  const at = new Date(seconds * 1000);
  return h('time', { datetime: at.toISOString() }, date(at));
}

function say(text) {
  $('error').textContent = '';
  $('said').textContent = text;
}

// Runs WORK; what goes wrong is shown.
async function attempt(work) {
  try {
    $('error').textContent = '';
    return await work();
  } catch (e) {
    if (e.signedOut || e.status === 403) close(e);
    else $('error').textContent = explain(e);
    return undefined;
  }
}

// There is nothing to see: says why.
function close(e) {
  const why = {
    401: 'Sign in on the chat page first. A new tab knows you only if you asked to stay signed in.',
    403: 'This account is not an administrator.',
    404: 'The administrator’s view is turned off on this server (ChatAdmin).',
  }[e.status];
  $('view').hidden = true;
  $('closed').hidden = false;
  $('closed').textContent = why ?? explain(e);
}

// ---- tables ----

// A table in the section ID. titles: of the columns; row() makes the cells of an item.
function makeTable(id, titles) {
  const body = h('tbody');
  const head = h('tr', null, ...titles.map((title) => h('th', { scope: 'col' }, title)));
  $(id).append(h('div.table', { tabindex: '0', role: 'group', 'aria-labelledby': `${id}-title` },
    h('table', null, h('thead', null, head), body)));
  return body;
}

const row = (props, ...cells) => h('tr', props, ...cells.map((c) => (c instanceof HTMLTableCellElement ? c : h('td', null, c))));

// A list that comes in pages: read(last item) gives { items, more }, show(item) a row.
class Pages {
  turn = 0;

  constructor(id, titles, read, show) {
    this.body = makeTable(id, titles);
    this.read = read;
    this.show = show;
    this.empty = h('p.note', null, 'None.');
    this.more = button('.more', 'More', () => this.next());
    $(id).append(this.empty, this.more);
    this.empty.hidden = this.more.hidden = true;
  }

  // From the start.
  load() {
    return this.next(true);
  }

  async next(first) {
    const turn = ++this.turn;
    // rows of the previous query must not stay if this one fails
    if (first) {
      this.body.replaceChildren();
      this.more.hidden = true;
    }
    const answer = await attempt(() => this.read(first ? undefined : this.last));
    // only the answer to the last keystroke counts
    if (!answer || turn !== this.turn) return;
    const rows = answer.items.map(this.show);
    if (first) this.body.replaceChildren(...rows);
    else this.body.append(...rows);
    this.last = answer.items.at(-1);
    this.empty.hidden = this.body.childElementCount > 0;
    if (!first) (rows[0]?.querySelector('button, select') ?? this.more).focus();
    this.more.hidden = !answer.more;
  }

  // ITEM changed: its row is replaced, and keeps the focus if the old row had it.
  replace(old, item) {
    const fresh = this.show(item);
    const name = old.contains(document.activeElement) && document.activeElement.tagName;
    old.replaceWith(fresh);
    if (name) (fresh.querySelector(name) ?? fresh.querySelector('select, button'))?.focus();
  }
}

// ---- overview and limits ----

const limits = makeTable('limits', ['Limit', 'Count', 'Seconds']);

function showOverview({ version, account, rooms, accounts, messages, database_bytes: bytes, outbox, sockets, limits: list }) {
  const figures = [
    ['Version', version], ['Rooms', count(rooms)], ['Accounts', count(accounts)], ['Messages', count(messages)],
    ['Database', megabytes(bytes / 1e6)],
    ...(sockets.running ? [
      ['Sockets', count(sockets.total)], ['by WebSocket', count(sockets.websocket)],
      ['by polling', count(sockets.polling)], ['not logged in', count(sockets.strangers)],
    ] : [['Sockets', 'not running']]),
    ...Object.entries(STATES).map(([state, name]) => [`Outbox: ${name.toLowerCase()}`, count(outbox[state])]),
  ];
  me = account;
  $('overview').replaceChildren(...figures.map(([name, value]) => h('div', null, h('dt', null, name), h('dd', null, value))));
  limits.replaceChildren(...list.map((l) => (l.off ? row(null, l.name, 'off', '–') : row(null, l.name, number(l.count), number(l.seconds)))));
}

const loadOverview = () => attempt(async () => showOverview(await admin('overview')));

// ---- rooms ----

const rooms = new Pages('rooms', ['Room', 'Owner', 'Accounts', 'Channels', 'Sockets', 'Created'],
  async (last) => {
    const { rooms: items, more } = await admin('listrooms', last && { after: last.id });
    return { items, more };
  },
  (room) => row(null, named(room.name), room.owner ? named(room.owner) : '–',
    button('.link', number(room.accounts), () => showAccounts(room), { 'aria-label': `${room.accounts} accounts of ${room.name}` }),
    count(room.channels), count(room.sockets), when(room.created_at)));

// ---- accounts ----

let room; // whose accounts are shown; undefined: the administrator's own
let me; // id of the administrator's account, which it cannot change itself

const accounts = new Pages('accounts', ['Account', 'Rank', 'State', 'Sockets', 'Created', 'Action'],
  async (last) => {
    const prefix = $('prefix').value.trim();
    const body = { ...(room && { room: room.id }), ...(prefix && { prefix }), ...(last && { after: last.id }) };
    const { accounts: items, more } = await admin('listaccounts', body);
    return { items, more };
  },
  (account) => {
    const { username, rank, banned } = account;
    const select = rank < 0 ? 'Guest' : h('select', { 'aria-label': `Rank of ${username}`, disabled: account.id === me, change: () => setRank(el, select, account) },
      ...RANKS.map((name, i) => h('option', { value: i, selected: i === rank }, name)));
    const toggle = account.id !== me && button(banned ? '' : '.danger', banned ? 'Unban' : 'Ban', () => setBanned(el, account),
      { 'aria-label': `${banned ? 'Unban' : 'Ban'} ${username}` });
    const el = row({ class: banned && 'banned' }, named(username), select, banned ? 'Banned' : 'Open',
      count(account.sockets), when(account.created_at), toggle);
    return el;
  });

function showAccounts(of) {
  room = of;
  $('all').hidden = !room;
  $('accounts-title').textContent = room ? `Accounts of ${room.name}` : 'Accounts';
  $('prefix').value = '';
  $('accounts-title').focus();
  accounts.load();
}

async function setAccount({ id }, change) {
  const { account } = await admin('setaccount', { id, ...change });
  return account;
}

async function setRank(el, select, account) {
  const rank = Number(select.value);
  let changed;
  const text = `${account.username}: ${RANKS[account.rank]} → ${RANKS[rank]}`;
  if (await confirm('Change the rank?', text, 'Change', async () => (changed = await setAccount(account, { rank })))) {
    accounts.replace(el, changed);
    say(`${changed.username} is now: ${RANKS[changed.rank]}.`);
  } else select.value = account.rank;
}

// A ban is confirmed, an unban is not.
async function setBanned(el, account) {
  const banned = !account.banned;
  let changed;
  const work = async () => (changed = await setAccount(account, { banned }));
  if (banned) await confirm(`Ban ${account.username}?`, 'The account is signed out everywhere and cannot sign in again.', 'Ban', work);
  else await attempt(work);
  if (!changed) return;
  accounts.replace(el, changed);
  say(`${changed.username} is ${changed.banned ? 'banned' : 'no longer banned'}.`);
}

let typing;
$('prefix').oninput = () => {
  clearTimeout(typing);
  typing = setTimeout(() => accounts.load(), TYPING);
};
$('all').onclick = () => showAccounts();

// ---- outbox ----

const outbox = new Pages('outbox', ['Number', 'Room', 'Kind', 'State', 'Attempts', 'Created', 'Next or done', 'Reason', 'Action'],
  async (last) => {
    const state = $('state').value;
    return admin('listoutbox', { ...(state && { state }), ...(last && { before: last.id }) });
  },
  (item) => {
    const again = ['given_up', 'no_target'].includes(item.state) &&
      button('', 'Retry', () => retry(el, item), { 'aria-label': `Retry item ${item.id}` });
    const el = row(null, item.id, item.room, item.kind, STATES[item.state] ?? item.state, count(item.attempts),
      when(item.created_at), when(item.next_at ?? item.done_at),
      h('td.text', { dir: 'auto' }, item.reason ?? '–'), again);
    return el;
  });

async function retry(el, { id }) {
  const answer = await attempt(() => admin('retryoutbox', { id }));
  if (!answer) return;
  outbox.replace(el, answer.item);
  $('outbox-title').focus();
  say(`Item ${id} is tried again.`);
  loadOverview();
}

$('state').onchange = () => outbox.load();

// ---- here we go ----

async function loadAll() {
  await Promise.all([loadOverview(), rooms.load(), accounts.load(), outbox.load()]);
}

$('refresh').onclick = async () => {
  await loadAll();
  if (!$('error').textContent) say('Everything is up to date.');
};

await spoken;
try {
  showOverview(await admin('overview'));
  $('view').hidden = false;
  await Promise.all([rooms.load(), accounts.load(), outbox.load()]);
} catch (e) {
  close(e);
}
