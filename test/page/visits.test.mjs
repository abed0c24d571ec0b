// What lasts from one visit to the next, and what people type, paste and follow.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PASSWORD, channel, fresh, gate, history, openConversation, pages, patient, person, row, sees, server, shown, signIn, signUp, sleep, stage, toast, until, write } from './lib.mjs';

stage();

const counts = (page, name, n) => row(page, name).locator('.count', { hasText: new RegExp(`^${n}( |$)`) }).waitFor();

// Another tab of the same browser; the one before is closed first.
async function again(page) {
  const next = await page.context().newPage();
  await page.close();
  next.wrong = page.wrong;
  pages[pages.indexOf(page)] = next;
  await next.goto(server.url);
  await next.getByRole('navigation').waitFor();
  return next;
}

test('what came between two visits is unread, what was there before is not', async () => {
  const [old, other, last] = [await server.account(fresh('old')), await server.account(fresh('other')), await server.account(fresh('last'))];
  const me = fresh('me');
  let page = await person();
  await signUp(page, me, { keep: true });
  assert.equal((await old.call('makechannel', { name: `${me} hall` })).status, 200);
  assert.equal((await old.call('addusertochannel', { name: `${me} hall`, username: me })).status, 200);
  await old.call('senddm', { username: me, message: 'one' });
  await openConversation(page, old.name);
  await sees(page, 'one');
  await openConversation(page, `${me} hall`);
  page = await again(page);
  await row(page, `${me} hall`).waitFor();
  assert.equal(await page.locator('.count').count(), 0);
  await page.goto('about:blank');
  await other.call('senddm', { username: me, message: 'the first of a new person' });
  for (const message of ['1', '2']) await old.call('sendmessage', { channel: `${me} hall`, message });
  await last.call('senddm', { username: me, message: 'this one opens' });
  page = await again(page);
  await sees(page, 'this one opens');
  await counts(page, other.name, 1);
  await counts(page, `${me} hall`, 2);
  assert.equal(await row(page, old.name).locator('.count').count(), 0);
});

test('unread counts survive a reload', async () => {
  const [old, me] = [await server.account(fresh('old')), await server.account(fresh('me'))];
  for (const name of [`${me.name} a`, `${me.name} b`]) {
    await old.call('makechannel', { name });
    await old.call('addusertochannel', { name, username: me.name });
  }
  const page = await person({ session: me });
  await openConversation(page, `${me.name} a`);
  for (const message of ['1', '2']) await old.call('sendmessage', { channel: `${me.name} b`, message });
  await counts(page, `${me.name} b`, 2);
  await page.reload();
  await counts(page, `${me.name} b`, 2);
});

test('Enter that ends an input method\'s composition sends nothing', async () => {
  const me = await server.account(fresh('ime'));
  const page = await person({ session: me });
  await openConversation(page, 'default');
  const key = (init) => page.locator('#text').evaluate((el, i) => {
    const e = new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true, ...i });
    if (i.keyCode) Object.defineProperty(e, 'keyCode', { value: i.keyCode });
    return el.dispatchEvent(e);
  }, init);
  await page.locator('#text').fill('\u306b\u307b');
  await key({ keyCode: 229 });
  await key({ isComposing: true });
  assert.equal(await page.locator('#text').inputValue(), '\u306b\u307b');
  await key({ keyCode: 13 });
  await sees(page, '\u306b\u307b');
});

test('with all storage blocked one can sign in and talk', async () => {
  const me = fresh('blocked');
  await server.account(me);
  const page = await person({ url: 'about:blank' });
  await page.addInitScript(() => {
    const denied = { get() { throw new DOMException('denied', 'SecurityError'); } };
    for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name, denied);
  });
  await page.goto(server.url);
  await signIn(page, me);
  await openConversation(page, 'default');
  await write(page, `${me} is here`);
  await sees(page, `${me} is here`);
});

test('a second tab needs no second sign-in, and a stranger\'s browser gets nothing', async () => {
  const page = await person();
  await signUp(page, fresh('tabs'));
  const second = await page.context().newPage();
  await second.goto(server.url);
  await second.getByRole('navigation').waitFor();
  assert.equal(await second.locator('#me').innerText(), await page.locator('#me').innerText());
  const stranger = await person();
  await stranger.getByRole('button', { name: 'Create an account' }).waitFor();
});

test('a pasted picture is refused with a word', async () => {
  const page = await person({ session: await server.account(fresh('pic')) });
  await openConversation(page, 'default');
  for (const kind of ['paste', 'drop']) {
    await page.locator('#text').evaluate((el, kind) => {
      const data = new DataTransfer();
      data.items.add(new File(['x'], 'a.png', { type: 'image/png' }));
      const init = { bubbles: true, cancelable: true };
      el.dispatchEvent(kind === 'paste' ? new ClipboardEvent(kind, { ...init, clipboardData: data }) : new DragEvent(kind, { ...init, dataTransfer: data }));
    }, kind);
    await toast(page, 'Only text can be sent here.');
    await until('toast gone', async () => (await page.locator('#toasts p').count()) === 0);
  }
});

test('a link to an unknown or private channel says why it does not open', async () => {
  const owner = await server.account(fresh('owner'));
  await owner.call('makechannel', { name: 'secret garden' });
  const page = await person({ session: await server.account(fresh('guest')), url: 'about:blank' });
  // the first address of the visit, and one during it
  for (const name of ['secret garden', 'no such place']) {
    await page.goto(`${server.url}#/channel/${encodeURIComponent(name)}`);
    await toast(page, `There is no channel ${name}, or you are not in it.`);
    await openConversation(page, 'default');
    assert.equal(await page.locator('#toasts p', { hasNotText: 'or you are not in it' }).count(), 0, 'it says so once');
  }
});

test('writing into a public channel joins it', async () => {
  const me = await server.account(fresh('writer'));
  const page = await person({ session: me });
  await openConversation(page, 'default');
  await write(page, `  ${me.name} indents`);
  await sees(page, `${me.name} indents`);
  assert.ok((await shown(page)).includes(`  ${me.name} indents`), 'leading blanks stay');
  await until('member', async () => (await me.call('getchannels')).channels?.some((c) => c.channel_name === 'default'));
});

test('what is said before a channel was read stands at its end', async () => {
  const a = await server.account(fresh('early'));
  const name = await channel(a);
  const old = [...Array(30).keys()].map((n) => `old ${n}`);
  for (const message of old) await a.call('sendmessage', { channel: name, message });
  const { open, opened } = gate();
  const page = await person({ session: a, url: 'about:blank' });
  await page.addInitScript(patient);
  await page.route('**/readmessagesfromchannel/', async (route) => {
    await opened;
    await route.continue();
  });
  await page.goto(server.url);
  await openConversation(page, name);
  await write(page, 'too early');
  await until('it is stored', async () => (await history(a, name)).includes('too early'));
  await a.call('sendmessage', { channel: name, message: 'just after' });
  await sleep(300);
  assert.deepEqual(await shown(page), []);
  open();
  await sees(page, 'just after');
  assert.deepEqual(await shown(page), [...old, 'too early', 'just after']);
});

test('a firewall of the site is named, and what it refused for a moment is sent', async () => {
  const page = await person({ session: await server.account(fresh('wall')) });
  await openConversation(page, 'default');
  let refusals = 1;
  await page.route('**/sendmessage/', (route) => (refusals-- > 0 ? route.fulfill({ status: 403, body: '<h1>Forbidden</h1>' }) : route.continue()));
  await write(page, 'passes later');
  await until('stored', async () => (await shown(page)).includes('passes later') && !(await page.locator('[data-state]').filter({ hasText: 'passes later' }).count()), 40000);
  refusals = Infinity;
  await write(page, 'never passes');
  await page.locator('.state', { hasText: "The site's firewall refused this (403)." }).waitFor({ timeout: 90000 });
});

test('what is wrong is said in the page\'s own words', async () => {
  const page = await person();
  await page.getByLabel('User name').fill('somebody');
  await page.getByLabel('Password').fill('short');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('Wrong user name or password').waitFor();
  await page.getByRole('button', { name: 'Create an account' }).click();
  await page.getByLabel('User name').fill('mj');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('A user name has 3 to 20 letters').waitFor();
});

test('a chatroom whose events are another one\'s does not sign out', async () => {
  const me = await server.account(fresh('other'));
  const page = await person({ url: 'about:blank' });
  await page.routeWebSocket(/socket\.io/, (ws) => {
    ws.send('0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}');
    ws.onMessage((m) => {
      if (String(m).startsWith('40')) ws.send('40{"sid":"y"}');
      if (String(m).startsWith('42')) ws.send('42["error",{"message":"Invalid token!"}]');
    });
  });
  await page.goto(server.url);
  await signIn(page, me.name);
  await openConversation(page, 'default');
  await write(page, 'still here');
  await sees(page, 'still here');
});

test('a long history: the document stays small, and both ends can be reached', async () => {
  const me = await server.account(fresh('long'));
  const name = `${me.name} hall`;
  await me.call('makechannel', { name });
  for (let i = 0; i < 900; i += 30)
    await Promise.all(Array.from({ length: 30 }, (_, k) => me.call('sendmessage', { channel: name, message: `number ${i + k}` })));
  const page = await person({ session: me });
  await openConversation(page, name);
  const all = page.locator('#log article');
  await all.first().waitFor();
  let most = 0;
  await until('the beginning', async () => {
    await page.locator('#log').evaluate((el) => el.scrollBy(0, -el.clientHeight));
    most = Math.max(most, await all.count());
    return page.getByText('The channel begins here.').isVisible();
  }, 120000);
  assert.ok(most > 300 && most <= 400, String(most));
  await all.first().focus();
  await page.keyboard.press('End');
  await until('the end', async () => (await page.locator('#log').evaluate((el) => el.scrollHeight - el.scrollTop - el.clientHeight)) < 64);
  assert.ok(await all.count() <= 400);
  await write(page, 'the last one');
  await sees(page, 'the last one');
});
