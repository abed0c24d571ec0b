// One message as it is shown: in the conversation, beside it in its thread, in the widget.

import { button, face, h, icon } from './dom.js';
import { number, t } from './lang.js';
import { explain } from './refusal.js';
import { fold, onlyEmoji, parts } from './text.js';
import { dateTime, timeFull, timeShort } from './time.js';

const LONG = 1600; // characters, or
const LONG_LINES = 24; // lines: more is folded
const QUOTED = 140; // characters

const link = (text, href) => h('a', { href, target: '_blank', rel: 'noopener noreferrer nofollow ugc' }, text);

export const shorten = (text, most) => (text.length > most ? `${text.slice(0, most)}…` : text);

// TEXT without links as nodes, the MENTIONS in it marked; ME: the reader's folded name.
function named(text, mentions, me) {
  if (!mentions?.length) return [text];
  const names = mentions.map((name) => name.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).sort((a, b) => b.length - a.length);
  const pieces = text.split(new RegExp(`@(${names.join('|')})`, 'iu'));
  return pieces.map((piece, i) => (i % 2 ? h(`span.mention${['channel', me].includes(fold(piece)) ? '.me' : ''}`, null, `@${piece}`) : piece));
}

export const content = ({ text, mentions }, me) =>
  parts(text).flatMap((part) => (part.href ? [link(part.text, part.href)] : named(part.text, mentions, me)));

function bubble(m, me) {
  const body = h(`div.text${onlyEmoji(m.text) ? '.emoji' : ''}`, { dir: 'auto' }, ...content(m, me));
  const long = m.text.length > LONG || m.text.split('\n', LONG_LINES + 1).length > LONG_LINES;
  const more = long && button('.link', t('show-all'), () => {
    const folded = body.classList.toggle('long');
    more.textContent = t(folded ? 'show-all' : 'show-less');
    more.ariaExpanded = !folded;
  }, { 'aria-expanded': 'false' });
  body.classList.toggle('long', long);
  return h('div.bubble', null, body, more);
}

const reaction = ({ emoji, count, mine }, react) => button('.reaction', [emoji, ' ', h('span', null, number(count))], () => react(emoji, !mine),
  { 'aria-pressed': String(mine), 'aria-label': t('reaction', { emoji, n: count }), tabindex: '-1' });

// The message M. me: the reader's folded name; entry: of the outbox, while it is not sent; quoted: the
// message that it answers, null when that is not loaded; on: { react(m, emoji, on), thread(m),
// jump(id), again(entry), discard(entry) }
export function makeMessage(m, { me, entry, quoted, on }) {
  const { date, reactions = [] } = m;
  const bodyOf = m.deleted ? h('div.bubble.gone', null, t('message.deleted')) : bubble(m, me);
  return h(`article.msg${m.mine ? '.mine' : ''}`, { tabindex: '-1', 'data-state': entry?.state, 'data-id': m.id },
    m.mine || m.deleted ? '' : h('span', { 'data-person': m.sender }, face(m.sender)),
    h('div.body', null,
      h('header', null,
        m.mine ? h('span.sr', null, t('you')) : m.sender && h('bdi.who', { 'data-person': m.sender }, m.sender), ' ',
        h('time', { datetime: date.toISOString(), title: timeFull(date) }, timeShort(date)),
        m.edited && h('span', { title: dateTime(new Date(m.edited)) }, ` · ${t('edited')}`)),
      m.replyTo && quoted !== undefined && button('.quoted', [icon('reply'), quoted && !quoted.deleted
        ? h('span', { dir: 'auto' }, h('bdi', null, quoted.sender), ` ${shorten(quoted.text, QUOTED)}`) : t('answer')],
      () => on.jump(m.replyTo, m), { tabindex: '-1' }),
      h('div.line', { title: timeFull(date) }, bodyOf),
      reactions.length > 0 && h('div.reactions', null, ...reactions.map((r) => reaction(r, (emoji, give) => on.react(m, emoji, give)))),
      m.replies > 0 && quoted !== undefined && button('.link.replies', t('replies', { n: m.replies }), () => on.thread(m), { tabindex: '-1' }),
      entry?.state === 'waiting' && h('p.state', null, t('waiting')),
      entry?.state === 'failed' && h('p.state.error', null, `${t('not-sent', { why: explain(entry.error) })} `,
        button('.link', t('again'), () => on.again(entry)), ' ',
        button('.link', t('discard'), () => on.discard(entry)))));
}

// What of a message may change while it is shown.
export const look = ({ text, edited, replies, reactions, deleted, mentions }) =>
  [edited, replies, deleted, mentions, text.length, ...(reactions ?? []).map((r) => r.emoji + r.count + r.mine)].join();

// Makes the element of a message that changed look like FRESH, and keeps it and the focus.
export function renew(el, fresh) {
  const inside = el.contains(document.activeElement);
  el.replaceChildren(...fresh.childNodes);
  if (inside) el.focus();
}

// The buttons at the message under the pointer or the focus: one set for the whole LIST.
// of(article): its message, if anything can be done with it; on: { open(m): whether it can be answered,
// pick(m, button), thread(m), menu(m, button) }
export class Tools {
  constructor(list, of, on) {
    const make = (name, act) => button('.icon', icon(name), (e) => act.call(on, this.message, e.currentTarget), { title: t(`tool.${name}`) });
    this.of = of;
    this.on = on;
    this.react = make('smile', on.pick);
    this.reply = make('reply', on.thread);
    this.el = h('div.tools', null, this.react, this.reply, make('more', on.menu));
    for (const type of ['pointerover', 'focusin']) {
      list.addEventListener(type, (e) => {
        const article = e.target.closest('article');
        // the pointer does not take them from the keyboard
        if (article && (type === 'focusin' || !this.el.querySelector(':focus-visible'))) this.at(article);
      });
    }
    list.addEventListener('focusin', ({ target }) => {
      for (const b of list.querySelectorAll('.quoted, .reaction, .replies')) b.tabIndex = b.closest('article').contains(target) ? 0 : -1;
    });
  }

  at(article) {
    const line = article.querySelector('.line');
    if (this.el.parentElement === line) return;
    this.message = this.of(article);
    if (!this.message) return this.el.remove();
    this.react.hidden = this.reply.hidden = !this.on.open(this.message);
    line.append(this.el);
  }
}
