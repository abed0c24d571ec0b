// The account: profile, language, notifications, sessions, password, and its end. Loaded when it is opened.

import { call, login } from './api.js';
import { ask, closing, field } from './dialogs.js';
import { button, h, icon } from './dom.js';
import { LANGUAGES, t } from './lang.js';
import { allowed, setNotify, wanted } from './notify.js';
import { choice, speakOnly } from './spoken.js';
import { dateTime } from './time.js';

// me: { store, session, attempt(work), signedIn(token), renamed(name), signOut(why), say(text), keys() }
export function openSettings(me) {
  const { store, session } = me;
  const rows = [
    ['language', 'globe', language],
    ['notify', 'bell', notifications],
    ...(store.guest ? [['account.make', 'person', become]] : [['profile', 'person', profile], ['sessions', 'devices', sessions]]),
    ...(store.guest || session.passing ? [] : [['password.change', 'lock', password], ['account.delete', 'bin', erase]]),
    ['keys', 'keys', () => me.keys()],
  ];
  const list = rows.map(([key, sign, open]) => h('li', null, button('.row', [icon(sign), h('span', null, t(key))], closing(() => me.attempt(() => open(me))))));
  ask(t('settings'), [h('ul', null, ...list)], { close: t('close') });
}

const select = (label, name, options, value) => h('label', null, label,
  h('select', { name }, ...options.map(([code, text]) => h('option', { value: code, selected: code === value, lang: code || undefined }, text))));

const tick = (label, name, checked) => h('label.tick', null, h('input', { type: 'checkbox', name, checked }), label);

async function language() {
  ask(t('language'), [select(t('language'), 'code', [['', t('language.browser')], ...Object.entries(LANGUAGES)], choice())],
    { go: t('save'), submit: ({ code }) => speakOnly(code) });
}

// The browser asks only after the user has.
async function notifications({ say }) {
  ask(t('notify'), [h('p.hint', null, t('notify.hint')), tick(t('notify.on'), 'on', wanted())], {
    go: t('save'),
    async submit({ on }) {
      if (on && !(await allowed())) throw new Error(t('notify.refused'));
      setNotify(Boolean(on));
      say(t('saved'));
    },
  });
}

async function profile({ store, say }) {
  const { description, color, location, email, invisible } = await store.call('getprofile', { username: store.name });
  ask(t('profile'), [
    email && h('p.hint', { dir: 'auto' }, email),
    h('label', null, t('profile.about'), h('textarea', { name: 'description', rows: 3, maxlength: 500, dir: 'auto' }, description ?? '')),
    field(t('profile.place'), { name: 'location', value: location ?? '', required: false, maxlength: 60 }),
    h('label', null, t('profile.color'), h('input', { type: 'color', name: 'color', value: color || '#4a56c9' })),
    tick(t('profile.invisible'), 'invisible', invisible),
  ], {
    go: t('save'),
    async submit(values) {
      await store.call('setprofile', { ...values, description: values.description.trim(), location: values.location.trim(), invisible: Boolean(values.invisible) });
      say(t('saved'));
    },
  });
}

async function sessions({ store, signOut, say }) {
  const list = h('ul.members', { 'aria-label': t('sessions') });
  const others = button('.danger', t('sessions.end-others'), () => end({ all_others: true }));
  async function show() {
    const all = (await store.call('listsessions')).sessions;
    list.replaceChildren(...all.map(({ session_id: id, dialect, since, last_used: used, address }) => {
      const own = id === 'token';
      const when = used ?? since;
      return h('li', null, h('span.names', null,
        h('span', null, own ? t('sessions.this') : t(`dialect.${dialect}`), address && h('bdi', null, ` · ${address}`)),
        when && h('span.hint', null, t('sessions.used', { when: dateTime(new Date(when)) }))),
      button('', own ? t('sign-out') : t('sessions.end'), () => end({ session_id: id }), { 'aria-label': `${own ? t('sign-out') : t('sessions.end')}: ${own ? t('sessions.this') : t(`dialect.${dialect}`)}` }));
    }));
    others.hidden = all.length < 2;
  }
  const end = async (which) => {
    try {
      await store.call('endsession', which);
      if (which.session_id === 'token') return signOut();
      await show();
      say(t('sessions.ended'));
      list.querySelector('button')?.focus();
    } catch (e) {
      store.trouble(e);
    }
  };
  await show();
  ask(t('sessions'), [h('p.hint', null, t('sessions.hint')), list, h('p', null, others)], { close: t('close') });
}

const secret = (label, name, autocomplete, more) => field(label, { name, type: 'password', autocomplete, dir: undefined, ...more });

// The server ends every session of the account; this one begins again with the new password.
async function password({ store, session, signedIn, say }) {
  ask(t('password.change'), [
    secret(t('password.now'), 'old', 'current-password'),
    secret(t('password.new'), 'fresh', 'new-password', { 'aria-describedby': 'new-rules' }),
    h('p.hint', { id: 'new-rules' }, t('door.rules')),
    h('p.hint', null, t('password.hint')),
  ], {
    go: t('password.change'),
    async submit({ old, fresh }) {
      const username = store.name;
      session.renewing = true;
      try {
        await call('changepassword', { username, password: old, new_password: fresh });
        signedIn(await login({ username, password: fresh }));
      } finally {
        session.renewing = false;
      }
      say(t('password.changed'));
    },
  });
}

// A guest becomes an account, with all that was said.
async function become({ store, renamed }) {
  ask(t('account.make'), [
    h('p.hint', null, t('account.make.hint')),
    field(t('user-name'), { name: 'username', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false' }),
    secret(t('password'), 'password', 'new-password', { 'aria-describedby': 'new-rules' }),
    h('p.hint', { id: 'new-rules' }, t('door.rules')),
  ], {
    go: t('door.sign-go.new'),
    async submit({ username, password: word }) {
      await store.call('register', { username: username.trim(), password: word, extended: true });
      renamed(username.trim());
    },
  });
}

async function erase({ store, signOut }) {
  ask(t('account.delete'), [
    h('p', null, t('account.delete.hint')),
    secret(t('password'), 'password', 'current-password'),
    tick(t('account.delete.messages'), 'messages', false),
  ], {
    go: t('account.delete'), danger: true,
    async submit({ password: word, messages }) {
      await call('deleteaccount', { username: store.name, password: word, delete_messages: Boolean(messages) });
      // the dialog first: it returns the focus
      closing(() => signOut(t('account.deleted')))();
    },
  });
}
