// What the parts of the administrator's view share: asking, saying what went wrong, tables that come in pages.

import { call, storedSession } from './api.js';
import { $, button, h } from './dom.js';
import { has, number, t } from './lang.js';
import { explain } from './refusal.js';
import { dateTime } from './time.js';

const session = storedSession();

export const api = (name, body) => call(name, { token: session?.token ?? '', ...body });
export const count = (n) => (n === null || n === undefined ? '–' : number(n));
export const named = (name) => (name ? h('bdi', { title: name }, name) : '–');
export const free = (text) => h('td.text', { dir: 'auto' }, text ?? '–');
// The text of a WORD of the API, or the word.
export const word = (group, word) => (has(`admin.${group}.${word}`) ? t(`admin.${group}.${word}`) : word);

// TIME: seconds since 1970, or a text.
export function when(time) {
  if (!time) return '–';
  const at = new Date(typeof time === 'number' ? time * 1000 : time);
  return h('time', { datetime: at.toISOString() }, dateTime(at));
}

export function say(text) {
  $('error').textContent = '';
  $('said').textContent = text;
}

// There is nothing to see: says why.
export function close(e) {
  const why = { 401: 'admin.closed.out', 403: 'admin.closed.rank' }[e.status];
  $('view').hidden = true;
  $('closed').hidden = false;
  $('closed').textContent = why ? t(why) : explain(e);
}

// Runs WORK; what goes wrong is shown.
export async function attempt(work) {
  try {
    $('error').textContent = '';
    return await work();
  } catch (e) {
    if (e.signedOut) close(e);
    else $('error').textContent = explain(e);
    return undefined;
  }
}

export const row = (props, ...cells) => h('tr', props, ...cells.map((c) => (c instanceof HTMLTableCellElement ? c : h('td', null, c))));

// A table in the section ID. titles: keys of the columns'.
export function makeTable(id, titles) {
  const body = h('tbody');
  const head = h('tr', null, ...titles.map((title) => h('th', { scope: 'col' }, t(title))));
  $(id).append(h('div.table', { tabindex: '0', role: 'group', 'aria-labelledby': `${id}-title` },
    h('table', null, h('thead', null, head), body)));
  return body;
}

// A list in the section ID that comes in pages: read(last item) gives { items, more }, show(item) an element of BODY.
export class Pages {
  turn = 0;

  constructor(id, body, read, show) {
    this.body = body;
    this.read = read;
    this.show = show;
    this.empty = h('p.note', null, t('admin.none'));
    this.more = button('.more', t('admin.more'), () => this.next());
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
