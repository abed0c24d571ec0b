// A menu at an element, and other boxes that close when one looks elsewhere: the browser's popovers.

import { $, h, icon } from './dom.js';

const box = $('menu');

// Shows CONTENT at ANCHOR. The focus returns to BACK.
export function openBox(anchor, content, role, label) {
  const back = anchor.closest('article') ?? anchor;
  box.replaceChildren(...content);
  box.setAttribute('role', role);
  box.ariaLabel = label;
  box.showPopover();
  const { bottom, top, left, right } = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = box;
  const at = document.documentElement.dir === 'rtl' ? left : right - width;
  box.style.insetInlineStart = 'auto';
  box.style.left = `${Math.max(8, Math.min(at, innerWidth - width - 8))}px`;
  box.style.top = `${bottom + height + 8 < innerHeight ? bottom + 4 : Math.max(8, top - height - 4)}px`;
  box.querySelector('button, input')?.focus();
  box.ontoggle = (e) => {
    if (e.newState !== 'closed') return;
    const lost = box.contains(document.activeElement) || document.activeElement === document.body;
    box.replaceChildren();
    if (lost) back.focus();
  };
}

export const closeBox = () => box.hidePopover();

// The focus moves by BY buttons; ROW is how many stand side by side.
box.addEventListener('keydown', (e) => {
  const all = [...box.querySelectorAll('button')];
  const row = box.getAttribute('role') === 'menu' ? 1 : 8;
  const at = all.indexOf(document.activeElement);
  const left = document.documentElement.dir === 'rtl' ? 1 : -1;
  const to = { ArrowDown: at + row, ArrowUp: at - row, ArrowLeft: at + left, ArrowRight: at - left, Home: 0, End: all.length - 1 }[e.key];
  if (to === undefined || e.target.tagName === 'INPUT') return;
  e.preventDefault();
  all.at(to % all.length)?.focus();
});

// items: [name of the icon, text, act(), dangerous?]
export function openMenu(anchor, items, label) {
  openBox(anchor, items.map(([name, text, act, danger]) => h(`button.item${danger ? '.danger' : ''}`, {
    role: 'menuitem', type: 'button',
    click() {
      closeBox();
      act();
    },
  }, icon(name), text)), 'menu', label);
}
