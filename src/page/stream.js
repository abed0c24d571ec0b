// A numbered list of messages: a channel, the direct messages, the announcements. A stream
// knows which of them are loaded, and fetches the others.
//
// new Stream(read, { take, drop })
//   read({count, before})  gets messages of the API, oldest first
//   take(messages, fresh)  new ones, oldest first; fresh: they came after what was known
//   drop(ids)              deleted or unloaded

const PAGE = 50;
const GAP_PAGE = 200;
const GAP_PAGES = 20;

export class Stream {
  ids = new Set();
  deleted = new Set();
  solid = 0; // nothing is missing between the oldest and this one
  known = false; // was read once
  stale = true; // events may have been missed
  doubts = 0;
  end = false; // there is nothing older

  constructor(read, on) {
    this.read = read;
    this.on = on;
  }

  // Events may have been missed from here on.
  doubt() {
    this.stale = true;
    this.doubts++;
  }

  accept(list, fresh) {
    const more = list.filter(({ message_id: id }) => !this.ids.has(id) && !this.deleted.has(id));
    for (const m of more) this.ids.add(m.message_id);
    if (more.length) this.on.take(more, fresh);
  }

  // A message from an event.
  push(message) {
    if (!this.stale) this.solid = Math.max(this.solid, message.message_id);
    this.accept([message], true);
  }

  drop(gone) {
    const ids = gone.filter((id) => this.ids.delete(id));
    if (ids.length) this.on.drop(ids);
  }

  remove(id) {
    this.deleted.add(id);
    this.drop([id]);
  }

  // Brings the newest end up to date. Callers share one that is under way.
  sync() {
    return (this.syncing ??= this.bring().finally(() => (this.syncing = null)));
  }

  async bring() {
    for (let doubts; doubts !== this.doubts; ) {
      doubts = this.doubts;
      await this.bringOnce();
    }
    this.stale = false;
  }

  async bringOnce() {
    const before = [...this.ids];
    const fresh = this.known;
    let page = await this.read({ count: PAGE });
    let whole = page.length < PAGE;
    for (let i = 0; this.solid && !whole && page[0].message_id > this.solid; i++) {
      if (i === GAP_PAGES) {
        this.forget(page[0].message_id);
        break;
      }
      const older = await this.read({ count: GAP_PAGE, before: page[0].message_id });
      whole = older.length < GAP_PAGE;
      page = older.concat(page);
    }
    const first = whole ? 0 : page[0].message_id;
    const there = new Set(page.map((m) => m.message_id));
    this.drop(before.filter((id) => id >= first && !there.has(id)));
    this.end ||= whole;
    this.known = true;
    this.solid = Math.max(this.solid, page.at(-1)?.message_id ?? 0);
    this.accept(page, fresh);
  }

  // Messages older than FIRST are read again when they are scrolled to.
  forget(first) {
    const old = [...this.ids].filter((id) => id < first);
    if (old.length) this.end = false;
    this.drop(old);
  }

  // Keeps the newest N or a few more: a page that is open for weeks stays small.
  trim(n) {
    if (this.ids.size > 2 * n) this.forget([...this.ids].sort((a, b) => a - b).at(-n));
  }

  // One page further back; true when there may be more.
  async older(count = PAGE) {
    if (!this.known) await this.sync();
    if (this.end || !this.ids.size) return false;
    const before = [...this.ids].reduce((a, b) => Math.min(a, b));
    const page = await this.read({ count, before });
    this.end = page.length < count;
    this.accept(page, false);
    return !this.end;
  }
}
