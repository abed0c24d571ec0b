#!/usr/bin/python3
"""Runs the benches of all peers in interleaved rounds and sums the results up.

  compare.py [--rounds N] [--only fanout|http] [--peers a,b] [--raw FILE] [--json FILE]
  compare.py --report [--raw FILE] [--json FILE]     sum up FILE again, run nothing

Every result line is appended to FILE (--raw, JSON lines). In each round every peer is
measured next to the ceiling, and the ratios are formed inside the round before the
median is taken, so a machine that changes its speed between rounds does no harm.
Prints Markdown tables. Standard library only.
"""
import argparse
import datetime
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))

# (name, connections, rate, seconds, peers)
FANOUT = [
    ('1000 conns, 10 msg/s', 1000, '10', 6, ['raw', 'ws', 'socketio', 'nchan', 'flask', 'modchat']),
    ('1000 conns, closed loop', 1000, 'max', 5, ['raw', 'ws', 'socketio', 'nchan', 'flask', 'modchat']),
    ('5000 conns, 2 msg/s', 5000, '2', 6, ['raw', 'ws', 'socketio', 'nchan', 'modchat']),
    ('5000 conns, closed loop', 5000, 'max', 5, ['raw', 'ws', 'socketio', 'nchan', 'modchat']),
    ('5000 conns, idle', 5000, 'idle', 3, ['raw', 'ws', 'socketio', 'nchan', 'flask', 'modchat']),
    ('10000 conns, idle', 10000, 'idle', 3, ['raw', 'ws', 'socketio', 'nchan', 'modchat']),
]
HTTP = ['flask', 'node', 'node2', 'nodepg', 'node2pg', 'php', 'modchat']
FANOUT_KEYS = ['msgs_per_s', 'server_us_per_msg', 'lat_ms_p50', 'lat_ms_p99', 'connect_s', 'server_connect_cpu_s',
               'server_kb_per_conn', 'server_kb_per_conn_end', 'server_pss_mb_end', 'client_cpu_s', 'missing', 'lost']
HTTP_KEYS = ['requests_per_s', 'p50_ms', 'p99_ms', 'server_us_per_request', 'errors']


def fdatasync_rate(where, overwrite, secs=1.0):
    """Synced 4 kB writes a second, appended or over existing blocks (as in a reused WAL): about what a store
    can reach that syncs every message by itself."""
    fd, path = tempfile.mkstemp(dir=where)
    blocks, n = 1024, 0
    if overwrite:
        os.write(fd, b'x' * 4096 * blocks)
        os.fsync(fd)
    end = time.monotonic() + secs
    while time.monotonic() < end:
        if overwrite:
            os.lseek(fd, n % blocks * 4096, os.SEEK_SET)
        os.write(fd, b'y' * 4096)
        os.fdatasync(fd)
        n += 1
    os.close(fd)
    os.unlink(path)
    return round(n / secs)


def run(args, raw, rnd, extra):
    t0, load = time.monotonic(), os.getloadavg()[0]
    try:
        p = subprocess.run(args, capture_output=True, text=True, timeout=590)
    except subprocess.TimeoutExpired:
        print('   TIMEOUT', ' '.join(args[1:]), file=sys.stderr)
        return
    lines = [l for l in p.stdout.splitlines() if l.startswith('{')]
    for l in lines:
        r = json.loads(l)
        r.update(round=rnd, load1=round(load, 2), **extra)
        raw.write(json.dumps(r) + '\n')
    raw.flush()
    print('  %-60s %5.1f s%s' % (' '.join(os.path.basename(a) for a in args), time.monotonic() - t0,
                                 '' if p.returncode == 0 and lines else '  exit %d %s' % (p.returncode, p.stderr[-300:])),
          file=sys.stderr)


def rotate(l, n):
    n %= max(1, len(l))
    return l[n:] + l[:n]


def measure(a, raw):
    wanted = a.peers.split(',') if a.peers else None
    use = lambda p: (p in wanted) if wanted else (p not in ('modchat', 'nodepg', 'node2pg'))
    first = a.first_round
    for rnd in range(first, first + a.rounds):
        print('round', rnd, file=sys.stderr)
        where = os.environ.get('BENCH_DIR')
        raw.write(json.dumps({'bench': 'disk', 'round': rnd, 'append_per_s': fdatasync_rate(where, False),
                              'overwrite_per_s': fdatasync_rate(where, True)}) + '\n')
        if a.only != 'http':
            for name, conns, rate, secs, peers in FANOUT:
                order = ['raw'] + rotate([p for p in peers if p != 'raw' and use(p)], rnd)
                if rate != 'idle':
                    order.append('raw')         # the ceiling before and after
                for p in order:
                    run([os.path.join(HERE, 'fanout.sh'), p, str(conns), rate, str(secs)], raw, rnd, {'case': name})
        if a.only != 'fanout':
            for p in rotate([p for p in HTTP if use(p)], rnd):
                run([os.path.join(HERE, 'http.sh'), 'ceiling', '2', '1', '16', '64'], raw, rnd, {'beside': p})
                run([os.path.join(HERE, 'http.sh'), p, '2', '1', '16', '64'], raw, rnd, {'beside': p})


def mmm(values):
    values = [v for v in values if v is not None]
    return [round(f(values), 3) for f in (statistics.median, min, max)] if values else None


def targets(out):
    """For every case and metric the best peer: what mod_chat has to beat. [ratio or value, peer]"""
    best = {}
    for case, peers in list(out['fanout'].items()) + list(out['http'].items()):
        row = {}
        for key, better in (('msgs_per_s_ratio', max), ('server_us_per_msg_ratio', min), ('lat_ms_p99_ratio', min),
                            ('connect_s_ratio', min), ('server_connect_cpu_s_ratio', min),
                            ('server_kb_per_conn_end', min), ('requests_per_s_ratio', max),
                            ('server_us_per_request_ratio', min), ('p99_ms_ratio', min)):
            if key == 'server_kb_per_conn_end' and 'idle' not in case:
                continue
            if key == 'msgs_per_s_ratio' and 'closed' not in case:
                continue
            have = [(e[key][0], p) for p, e in peers.items()
                    if p not in ('raw', 'ceiling', 'modchat') and e.get(key)]
            if have:
                row[key] = list(better(have))
        if row:
            best[case] = row
    return best


def mean(l):
    return sum(l) / len(l) if l else None


def summarize(rows):
    out = {'fanout': {}, 'http': {}}
    disk = [r for r in rows if r['bench'] == 'disk']
    out['fdatasync'] = {k: mmm([r.get(k) for r in disk]) for k in ('append_per_s', 'overwrite_per_s')}
    fan = [r for r in rows if r['bench'] == 'fanout']
    for case in dict.fromkeys(r['case'] for r in fan):
        mine = [r for r in fan if r['case'] == case]
        rounds = sorted({r['round'] for r in mine})
        ceil = {n: {k: mean([r[k] for r in mine if r['peer'] == 'raw' and r['round'] == n]) for k in FANOUT_KEYS}
                for n in rounds}
        table = {}
        for peer in dict.fromkeys(r['peer'] for r in mine):
            rs = [r for r in mine if r['peer'] == peer]
            e = {k: mmm([r[k] for r in rs]) for k in FANOUT_KEYS}
            e['runs'] = len(rs)
            idle = ('connect_s', 'server_connect_cpu_s')
            for k in idle if rs[0]['rate'] == 'idle' else ('msgs_per_s', 'server_us_per_msg', 'lat_ms_p99'):
                e[k + '_ratio'] = mmm([r[k] / ceil[r['round']][k] for r in rs if ceil[r['round']].get(k)])
            table[peer] = e
        out['fanout'][case] = table
    web = [r for r in rows if r['bench'] == 'http']
    ceilings = {'send': ('fixedpost', 'static40'), 'user': ('fixed40', 'static40'), 'read50': ('fixed12k', 'static12k'),
                'fresh50': ('fixed12k', 'static12k'), 'rows50': ('fixed12k', 'static12k'),
                'freshuser': ('fixed40', 'static40')}
    for r in web:
        key = '%s c=%d' % (r['op'], r['concurrency'])
        out['http'].setdefault(key, {}).setdefault(r['target'], []).append(r)
    for key, targets in out['http'].items():
        op = key.split()[0]
        for t, rs in targets.items():
            e = {k: mmm([r[k] for r in rs]) for k in HTTP_KEYS}
            e['runs'] = len(rs)
            for ceiling, suffix in zip(ceilings.get(op, ()), ('_ratio', '_ratio_static')):
                pairs = [(r, c) for r in rs for c in web
                         if c['target'] == 'ceiling' and c['op'] == ceiling and c['round'] == r['round']
                         and c['beside'] == r['beside'] and c['concurrency'] == r['concurrency']]
                for k in ('requests_per_s', 'server_us_per_request', 'p99_ms'):
                    e[k + suffix] = mmm([r[k] / c[k] for r, c in pairs if c[k]])
            targets[t] = e
    return out


def cell(v, digits=0):
    if not v:
        return '-'
    return '%.*f (%.*f-%.*f)' % (digits, v[0], digits, v[1], digits, v[2])


def report(out):
    for case, peers in out['fanout'].items():
        idle = 'idle' in case
        print('\n**%s**\n' % case)
        if idle:
            print('| peer | connect all s | connect CPU s | kB/conn at once | kB/conn after hold | PSS total MB |')
            print('|---|---|---|---|---|---|')
            for p, e in peers.items():
                print('| %s | %s | %s | %s | %s | %s |' % (p, cell(e['connect_s'], 2), cell(e['server_connect_cpu_s'], 2),
                      cell(e['server_kb_per_conn'], 1), cell(e['server_kb_per_conn_end'], 1), cell(e['server_pss_mb_end'], 0)))
        else:
            print('| peer | delivered/s | of ceiling | CPU us/msg | x ceiling | p50 ms | p99 ms | x ceiling | missing |')
            print('|---|---|---|---|---|---|---|---|---|')
            for p, e in peers.items():
                print('| %s | %s | %.2f | %s | %.2f | %s | %s | %.2f | %d |' % (
                    p, cell(e['msgs_per_s']), e['msgs_per_s_ratio'][0], cell(e['server_us_per_msg'], 1),
                    e['server_us_per_msg_ratio'][0], cell(e['lat_ms_p50'], 1), cell(e['lat_ms_p99'], 1),
                    e['lat_ms_p99_ratio'][0], e['missing'][2]))
    for key, targets in sorted(out['http'].items(), key=lambda k: (k[0].split('=')[0], int(k[0].split('=')[1]))):
        print('\n**%s**\n' % key)
        print('| target | requests/s | of fixed | of static | p50 ms | p99 ms | CPU us/request | x fixed | x static | errors |')
        print('|---|---|---|---|---|---|---|---|---|---|')
        for t, e in targets.items():
            r = lambda k: '%.3f' % e[k][0] if e.get(k) else '-'
            print('| %s | %s | %s | %s | %s | %s | %s | %s | %s | %d |' % (
                t, cell(e['requests_per_s']), r('requests_per_s_ratio'), r('requests_per_s_ratio_static'),
                cell(e['p50_ms'], 2), cell(e['p99_ms'], 1), cell(e['server_us_per_request']),
                r('server_us_per_request_ratio'), r('server_us_per_request_ratio_static'), e['errors'][2]))


# What mod_chat has to reach: (operation, connections, ratio to mod_fixed, CPU as a multiple of mod_fixed's, p99 in ms)
GOALS = [('send', 1, 0.22, 3.0, None), ('send', 16, 0.30, 2.5, None), ('send', 64, 0.45, 2.0, 30)]
GOALS += [(op, conns, ratio, None, None) for op, ratio in (('fresh50', 0.65), ('rows50', 0.65), ('freshuser', 0.65), ('read50', 0.85), ('user', 0.85))
          for conns in (16, 64)]


def goals(out):
    """(table in Markdown, whether all are met)"""
    lines = ['| case | of fixed | goal | CPU x fixed | goal | p99 ms | goal | |', '|---|---|---|---|---|---|---|---|']
    met = True
    for op, conns, ratio, cpu, p99 in GOALS:
        e = out['http'].get('%s c=%d' % (op, conns), {}).get('modchat')
        if not e or not e.get('requests_per_s_ratio'):
            met = False
            continue
        ok = (e['requests_per_s_ratio'][0] >= ratio and (cpu is None or e['server_us_per_request_ratio'][0] <= cpu)
              and (p99 is None or e['p99_ms'][0] < p99))
        met = met and ok
        lines.append('| %s c=%d | %s | %.2f | %s | %s | %s | %s | %s |' % (
            op, conns, cell(e['requests_per_s_ratio'], 3), ratio, cell(e['server_us_per_request_ratio'], 2), cpu or '',
            cell(e['p99_ms'], 1), p99 or '', 'met' if ok else 'MISSED'))
    return '\n'.join(lines), met


def beside(out):
    """A table in Markdown: each target's part of mod_fixed's rate, and how many times as many requests mod_chat serves."""
    peers = sorted({t for targets in out['http'].values() for t in targets} - {'ceiling', 'modchat'})
    lines = ['| case | mod_chat |' + ''.join(' %s | mod_chat is |' % t for t in peers), '|---|---|' + '---|---|' * len(peers)]
    for key, targets in out['http'].items():
        ours = targets.get('modchat', {}).get('requests_per_s_ratio')
        theirs = [targets.get(t, {}).get('requests_per_s_ratio') for t in peers]
        if ours and any(theirs):
            lines.append('| %s | %.3f |' % (key, ours[0]) + ''.join(' %.3f | %.1f x |' % (r[0], ours[0] / r[0]) if r else ' - | - |' for r in theirs))
    return '\n'.join(lines)


def plot(out):
    """SVG: for each case the requests a second as a part of mod_fixed's, a bar for each target."""
    colors = {'modchat': '#1b6', 'node': '#57a', 'node2': '#79c', 'php': '#a7a', 'flask': '#bbb'}
    bars, y = [], 10
    for key, targets in out['http'].items():
        have = [(t, e['requests_per_s_ratio'][0]) for t, e in targets.items() if e.get('requests_per_s_ratio')]
        for t, ratio in have:
            bars.append('<text x="150" y="%d" text-anchor="end">%s %s</text><rect x="160" y="%d" width="%.0f" height="12" fill="%s"/>'
                        '<text x="%.0f" y="%d">%.2f</text>' % (y + 11, key, t, y, 400 * ratio, colors.get(t, '#888'), 166 + 400 * ratio,
                                                              y + 11, ratio))
            y += 16
        y += 6 if have else 0
    return ('<svg xmlns="http://www.w3.org/2000/svg" width="700" height="%d" font-family="sans-serif" font-size="11">'
            '<line x1="560" x2="560" y1="0" y2="%d" stroke="#888"/>%s</svg>\n' % (y + 10, y + 10, ''.join(bars)))


def keep(out, where):
    """Writes WHERE.md and WHERE.svg: the latest results, with what they were measured on."""
    commit = subprocess.run(['git', '-C', HERE, 'rev-parse', '--short', 'HEAD'], capture_output=True, text=True).stdout.strip()
    m = out['machine']
    with open(where + '.svg', 'w') as f:
        f.write(plot(out))
    with open(where + '.md', 'w') as f:
        f.write('# Results of make bench\n\n%s, commit %s, %d cores, Linux %s, load %s; synced writes a second: %s.\n'
                'Requests a second as a part of the fixed answer\'s in the same round: median (lowest to highest).\n'
                'fresh: a question that was never asked before, about messages that may have been; rows50: one whose messages are read from the\n'
                'database each time; read50, user: one that is asked again and again.\n\n%s\n\n%s\n\n'
                '![all targets](%s.svg)\n' % (m['date'], commit, m['cores'], m['kernel'], cell(m['load1'], 1),
                                             cell(out['fdatasync']['overwrite_per_s']), beside(out), goals(out)[0], os.path.basename(where)))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--rounds', type=int, default=3)
    ap.add_argument('--first-round', type=int, default=1, help='number of the first round, when adding to FILE')
    ap.add_argument('--only', choices=['fanout', 'http'])
    ap.add_argument('--peers', help='comma separated; the ceilings always run; default all but modchat')
    ap.add_argument('--raw', default=os.path.join(HERE, '.build', 'results.jsonl'))
    ap.add_argument('--json', help='write the summary here')
    ap.add_argument('--goals', action='store_true', help='compare modchat with its goals; exit code 1 when one is missed')
    ap.add_argument('--keep', help='write KEEP.md and KEEP.svg')
    ap.add_argument('--report', action='store_true')
    a = ap.parse_args()
    if not a.report:
        os.makedirs(os.path.dirname(os.path.abspath(a.raw)), exist_ok=True)
        with open(a.raw, 'a') as raw:
            measure(a, raw)
    with open(a.raw) as f:
        rows = [json.loads(l) for l in f]
    out = summarize(rows)
    out['machine'] = {'cores': os.cpu_count(), 'kernel': platform.release().split('-')[0],
                      'date': datetime.date.today().isoformat(),
                      'load1': mmm([r['load1'] for r in rows if 'load1' in r])}
    out['columns'] = ('each value: [median, min, max]; *_ratio: to the ceiling of the same round (fan-out: raw; HTTP: '
                      'mod_fixed), *_ratio_static: to the static file; best_peer: [median, peer]')
    out['best_peer'] = targets(out)
    if a.json:
        text = json.dumps(out, indent=1)
        with open(a.json, 'w') as f:
            f.write(re.sub(r'\[\s+([^][{}]*?)\s+\]', lambda m: '[' + ' '.join(m.group(1).split()) + ']', text) + '\n')
    report(out)
    print('\n**Best peer of each case (median; ratio to the ceiling of the same round, or kB)**\n')
    print('| case | metric | best peer | value |\n|---|---|---|---|')
    for case, row in out['best_peer'].items():
        for key, (v, peer) in row.items():
            print('| %s | %s | %s | %.3f |' % (case, key.replace('_ratio', ' / ceiling'), peer, v))
    if a.keep:
        keep(out, a.keep)
    table, met = goals(out)
    if a.goals:
        print('\n**mod_chat and its goals**\n\n' + table)
    return 0 if met or not a.goals else 1


if __name__ == '__main__':
    sys.exit(main())
