// What a failed request means to a person, in the reader's language.

import { has, t } from './lang.js';

const duration = (s) => (s < 90 ? t('seconds', { n: s }) : t('minutes', { n: Math.ceil(s / 60) }));

// FAILURE: an error of api.js; any other error says what it says.
export function explain({ kind, message, said, status, wait }) {
  if (!kind) return message;
  if (kind !== 'api') return t(`failed.${kind}`, { status });
  if (has(`said.${said}`)) return t(`said.${said}`);
  if (/^Password needs to have/.test(said)) return t('said.password');
  if (status === 429 && wait) return t('failed.often', { time: duration(wait) });
  return said || t('failed.refused');
}
