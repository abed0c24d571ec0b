// Dialogs: the browser keeps the focus inside and returns it.

import { $, button, face, h, icon } from './dom.js';
import { t } from './lang.js';
import { explain } from './refusal.js';
import { fold } from './text.js';

const box = $('dialog');

// A form with TITLE and CONTENT. submit(values) may throw: its text is shown and the dialog
// stays, as it does for false. Resolves to whether it was submitted before it was closed.
export function ask(title, content, { go, danger, submit, close = t('cancel') }) {
  const error = h('p.error', { role: 'alert' });
  let done = false;
  const form = h('form', {
    async submit(e) {
      e.preventDefault();
      error.textContent = '';
      form.inert = true;
      try {
        done = (await submit(Object.fromEntries(new FormData(form)))) !== false;
        if (done) box.close();
      } catch (why) {
        error.textContent = explain(why);
      }
      form.inert = false;
      if (box.open) form.querySelector('input, button').focus();
    },
  },
  h('h2', { id: 'dialog-title' }, title), ...content, error,
  h('p.buttons', null,
    button('', close, () => box.close()),
    go && h(`button.main${danger ? '.danger' : ''}`, null, go)));
  box.replaceChildren(form);
  box.showModal();
  return new Promise((resolve) => {
    box.onclose = () => {
      box.replaceChildren();
      resolve(done);
    };
  });
}

// A click outside the dialog closes it, as Escape does, but not while a request is running.
const waiting = () => box.querySelector('form')?.inert;
box.onmousedown = (e) => {
  if (e.target === box && !waiting()) box.close();
};
box.oncancel = (e) => {
  if (waiting()) e.preventDefault();
};

export const field = (label, props) => h('label', null, label,
  h('input', { name: 'name', required: true, autocomplete: 'off', dir: 'auto', ...props }));

export const userField = (label, props) => field(label, { autocapitalize: 'none', spellcheck: 'false', ...props });

export const confirm = (title, text, go, submit) => ask(title, [h('p.quote', { dir: 'auto' }, text)],
  { go, danger: true, submit });

// Who is in the channel NAME; add(name), write(name), leave().
export function people(name, members, { me, member, add, write, leave }) {
  const closing = (work) => () => {
    box.close();
    work();
  };
  const list = h('ul.members', { 'aria-label': t('members') });
  const show = (names) => list.replaceChildren(...names.map((n) => h('li', null, face(n), h('bdi', null, n),
    fold(n) === me ? h('span.hint', null, t('you'))
      : button('', t('message'), closing(() => write(n)), { 'aria-label': t('write-to', { name: n }) }))));
  show(members);
  return ask(t('people-in', { name }), [
    member ? h('div.add', null, userField(t('add.person'), { placeholder: t('user-name') }),
      h('button.main', null, icon('plus'), t('add'))) : '',
    list,
    member && h('p', null, button('.link.danger', t('leave'), closing(leave))),
  ], {
    close: t('close'),
    async submit(values) {
      show(await add(values.name.trim()));
      list.closest('form').reset();
      return false;
    },
  });
}
