// Questions in a <dialog>: the browser keeps the focus inside and gives it back.

import { $, face, h, icon } from './dom.js';
import { fold } from './text.js';

const box = $('dialog');

// A form with TITLE and CONTENT. submit(values) may throw: its text is shown and the
// dialog stays. Resolves to what it returned, or to undefined when the dialog was closed.
function open(title, content, { go, danger, submit, close = 'Cancel' }) {
  return new Promise((resolve) => {
    const error = h('p', { class: 'error', role: 'alert' });
    let answer;
    const form = h('form', {
      method: 'dialog',
      async submit(e) {
        e.preventDefault();
        error.textContent = '';
        form.inert = true;
        try {
          answer = await submit(Object.fromEntries(new FormData(form)));
          if (answer !== undefined) box.close();
        } catch (why) {
          error.textContent = why.message;
        }
        form.inert = false;
        if (box.open) (form.querySelector('input') ?? form.querySelector('button')).focus();
      },
    },
    h('h2', { id: 'dialog-title' }, title), ...content, error,
    h('p', { class: 'buttons' },
      h('button', { type: 'button', click: () => box.close() }, close),
      go && h('button', { class: danger ? 'main danger' : 'main' }, go)));
    box.replaceChildren(form);
    box.onclose = () => {
      box.replaceChildren();
      resolve(answer);
    };
    box.showModal();
  });
}

// A click beside the dialog closes it.
box.addEventListener('mousedown', (e) => e.target === box && box.close());

const field = (label, props) => h('label', {}, label, h('input', { name: 'name', required: true, autocomplete: 'off', dir: 'auto', ...props }));

export const askChannel = (submit) => open('New channel', [
  h('p', { class: 'hint' }, 'It is private: only people who were added can see it.'),
  field('Name', { maxlength: '64' }),
], { go: 'Create', submit: ({ name }) => submit(name.trim()) });

export const askDirect = (submit) => open('New direct message', [
  field('User name', { autocapitalize: 'none', spellcheck: 'false' }),
], { go: 'Write', submit: ({ name }) => submit(name.trim()) });

export const confirm = (title, text, go, submit) => open(title, [
  h('p', { class: 'quote', dir: 'auto' }, text),
], { go, danger: true, submit });

// Who is in the channel NAME; add(name), write(name), leave().
export function people(name, members, { me, member, add, write, leave }) {
  const list = h('ul', { class: 'members', 'aria-label': 'Members' });
  const show = (names) => list.replaceChildren(...names.map((n) => h('li', {},
    face(n), h('bdi', {}, n), fold(n) === me && h('span', { class: 'hint' }, 'you'),
    fold(n) !== me && h('button', {
      type: 'button',
      'aria-label': `Write to ${n}`,
      click() {
        box.close();
        write(n);
      },
    }, 'Message'))));
  show(members);
  return open(`People in ${name}`, [
    member ? h('div', { class: 'add' }, field('Add somebody', { placeholder: 'User name', autocapitalize: 'none', spellcheck: 'false' }),
      h('button', { class: 'main' }, icon('plus'), 'Add')) : '',
    list,
    member && h('p', {}, h('button', {
      type: 'button',
      class: 'link danger',
      async click() {
        box.close();
        await leave();
      },
    }, 'Leave this channel')),
  ], {
    close: 'Close',
    async submit({ name: wanted }) {
      show(await add(wanted.trim()));
      list.closest('form').reset();
    },
  });
}
