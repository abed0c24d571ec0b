// One's own account in the page: profile, sessions, password, notifications, language, and the end.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PASSWORD, TOP, fresh, gate, openConversation, patient, person, sees, serious, server, signIn, stage, toast, until, write } from './lib.mjs';

stage();

async function enter(session, options, prepare) {
  const page = await person({ session, ...options, url: 'about:blank' });
  if (prepare) await page.addInitScript(prepare);
  await page.goto(options?.url ?? server.url);
  await page.locator('#status[data-state=live]').waitFor({ state: 'attached' });
  return page;
}

async function settings(page, name) {
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('dialog').getByRole('button', { name, exact: true }).click();
  await page.getByRole('heading', { name }).waitFor();
  return page.getByRole('dialog');
}

test('the profile: written by one, read by the other', async () => {
  const [a, b] = [await server.account(fresh('pro')), await server.account(fresh('file'))];
  await a.call('senddm', { username: b.name, message: 'hello' });
  const ann = await enter(a);
  const dialog = await settings(ann, 'Profile');
  await dialog.getByLabel('About you').fill('Grows <b>mint</b>');
  await dialog.getByLabel('Location').fill('Graz');
  await dialog.getByLabel('Colour').fill('#8a2be2');
  await serious(ann, 'profile');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await toast(ann, 'Saved.');
  const ben = await enter(b);
  await openConversation(ben, a.name);
  await ben.locator('#log .who').click();
  await ben.getByRole('dialog').getByText('Grows <b>mint</b>').waitFor();
  await ben.getByRole('dialog').getByText(/Member · Graz/).waitFor();
  await serious(ben, 'profile of another');
});

test('sessions are listed, and end', async () => {
  const a = await server.account(fresh('ses'));
  const [{ uuid }] = JSON.parse(await server.chatctl('room', 'list', '--json'));
  const login = await fetch(`${server.url}api/v0/login/${uuid}`, { method: 'POST', body: JSON.stringify({ userID: a.name, password: PASSWORD }) });
  assert.equal(login.status, 200);
  const page = await enter(a);
  const dialog = await settings(page, 'Where you are signed in');
  await dialog.getByText('This chat page').waitFor();
  await dialog.locator('li', { hasText: 'Chatroom API' }).getByText('127.0.0.1').waitFor();
  await serious(page, 'sessions');
  await dialog.getByRole('button', { name: 'End all others' }).click();
  await until('ended', async () => (await a.call('listsessions')).sessions.length === 1);
  await dialog.locator('li', { hasText: 'Chatroom API' }).waitFor({ state: 'detached' });
  await dialog.getByRole('button', { name: /^Sign out/ }).click();
  await page.getByLabel('User name').waitFor();
  assert.equal((await server.api('getchannels', { token: a.token })).status, 401);
});

test('a new password: this page stays, the old word and token do not', async () => {
  const a = await server.account(fresh('pass'));
  const page = await enter(a);
  const dialog = await settings(page, 'Change password');
  await dialog.getByLabel('Current password').fill('Wrong1!word');
  await dialog.getByLabel('New password').fill('Xq7!plumtree');
  await dialog.getByRole('button', { name: 'Change password' }).click();
  await dialog.getByRole('alert').getByText('Wrong user name or password').waitFor();
  await dialog.getByLabel('Current password').fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Change password' }).click();
  await toast(page, 'Your password was changed.');
  await openConversation(page, 'default');
  await write(page, 'still here');
  await sees(page, 'still here');
  await page.locator('#status[data-state=live]').waitFor({ state: 'attached' });
  assert.equal((await server.api('getchannels', { token: a.token })).status, 401);
  assert.equal((await server.api('gettoken', { username: a.name, password: PASSWORD })).status, 401);
  await page.reload();
  await page.getByRole('navigation').waitFor();
});

test('a request that a new password overtakes is asked again with the new token', async () => {
  const a = await server.account(fresh('over'));
  const page = await enter(a, {}, patient);
  await openConversation(page, 'default');
  const [left, changed] = [gate(), gate()];
  const asked = [];
  await page.route('**/sendmessage/', async (route) => {
    left.open();
    await changed.opened;
    const response = await route.fetch();
    asked.push([route.request().postDataJSON().token === a.token, response.status()]);
    await route.fulfill({ response });
  });
  await write(page, `${a.name} on its way`);
  await left.opened;
  const dialog = await settings(page, 'Change password');
  await dialog.getByLabel('Current password').fill(PASSWORD);
  await dialog.getByLabel('New password').fill('Xq7!plumtree');
  await dialog.getByRole('button', { name: 'Change password' }).click();
  await toast(page, 'Your password was changed.');
  changed.open();
  await until('asked again', () => asked.length === 2);
  assert.deepEqual(asked, [[true, 401], [false, 200]]);
  await sees(page, `${a.name} on its way`);
  await page.getByRole('navigation').waitFor();
});

test('the account ends, with its messages when that is wanted', async () => {
  const [a, b] = [await server.account(fresh('end')), await server.account(fresh('stay'))];
  await a.call('sendmessage', { channel: 'default', message: `${a.name} was here` });
  const page = await person();
  await signIn(page, a.name);
  const dialog = await settings(page, 'Delete account');
  await dialog.getByLabel('Password').fill(PASSWORD);
  await dialog.getByLabel('Delete all my messages').check();
  await dialog.getByRole('button', { name: 'Delete account' }).click();
  await page.getByRole('alert').getByText('Your account was deleted.').waitFor();
  await page.locator('#sign input[autocomplete=username]:focus').waitFor();
  assert.equal((await server.api('gettoken', { username: a.name, password: PASSWORD })).status, 401);
  const { messages = [] } = await b.call('readmessagesfromchannel', { name: 'default' });
  assert.ok(!messages.some((m) => m.message.includes(a.name)));
});

// Counts what the page asks of the user and what it shows.
const counting = () => {
  window.told = [];
  window.questions = 0;
  window.Notification = class {
    static permission = 'default';
    static async requestPermission() {
      window.questions++;
      return (this.permission = 'granted');
    }
    constructor(title, { body }) {
      window.told.push([title, body]);
      window.shown = this;
    }
    close() {}
  };
  document.hasFocus = () => false;
};

test('notifications: asked for by the user, of what is for the user', async () => {
  const [a, b] = [await server.account(fresh('not')), await server.account(fresh('ify'))];
  await a.call('makechannel', { name: `${a.name} hall` });
  await a.call('addusertochannel', { name: `${a.name} hall`, username: b.name });
  const page = await enter(b, {}, counting);
  // else the page opens what is unread
  await page.locator('#open-name', { hasText: /./ }).waitFor();
  await a.call('senddm', { username: b.name, message: 'unasked' });
  await page.locator('li', { hasText: a.name }).locator('.count').first().waitFor();
  assert.deepEqual(await page.evaluate(() => [window.questions, window.told]), [0, []]);
  const dialog = await settings(page, 'Notifications');
  await dialog.getByLabel('Show notifications').check();
  await serious(page, 'notifications');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await toast(page, 'Saved.');
  assert.equal(await page.evaluate(() => window.questions), 1);
  await a.call('sendmessage', { channel: `${a.name} hall`, message: 'for all' });
  await a.call('sendmessage', { channel: `${a.name} hall`, message: `for @${b.name}` });
  await a.call('senddm', { username: b.name, message: 'for you' });
  await until('told', async () => (await page.evaluate(() => window.told.length)) === 2);
  assert.deepEqual(await page.evaluate(() => window.told), [[`${a.name} in ${a.name} hall`, `for @${b.name}`], [a.name, 'for you']]);
  await page.evaluate(() => window.shown.onclick());
  await page.locator(`#open-name:text-is("${a.name}")`).waitFor();
  // the browser refuses: that is said, and not asked again
  await page.evaluate(() => (window.Notification.requestPermission = async () => (window.Notification.permission = 'denied')));
  await settings(page, 'Notifications');
  await dialog.getByLabel('Show notifications').check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByRole('alert').getByText('The browser does not allow it.').waitFor();
});

const languages = readdirSync(`${TOP}/src/page/lang`).map((f) => f.match(/^(\w+)\.json$/)?.[1]).filter(Boolean);
const texts = (language) => JSON.parse(readFileSync(`${TOP}/src/page/lang/${language}.json`, 'utf8'));
const MOST = 60000; // bytes on the wire

test('ten languages: the browser chooses, everything is said in it, and it is light', async () => {
  assert.equal(languages.length, 10);
  const a = await server.account(fresh('lang'));
  await a.call('makechannel', { name: `${a.name} hall` });
  await a.call('sendmessage', { channel: `${a.name} hall`, message: 'the first message' });
  for (const language of languages) {
    const page = await person({ session: a, url: 'about:blank', locale: `${language}-XX`, viewport: { width: 360, height: 640 } });
    const client = await page.context().newCDPSession(page);
    let bytes = 0;
    await client.send('Network.enable');
    client.on('Network.loadingFinished', (e) => (bytes += e.encodedDataLength));
    await page.goto(`${server.url}#/channel/${encodeURIComponent(`${a.name} hall`)}`);
    await sees(page, 'the first message');
    assert.ok(bytes < MOST, `${language}: ${bytes} bytes`);
    const t = texts(language);
    await page.locator('#status', { hasText: t['status.live'] }).waitFor({ state: 'attached' });
    const said = await page.evaluate(() => [document.documentElement.lang.slice(0, 2), document.documentElement.dir, document.querySelector('.send').title]);
    assert.deepEqual(said, [language, language === 'ar' ? 'rtl' : 'ltr', t.send]);
    await page.locator('#back').click();
    await page.locator('#side h2', { hasText: t.channels }).first().waitFor();
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${language}: nothing sticks out`);
    await page.locator('[data-do=settings]').click();
    await page.getByRole('heading', { name: t.settings }).waitFor();
    if (language === 'ar') await serious(page, 'settings, from right to left');
  }
});

test('the user chooses another language, before and after signing in', async () => {
  const a = await server.account(fresh('choice'));
  const page = await person({ locale: 'de-AT' });
  await page.getByRole('heading', { name: 'Anmelden' }).waitFor();
  await page.getByLabel('Sprache').selectOption('ja');
  await page.getByRole('heading', { name: 'サインイン' }).waitFor();
  await page.getByLabel('ユーザー名').fill(a.name);
  await page.getByLabel('パスワード').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: '設定' }).click();
  await page.getByRole('button', { name: '言語' }).click();
  await page.getByRole('dialog').getByLabel('言語').selectOption('');
  await page.getByRole('button', { name: '保存' }).click();
  await page.getByRole('button', { name: 'Einstellungen' }).waitFor();
  // one that the page does not have: English
  const other = await person({ locale: 'sw' });
  await other.getByRole('heading', { name: 'Sign in' }).waitFor();
});
