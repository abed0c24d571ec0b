// Emoji to react with: loaded on demand.

import { button, h } from './dom.js';
import { t } from './lang.js';
import { closeBox, openBox } from './menu.js';

const ALL = `👍 ❤️ 😂 🎉 😮 😢 🙏 👎 ✅ ❌ 👀 🔥 💯 ⭐ 🚀 👏
😀 😄 😁 😆 😅 🤣 🙂 🙃 😉 😊 😇 🥰 😍 🤩 😘 😋
😛 😜 🤪 🤗 🤔 🤨 😐 😏 🙄 😬 😴 😎 🤓 🥳 😕 🙁
😲 😳 🥺 😨 😭 😱 😤 😡 🤯 🤒 🤷 🤦 💪 👌 ✌️ 🤞
👋 🤝 🙌 🫶 💙 💚 💛 🧡 💜 🖤 💔 ✨ 🌈 ☀️ 🌙 ⚡
🌸 🌿 🍀 🐱 🐶 🦊 🐢 🦄 ☕ 🍕 🍰 🍺 🎁 🎈 🏆 ⚽
🎵 💡 📌 📎 ✏️ 📅 ⏰ 🔔 🔒 🐛 🛠️ ♻️ ❓ ❗ ➕ 🏁`.split(/\s+/);

// choose(emoji) is called once
export function pickEmoji(anchor, choose) {
  const take = (emoji) => {
    closeBox();
    choose(emoji);
  };
  const own = h('input', { 'aria-label': t('emoji.other'), placeholder: t('emoji.other'), maxlength: 40, keydown(e) {
    if (e.key === 'Enter' && own.value.trim()) take(own.value.trim());
  } });
  const grid = h('div.emojis', null, ...ALL.map((emoji) => button('.icon', emoji, () => take(emoji))));
  openBox(anchor, [grid, own], 'dialog', t('tool.smile'));
}
