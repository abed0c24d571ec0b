// Who types where, until it is a few seconds ago.

import { locale, t } from './lang.js';
import { fold } from './text.js';

const LASTS = 5000; // ms
const MOST = 3; // names

export class Typing {
  at = new Map(); // `${key of the conversation} ${folded name}`: { key, name, timer }

  constructor(changed) {
    this.changed = changed;
  }

  place({ sender, channel }) {
    const key = channel ? `channel:${fold(channel)}` : `direct:${fold(sender)}`;
    return { key, id: `${key} ${fold(sender)}` };
  }

  heard(data) {
    const { key, id } = this.place(data);
    clearTimeout(this.at.get(id)?.timer);
    this.at.set(id, { key, name: data.sender, timer: setTimeout(() => this.stop(data), LASTS) });
    this.changed();
  }

  stop(data) {
    if (this.at.delete(this.place(data).id)) this.changed();
  }

  text({ key }) {
    const names = [...this.at.values()].filter((one) => one.key === key).map(({ name }) => name);
    if (!names.length) return '';
    if (names.length > MOST) return t('typing.many');
    return t('typing', { n: names.length, names: new Intl.ListFormat(locale).format(names) });
  }
}
