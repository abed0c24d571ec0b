// A living conversation: threads, edits, reactions, mentions, what is read, who types, what is found.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { channel, fresh, gate, led, openConversation, person, row, sees, serious, server, shown, sleep, stage, toast, until, write } from './lib.mjs';

stage();

// A page of SESSION with its conversation NAME open and live.
async function enter(session, name, options = {}, prepare = undefined) {
  const page = await person({ session, ...options, url: 'about:blank' });
  await prepare?.(page);
  await page.goto(name ? `${server.url}#/channel/${encodeURIComponent(name)}` : server.url);
  await page.locator('#status[data-state=live]').waitFor({ state: 'attached' });
  return page;
}

async function say(who, channel, message, more) {
  const { status, message_id: id } = await who.call('sendmessage', { channel, message, extended: true, ...more });
  assert.equal(status, 200);
  return id;
}

const two = async () => {
  const all = [await server.account(fresh('ann')), await server.account(fresh('ben'))];
  return [...all, await channel(...all)];
};

const message = (page, text) => page.locator('#log article', { hasText: text });

async function tool(page, text, name, where = '#log') {
  const article = page.locator(`${where} article`, { hasText: text }).last();
  await article.hover();
  await article.getByRole('button', { name, exact: true }).click();
}

async function menu(page, text, name, where) {
  await tool(page, text, 'More', where);
  await page.getByRole('menuitem', { name }).click();
}

test('a thread beside the conversation: replies arrive in it, on both sides', async () => {
  const [a, b, name] = await two();
  await say(a, name, 'shall we?');
  const [ann, ben] = [await enter(a, name), await enter(b, name)];
  await sees(ben, 'shall we?');
  await tool(ben, 'shall we?', 'Reply in a thread');
  const aside = ben.getByRole('complementary', { name: 'Thread' });
  await aside.getByRole('textbox').fill('we shall');
  await ben.keyboard.press('Enter');
  await aside.locator('.text', { hasText: 'we shall' }).waitFor();
  await message(ann, 'shall we?').getByRole('button', { name: '1 reply' }).click();
  await ann.locator('#aside .text', { hasText: 'we shall' }).waitFor();
  await ann.locator('#aside textarea').fill('at ten');
  await ann.keyboard.press('Enter');
  await aside.locator('.text', { hasText: 'at ten' }).waitFor();
  // in the conversation it names what it answers, and leads there
  await message(ben, 'at ten').locator('.quoted', { hasText: 'shall we?' }).click();
  await until('there', () => ben.evaluate(() => document.activeElement.textContent.includes('shall we?')));
  // an edit and a reaction inside the thread are shown there
  await menu(ann, 'at ten', 'Edit', '#aside');
  await ann.keyboard.type(' sharp');
  await ann.keyboard.press('Enter');
  await aside.locator('.text', { hasText: 'at ten sharp' }).waitFor();
  await aside.getByRole('button', { name: 'Close' }).click();
  assert.ok(await ben.locator('#aside').isHidden());
});

test('a reply that the thread brings before its own answer stands there once', async () => {
  const [a, , name] = await two();
  await say(a, name, 'shall we?');
  const [stored, shown] = [gate(), gate()];
  const page = await enter(a, name, {}, async (made) => {
    await made.routeWebSocket(/socket/, (ws) => {
      ws.connectToServer().onMessage((m) => /new_message/.test(m) || ws.send(m));
    });
    await made.route('**/sendmessage/', async (route) => {
      const response = await route.fetch();
      stored.open();
      await shown.opened;
      await route.fulfill({ response });
    });
    await made.route('**/getthread/', async (route) => {
      await stored.opened;
      await route.continue();
    });
  });
  await tool(page, 'shall we?', 'Reply in a thread');
  const aside = page.getByRole('complementary', { name: 'Thread' });
  await aside.getByRole('textbox').fill('we shall');
  await page.keyboard.press('Enter');
  await aside.locator('article:not([data-state])', { hasText: 'we shall' }).waitFor();
  assert.equal(await aside.locator('.text', { hasText: 'we shall' }).count(), 1);
  shown.open();
  await message(page, 'we shall').and(page.locator(':not([data-state])')).waitFor();
  assert.equal(await aside.locator('.text', { hasText: 'we shall' }).count(), 1);
});

test('by touch: a tap shows what can be done, and what can be tapped does not move', async () => {
  const [a, b, name] = await two();
  const id = await say(b, name, 'tap me');
  await say(b, name, 'an answer', { reply_to: id });
  const page = await enter(a, name, { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true });
  await message(page, 'tap me').locator('.bubble').first().tap();
  await page.getByRole('button', { name: 'Add a reaction' }).tap();
  await page.locator('.emojis button').first().tap();
  await message(page, 'tap me').locator('.reaction').waitFor();
  await message(page, 'tap me').getByRole('button', { name: '1 reply' }).tap();
  await page.locator('#aside .text', { hasText: 'an answer' }).waitFor();
});

test('arrow up edits one\'s newest message; Escape does not; earlier versions are kept', async () => {
  const [a, b, name] = await two();
  const [ann, ben] = [await enter(a, name), await enter(b, name)];
  await write(ann, 'frist');
  await sees(ben, 'frist');
  await message(ann, 'frist').and(ann.locator(':not([data-state])')).waitFor();
  await ann.locator('#text').press('ArrowUp');
  assert.equal(await ann.locator('#text').inputValue(), 'frist');
  await ann.getByText('Editing a message').waitFor();
  await ann.keyboard.press('Escape');
  assert.equal(await ann.locator('#text').inputValue(), '');
  await ann.locator('#text').press('ArrowUp');
  await ann.locator('#text').fill('first');
  await ann.keyboard.press('Enter');
  await until('edited', async () => (await shown(ben)).join() === 'first' && (await shown(ann)).join() === 'first');
  await message(ben, 'first').getByText('edited').waitFor();
  await menu(ann, 'first', 'Earlier versions');
  await ann.getByRole('dialog').getByText('frist').waitFor();
});

test('reactions: by keyboard, counted, taken back', async () => {
  const [a, b, name] = await two();
  await say(a, name, 'cake?');
  const [ann, ben] = [await enter(a, name), await enter(b, name)];
  await sees(ben, 'cake?');
  await ben.locator('#text').focus();
  await ben.keyboard.press('Shift+Tab');
  await ben.keyboard.press('ArrowUp');
  await ben.keyboard.press('Enter');
  await ben.getByRole('menuitem', { name: 'Add a reaction' }).waitFor();
  await ben.keyboard.press('ArrowDown');
  await ben.keyboard.press('Enter');
  await ben.getByRole('dialog', { name: 'Add a reaction' }).waitFor();
  // the answer comes after the event of another's reaction, which is newer
  const answer = gate();
  await ben.route('**/react/', async (route) => {
    const response = await route.fetch();
    await answer.opened;
    await route.fulfill({ response });
  }, { times: 1 });
  await ben.keyboard.press('ArrowRight');
  await ben.keyboard.press('Enter');
  const hearts = (page, count) => message(page, 'cake?').locator('.reaction', { hasText: `❤️ ${count}` });
  await hearts(ann, 1).click();
  for (const page of [ann, ben]) await hearts(page, 2).waitFor();
  answer.open();
  await ben.locator('#said', { hasText: 'You reacted' }).waitFor({ state: 'attached' });
  assert.equal(await hearts(ben, 2).getAttribute('aria-pressed'), 'true');
  await hearts(ben, 2).click();
  await hearts(ann, 1).waitFor();
  await hearts(ann, 1).click();
  await until('gone', async () => (await ben.locator('.reaction').count()) === 0);
});

test('mentions: names are completed, marked and counted', async () => {
  const [a, b] = [await server.account(fresh('ann')), await server.account(fresh('b_e-n.'))];
  const name = await channel(a, b);
  const ben = await enter(b, 'default');
  const ann = await enter(a, name);
  await ann.locator('#text').pressSequentially(`hello @${b.name.slice(0, 3).toUpperCase()}`);
  const offered = ann.getByRole('option', { name: b.name });
  await offered.waitFor();
  assert.equal(await ann.locator('#text').getAttribute('aria-activedescendant'), await offered.getAttribute('id'));
  await ann.keyboard.press('Tab');
  assert.equal(await ann.locator('#text').inputValue(), `hello @${b.name} `);
  await ann.keyboard.press('Enter');
  await message(ann, 'hello').locator('.mention', { hasText: b.name }).waitFor();
  await row(ben, name).locator('.mentioned').waitFor();
  await openConversation(ben, name);
  await message(ben, 'hello').locator('.mention.me').waitFor();
  await until('read', async () => (await row(ben, name).locator('.count').count()) === 0);
});

test('what is unread comes from the server: another device, a reload, marks made offline', async () => {
  const [a, b, name] = await two();
  for (const text of ['one', 'two', 'three']) await say(a, name, text);
  await a.call('senddm', { username: b.name, message: 'psst' });
  const device = await enter(b, 'default');
  await row(device, name).locator('.count', { hasText: '3' }).waitFor();
  await row(device, a.name).locator('.count', { hasText: '1' }).waitFor();
  // that one is a member is known long after the messages
  const other = await enter(b, name, {}, (page) => page.route('**/listchannels/', async (route) => {
    await sleep(2000);
    await route.continue();
  }, { times: 1 }));
  await sees(other, 'three');
  await until('read here, too', async () => (await row(device, name).locator('.count').count()) === 0);
  await row(device, a.name).locator('.count', { hasText: '1' }).waitFor();
  const unread = async () => (await b.call('getunread')).conversations.find((c) => c.channel === name).unread;
  await say(a, name, 'four');
  await sees(other, 'four');
  await until('the server knows', async () => (await unread()) === 0);
  // offline: what is read then is told when the server answers again
  await openConversation(other, 'default');
  await say(a, name, 'five');
  await row(other, name).locator('.count', { hasText: '1' }).waitFor();
  await other.context().setOffline(true);
  await other.locator('#status[data-state=offline]').waitFor({ state: 'attached' });
  await openConversation(other, name);
  await sees(other, 'five');
  // a line stands where the unread begins
  await message(other, 'five').locator('xpath=preceding-sibling::*[1][contains(@class, "new")]').waitFor();
  assert.equal(await unread(), 1);
  await other.context().setOffline(false);
  await until('told', async () => (await unread()) === 0);
});

test('a message that comes during the first visit, after the server counted, is unread', async () => {
  const [a, b] = [await server.account(fresh('early')), await server.account(fresh('bird'))];
  const page = await person({ session: b, url: 'about:blank' });
  const counted = page.waitForResponse('**/getunread/');
  await page.route('**/getdms/', async (route) => {
    await counted;
    await a.call('senddm', { username: b.name, message: 'just now' });
    await route.continue();
  }, { times: 1 });
  await page.goto(`${server.url}#/channel/default`);
  await row(page, a.name).locator('.count', { hasText: '1' }).waitFor();
});

test('who types and who is there', async () => {
  const [a, b, name] = await two();
  await a.call('senddm', { username: b.name, message: 'hi' });
  const ann = await enter(a, name);
  await ann.locator('#text').pressSequentially('I th');
  const ben = await enter(b, name);
  await row(ben, a.name).locator('.online').waitFor();
  await ann.locator('#text').pressSequentially('ink');
  await until('typing is shown', async () => {
    await ann.locator('#text').pressSequentially('.');
    return (await ben.locator('#typing').innerText()) === `${a.name} is typing…`;
  });
  await ann.keyboard.press('Enter');
  await until('it was sent', async () => (await ben.locator('#typing').innerText()) === '');
  await ann.goto('about:blank');
  await until('gone', async () => (await row(ben, a.name).locator('.online').count()) === 0);
});

test('found messages: the hits are marked and lead to their place', async () => {
  const [a, b, name] = await two();
  await say(a, name, '😀 the mint wants a pot of its own');
  for (let i = 0; i < 60; i++) await say(a, name, `line ${i}`);
  const page = await enter(b, name);
  await page.keyboard.press('Control+Shift+F');
  await page.getByRole('searchbox', { name: 'Search messages' }).fill('mint');
  await page.getByLabel(`Only in ${name}`).check();
  await page.keyboard.press('Enter');
  await page.locator('mark', { hasText: /^mint$/ }).waitFor();
  assert.equal(await page.locator('.hit').count(), 1);
  await serious(page, 'search');
  await page.locator('.hit').click();
  await led(page, 'the mint');
  await page.getByRole('searchbox', { name: 'Search messages' }).fill('nothing');
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await page.getByText('Nothing was found.').waitFor();
});

test('a link to a message opens it, however far back', async () => {
  const [a, b, name] = await two();
  const id = await say(a, name, 'look at this');
  for (let i = 0; i < 70; i++) await say(a, name, `line ${i}`);
  const ann = await enter(a, name, { permissions: ['clipboard-read', 'clipboard-write'] });
  await ann.goto(`${server.url}#/channel/${name}/${id}`);
  await led(ann, 'look at this');
  await menu(ann, 'look at this', 'Copy a link');
  await toast(ann, 'Copied.');
  const link = await ann.evaluate(() => navigator.clipboard.readText());
  assert.equal(link, `${server.url}#/channel/${name}/${id}`);
  const ben = await enter(b);
  await ben.goto(link);
  await led(ben, 'look at this');
  assert.equal(await ben.locator('#open-name').innerText(), name);
});

test('an invite link: who opens it registers, and is in the channel', async () => {
  const owner = await server.account(fresh('own'));
  const name = fresh('plaza');
  await server.chatctl('channel', 'add', name);
  await owner.call('joinchannel', { name });
  const page = await enter(owner, name, { permissions: ['clipboard-read', 'clipboard-write'] });
  await page.getByRole('button', { name: 'People in this channel' }).click();
  await page.getByRole('button', { name: 'Invite link' }).click();
  const link = await page.getByRole('dialog').getByLabel('Invite link').inputValue();
  const guest = await person({ url: link });
  const who = fresh('new');
  await guest.getByText(`You are invited to ${name}.`).waitFor();
  await guest.getByLabel('User name').fill(who);
  await guest.getByLabel('Password').fill('Xq7!plumtree');
  await guest.getByRole('button', { name: 'Create account' }).click();
  await guest.locator('#open-name', { hasText: name }).waitFor();
  await until('a member', async () => (await owner.call('listmembers', { name })).members.includes(who));
});

test('a channel is made private, or public at once', async () => {
  const [a, b] = [await server.account(fresh('ann')), await server.account(fresh('ben'))];
  const ann = await enter(a);
  for (const open of [false, true]) {
    const name = fresh('made');
    await ann.getByRole('navigation').getByRole('button', { name: 'New channel' }).click();
    await ann.getByRole('dialog').getByLabel('Name').fill(name);
    if (open) await ann.getByRole('dialog').getByLabel('Public').check();
    await ann.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
    await ann.locator('#open-name', { hasText: name }).waitFor();
    await ann.locator('#open-about', { hasText: open ? 'Public channel' : 'Private channel' }).waitFor();
    assert.equal((await b.call('readmessagesfromchannel', { name, count: 1 })).status, open ? 200 : 401);
  }
});

test('the topic and the name of a channel, by who may', async () => {
  const [a, b, name] = await two();
  const [ann, ben] = [await enter(a, name), await enter(b, name)];
  await ben.getByRole('button', { name: 'People in this channel' }).click();
  await ben.locator('.members li').first().waitFor();
  assert.equal(await ben.getByRole('button', { name: 'Channel settings' }).count(), 0);
  await ben.keyboard.press('Escape');
  await ann.getByRole('button', { name: 'People in this channel' }).click();
  await ann.getByRole('button', { name: 'Channel settings' }).click();
  const dialog = ann.getByRole('dialog');
  await dialog.getByLabel('Topic').fill('Tomatoes and basil');
  await dialog.getByLabel('Name').fill(`${name} two`);
  await dialog.getByLabel('Slow mode').selectOption('30');
  await dialog.getByRole('button', { name: 'Save' }).click();
  for (const page of [ann, ben]) {
    await page.locator('#open-about', { hasText: 'Tomatoes and basil' }).waitFor();
    await page.locator('#open-name', { hasText: `${name} two` }).waitFor();
  }
});

for (const [how, makeRead] of [
  ['by the list', (ben, a, b) => channel(a, b)],
  ['by its messages', async (ben) => {
    const refused = ben.waitForResponse((r) => /readmessagesfromchannel/.test(r.url()) && r.status() === 404);
    await ben.route('**/listchannels/', async (route) => {
      await refused;
      await route.continue();
    });
    await ben.context().setOffline(true);
    await ben.locator('#status:not([data-state=live])').waitFor({ state: 'attached' });
    await ben.context().setOffline(false);
  }],
]) {
  test(`a channel that was renamed stays open, though the page learns of it ${how}`, async () => {
    const [a, b, name] = await two();
    await a.call('senddm', { username: b.name, message: 'this one would open else' });
    const ben = await enter(b, name, {}, (page) => page.routeWebSocket(/socket/, (ws) => {
      ws.connectToServer().onMessage((m) => /channel_changed/.test(m) || ws.send(m));
    }));
    await row(ben, a.name).locator('.count', { hasText: '1' }).waitFor();
    await a.call('setchannel', { name, new_name: `${name} two` });
    await makeRead(ben, a, b);
    await ben.locator(`#open-name:text-is("${name} two")`).waitFor();
  });
}

test('a moderator keeps order; a member reports', async () => {
  const [a, b, name] = await two();
  await say(b, name, 'buy this');
  const other = await server.account(fresh('cy'));
  await a.call('addusertochannel', { name, username: other.name });
  const member = await enter(other, name);
  await sees(member, 'buy this');
  await menu(member, 'buy this', 'Report');
  await member.getByLabel('What is wrong').fill('advertising');
  await member.getByRole('dialog').getByRole('button', { name: 'Report' }).click();
  await toast(member, 'Thank you');
  const ben = await enter(b, name);
  const ann = await enter(a, name);
  await sees(ann, 'buy this');
  await menu(ann, 'buy this', 'Moderate');
  await ann.getByLabel('How long').selectOption('3600');
  await ann.getByRole('dialog').getByRole('button', { name: 'Apply' }).click();
  await toast(ben, 'You are muted until');
  await menu(ann, 'buy this', 'Delete this message');
  await ann.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await until('gone', async () => (await shown(ben)).length === 0);
});

test('the right to write, taken away and given back, is seen at once', async () => {
  const [a, b, name] = await two();
  const ben = await enter(b, name);
  await ben.locator('#compose').waitFor();
  await say(b, name, 'let me');
  const ann = await enter(a, name);
  await sees(ann, 'let me');
  await menu(ann, 'let me', 'Moderate');
  assert.ok(await ann.getByRole('dialog').evaluate((el) => el.scrollWidth <= el.clientWidth), 'the dialog holds the longest choice');
  await ann.getByRole('dialog').getByLabel('Action').selectOption({ label: `Allow only reading in ${name}` });
  await ann.getByRole('dialog').getByRole('button', { name: 'Apply' }).click();
  await ben.getByText('You are not allowed to write in this channel.').waitFor();
  assert.ok(await ben.locator('#compose').isHidden());
  await a.call('grant', { name, username: b.name, rights: 'rw' });
  await ben.locator('#compose').waitFor();
  await ann.locator('#people').click();
  await ann.getByRole('button', { name: 'Delete channel' }).click();
  await ann.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  for (const page of [ann, ben]) await until('gone', async () => (await row(page, name).count()) === 0);
});

test('every view is clean for axe, and fits a phone', async () => {
  const [a, b, name] = await two();
  const id = await say(b, name, 'a first message');
  await say(b, name, `an answer to @${a.name}`, { reply_to: id });
  await b.call('react', { message_id: id, emoji: '👍' });
  await b.call('editmessage', { message_id: id, message: 'a first message, edited' });
  await b.call('senddm', { username: a.name, message: `psst @${a.name}` });
  for (const colorScheme of ['light', 'dark']) {
    const page = await enter(a, name, { colorScheme });
    await sees(page, 'an answer');
    await tool(page, 'a first message', 'More');
    await serious(page, `menu, ${colorScheme}`);
    await page.keyboard.press('Escape');
    await tool(page, 'a first message', 'Add a reaction');
    await page.locator('.emojis').waitFor();
    await serious(page, `emoji, ${colorScheme}`);
    await page.keyboard.press('Escape');
    await tool(page, 'a first message', 'Reply in a thread');
    await page.locator('#aside .text', { hasText: 'an answer' }).waitFor();
    await page.locator('#aside textarea').pressSequentially('@');
    await page.locator('#aside [role=option]').first().waitFor();
    await serious(page, `thread, ${colorScheme}`);
    await page.setViewportSize({ width: 360, height: 640 });
    assert.ok(await page.locator('#talk').isHidden(), 'the thread covers the conversation');
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    await serious(page, `thread on a phone, ${colorScheme}`);
  }
});
