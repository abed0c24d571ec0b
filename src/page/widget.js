// <mod-chat channel="lobby">: a channel on any page. docs/widget.md

import { fold } from './chat-client.js';
import { button, face, h, reconcile } from './dom.js';
import { onlyEmoji, parts } from './text.js';
import { Visit } from './visit.js';
import english from './widget-en.js';
import style from './widget-style.js';

const GROUP = 300000; // ms between messages that stand together
const NEAR = 40; // pixels that count as the end
const TYPES = 5000; // ms that a name is shown as typing
const EMOJI = ['👍', '❤️', '😂', '🎉', '😮', '😢'];
const ICONS = {
  send: 'M4 12 3.5 4.5 21 12 3.5 19.5zm0 0h8',
  close: 'm6 6 12 12M18 6 6 18',
  out: 'M10 4H5v16h5m4-12 4 4-4 4m4-4H9',
  reply: 'm9 6-6 6 6 6m-6-6h11a7 7 0 0 1 7 7',
  edit: 'M4 20h4L19 9l-4-4L4 16z',
  delete: 'M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13',
  report: 'M5 21V4h12l-2 4 2 4H5',
  react: 'M12 3a9 9 0 1 0 .1 0M9 10h.1m5.9 0h.1M8 14c2 3 6 3 8 0',
  chat: 'M4 5h16v11H10l-5 4v-4H4z',
};

function icon(name) {
  const [svg, path] = ['svg', 'path'].map((tag) => document.createElementNS('http://www.w3.org/2000/svg', tag));
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}

const link = (text, href) => h('a', { href, target: '_blank', rel: 'noopener noreferrer nofollow ugc' }, text);
const dateOf = (m) => new Date(m.timestamp ?? m.time);
const together = (a, b) => a?.sender && a.sender === b.sender && !b.reply_to && dateOf(b) - dateOf(a) < GROUP;

class ModChat extends HTMLElement {
  static observedAttributes = ['channel', 'theme', 'lang', 'collapsed'];
  texts = english;
  typers = new Map();
  stuck = true;
  mode = null; // { kind: reply, edit, delete or report, of: message }

  get channel() {
    return this.getAttribute('channel') || 'default';
  }

  // Where the script came from, unless an attribute says otherwise.
  get api() {
    return new URL(this.getAttribute('api') ?? '/api/v3/', this.hasAttribute('api') ? document.baseURI : import.meta.url).href;
  }

  get live() {
    return new URL(this.getAttribute('live') ?? '/socket.io/', this.hasAttribute('live') ? document.baseURI : import.meta.url).href;
  }

  get assertionUrl() {
    return this.getAttribute('assertion-url') ?? '';
  }

  /** How many messages came since they were last seen. */
  get unread() {
    return this.room?.unread ?? 0;
  }

  t(key, values = {}) {
    return this.texts[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }

  async connectedCallback() {
    this.alive = true;
    this.root ??= this.attachShadow({ mode: 'open' });
    this.root.adoptedStyleSheets = [style];
    this.open = !this.hasAttribute('collapsed');
    await this.speak();
    if (!this.alive || this.visit) return;
    this.build();
    this.visit = Visit.of(this);
    this.visit.add(this);
    this.show();
    document.addEventListener('visibilitychange', this.settle);
    new ResizeObserver(() => this.stuck && this.toEnd()).observe(this.log);
  }

  disconnectedCallback() {
    this.alive = false;
    document.removeEventListener('visibilitychange', this.settle);
    this.visit?.remove(this);
    this.visit = null;
  }

  async attributeChangedCallback(name) {
    if (!this.visit) return;
    if (name === 'channel') {
      this.room?.boxes.delete(this);
      this.room = null;
      this.list.replaceChildren();
      this.stuck = true;
      if (this.visit.state === 'in') this.visit.enterRoom(this);
    } else if (name === 'lang') {
      await this.speak();
      this.build();
    } else if (name === 'collapsed') this.open = !this.hasAttribute('collapsed');
    this.show();
  }

  // English is here; another language is a file.
  async speak() {
    const wanted = this.getAttribute('lang') || this.closest('[lang]')?.lang || navigator.language;
    const code = wanted.toLowerCase().split('-')[0];
    this.texts = english;
    this.language = 'en';
    if (code !== 'en') {
      try {
        const response = await fetch(new URL(`lang/widget.${code}.json`, import.meta.url));
        this.texts = { ...english, ...(response.ok && (await response.json())) };
        if (response.ok) this.language = code;
      } catch {} // English it is
    }
    this.time = new Intl.DateTimeFormat(this.language === code ? wanted : 'en', { timeStyle: 'short' }).format;
    this.full = new Intl.DateTimeFormat(this.language === code ? wanted : 'en', { dateStyle: 'full', timeStyle: 'short' }).format;
  }

  // ---- what is always there ----

  build() {
    const part = (name, props) => ({ part: name, ...props });
    this.title_ = h('h2.title', part('title'));
    this.status = h('p.live', part('status', { role: 'status' }));
    this.count = h('span.count', { part: 'count', hidden: true });
    this.keepLink = button('.link', this.t('keep'), () => this.openDoor('keep'));
    this.outButton = button('.icon', icon('out'), () => {
      this.visit.signOut();
      this.goOn();
    }, { title: this.t('signout'), 'aria-label': this.t('signout') });
    this.closeButton = button('.icon', icon('close'), () => this.toggle(), { title: this.t('close'), 'aria-label': this.t('close') });
    this.list = h('div.list');
    this.log = h('div.log', part('log', { role: 'log', 'aria-live': 'off', tabindex: '0', scroll: () => this.scrolled(), keydown: (e) => this.logKey(e) }), this.list);
    this.down = button('.down', this.t('newer'), () => this.toEnd(), { hidden: true });
    this.typing = h('p.typing', { 'aria-live': 'off' });
    this.said = h('p.sr', { role: 'status' });
    this.modeText = h('span', { dir: 'auto' });
    this.modeBar = h('div.mode', { hidden: true }, this.modeText, button('.link', this.t('cancel'), () => this.setMode(null)));
    this.error = h('p.error.typing', { role: 'alert' });
    this.text = h('textarea', part('input', { rows: '1', dir: 'auto', enterkeyhint: 'send', maxlength: '65536', keydown: (e) => this.textKey(e), input: () => this.text.value && this.visit.client?.typing({ channel: this.channel }) }));
    this.sendButton = h('button.main.send', { part: 'send' });
    this.form = h('form.write', part('form', { submit: (e) => this.submit(e) }), this.text, this.sendButton);
    this.doorBox = h('div.door', part('door'));
    this.bubble = button('.bubble', icon('chat'), () => this.toggle(), { part: 'bubble' });
    this.tools = h('div.tools', { role: 'toolbar' });
    this.panel = [
      h('header.top', part('header'), this.title_, this.status, this.count, this.keepLink, this.outButton, this.closeButton),
      h('div.stage', null, this.log, this.down),
      this.typing, this.error, this.modeBar, this.form, this.doorBox, this.said,
    ];
    this.box = h('section.box', { part: 'box', keydown: (e) => this.key(e) });
    this.root.replaceChildren(this.box);
    this.drawn = this.doorKind = undefined;
    this.setMode(null);
  }

  toggle() {
    this.open = !this.open;
    this.stuck = true;
    this.show();
    if (this.open) this.goOn();
    else this.bubble.focus();
  }

  // The keyboard goes on at the door, else where one writes.
  goOn() {
    (this.doorBox.querySelector('input, button') ?? (this.form.hidden ? this.log : this.text)).focus();
  }

  // ---- showing ----

  show() {
    const { visit } = this;
    if (!visit) return;
    const floats = this.hasAttribute('collapsed');
    const state = visit.state === 'in' ? visit.client.state : visit.state === 'coming' ? 'connecting' : '';
    this.box.lang = this.language;
    this.box.dir = this.language === 'ar' ? 'rtl' : this.closest('[dir]')?.dir || 'ltr';
    this.box.dataset.theme = this.getAttribute('theme') ?? 'auto';
    this.box.ariaLabel = this.title_.textContent = this.channel;
    this.box.className = `box${floats ? (this.open ? ' float' : ' shut') : ''}`;
    const drawn = this.open ? 'panel' : 'bubble';
    if (this.drawn !== drawn) this.box.replaceChildren(...(this.open ? this.panel : [this.bubble]));
    this.drawn = drawn;
    this.status.dataset.state = state;
    this.status.hidden = !state;
    this.status.textContent = state && this.t(`live.${state}`);
    this.keepLink.hidden = !(visit.state === 'in' && visit.guest);
    this.outButton.hidden = visit.state !== 'in' || Boolean(this.assertionUrl) || !visit.keeps;
    this.closeButton.hidden = !floats;
    const why = this.room?.why ?? '';
    this.form.hidden = this.typing.hidden = visit.state !== 'in' || Boolean(why);
    if (why && this.said.textContent !== why) this.said.textContent = why;
    if (why && this.form.contains(this.root.activeElement)) this.log.focus();
    this.log.ariaLabel = this.t('messages', { name: this.channel });
    if (visit.state === 'in') this.openDoor(this.doorKind === 'keep' && visit.guest ? 'keep' : '');
    else this.openDoor(visit.state === 'coming' ? '' : this.doorKind === 'password' ? 'password' : 'choose');
    if (visit.why) this.say(this.texts[visit.why] ?? visit.why);
    this.draw();
  }

  changed() {
    this.drawing ??= setTimeout(() => this.draw(), 15);
  }

  draw() {
    clearTimeout(this.drawing);
    this.drawing = undefined;
    const { room, visit, unread } = this;
    const { scrollHeight, scrollTop } = this.log;
    const first = this.list.firstElementChild?.dataset.key;
    const inside = this.list.contains(this.root.activeElement);
    const items = room && !room.why ? this.items(room, visit) : [];
    reconcile(this.list, items, () => this.make(), (el, item) => this.fill(el, item));
    this.list.className = items.length ? 'list' : 'list empty';
    if (!items.length) this.list.textContent = room?.why || (room?.stream.known ? this.t('empty') : visit.state === 'out' ? this.t('join') : '');
    else if (this.list.firstChild.nodeType === 3) this.list.firstChild.remove();
    // an unsent message with the focus has become a message
    if (inside && !this.list.contains(this.root.activeElement)) (this.list.lastElementChild ?? this.text).focus();
    if (this.stuck) this.toEnd();
    // what comes above must not move the reader
    else if (first !== items[0]?.key) this.log.scrollTop = scrollTop + this.log.scrollHeight - scrollHeight;
    for (const el of [this.count, this.bubbleCount()]) {
      el.hidden = !unread;
      el.textContent = unread > 99 ? '99+' : unread;
      el.ariaLabel = this.t('unread', { n: unread });
    }
    this.bubble.ariaLabel = unread ? `${this.t('open')}. ${this.t('unread', { n: unread })}` : this.t('open');
    if (this.told !== unread) this.dispatchEvent(new CustomEvent('unread', { detail: (this.told = unread) }));
    this.settle();
  }

  bubbleCount() {
    return this.bubble.querySelector('.count') ?? this.bubble.appendChild(h('span.count', { hidden: true }));
  }

  items({ stream, name }, { client }) {
    const own = client.outbox.of(`channel:${fold(name)}`, !stream.known).map((entry) => ({ entry, sender: client.name, message: entry.text, time: entry.time, reply_to: entry.more.reply_to, state: entry.state }));
    let before;
    return [...(stream.known ? stream.messages : []), ...own].map((m) => {
      const parent = m.reply_to && stream.byId.get(m.reply_to);
      const item = { m, parent, follows: together(before, m), key: String(m.message_id ?? m.entry.key) };
      item.look = JSON.stringify([m, parent?.message, parent?.deleted, item.follows, client.name]);
      before = m;
      return item;
    });
  }

  make() {
    const tools = () => this.showTools(el);
    const el = h('article.msg', { part: 'message', tabindex: '-1', pointerenter: tools, focusin: tools });
    return el;
  }

  fill(el, { m, parent, follows, look }) {
    if (el.look === look) return;
    const active = this.root.activeElement;
    const focused = el.contains(active);
    const used = this.tools.parentNode === el;
    const mine = this.visit.isMine(m) || m.entry;
    const mention = m.mentions?.some((name) => name === 'channel' || this.visit.names.has(fold(name)));
    Object.assign(el, { look, message: m });
    el.className = `msg${mine ? ' mine' : ''}${follows ? ' follows' : ''}${mention ? ' mention' : ''}`;
    el.replaceChildren(face(m.sender ?? ''), h('p.who', null, h('bdi', null, m.sender ?? ''), h('time', { datetime: dateOf(m).toISOString(), title: this.full(dateOf(m)) }, this.time(dateOf(m)))), this.body(m, parent));
    if (used) this.showTools(el);
    if (focused) (el.contains(active) ? active : el).focus();
  }

  body(m, parent) {
    const { entry } = m;
    return h('div', null,
      m.reply_to && this.quote(m, parent),
      m.deleted ? h('p.note', null, this.t('deleted'))
        : h(`div.text${onlyEmoji(m.message) ? '.emoji' : ''}`, { dir: 'auto' }, ...parts(m.message).map((p) => (p.href ? link(p.text, p.href) : p.text))),
      m.edited_at && h('p.note', { title: this.full(new Date(m.edited_at)) }, this.t('edited')),
      h('div.chips', null, ...(m.reactions ?? []).map((r) => button('.chip', `${r.emoji} ${r.count}`, () => this.react(m, r.emoji, !r.mine),
        { 'aria-pressed': String(r.mine), 'aria-label': this.t('reaction', { emoji: r.emoji, n: r.count }) }))),
      entry?.state === 'waiting' && h('p.note', null, this.t('waiting')),
      entry?.state === 'failed' && h('p.error', null, this.t('failed', { why: entry.error.message }), ' ',
        button('.link', this.t('again'), () => this.visit.client.outbox.again(entry)),
        button('.link', this.t('discard'), () => this.visit.client.outbox.remove(entry))));
  }

  quote(m, parent) {
    const text = parent ? `${parent.sender ?? ''}: ${parent.deleted ? this.t('deleted') : parent.message.slice(0, 120)}` : this.t('earlier');
    return button('.quote', text, () => this.list.querySelector(`[data-key="${m.reply_to}"]`)?.focus(), { dir: 'auto' });
  }

  showTools(el) {
    const { message: m } = el;
    const { visit } = this;
    const mine = visit.isMine(m);
    const key = [m.message_id, mine, visit.guest].join();
    if (m.message_id && !m.deleted) {
      if (this.tools.parentNode !== el) el.append(this.tools);
    } else this.tools.remove();
    if (this.tools.key === key) return;
    const tool = (name, work) => button('', icon(name), work, { title: this.t(name), 'aria-label': this.t(name) });
    const emoji = () => this.tools.replaceChildren(...EMOJI.map((e) => button('', e, () => this.react(m, e, true), { 'aria-label': this.t('react.with', { emoji: e }) })));
    this.tools.key = key;
    this.tools.replaceChildren(...[
      tool('react', () => {
        emoji();
        this.tools.firstChild.focus();
      }),
      tool('reply', () => this.setMode('reply', m)),
      mine && tool('edit', () => this.setMode('edit', m)),
      mine && tool('delete', () => this.setMode('delete', m)),
      !mine && !visit.guest && tool('report', () => this.setMode('report', m)),
    ].filter(Boolean));
  }

  // ---- reading ----

  get seen() {
    return this.open && document.visibilityState === 'visible' && this.log.clientHeight > 0;
  }

  settle = () => {
    if (this.stuck && this.seen) this.room?.markRead();
    this.down.hidden = this.stuck || !this.unread;
  };

  toEnd() {
    this.stuck = true;
    this.log.scrollTop = this.log.scrollHeight;
    this.settle();
  }

  async scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.log;
    this.stuck = scrollHeight - scrollTop - clientHeight < NEAR;
    this.settle();
    const { room } = this;
    if (scrollTop > 200 || !room || room.stream.end || this.reading) return;
    this.reading = true;
    try {
      await room.stream.older();
    } catch (e) {
      this.visit.client.trouble(e);
    }
    this.draw();
    this.reading = false;
  }

  arrived(list) {
    const news = list.filter((m) => !this.visit.isMine(m));
    for (const m of news) this.types(m.sender, true);
    if (news.length) this.said.textContent = news.slice(-5).map((m) => `${m.sender}: ${m.message}`).join('\n');
  }

  types(name, stops) {
    clearTimeout(this.typers.get(name));
    if (stops) this.typers.delete(name);
    else this.typers.set(name, setTimeout(() => this.types(name, true), TYPES));
    const names = [...this.typers.keys()];
    this.typing.textContent = names.length ? this.t(names.length > 1 ? 'typing.many' : 'typing', { names: names.slice(0, 3).join(', ') }) : '';
  }

  say(text) {
    this.error.textContent = text;
    clearTimeout(this.forget);
    this.forget = setTimeout(() => (this.error.textContent = ''), 8000);
  }

  // ---- writing ----

  async attempt(work) {
    try {
      this.error.textContent = '';
      return await work();
    } catch (e) {
      this.say(e.status === 0 ? this.t('unreachable') : e.message);
      return undefined;
    }
  }

  setMode(kind, of) {
    const was = this.mode?.kind;
    this.mode = kind && { kind, of };
    this.modeBar.hidden = !kind;
    if (kind) this.modeText.textContent = { reply: () => this.t('replying', { name: of.sender }), edit: () => this.t('editing'), delete: () => this.t('deleting'), report: () => this.t('reporting') }[kind]();
    if (kind === 'edit' || kind === 'delete') this.text.value = of.message;
    else if (was && was !== 'reply') this.text.value = '';
    this.text.readOnly = kind === 'delete';
    this.text.placeholder = this.text.ariaLabel = kind ? this.modeText.textContent : this.t('write');
    const word = this.t({ edit: 'save', delete: 'delete', report: 'report' }[kind] ?? 'send');
    this.sendButton.title = this.sendButton.ariaLabel = word;
    this.sendButton.className = `main send${kind === 'delete' ? ' danger' : ''}`;
    this.sendButton.replaceChildren(icon(kind === 'delete' || kind === 'report' ? kind : 'send'));
    if (this.visit) this.text.focus();
  }

  async submit(e) {
    const value = this.text.value.replace(/^(\s*\n)+|\s+$/g, '');
    const { client } = this.visit;
    const { kind, of } = this.mode ?? {};
    e.preventDefault();
    if (!value) return;
    if (!kind || kind === 'reply') {
      client.send({ channel: this.channel }, value, of && { reply_to: of.message_id });
      this.text.value = '';
      this.stuck = true;
      this.setMode(null);
      this.draw();
      return;
    }
    const { message_id } = of;
    const [name, body] = { edit: ['editmessage', { message: value }], delete: ['deletemessage'], report: ['report', { reason: value }] }[kind];
    const done = await this.attempt(() => client.call(name, { message_id, ...body }));
    if (!done) return;
    if (kind === 'edit') this.room.stream.patch({ message_id, message: value, edited_at: done.edited_at });
    else if (kind === 'delete') this.room.stream.remove(message_id);
    else this.said.textContent = this.typing.textContent = this.t('reported');
    this.setMode(null);
  }

  async react(m, emoji, on) {
    const { message_id } = m;
    const known = () => this.room?.stream.byId.get(message_id)?.reactions;
    const before = known();
    const done = await this.attempt(() => this.visit.client.call('react', { message_id, emoji, on }));
    // an event that came before the answer may be newer
    if (done && known() === before) this.room?.stream.patch({ message_id, reactions: done.reactions });
    const at = this.tools.parentNode;
    if (this.tools.contains(this.root.activeElement)) at.focus();
    this.tools.key = '';
    if (at) this.showTools(at);
  }

  // Keys that belong to an input method do nothing else.
  textKey(e) {
    if (e.isComposing || e.keyCode === 229) return;
    if (e.key === 'Enter' && !e.shiftKey) this.form.requestSubmit();
    else if (e.key === 'ArrowUp' && !this.text.value) this.list.lastElementChild?.focus();
    else return;
    e.preventDefault();
  }

  logKey(e) {
    const all = [...this.list.querySelectorAll('article')];
    const at = all.indexOf(e.target.closest('article'));
    const to = { ArrowUp: at < 0 ? all.length - 1 : at - 1, ArrowDown: at + 1, Home: 0, End: all.length - 1 }[e.key];
    if (to === undefined || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    (all[to] ?? (to < 0 ? all[0] : this.text)).focus();
  }

  key(e) {
    if (e.key !== 'Escape' || e.isComposing) return;
    if (this.mode) this.setMode(null);
    else if (e.target !== this.text && !this.form.hidden && this.root.activeElement !== this.text) this.text.focus();
    else if (this.hasAttribute('collapsed') && this.open) this.toggle();
    else return;
    e.stopPropagation();
  }

  // ---- coming in ----

  // KIND: choose (how), password, keep (a guest becomes an account) or none.
  openDoor(kind) {
    if (this.doorKind === kind) return;
    const inside = this.doorBox.contains(this.root.activeElement);
    this.doorKind = kind;
    this.doorBox.hidden = !kind;
    const guest = this.hasAttribute('guest');
    const site = Boolean(this.assertionUrl);
    const content = {
      choose: () => [
        !guest && site && h('p', null, this.t('door')),
        h('div.row', null,
          guest && button('.main', this.t('guest'), () => this.pass(() => this.visit.enter('guest'))),
          !site && button(guest ? '.plain' : '.main', this.t('signin'), () => this.openDoor('password')))],
      password: () => [this.account('signin', (values, register) => this.visit.signIn(values, register), true)],
      keep: () => [h('p', null, this.t('keep.why')), this.account('register', (values) => this.visit.become(values))],
    }[kind];
    this.doorBox.replaceChildren(...(content?.().filter(Boolean) ?? []));
    if (inside || kind === 'password' || kind === 'keep') this.goOn();
  }

  // Through the door once, however often it is pressed.
  async pass(work) {
    if (this.passing) return;
    this.passing = true;
    await this.attempt(work);
    this.passing = false;
  }

  account(word, work, both) {
    const input = (name, label, props) => h('label', null, label, h('input', { name, required: true, autocapitalize: 'none', spellcheck: 'false', ...props }));
    const form = h('form.door', {
      submit: (e) => {
        e.preventDefault();
        this.pass(() => work(Object.fromEntries(new FormData(form)), e.submitter?.value === 'register'));
      },
    },
    input('username', this.t('user'), { autocomplete: 'username', dir: 'auto' }),
    input('password', this.t('password'), { type: 'password', autocomplete: word === 'signin' ? 'current-password' : 'new-password' }),
    word === 'register' && h('p', null, this.t('rules')),
    h('div.row', null,
      h('button.main', null, this.t(word)),
      both && h('button.plain', { value: 'register' }, this.t('register')),
      button('.plain', this.t('cancel'), () => this.openDoor(this.visit.state === 'in' ? '' : 'choose'))));
    return form;
  }
}

if (!customElements.get('mod-chat')) customElements.define('mod-chat', ModChat);
