// Links and names, without a browser.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { hostile } from './hostile.mjs';
import { onlyEmoji, parts } from '../../src/page/text.js';
import { dayName } from '../../src/page/time.js';
import starter from '../lib/server.js';

const { PATIENCE } = starter;

const links = (text) => parts(text).filter((p) => p.href).map((p) => p.text);

test('links and what is around them', () => {
  for (const [text, ...wanted] of [
    ['no link'],
    ['see https://example.org.', 'https://example.org'],
    ['(https://example.org/a)', 'https://example.org/a'],
    ['https://example.org/a_(b)', 'https://example.org/a_(b)'],
    ['https://example.org/a_(b), and', 'https://example.org/a_(b)'],
    ['“https://example.org/”!', 'https://example.org/'],
    ['a http://a.example b https://b.example/?q=1&r=2#x c', 'http://a.example', 'https://b.example/?q=1&r=2#x'],
    ['HTTPS://EXAMPLE.ORG/', 'HTTPS://EXAMPLE.ORG/'],
    ['xhttps://example.org'],
    ['https://user:pass@example.org/'],
    ['https://user@example.org/'],
    ['javascript:alert(1) data:text/html,x ftp://example.org file:///etc'],
    ['https://'],
    ['https://example.org/\u202egnp', 'https://example.org/'],
    ['https://example.org/ümlaut', 'https://example.org/ümlaut'],
    ['请看https://example.org/路径。谢谢', 'https://example.org/路径'],
    ['「https://example.org/a」、https://example.org/b！', 'https://example.org/a', 'https://example.org/b'],
    ['اقرأ https://example.org/a؟', 'https://example.org/a'],
    ['http://example.org\u3002evil.example'],
    ['http://example.org\uff61evil.example'],
    ['http://exam\u200bple.org'],
    ['http://exam\u00adple.org', 'http://exam\u00adple.org'],
    ['http://example.org。', 'http://example.org'],
  ]) assert.deepEqual(links(text), wanted, text);
});

test('nothing of a text is lost', () => {
  for (const text of hostile) assert.equal(parts(text).map((p) => p.text).join(''), text);
});

test('addresses are http or https', () => {
  for (const text of hostile) for (const p of parts(text)) if (p.href) assert.match(p.href, /^https?:\/\//);
});

test('no text takes long', () => {
  // so many characters that only work in proportion to them comes to an end
  const url = new URL('../../src/page/text.js', import.meta.url);
  for (const bad of [')', '(', 'https://a.', '.', 'https://a/)', ':'.repeat(7)]) {
    const code = `import { parts } from '${url}'; parts('https://example.org/' + '${bad}'.repeat(${Math.ceil(500000 / bad.length)}));`;
    assert.equal(spawnSync(process.execPath, ['--input-type=module', '-e', code], { timeout: 2 * PATIENCE }).status, 0, bad);
  }
});

test('emoji alone', () => {
  for (const text of ['😀', '👨‍👩‍👧‍👦', '🇦🇹 🏳️‍🌈', '❤️']) assert.ok(onlyEmoji(text), text);
  for (const text of ['1', '123', 'a😀', '#', '😀'.repeat(40)]) assert.ok(!onlyEmoji(text), text);
});

test('days', () => {
  const now = new Date(2026, 2, 1, 12);
  assert.equal(dayName(new Date(2026, 2, 1), now), 'Today');
  assert.equal(dayName(new Date(2026, 1, 28, 23, 59), now), 'Yesterday');
  assert.match(dayName(new Date(2026, 1, 20), now), /20/);
  assert.match(dayName(new Date(2024, 1, 20), now), /2024/);
});
