// The part of the administrator's view that moderators see, too: reports, what holds, networks, the audit log.

import { ask, field } from './dialogs.js';
import { $, button, h } from './dom.js';
import { t } from './lang.js';
import { api, attempt, free, makeTable, named, Pages, row, say, when, word } from './tables.js';

const PAGE = 20; // reports of an answer
const ENTRIES = 50;
const TYPING = 250; // ms without a key before a search begins
const SECONDS = [600, 3600, 86400, 604800, 2592000];
const BRIEF = 86400; // what a moderator may ban for

let rank;

const reason = () => field(t('admin.reason'), { name: 'reason', required: false, maxlength: 1000 });

// How long; MOST: at most, without "no end".
const duration = (most) => h('label', null, t('admin.duration'),
  h('select', { name: 'seconds' }, ...SECONDS.filter((s) => !most || s <= most).map((s) => h('option', { value: s, selected: s === 3600 }, t(`admin.seconds.${s}`))),
    !most && h('option', { value: '' }, t('admin.forever'))));

const given = ({ seconds, reason: why }) => ({ ...(seconds && { seconds: Number(seconds) }), ...(why && { reason: why }) });

// ---- reports ----

const OUTCOMES = ['none', 'delete', 'mute', 'ban'];

let reports, sanctions, log;

async function closeReport(report, action) {
  const content = [
    h('p.quote', { dir: 'auto' }, report.reported?.message ?? ''),
    action === 'mute' && duration(), action === 'ban' && duration(rank < 2 && BRIEF), reason()].filter(Boolean);
  const done = await ask(t(`admin.close.${action}`), content, {
    go: t(`admin.action.${action}`), danger: action !== 'none',
    submit: async (values) => { await api('closereport', { report_id: report.report_id, action, ...given(values) }); },
  });
  if (!done) return;
  say(t('admin.report.closed'));
  $('reports-title').focus();
  await Promise.all([reports.load(), sanctions(), log.load()]);
}

const said = (m, kind = '') => h(`li${kind}`, null, h('p.hint', null, named(m.sender), ' ', when(m.timestamp)), h('p.text', { dir: 'auto' }, m.message));

function actsOn(name) {
  $('about').value = name;
  $('audit-title').focus();
  log.load();
}

// What is known of the reporter and of who is reported.
function histories({ reporter, reporter_reports: sent, reporter_upheld: upheld, reported }) {
  return h('p.hint', null, t('admin.report.reporter', { name: reporter, n: sent, upheld }), ' ',
    ...(reported ? [t('admin.report.sender', { name: reported.sender, n: reported.sender_acts }), ' ',
      button('.link', t('admin.report.acts', { name: reported.sender }), () => actsOn(reported.sender))] : []));
}

function showReport(report) {
  const { report_id: id, reporter, reported, before, after, state } = report;
  const place = reported?.channel ? 'channel' : 'direct';
  return h('article.report', { 'aria-labelledby': `report-${id}` },
    h('h3', { id: `report-${id}` }, t(reported ? `admin.report.in.${place}` : 'admin.report.gone',
      { reporter, sender: reported?.sender ?? '', channel: reported?.channel ?? '' }), ' ', when(report.created_at)),
    h('p.text', { dir: 'auto' }, report.reason),
    reported && h('ol.context', { 'aria-label': t('admin.report.context') },
      ...before.map((m) => said(m)), said(reported, '.reported'), reported.deleted && h('li.hint', null, t('deleted')), ...after.map((m) => said(m))),
    histories(report),
    state === 'open' ? h('p.buttons', null, ...OUTCOMES.filter((action) => reported || action === 'none')
      .map((action) => button(action === 'none' ? '' : '.danger', t(`admin.action.${action}`), () => closeReport(report, action))))
      : h('p', null, t('admin.report.outcome', { name: report.closed_by ?? 'chatctl', outcome: word('outcome', report.action) }), ' ',
        when(report.closed_at), report.closing_reason && h('span.text', { dir: 'auto' }, ` ${report.closing_reason}`)));
}

function openReports() {
  const list = h('div');
  $('reports').append(list);
  reports = new Pages('reports', list, async (last) => {
    const { reports: items } = await api('listreports', { state: $('reports-state').value, ...(last && { before: last.report_id }) });
    return { items, more: items.length === PAGE };
  }, showReport);
  $('reports-state').onchange = () => reports.load();
}

// ---- mutes, bans, the emergency ----

const undone = (name, text, work) => button('', t(`admin.${text}`), async () => {
  if (await attempt(async () => { await work(); return true; })) {
    say(t(`admin.${text}.done`, { name }));
    await Promise.all([sanctions(), log.load()]);
  }
}, { 'aria-label': `${t(`admin.${text}`)}: ${name}` });

const mute = (m) => row(null, named(m.username), named(m.channel), when(m.until), named(m.actor), free(m.reason),
  undone(m.username, 'unmute', () => api('unmute', { username: m.username, ...(m.channel && { name: m.channel }) })));
const ban = (b) => row(null, named(b.username), b.until ? when(b.until) : t('admin.forever'),
  rank > 1 && undone(b.username, 'unban', () => api('unbanuser', { username: b.username })));

function fill(id, body, rows) {
  body.replaceChildren(...rows);
  $(`${id}-none`).hidden = rows.length > 0;
}

function openSanctions(admin) {
  const mutes = makeTable('mutes', ['admin.user', 'admin.channel', 'admin.until', 'admin.by', 'admin.reason', 'admin.action']);
  const bans = makeTable('bans', ['admin.user', 'admin.until', 'admin.action']);
  sanctions = () => attempt(async () => {
    const now = await api('listsanctions');
    fill('mutes', mutes, now.mutes.map(mute));
    fill('bans', bans, now.bans.map(ban));
    $('emergency').hidden = !now.emergency && !admin;
    $('emergency-now').textContent = now.emergency
      ? t('admin.emergency.on', { name: now.emergency.actor, reason: now.emergency.reason ?? '–' }) : t('admin.emergency.off');
    $('emergency-set').textContent = t(now.emergency ? 'admin.emergency.end' : 'admin.emergency.begin');
    $('emergency-set').hidden = !admin;
    $('emergency-set').onclick = () => setEmergency(!now.emergency);
  });
}

async function setEmergency(on) {
  const set = (values) => api('adminemergency', { on, ...given(values) });
  if (on) await ask(t('admin.emergency.begin'), [h('p', null, t('admin.emergency.what')), reason()], { go: t('admin.emergency.begin'), danger: true, submit: set });
  else await attempt(() => set({}));
  await Promise.all([sanctions(), log.load()]);
}

// ---- networks ----

function openNetworks() {
  const body = makeTable('networks', ['admin.network', 'admin.until', 'admin.by', 'admin.reason', 'admin.since', 'admin.action']);
  const changed = () => Promise.all([load(), log.load()]);
  const show = (n) => row(null, n.network, n.until ? when(n.until) : t('admin.forever'), named(n.actor), free(n.reason), when(n.created_at),
    button('', t('admin.unban'), async () => {
      if (await attempt(() => api('adminunbannetwork', { network: n.network }))) {
        say(t('admin.unban.done', { name: n.network }));
        changed();
      }
    }, { 'aria-label': `${t('admin.unban')}: ${n.network}` }));
  const load = () => attempt(async () => fill('networks', body, (await api('adminlistnetworks')).networks.map(show)));
  $('networks-add').onclick = async () => {
    if (await ask(t('admin.network.ban'), [field(t('admin.network'), { name: 'network', placeholder: '192.0.2.0/24' }), duration(), reason()], {
      go: t('admin.ban'), danger: true, submit: (values) => api('adminbannetwork', { network: values.network.trim(), ...given(values) }),
    })) changed();
  };
  return load;
}

// ---- the audit log ----

function openLog() {
  const body = makeTable('audit', ['admin.when', 'admin.by', 'admin.act', 'admin.target', 'admin.message', 'admin.reason']);
  let typing;
  log = new Pages('audit', body, async (last) => {
    const username = $('about').value.trim();
    const { entries: items } = await api('auditlog', { count: ENTRIES, ...(username && { username }), ...(last && { before: last.id }) });
    return { items, more: items.length === ENTRIES };
  }, (e) => row(null, when(e.at), named(e.actor), word('did', e.act), named(e.target), e.message_id ?? '–', free(e.reason)));
  $('about').oninput = () => {
    clearTimeout(typing);
    typing = setTimeout(() => log.load(), TYPING);
  };
}

// Builds these parts for an account of RANK; ADMIN: one that may close networks out, too. Gives what loads them.
export function openModeration({ rank: mine, admin }) {
  rank = mine;
  openReports();
  openSanctions(admin);
  openLog();
  const networks = admin && openNetworks();
  return () => Promise.all([reports.load(), sanctions(), log.load(), networks && networks()]);
}
