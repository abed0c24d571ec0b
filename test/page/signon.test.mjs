// Coming in without a password: as a guest, and as a user of the site's own login.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { chatAssertion } from '../../docs/examples/signon.mjs';
import { TOP, openConversation, person, sees, server, stage, until, write } from './lib.mjs';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');

// The keys have to be there before the server is.
const keys = path.join(tmpdir(), `mod_chat-page-keys.${process.pid}`);

stage(() => {
  writeFileSync(keys, `a EdDSA ${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}\n`, { mode: 0o600 });
  const page = readFileSync(`${TOP}/conf/page.conf`, 'utf8');
  return { conf: `${page}\nChatGuests On\nChatSignOnKey ${keys}\n` };
}, () => {
  const index = `${server.dir}/page/index.html`;
  writeFileSync(index, readFileSync(index, 'utf8').replace('name="chat-open-to" content=""', 'name="chat-open-to" content="site guest"'));
});

after(() => rmSync(keys, { force: true }));

const ended = async (token) => (await server.api('getchannels', { token })).status === 401;
const session = (page) => page.evaluate(() => JSON.parse(sessionStorage.getItem('mod_chat')));

test('a guest comes in by a button, writes, and is gone after signing out', async () => {
  const page = await person({ url: `${server.url}chat/` });
  await page.getByRole('button', { name: 'Join as a guest' }).click();
  await page.getByRole('navigation').waitFor();
  const { name, token } = await session(page);
  assert.match(name, /^~guest-\d{6}$/);
  await openConversation(page, 'default');
  await write(page, 'hello from a visitor');
  await sees(page, 'hello from a visitor');
  const member = await server.account('member');
  const { messages } = await until('stored', async () => {
    const answer = await member.call('readmessagesfromchannel', { name: 'default' });
    return answer.messages?.length && answer;
  });
  assert.deepEqual(messages.map((m) => [m.sender, m.message]), [[name, 'hello from a visitor']]);
  await member.call('joinchannel', { name: 'default' });
  await until('who writes is a member', async () => (await member.call('listmembers', { name: 'default' })).members.includes(name));
  // no direct messages from a guest, nor to one
  for (const [who, other] of [[page, 'member'], [await person({ session: member, url: `${server.url}chat/` }), name]]) {
    await openConversation(who, 'default');
    await who.getByRole('button', { name: 'People in this channel' }).click();
    await who.locator('.members li', { hasText: other }).waitFor();
    assert.equal(await who.getByRole('button', { name: `Write to ${other}` }).count(), 0);
    await who.keyboard.press('Escape');
  }
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Join as a guest' }).waitFor();
  await until('the token is no more', () => ended(token));
});

test('a user of the site is in at once; without one the page asks for a password, and says nothing of it', async () => {
  const page = await person({ url: `${server.url}chat/` });
  await page.getByLabel('User name').waitFor();
  await until('the site has answered', async () => !(await page.locator('#sign').evaluate((e) => e.inert)));
  assert.equal(await page.locator('#sign-error').textContent(), '');
  // what httpd's authentication would add to the request
  await page.route('**/signon/', (route) => route.continue({ postData: JSON.stringify({ assertion: chatAssertion(privateKey, 'localhost', 'alice') }) }));
  await page.reload();
  await page.getByRole('navigation').waitFor();
  const { name, token } = await session(page);
  assert.equal(name, 'alice');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('User name').waitFor();
  await until('the token is no more', () => ended(token));
});
