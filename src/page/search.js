// Finding messages: loaded when the reader searches.

import { openAside } from './aside.js';
import { button, face, h } from './dom.js';
import { t } from './lang.js';
import { explain } from './refusal.js';
import { fold } from './text.js';
import { dateTime } from './time.js';

const PAGE = 20;

// SNIPPET with its MARKS, [start, length] in characters, as nodes.
function marked(snippet, marks) {
  const letters = [...snippet];
  const out = [];
  let from = 0;
  for (const [start, length] of marks) {
    out.push(letters.slice(from, start).join(''), h('mark', null, letters.slice(start, start + length).join('')));
    from = start + length;
  }
  return [...out, letters.slice(from).join('')];
}

const field = (label, props) => h('label', null, label, h('input', { autocomplete: 'off', dir: 'auto', ...props }));
const instant = (day, days) => {
  const [year, month, date] = day.split('-').map(Number);
  return new Date(year, month - 1, date + days).toISOString().replace('Z', '000Z');
};

// STORE is asked; C is the open conversation, if any; go(kind, name, id) shows a message.
export function openSearch(store, c, go) {
  const here = c?.writable && h('label.tick', null, h('input', { type: 'checkbox', name: 'here' }), t('search.here', { name: c.name }));
  const query = h('input', { name: 'query', type: 'search', required: true, maxlength: 200, autocomplete: 'off', dir: 'auto', enterkeyhint: 'search', 'aria-label': t('search'), placeholder: t('search') });
  const form = h('form.search', { submit },
    h('div.add', null, query, h('button.main', null, t('search.go'))), here,
    h('details', null, h('summary', null, t('search.more')),
      field(t('search.sender'), { name: 'sender', autocapitalize: 'none', spellcheck: 'false' }),
      field(t('search.since'), { name: 'since', type: 'date' }),
      field(t('search.until'), { name: 'until', type: 'date' }),
      h('label.tick', null, h('input', { type: 'checkbox', name: 'newest' }), t('search.newest')),
      h('p.hint', null, t('search.help'))));
  const note = h('p.note', { role: 'status' });
  const list = h('ul.hits', { 'aria-label': t('search.found') });
  const more = button('', t('further'), () => read(more.next), { hidden: true });
  let turn = 0;
  openAside(t('search'), [form, h('div.scroll', { tabindex: '0', role: 'group', 'aria-label': t('search.found') }, note, list, h('p.note', null, more))], () => turn++);
  query.focus();

  function submit(e) {
    e.preventDefault();
    const { query: words, here: only, sender, since, until, newest } = Object.fromEntries(new FormData(form));
    const where = only && (c.kind === 'channel' ? { name: c.name } : { username: c.name });
    list.replaceChildren();
    read({
      query: words, count: PAGE, extended: true, ...where, ...(sender && { sender }), ...(newest && { order: 'time' }),
      ...(since && { since: instant(since, 0) }), ...(until && { until: instant(until, 1) }),
    });
  }

  async function read(body) {
    const mine = ++turn;
    more.hidden = true;
    note.textContent = t('loading');
    try {
      const { messages, older } = await store.call('search', body);
      if (mine !== turn) return;
      if (!messages.length && older) return read({ ...body, before: undefined, older });
      const first = list.childElementCount;
      list.append(...messages.map(hit));
      note.textContent = list.childElementCount ? '' : t('search.nothing');
      const full = messages.length === PAGE;
      more.hidden = !full && !older;
      more.next = full ? { ...body, before: messages.at(-1).message_id } : { ...body, before: undefined, older };
      if (first) list.children[first]?.firstElementChild.focus();
    } catch (e) {
      if (mine === turn) note.textContent = explain(e);
      if (e.signedOut) store.trouble(e);
    }
  }

  function hit({ message_id: id, sender, channel, recipient, timestamp, snippet, marks, message }) {
    const other = fold(sender) === store.me ? recipient : sender;
    const show = () => (channel ? go('channel', channel, id) : go('direct', other, id));
    return h('li', null, h('button.hit', { type: 'button', click: show }, face(sender), h('span.body', null,
      h('span.hint', null, h('bdi', null, sender), ' · ', h('bdi', null, channel ?? t('direct')), ' · ', dateTime(new Date(timestamp))),
      h('span.snippet', { dir: 'auto' }, ...marked(snippet ?? message, marks ?? [])))));
  }
}
