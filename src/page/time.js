// Dates and times as the reader's language writes them.

import { locale } from './lang.js';

const made = {};
const format = (name, options) => (date) => (made[name] ??= new Intl.DateTimeFormat(locale, options)).format(date);

export const timeShort = format('short', { timeStyle: 'short' });
export const timeFull = format('full', { dateStyle: 'full', timeStyle: 'medium' });
export const dateTime = format('both', { dateStyle: 'medium', timeStyle: 'short' });
const near = format('near', { weekday: 'long', day: 'numeric', month: 'long' });
const far = format('far', { dateStyle: 'long' });

export const dayKey = (date) => date.toDateString();

// "Today", as the language says it
function relative(days) {
  const said = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(days, 'day');
  return said[0].toLocaleUpperCase(locale) + said.slice(1);
}

export function dayName(date, now = new Date()) {
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (dayKey(date) === dayKey(now)) return relative(0);
  if (dayKey(date) === dayKey(yesterday)) return relative(-1);
  return (date.getFullYear() === now.getFullYear() ? near : far)(date);
}
