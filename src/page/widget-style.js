// How the box looks. Sizes are pixels: a site may have set its rem to anything. Every pair of
// text and ground has a contrast of at least 4.5.

const CSS = `
:host { display: block; height: var(--chat-height, 480px); }
:host([hidden]) { display: none; }
:host([collapsed]) { position: fixed; inset: auto 20px 20px auto; inset-inline: auto 20px; z-index: 2147483000; width: auto; height: auto; display: block; }
.box { all: initial; color-scheme: light dark; box-sizing: border-box; display: flex; flex-direction: column; height: 100%; overflow: hidden; position: relative;
  --ground: var(--chat-background, light-dark(#fff, #1a1d22));
  --ink: var(--chat-color, light-dark(#1e1d1b, #eceae6));
  --soft: light-dark(#66625b, #a8a39b);
  --line: light-dark(#e6e2da, #30353d);
  --tint: light-dark(#f1f1fb, #262b42);
  --accent: var(--chat-accent, light-dark(#4a56c9, #a3adff));
  --on: var(--chat-on-accent, light-dark(#fff, #14162b));
  --bad: light-dark(#b3261e, #ff9d94);
  font: 15px/1.45 var(--chat-font, Inter, system-ui, sans-serif); color: var(--ink); background: var(--ground);
  border: 1px solid var(--line); border-radius: var(--chat-radius, 16px); }
.box[data-theme=light] { color-scheme: light; }
.box[data-theme=dark] { color-scheme: dark; }
* { box-sizing: border-box; margin: 0; }
[hidden] { display: none !important; }
button, input, textarea { font: inherit; color: inherit; background: none; border: 1px solid transparent; border-radius: 10px; padding: 8px 12px; }
button { cursor: pointer; }
button:hover { background: var(--tint); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
:focus:not(:focus-visible) { outline: none; }
svg { width: 20px; height: 20px; fill: none; stroke: currentColor; stroke-width: 1.7; stroke-linecap: round; stroke-linejoin: round; display: block; }
header.top { display: flex; align-items: center; gap: 8px; padding: 10px 10px 10px 16px; height: 56px; flex: none; border-bottom: 1px solid var(--line); }
.title { font-size: 15px; font-weight: 650; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.live { font-size: 13px; color: var(--soft); display: flex; align-items: center; gap: 6px; margin-inline-end: auto; white-space: nowrap; }
.live::before { content: ''; width: 8px; height: 8px; border-radius: 50%; background: light-dark(#b7791f, #f0bd6a); }
.live[data-state=live]::before { background: light-dark(#2c9a5b, #7fd6a0); }
.live[data-state=offline]::before { background: var(--bad); }
.count { background: var(--accent); color: var(--on); border-radius: 99px; padding: 0 7px; font-size: 12px; line-height: 20px; font-weight: 650; }
.icon { padding: 7px; border-radius: 10px; color: var(--soft); }
.link { padding: 2px 6px; color: var(--accent); font-size: 13px; }
.main { background: var(--accent); color: var(--on); font-weight: 600; }
.main:hover { background: color-mix(in oklab, var(--accent), var(--ink) 15%); }
.danger { background: var(--bad); color: var(--ground); }
.stage { position: relative; flex: 1; min-height: 0; display: flex; }
.log { flex: 1; min-width: 0; overflow-y: auto; overscroll-behavior: contain; scrollbar-width: thin; overflow-anchor: none; padding: 12px 16px; }
.list { display: flow-root; }
.empty { padding-top: 48px; text-align: center; color: var(--soft); }
.msg { position: relative; display: grid; grid-template-columns: 32px 1fr; gap: 0 10px; padding: 4px 6px; margin-inline: -6px; border-radius: 10px; margin-top: 8px; scroll-margin: 12px; }
.msg.follows { margin-top: 0; }
.msg.follows .face, .msg.follows .who { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.msg:hover, .msg:focus-within { background: var(--tint); }
.msg.mention { background: light-dark(#fff6dd, #3a3320); }
.msg > div { grid-column: 2; min-width: 0; }
.face { grid-row: 1 / 3; width: 32px; height: 32px; border-radius: 50%; display: grid; place-items: center; color: #fff; font-size: 12px; font-weight: 650; background: oklch(.48 .11 var(--hue)); }
.who { display: flex; align-items: baseline; gap: 8px; font-size: 13px; color: var(--soft); }
.who bdi { color: var(--ink); font-weight: 650; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; max-height: 320px; overflow: auto; scrollbar-width: thin; unicode-bidi: plaintext; }
.text.emoji { font-size: 30px; line-height: 1.2; }
.text a { color: var(--accent); }
.quote { display: block; max-width: 100%; padding: 0 0 0 8px; border: 0; border-inline-start: 3px solid var(--line); border-radius: 0; color: var(--soft); font-size: 13px; text-align: start; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.note { color: var(--soft); font-size: 12px; }
.error { color: var(--bad); font-size: 13px; overflow-wrap: anywhere; }
.error:empty { display: none; }
.chips { display: flex; flex-wrap: wrap; gap: 4px; }
.chips:not(:empty) { margin: 4px 0 2px; }
.chip { padding: 0 8px; font-size: 13px; line-height: 24px; border: 1px solid var(--line); border-radius: 99px; background: var(--ground); }
.chip[aria-pressed=true] { border-color: var(--accent); background: var(--tint); }
.tools { position: absolute; inset-block-start: -14px; inset-inline-end: 8px; z-index: 1; display: flex; background: var(--ground); border: 1px solid var(--line); border-radius: 10px; box-shadow: 0 2px 8px #0002; }
.msg:nth-child(-n+2) .tools { inset-block-start: 2px; }
.tools button { padding: 5px 7px; color: var(--soft); font-size: 15px; line-height: 20px; }
.tools button:hover { color: var(--ink); }
.down { position: absolute; inset-block-end: 10px; left: 50%; translate: -50%; background: var(--accent); color: var(--on); font-size: 13px; padding: 5px 14px; border-radius: 99px; box-shadow: 0 2px 8px #0003; }
.typing { min-height: 20px; padding: 0 16px; font-size: 12px; color: var(--soft); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.mode { display: flex; align-items: center; gap: 8px; padding: 4px 8px 4px 16px; font-size: 13px; color: var(--soft); border-top: 1px solid var(--line); }
.mode span { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
form.write { display: flex; align-items: flex-end; gap: 8px; padding: 0 12px 12px; }
input, textarea { background: var(--ground); border-color: var(--line); width: 100%; min-width: 0; }
textarea { resize: none; max-height: 120px; field-sizing: content; }
::placeholder { color: var(--soft); opacity: 1; }
[dir=rtl] :placeholder-shown { direction: rtl; }
form.write .main { padding: 9px; }
[dir=rtl] .send svg { scale: -1 1; }
.door { padding: 14px 16px 16px; border-top: 1px solid var(--line); display: grid; gap: 10px; max-height: 75%; overflow: auto; }
.door p { color: var(--soft); font-size: 13px; }
.door label { display: grid; gap: 4px; font-size: 13px; }
.door .row { display: flex; flex-wrap: wrap; gap: 8px; }
.door .row button { flex: 1; white-space: nowrap; }
.plain { border-color: var(--line); }
.bubble { display: flex; align-items: center; gap: 8px; background: var(--accent); color: var(--on); padding: 12px 18px; border-radius: 99px; font-weight: 600; }
.bubble:hover { background: color-mix(in oklab, var(--accent), var(--ink) 15%); }
.bubble .count { background: var(--on); color: var(--accent); }
.float { width: min(380px, calc(100vw - 24px)); height: min(var(--chat-height, 560px), calc(100dvh - 40px)); box-shadow: 0 12px 40px #0004; }
.shut { width: auto; height: auto; border: 0; background: none; overflow: visible; }
@media (hover: none) { .icon, form.write .main { padding: 12px; } input, textarea { font-size: 16px; } .msg .tools { position: static; grid-column: 2; justify-self: start; margin-block: 4px; box-shadow: none; } .tools button { padding: 10px 12px; } }
@media (max-width: 480px) { .float { width: calc(100vw - 24px); } }
@media (forced-colors: active) { .box, .tools, .count, .main { border: 1px solid; } }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
`;

const sheet = new CSSStyleSheet();
sheet.replaceSync(CSS);
export default sheet;
