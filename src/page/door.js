// Signing in and registering.

import { call, login, meta } from './api.js';
import { $, h } from './dom.js';
import { LANGUAGES, t } from './lang.js';
import { invited } from './place.js';
import { explain } from './refusal.js';
import { choice, speakOnly } from './spoken.js';

const TEXTS = ['sign-title', 'sign-go', 'sign-ask', 'sign-switch'];
const form = $('sign');
const { username, password, keep } = form.elements;

const languages = () => [['', t('language.browser')], ...Object.entries(LANGUAGES)].map(([code, name]) =>
  h('option', { value: code, lang: code || false, selected: code === choice() }, name));

// new Door(enter): enter({ name, token, keep or passing }) for who comes in
export class Door {
  registering = false;

  constructor(enter) {
    this.enter = enter;
    $('sign-switch').onclick = () => {
      this.register(!this.registering);
      username.focus();
    };
    $('sign-guest').hidden = !meta('open-to').includes('guest');
    $('sign-guest').onclick = () => this.pass('guest');
    this.register(Boolean(invited()));
    $('sign-language').append(...languages());
    $('sign-language').onchange = (e) => speakOnly(e.target.value);
    form.onsubmit = (e) => {
      e.preventDefault();
      if (!form.inert) this.submit();
    };
  }

  show(why = '') {
    const channel = invited();
    document.title = t('chat');
    $('chat').hidden = true;
    $('door').hidden = form.inert = false;
    $('sign-error').textContent = why;
    $('sign-invited').hidden = !channel;
    $('sign-invited').textContent = channel ? t('door.invited', { name: channel }) : '';
    (username.value ? password : username).focus();
  }

  register(on) {
    this.registering = on;
    for (const id of TEXTS) $(id).textContent = t(`door.${id}.${on ? 'new' : 'old'}`);
    $('sign-rules').hidden = !on;
    $('sign-error').textContent = '';
    password.autocomplete = on ? 'new-password' : 'current-password';
  }

  async submit() {
    const account = { username: username.value.trim(), password: password.value };
    const { registering } = this;
    form.inert = true;
    $('sign-error').textContent = '';
    try {
      if (registering) await call('register', { ...account, extended: true });
      this.enter({ name: account.username, token: await login(account), keep: keep.checked });
      form.reset();
      this.register(false);
    } catch (why) {
      // a password that breaks the rule cannot be the right one
      this.show(!registering && why.status === 411 ? t('said.Invalid username or password!') : explain(why));
      if (registering && why.status === 401) username.focus();
    }
  }

  // HOW: signon (a user of the site) or guest.
  async pass(how) {
    form.inert = true;
    try {
      const { username: name, token } = await call(how, {});
      if (!$('door').hidden) this.enter({ name, token, passing: true });
    } catch (why) {
      if (!$('door').hidden) this.show(why.status === 401 ? '' : explain(why));
    }
  }

  // Whether the user is about to sign in.
  get used() {
    return form.inert || username.value || password.value;
  }
}
