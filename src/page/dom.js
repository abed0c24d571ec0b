// The only functions that create elements: tags and attributes come from our own source,
// everything else becomes a text node.

export const $ = (id) => document.getElementById(id);

// 'p.hint' is a tag with a class. A function is a listener, true an empty attribute; false
// and undefined are left out.
export function h(kind, props, ...children) {
  const [tag, ...classes] = kind.split('.');
  const el = document.createElement(tag);
  if (classes.length) el.className = classes.join(' ');
  for (const [name, value] of Object.entries(props ?? {})) {
    if (typeof value === 'function') el.addEventListener(name, value);
    else if (value !== false && value !== undefined) el.setAttribute(name, value === true ? '' : value);
  }
  el.append(...children.flat().filter((c) => c || c === 0));
  return el;
}

export const button = (kind, content, click, props) => h(`button${kind}`, { type: 'button', click, ...props }, content);

export function icon(name) {
  const [svg, use] = ['svg', 'use'].map((tag) => document.createElementNS('http://www.w3.org/2000/svg', tag));
  use.setAttribute('href', `#i-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  svg.append(use);
  return svg;
}

// Two letters on a colour; a name has the same colour everywhere.
export function face(name) {
  const words = name.match(/[\p{L}\p{N}]+/gu) ?? [name];
  const letters = words.length > 1 ? [...words[0]][0] + [...words[1]][0] : [...words[0]].slice(0, 2).join('');
  const el = h('span.face', { 'aria-hidden': 'true' }, letters.toUpperCase());
  let hash = 0;
  for (const c of name) hash = Math.imul(hash ^ c.codePointAt(0), 0x9e3779b1) >>> 0;
  el.style.setProperty('--hue', (hash >>> 28) * 22.5);
  return el;
}

// Makes PARENT's children match ITEMS ({key, ...}). Elements of keys that stay are kept, with
// their focus, selection and scroll position.
export function reconcile(parent, items, make, update) {
  const old = new Map([...parent.children].map((el) => [el.dataset.key, el]));
  const wanted = new Set(items.map((item) => item.key));
  for (const [key, el] of old) if (!wanted.has(key)) el.remove();
  let at = parent.firstElementChild;
  for (const item of items) {
    const el = old.get(item.key) ?? make(item);
    el.dataset.key = item.key;
    update(el, item);
    if (el === at) at = at.nextElementSibling;
    else parent.insertBefore(el, at);
  }
}
