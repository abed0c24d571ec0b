// Dialogs about people and channels. Loaded when one is opened.

import { ask, closing, field, userField } from './dialogs.js';
import { button, face, h, icon } from './dom.js';
import { t } from './lang.js';
import { fold } from './text.js';
import { dateTime } from './time.js';

const RANKS = { '-1': 'rank.guest', 1: 'rank.moderator', 2: 'rank.administrator' };

// Whether dark letters are read better on COLOR, #RRGGBB.
function bright(color) {
  const [red, green, blue] = color.match(/[\da-f]{2}/gi).map((part) => parseInt(part, 16));
  return red * 299 + green * 587 + blue * 114 > 140000;
}

// Whether there are direct messages with NAME: not with a guest, and guests have none.
const answers = (store, name) => !store.guest && !name.startsWith('~');

// Who NAME is; write() opens the conversation.
export async function openProfile(store, name, write) {
  const { username, description, color, location, rank } = await store.call('getprofile', { username: name });
  const self = fold(username) === store.me;
  const picture = face(username);
  if (color) picture.style.setProperty('--own', color);
  if (color) picture.style.color = bright(color) ? '#000' : '#fff';
  const facts = [t(RANKS[rank] ?? 'rank.member'), location, store.online.has(fold(username)) && t('online')].filter(Boolean);
  ask(username, [
    h('div.person', null, picture, h('p.hint', { dir: 'auto' }, facts.join(' · '))),
    description && h('p.quote', { dir: 'auto' }, description),
    !self && answers(store, username) && h('p', null, button('.main', t('write-to', { name: username }), closing(write))),
  ].filter(Boolean), { close: t('close') });
}

// Who is in channel C. on: { add(name), write(name), leave(), change(), invite() }
export async function openPeople(store, c, on) {
  const { name, member } = c;
  const read = async () => (await store.call('listmembers', { name })).members;
  const list = h('ul.members', { 'aria-label': t('members') });
  const show = (names) => list.replaceChildren(...names.map((n) => h('li', null,
    h(`span${store.online.has(fold(n)) ? '.online' : ''}`, null, face(n)), h('bdi', null, n),
    fold(n) === store.me ? h('span.hint', null, t('you'))
      : answers(store, n) && button('', t('message'), closing(() => on.write(n)), { 'aria-label': t('write-to', { name: n }) }))));
  show(await read());
  await ask(t('people-in', { name }), [
    member && !store.guest ? h('div.add', null, userField(t('add.person'), { placeholder: t('user-name') }),
      h('button.main', null, icon('plus'), t('add'))) : '',
    list,
    h('p.choices', null,
      button('.link', t('invite'), closing(on.invite)),
      store.keepsOrder(c) && button('.link', t('channel.change'), closing(on.change)),
      manages(store, c) && button('.link.danger', t('channel.delete'), closing(on.drop)),
      member && button('.link.danger', t('leave'), closing(on.leave))),
  ], {
    close: t('close'),
    async submit(values) {
      await store.call('addusertochannel', { name, username: values.name.trim() });
      on.added(values.name.trim());
      show(await read());
      list.closest('form').reset();
      return false;
    },
  });
}

const manages = (store, c) => store.rank > 1 || Boolean(c.rights?.includes('x'));

const seconds = [0, 5, 10, 30, 60, 300, 900, 3600];

// Topic, name, who may read, slow mode: what CHANGE(fields) is called with.
export function openChannel(store, c, change) {
  const all = manages(store, c);
  const slow = [...new Set([...seconds, c.slow ?? 0])].sort((a, b) => a - b);
  const pace = (s) => (s < 60 ? t('seconds', { n: s }) : t('minutes', { n: s / 60 }));
  return ask(t('channel.change'), [
    field(t('channel.topic'), { name: 'description', value: c.about ?? '', required: false, maxlength: 250 }),
    h('label', null, t('channel.slow'), h('select', { name: 'slow_seconds' },
      ...slow.map((s) => h('option', { value: s, selected: s === (c.slow ?? 0) }, s ? pace(s) : t('channel.slow.off'))))),
    ...(all ? [
      field(t('name'), { name: 'new_name', value: c.name, maxlength: 64 }),
      h('label.tick', null, h('input', { type: 'checkbox', name: 'public', checked: c.public }), t('channel.public.hint')),
    ] : []),
  ], {
    go: t('save'),
    submit({ description, slow_seconds: slowly, new_name: name, public: open }) {
      const fields = { description: description.trim(), slow_seconds: Number(slowly) };
      if (all) Object.assign(fields, { public: Boolean(open) }, name.trim() !== c.name && { new_name: name.trim() });
      return change(fields);
    },
  });
}

// The texts that a message had.
export async function openHistory(store, m) {
  const { versions } = await store.call('messagehistory', { message_id: m.id });
  ask(t('history'), [h('ol.versions', null, ...versions.map(({ message, timestamp }) => h('li', null,
    h('p.hint', null, dateTime(new Date(timestamp))), h('p.quote', { dir: 'auto' }, message))))], { close: t('close') });
}

export function openReport(store, m, done) {
  ask(t('report.title'), [
    h('p.quote', { dir: 'auto' }, m.text),
    h('label', null, t('report.reason'), h('textarea', { name: 'reason', rows: 3, maxlength: 500, required: true, dir: 'auto' })),
    h('p.hint', null, t('report.hint')),
  ], {
    go: t('report'), danger: true,
    async submit({ reason }) {
      await store.call('report', { message_id: m.id, reason });
      done();
    },
  });
}

// LINK where it can be copied by hand.
export const openLink = (title, hint, link) => ask(title, [
  h('p.hint', null, hint),
  h('input', { value: link, readonly: true, 'aria-label': title, focus: (e) => e.target.select(), dir: 'ltr' }),
], { close: t('close') });

const ACTS = {
  'mute-here': ['mute', true], 'remove-here': ['removefromchannel', true], mute: ['mute'], ban: ['banuser'],
  'grant-r': ['grant', true, 'r'], 'grant-rw': ['grant', true, 'rw'], 'grant-rwx': ['grant', true, 'rwx'],
};
const HOUR = 3600;
const LASTS = [600, HOUR, 24 * HOUR, 7 * 24 * HOUR];

function lasts(seconds) {
  if (seconds < HOUR) return t('minutes', { n: seconds / 60 });
  return seconds < 24 * HOUR ? t('hours', { n: seconds / HOUR }) : t('days', { n: seconds / 24 / HOUR });
}

// Acts on the author of M, in channel C or everywhere; the server knows what one may.
export function openOrder(store, c, m, done) {
  const acts = Object.keys(ACTS).filter((act) => {
    const [, here, rights] = ACTS[act];
    return here ? c.kind === 'channel' && (!rights || manages(store, c)) : store.rank > 0;
  });
  return ask(t('order', { name: m.sender }), [
    h('label', null, t('order.what'), h('select', { name: 'act' }, ...acts.map((act) => h('option', { value: act }, t(`order.${act}`, { name: c.name }))))),
    h('label', null, t('order.long'), h('select', { name: 'seconds' },
      ...LASTS.map((s) => h('option', { value: s }, lasts(s))), h('option', { value: '' }, t('order.no-end')))),
    field(t('order.reason'), { name: 'reason', required: false, maxlength: 500 }),
  ], {
    go: t('order.go'), danger: true,
    async submit({ act, seconds: s, reason }) {
      const [endpoint, here, rights] = ACTS[act];
      await store.call(endpoint, { username: m.sender, rights, ...(here && { name: c.name }), ...(s && { seconds: Number(s) }), ...(reason && { reason }) });
      done();
    },
  });
}
