// The page in the reader's language. The texts are in lang/CODE.json, by key; a {name} in a text
// is replaced. A text that depends on a number has a form for each plural of its language.
// Texts are taken when something is drawn, never while a module is loaded.

export const LANGUAGES = {
  en: 'English', de: 'Deutsch', fr: 'Français', es: 'Español', pt: 'Português', pl: 'Polski', tr: 'Türkçe', ar: 'العربية', zh: '中文', ja: '日本語',
};

const ATTRIBUTES = { t: 'textContent', tTitle: 'title', tLabel: 'ariaLabel', tPlaceholder: 'placeholder' };
const MARKED = '[data-t],[data-t-title],[data-t-label],[data-t-placeholder]';

let texts = {};
let plural;
export let code = 'en'; // the language, and
export let locale = 'en'; // with the region that the browser names, for numbers and dates
export let dir = 'ltr';

// The first of these wishes (as in navigator.languages) that we have.
export const choose = (wishes) =>
  wishes.map((wish) => wish.toLowerCase().split('-')[0]).find((language) => Object.hasOwn(LANGUAGES, language)) ?? 'en';

async function load(file) {
  const response = await fetch(new URL(`lang/${file}.json`, import.meta.url));
  if (!response.ok) throw new Error(`lang/${file}.json: ${response.status}`);
  return response.json();
}

// From here on LANGUAGE is spoken: lang/LANGUAGE.json and for each of PARTS lang/PART.LANGUAGE.json.
export async function speak(language, ...parts) {
  const files = await Promise.all([language, ...parts.map((part) => `${part}.${language}`)].map(load));
  texts = Object.assign({}, ...files);
  code = language;
  locale = navigator.languages.find((wish) => choose([wish]) === code && wish.toLowerCase().startsWith(code)) ?? code;
  dir = code === 'ar' ? 'rtl' : 'ltr';
  plural = new Intl.PluralRules(code);
}

export const has = (key) => Object.hasOwn(texts, key);

export const number = (n) => new Intl.NumberFormat(locale).format(n);

// A name in a text of the other direction must not turn what stands around it.
const isolated = (value) => (dir === 'rtl' ? `\u2068${value}\u2069` : value);

// The text of KEY; VALUES replace its {names}, and n chooses the plural.
export function t(key, values = {}) {
  const found = texts[key] ?? key;
  const text = typeof found === 'string' ? found : found[plural.select(values.n)] ?? found.other;
  return text.replace(/\{(\w+)\}/g, (_, name) => (typeof values[name] === 'number' ? number(values[name]) : isolated(values[name])));
}

// Fills in the texts of the elements below ROOT: data-t names the text, data-t-title, -label and
// -placeholder those of attributes.
export function translate(root) {
  for (const el of root.querySelectorAll(MARKED))
    for (const [name, property] of Object.entries(ATTRIBUTES)) if (el.dataset[name]) el[property] = t(el.dataset[name]);
}
