// Where messages are written: in the conversation and in a thread. Names are completed after @;
// arrow up in an empty field edits one's newest message.

import { button, face, h, icon } from './dom.js';
import { t } from './lang.js';
import { fold } from './text.js';

const MOST = 6; // names offered at once
const touch = matchMedia('(pointer: coarse)');

// Keys that belong to an input method; Safari ends the composition before it tells of the key.
export const composing = (e) => e.isComposing || e.keyCode === 229;

// new Composer(form, { send(text), edit(message, text), newest(), up(), typing(), names() }); names() may be a promise
export class Composer {
  constructor(form, on) {
    this.form = form;
    this.on = on;
    this.text = form.querySelector('textarea');
    this.list = h('ul.names-offered', { role: 'listbox', id: `${this.text.id}-names`, 'aria-label': t('names'), hidden: true });
    this.banner = h('p.banner', { hidden: true }, icon('edit'), h('span', null, t('editing')),
      button('.icon', icon('close'), () => this.stop(), { title: t('cancel') }));
    form.prepend(this.banner, this.list);
    for (const [name, value] of [['aria-autocomplete', 'list'], ['aria-controls', this.list.id]]) this.text.setAttribute(name, value);
    this.text.oninput = () => this.input();
    this.text.onkeydown = (e) => this.key(e);
    this.text.onblur = () => setTimeout(() => this.offer([]), 150);
    form.onsubmit = (e) => {
      e.preventDefault();
      this.submit();
    };
  }

  get value() {
    return this.text.value.replace(/^(\s*\n)+|\s+$/g, '');
  }

  set(text) {
    this.text.value = text;
    this.fit();
  }

  fit() {
    this.text.style.height = 'auto';
    this.text.style.height = `${this.text.scrollHeight}px`;
  }

  async submit() {
    const { value, editing } = this;
    if (editing) {
      this.form.inert = true;
      const done = value && (value === editing.text || (await this.on.edit(editing, value)));
      this.form.inert = false;
      if (done) this.stop();
    } else if (value) {
      this.set('');
      this.on.send(value);
    }
    this.text.focus();
  }

  // From here on the text is that of MESSAGE, until it is saved or given up.
  edit(message) {
    if (!this.editing) this.before = this.text.value;
    this.editing = message;
    this.banner.hidden = false;
    this.set(message.text);
    this.text.focus();
    this.text.setSelectionRange(message.text.length, message.text.length);
  }

  stop() {
    if (!this.editing) return;
    this.editing = undefined;
    this.banner.hidden = true;
    this.set(this.before);
    this.text.focus();
  }

  input() {
    this.fit();
    if (this.text.value && !this.editing) this.on.typing();
    this.complete();
  }

  key(e) {
    if (composing(e)) return;
    const shown = !this.list.hidden && !e.ctrlKey && !e.metaKey && !e.altKey;
    if (shown && this.choose(e)) return e.preventDefault();
    const newest = e.key === 'ArrowUp' && !this.text.value && !e.altKey && !this.editing && this.on.newest();
    if (e.key === 'Enter' && !e.shiftKey && !touch.matches) this.form.requestSubmit();
    else if (newest) this.edit(newest);
    else if (e.key === 'ArrowUp' && !this.text.value && !e.altKey && !this.editing) this.on.up();
    else if (e.key === 'Escape' && this.editing) this.stop();
    else return;
    e.preventDefault();
    e.stopPropagation();
  }

  // ---- names ----

  // What stands between an @ and the caret.
  get begun() {
    const { value, selectionStart: end } = this.text;
    return value.slice(0, end).match(/(?:^|[\s([{"'“‘「（])@([^\s@]{0,40})$/u)?.[1];
  }

  async complete() {
    const { begun } = this;
    if (begun === undefined) return this.offer([]);
    const wanted = fold(begun);
    const names = (await this.on.names()).filter((name) => fold(name).startsWith(wanted));
    if (this.begun === begun) this.offer(names.slice(0, MOST));
  }

  offer(names) {
    this.list.hidden = !names.length;
    this.list.replaceChildren(...names.map((name, i) => h('li', { role: 'option', id: `${this.list.id}-${i}`, mousedown: (e) => {
      e.preventDefault();
      this.take(name);
    } }, face(name), h('bdi', null, name))));
    this.names = names;
    this.point(0);
  }

  point(i) {
    this.at = i;
    [...this.list.children].forEach((li, n) => (li.ariaSelected = String(n === i)));
    if (this.list.hidden) this.text.removeAttribute('aria-activedescendant');
    else this.text.setAttribute('aria-activedescendant', `${this.list.id}-${i}`);
  }

  choose({ key }) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[key];
    if (by) this.point((this.at + by + this.names.length) % this.names.length);
    else if (key === 'Enter' || key === 'Tab') this.take(this.names[this.at]);
    else if (key === 'Escape') this.offer([]);
    else return false;
    return true;
  }

  take(name) {
    const end = this.text.selectionStart;
    this.text.setRangeText(`${name} `, end - this.begun.length, end, 'end');
    this.offer([]);
    this.fit();
  }
}
