// The administrator's view, over the administrative endpoints of the Button API; moderators see the part of moderation.js.

import { confirm } from './dialogs.js';
import { $, button, h } from './dom.js';
import { locale, number, t } from './lang.js';
import { openModeration } from './moderation.js';
import { spoken } from './spoken.js';
import { api, attempt, close, count, free, makeTable, named, Pages, row, say, when, word } from './tables.js';

const STATES = ['waiting', 'delivered', 'given_up', 'no_target'];
const TYPING = 250; // ms without a key before a search begins

await spoken;

const RANKS = [0, 1, 2].map((rank) => t(`admin.rank.${rank}`));
const megabytes = new Intl.NumberFormat(locale, { style: 'unit', unit: 'megabyte', maximumFractionDigits: 1 }).format;

const admin = (name, body) => api(`admin${name}`, body);

// ---- overview and limits ----

const limits = makeTable('limits', ['admin.limit', 'admin.count', 'admin.seconds']);

function showOverview({ version, account, rooms, accounts, messages, database_bytes: bytes, outbox, sockets, limits: list }) {
  const figures = [
    [t('admin.version'), version], [t('admin.rooms'), count(rooms)], [t('admin.accounts'), count(accounts)],
    [t('admin.messages'), count(messages)], [t('admin.database'), megabytes(bytes / 1e6)],
    ...(sockets.running ? [
      [t('admin.sockets'), count(sockets.total)], [t('admin.sockets.websocket'), count(sockets.websocket)],
      [t('admin.sockets.polling'), count(sockets.polling)], [t('admin.sockets.strangers'), count(sockets.strangers)],
    ] : [[t('admin.sockets'), t('admin.sockets.none')]]),
    ...STATES.map((state) => [t('admin.outbox.state', { state: t(`admin.state.${state}`) }), count(outbox[state])]),
  ];
  me = account;
  $('overview').replaceChildren(...figures.map(([name, value]) => h('div', null, h('dt', null, name), h('dd', null, value))));
  limits.replaceChildren(...list.map((l) => (l.off ? row(null, l.name, t('admin.off'), '–') : row(null, l.name, number(l.count), number(l.seconds)))));
}

let overview; // what loads it
const loadOverview = () => (overview = attempt(async () => showOverview(await admin('overview'))));

// ---- rooms ----

const rooms = new Pages('rooms', makeTable('rooms', ['admin.room', 'admin.owner', 'admin.accounts', 'channels', 'admin.sockets', 'admin.created']),
  async (last) => {
    const { rooms: items, more } = await admin('listrooms', last && { after: last.id });
    return { items, more };
  },
  (room) => row(null, named(room.name), named(room.owner),
    button('.link', number(room.accounts), () => showAccounts(room), { 'aria-label': t('admin.accounts.number', { n: room.accounts, name: room.name }) }),
    count(room.channels), count(room.sockets), when(room.created_at)));

// ---- accounts ----

let room; // whose accounts are shown; undefined: the administrator's own
let me; // id of the administrator's account, which it cannot change itself

const accounts = new Pages('accounts', makeTable('accounts', ['admin.account', 'admin.rank', 'admin.state', 'admin.sockets', 'admin.created', 'admin.action']),
  async (last) => {
    const prefix = $('prefix').value.trim();
    const body = { ...(room && { room: room.id }), ...(prefix && { prefix }), ...(last && { after: last.id }) };
    // who the administrator is comes with the overview
    const [{ accounts: items, more }] = await Promise.all([admin('listaccounts', body), overview]);
    return { items, more };
  },
  (account) => {
    const { username, rank, banned } = account;
    const select = rank < 0 ? t('admin.guest') : h('select', { 'aria-label': t('admin.rank.of', { name: username }), disabled: account.id === me, change: () => setRank(el, select, account) },
      ...RANKS.map((name, i) => h('option', { value: i, selected: i === rank }, name)));
    const toggle = account.id !== me && button(banned ? '' : '.danger', t(banned ? 'admin.unban' : 'admin.ban'), () => setBanned(el, account),
      { 'aria-label': t(banned ? 'admin.unban.of' : 'admin.ban.of', { name: username }) });
    const el = row({ class: banned && 'banned' }, named(username), select, t(banned ? 'admin.state.banned' : 'admin.state.open'),
      count(account.sockets), when(account.created_at), toggle);
    return el;
  });

function showAccounts(of) {
  room = of;
  $('all').hidden = !room;
  $('accounts-title').textContent = room ? t('admin.accounts.of', { name: room.name }) : t('admin.accounts');
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
  if (await confirm(t('admin.rank.title'), text, t('admin.change'), async () => (changed = await setAccount(account, { rank })))) {
    accounts.replace(el, changed);
    say(t('admin.rank.done', { name: changed.username, rank: RANKS[changed.rank] }));
  } else select.value = account.rank;
}

// A ban is confirmed, an unban is not.
async function setBanned(el, account) {
  const banned = !account.banned;
  let changed;
  const work = async () => (changed = await setAccount(account, { banned }));
  if (banned) await confirm(t('admin.ban.title', { name: account.username }), t('admin.ban.what'), t('admin.ban'), work);
  else await attempt(work);
  if (!changed) return;
  accounts.replace(el, changed);
  say(t(changed.banned ? 'admin.ban.done' : 'admin.unban.done', { name: changed.username }));
}

let typing;
$('prefix').oninput = () => {
  clearTimeout(typing);
  typing = setTimeout(() => accounts.load(), TYPING);
};
$('all').onclick = () => showAccounts();

// ---- outbox ----

const outbox = new Pages('outbox', makeTable('outbox', ['admin.number', 'admin.room', 'admin.kind', 'admin.state', 'admin.attempts', 'admin.created', 'admin.next', 'admin.reason', 'admin.action']),
  async (last) => {
    const state = $('state').value;
    return admin('listoutbox', { ...(state && { state }), ...(last && { before: last.id }) });
  },
  (item) => {
    const again = ['given_up', 'no_target'].includes(item.state) &&
      button('', t('admin.retry'), () => retry(el, item), { 'aria-label': t('admin.retry.of', { id: item.id }) });
    const el = row(null, item.id, item.room, item.kind, word('state', item.state), count(item.attempts),
      when(item.created_at), when(item.next_at ?? item.done_at),
      free(item.reason), again);
    return el;
  });

async function retry(el, { id }) {
  const answer = await attempt(() => admin('retryoutbox', { id }));
  if (!answer) return;
  outbox.replace(el, answer.item);
  $('outbox-title').focus();
  say(t('admin.retry.done', { id }));
  loadOverview();
}

$('state').onchange = () => outbox.load();

// ---- here we go ----

let loadModeration;

const loadAdmin = () => Promise.all([loadOverview(), rooms.load(), accounts.load(), outbox.load()]);
const shown = (on) => { for (const el of document.querySelectorAll('.admin')) el.hidden = !on; };

$('refresh').onclick = async () => {
  await Promise.all([loadModeration(), $('overview-part').hidden || loadAdmin()]);
  if (!$('error').textContent) say(t('admin.fresh'));
};

try {
  const { rank, admin: whole = false } = await api('listchannels', { extended: true });
  if (rank < 1) throw Object.assign(new Error(), { status: 403 });
  loadModeration = openModeration({ rank, admin: whole });
  shown(whole);
  $('off').hidden = whole || rank < 2;
  $('view').hidden = false;
  await Promise.all([loadModeration(), whole && loadAdmin()]);
} catch (e) {
  close(e);
}
