// A stream against a server that is an array: whatever happens between two looks, the page
// ends up with what the server has.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stream } from '../../src/page/chat-client.js';

// A server with N messages, a stream that reads it, and what the stream says is there.
function world(n = 0) {
  const w = { all: [], next: 1, here: new Map(), fresh: [], asked: 0 };
  w.say = (times = 1) => {
    for (let i = 0; i < times; i++) w.all.push({ message_id: w.next++ });
    return w.all.at(-1);
  };
  w.remove = (id) => (w.all = w.all.filter((m) => m.message_id !== id));
  w.say(n);
  w.read = async ({ count, before = Infinity }) => {
    w.asked++;
    const answer = w.all.filter((m) => m.message_id < before).slice(-count);
    await null;
    return answer;
  };
  w.stream = new Stream((page) => w.read(page), {
    take(list, fresh) {
      for (const m of list) {
        assert.ok(!w.here.has(m.message_id), `${m.message_id} came twice`);
        w.here.set(m.message_id, m);
        if (fresh) w.fresh.push(m.message_id);
      }
    },
    drop: (ids) => ids.forEach((id) => w.here.delete(id)),
  });
  w.ids = () => [...w.here.keys()].sort((a, b) => a - b);
  w.last = (k) => w.all.slice(-k).map((m) => m.message_id);
  return w;
}

test('a page, then all of it, backwards', async () => {
  const w = world(320);
  await w.stream.sync();
  assert.deepEqual(w.ids(), w.last(50));
  assert.deepEqual(w.fresh, [], 'what was there is not new');
  while (await w.stream.older());
  assert.deepEqual(w.ids(), w.last(320));
  assert.ok(w.stream.end);
});

test('an empty one', async () => {
  const w = world();
  await w.stream.sync();
  assert.ok(w.stream.known && w.stream.end);
  w.stream.push(w.say());
  assert.deepEqual(w.fresh, [1]);
});

test('a gap is filled, a huge one is cut', async () => {
  const w = world(60);
  await w.stream.sync();
  w.say(700);
  await w.stream.sync();
  assert.deepEqual(w.ids(), w.last(760));
  w.say(10000);
  await w.stream.sync();
  const ids = w.ids();
  assert.ok(ids.length < 5000 && ids.length > 1000);
  assert.deepEqual(ids, w.last(ids.length), 'what is there has no hole');
  assert.ok(!w.stream.end);
  await w.stream.older();
  assert.deepEqual(w.ids(), w.last(ids.length + 50));
});

test('events after a doubt do not hide what was missed', async () => {
  const w = world(10);
  await w.stream.sync();
  w.stream.doubt();
  w.say(120);
  w.stream.push(w.say());
  await w.stream.sync();
  assert.deepEqual(w.ids(), w.last(131));
  // a doubt while it is being read counts, too
  w.stream.doubt();
  const under = w.stream.sync();
  await null;
  w.say(5);
  w.stream.doubt();
  await under;
  assert.deepEqual(w.ids(), w.last(136));
});

test('deleted ones go, and do not come back by an older answer', async () => {
  const w = world(60);
  await w.stream.sync();
  w.remove(58);
  w.remove(60);
  await w.stream.sync();
  assert.ok(!w.here.has(58) && !w.here.has(60));
  const under = w.stream.sync(); // has 59 in it already
  w.remove(59);
  w.stream.remove(59);
  await under;
  assert.ok(!w.here.has(59));
  w.all = [];
  await w.stream.sync();
  assert.deepEqual(w.ids(), []);
});

test('an event is newer than an answer that was on its way, and older than the next', async () => {
  const w = world();
  const { read } = w;
  w.read = async (page) => structuredClone(await read(page));
  w.all = [{ message_id: 1, replies: 0 }];
  await w.stream.sync();
  const under = w.stream.sync(); // has no reply in it
  w.stream.patch({ message_id: 1, replies: 1 });
  await under;
  assert.equal(w.stream.byId.get(1).replies, 1);
  w.all = [{ message_id: 1, replies: 2 }];
  await w.stream.sync();
  assert.equal(w.stream.byId.get(1).replies, 2);
});

test('trimmed, it is read again when somebody looks', async () => {
  const w = world(300);
  await w.stream.sync();
  while (await w.stream.older());
  w.stream.trim(100);
  assert.deepEqual(w.ids(), w.last(100));
  await w.stream.older();
  assert.deepEqual(w.ids(), w.last(150));
});

test('whatever happens, in any order', async () => {
  let seed = 7;
  const random = (n) => ((seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) >>> 8) % n;
  for (let round = 0; round < 200; round++) {
    const w = world(random(130));
    let live = false;
    for (let step = 0; step < 40; step++) {
      const what = random(7);
      if (what === 0) {
        w.stream.doubt(); // the connection breaks
        live = false;
      } else if (what === 1) {
        live = true;
        await w.stream.sync();
      } else if (what === 2) await w.stream.older();
      else if (what === 3 && w.all.length) {
        const { message_id } = w.all[random(w.all.length)];
        w.remove(message_id);
        if (live) w.stream.remove(message_id);
      } else {
        for (let i = random(what === 4 ? 90 : 3); i >= 0; i--) {
          const m = w.say();
          if (live) w.stream.push(m);
        }
      }
    }
    w.stream.doubt();
    await w.stream.sync();
    // no hole between the oldest and the newest, the part that was looked at again is exact
    const there = w.ids();
    for (const id of w.last(50)) assert.ok(w.here.has(id), `round ${round}: ${id} is missing`);
    const missing = w.all.map((m) => m.message_id).filter((id) => id > there[0] && !w.here.has(id));
    assert.deepEqual(missing, [], `round ${round}`);
  }
});
