// The only ways in which this page makes elements: tags and attributes from our own
// source, everything else as text nodes.

export const $ = (id) => document.getElementById(id);

// A function is a listener, true an empty attribute; false and undefined are left out.
export function h(tag, props = {}, ...children) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === 'function') el.addEventListener(name, value);
    else if (value === true) el.setAttribute(name, '');
    else if (value !== false && value !== undefined) el.setAttribute(name, value);
  }
  el.append(...children.filter((c) => c || c === 0 || c === ''));
  return el;
}

export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  svg.append(use);
  return svg;
}

// Two letters on a colour, the same for a name everywhere.
export function dressFace(el, name) {
  let hash = 0;
  for (const c of name) hash = Math.imul(hash ^ c.codePointAt(0), 0x9e3779b1) >>> 0;
  const words = name.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words[1]].map((w) => [...w][0]) : [...(words[0] || name)].slice(0, 2);
  el.className = `face h${hash >>> 29}`;
  el.textContent = letters.join('').toUpperCase();
  return el;
}

export const face = (name) => dressFace(h('span', { 'aria-hidden': 'true' }), name);

// Makes PARENT's children what ITEMS ({key, ...}) say, keeping the elements of keys that
// stay: focus, selection and scroll position live on.
export function reconcile(parent, items, make, update) {
  const old = new Map();
  const wanted = new Set(items.map((item) => item.key));
  for (const el of [...parent.children]) {
    if (wanted.has(el.dataset.key)) old.set(el.dataset.key, el);
    else el.remove();
  }
  let at = parent.firstElementChild;
  for (const item of items) {
    let el = old.get(item.key);
    if (!el) {
      el = make(item);
      el.dataset.key = item.key;
    }
    update(el, item);
    if (el === at) at = at.nextElementSibling;
    else parent.insertBefore(el, at);
  }
}
