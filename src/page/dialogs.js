// Dialogs: the browser keeps the focus inside and returns it.

import { $, button, h } from './dom.js';
import { t } from './lang.js';
import { explain } from './refusal.js';

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
      if (box.open) form.querySelector('input, textarea, button').focus();
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

// A listener that does WORK when the dialog has closed.
export const closing = (work) => () => {
  box.addEventListener('close', work, { once: true });
  box.close();
};
