// What is done with a message, and with a channel: menus and dialogs.

import { ask, confirm, field, userField } from './dialogs.js';
import { h } from './dom.js';
import { t } from './lang.js';
import { openMenu } from './menu.js';
import { shorten } from './message.js';
import { addressOf, linkTo } from './place.js';
import { say, toast } from './say.js';

const KEYS = ['enter', 'edit', 'menu', 'delete', 'escape', 'alt', 'find', 'search'];
const MOST = 200; // characters of a message that are repeated

const people = () => import('./people.js');

// page: { store, current, log, go(conversation), thread(message), attempt(work) }
export class Acts {
  constructor(page) {
    this.page = page;
  }

  get store() {
    return this.page.store;
  }

  // ---- messages ----

  react(m, emoji, on) {
    return this.page.attempt(async () => {
      const known = () => this.page.current?.stream.byId.get(m.id)?.reactions;
      const before = known();
      const { reactions } = await this.store.call('react', { message_id: m.id, emoji, on });
      // an event that came before the answer may be newer
      if (known() === before) this.page.current?.stream.patch({ message_id: m.id, reactions });
      say(t(on ? 'reacted' : 'reacted.not', { emoji }));
      return true;
    });
  }

  async pick(m, anchor) {
    const { pickEmoji } = await import('./emoji.js');
    pickEmoji(anchor, (emoji) => this.react(m, emoji, true));
  }

  edit(m, text) {
    return this.page.attempt(async () => {
      const { edited_at } = await this.store.call('editmessage', { message_id: m.id, message: text });
      this.page.current?.stream.patch({ message_id: m.id, message: text, edited_at });
      say(t('edit.done'));
      return true;
    });
  }

  // COMPOSE: gives the Composer that edits
  menu(m, anchor, compose) {
    const { current: c } = this.page;
    const order = this.store.keepsOrder(c);
    const here = c.writable && !m.deleted;
    const own = c.kind !== 'everyone';
    const items = [
      here && ['reply', t('tool.reply'), () => this.page.thread(m)],
      here && ['smile', t('tool.smile'), () => this.pick(m, anchor)],
      here && m.mine && ['edit', t('edit'), () => compose().edit(m)],
      m.text && ['copy', t('copy'), () => this.copy(m.text)],
      own && ['link', t('copy.link'), () => this.copy(linkTo(addressOf(c, m.id)), t('copy.link'))],
      m.sender && own && !m.mine && ['person', t('profile-of', { name: m.sender }), () => this.profile(m.sender)],
      m.edited && (m.mine || order) && ['clock', t('history'), () => this.page.attempt(async () => (await people()).openHistory(this.store, m))],
      own && !m.mine && !m.deleted && ['flag', t('report'), () => this.page.attempt(async () => (await people()).openReport(this.store, m, () => toast(t('reported'))))],
      m.sender && order && !m.mine && own && ['hammer', t('order', { name: m.sender }), () => this.page.attempt(async () => (await people()).openOrder(this.store, c, m, () => toast(t('order.done'))))],
      !m.deleted && (m.mine || (own && order)) && ['bin', t('delete.message'), () => this.remove(m), true],
    ];
    openMenu(anchor, items.filter(Boolean), t('tool.more'));
  }

  async copy(text, title = t('copy')) {
    try {
      await navigator.clipboard.writeText(text);
      toast(t('copied'));
    } catch {
      (await people()).openLink(title, t('copy.hand'), text);
    }
  }

  async remove(m) {
    const { current: c, log } = this.page;
    if (m.deleted || !(m.mine || (c.kind !== 'everyone' && this.store.keepsOrder(c)))) return;
    const done = await confirm(t('delete.title'), shorten(m.text, MOST), t('delete'), () => this.store.call('deletemessage', { message_id: m.id }));
    if (!done) return;
    log.focusNear(m.id);
    c.stream.remove(m.id);
    say(t('deleted'));
  }

  profile(name) {
    return this.page.attempt(async () =>
      (await people()).openProfile(this.store, name, () => this.page.go(this.store.find('direct', name))));
  }

  // ---- channels ----

  async change(name, body) {
    const answer = await this.store.call(name, body);
    await this.store.syncChannels();
    return answer;
  }

  async join(c) {
    await this.change('joinchannel', { name: c.name });
    this.store.markRead(c);
    toast(t('joined', { name: c.name }));
  }

  newChannel() {
    ask(t('channel.new'), [
      h('p.hint', null, t('channel.new.hint')),
      field(t('name'), { maxlength: 64 }),
      h('label.tick', null, h('input', { type: 'checkbox', name: 'public' }), t('channel.public.hint')),
    ], {
      go: t('create'),
      submit: async ({ name, public: open }) => {
        const { channel_name: made } = await this.change('makechannel', { name: name.trim() });
        if (open) await this.page.attempt(() => this.change('setchannel', { name: made, public: true }));
        this.page.go(this.store.find('channel', made));
      },
    });
  }

  newDirect() {
    ask(t('direct.new'), [userField(t('user-name'))],
      { go: t('write'), submit: ({ name }) => this.page.go(this.store.find('direct', name.trim())) });
  }

  // Whether the user gives up what is not sent.
  lose() {
    return confirm(t('sign-out.title'), t('sign-out.lost'), t('sign-out'), () => {});
  }

  keys() {
    ask(t('keys'), [h('dl', null, ...KEYS.flatMap((key) => [h('dt', null, t(`key.${key}`)), h('dd', null, t(`key.${key}.does`))]))],
      { close: t('close') });
  }

  members(c) {
    return this.page.attempt(async () => (await people()).openPeople(this.store, c, {
      added: (name) => say(t('added', { name })),
      write: (name) => this.page.go(this.store.find('direct', name)),
      change: () => this.topic(c),
      invite: () => this.invite(c),
      drop: () => confirm(t('channel.delete'), c.name, t('delete'), async () => { await this.change('deletechannel', { name: c.name }); }),
      leave: () => this.page.attempt(async () => {
        await this.change('leavechannel', { name: c.name });
        toast(t('left', { name: c.name }));
      }),
    }));
  }

  async topic(c) {
    (await people()).openChannel(this.store, c, async (fields) => {
      await this.change('setchannel', { name: c.name, ...fields });
      say(t('saved'));
    });
  }

  async invite(c) {
    const link = linkTo(addressOf({ kind: 'invite', name: c.name }));
    (await people()).openLink(t('invite'), t(c.public ? 'invite.public' : 'invite.private'), link);
    if (c.public) navigator.clipboard?.writeText(link).then(() => toast(t('copied'))).catch(() => {});
  }
}
