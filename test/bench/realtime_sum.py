#!/usr/bin/python3
"""Sums up what realtime.sh collected: medians over rounds, and ratios to `raw` of the same round.

  realtime_sum.py FILE
"""
import json
import statistics
import sys

KEYS = ['server_us_per_msg', 'lat_ms_p50', 'lat_ms_p99', 'msgs_per_s', 'connect_s', 'server_kb_per_conn']


def main():
    lines = [json.loads(line) for line in open(sys.argv[1], encoding='utf-8')]
    fan = [line for line in lines if line['bench'] == 'fanout']
    slots = list(dict.fromkeys((line['conns'], line['rate']) for line in fan))
    for conns, rate in slots:
        rows = [line for line in fan if (line['conns'], line['rate']) == (conns, rate)]
        raw = {line['round']: line for line in rows if line['peer'] == 'raw'}
        print('\n%d sockets, rate %s\n\n| peer | rounds | %s |\n|%s' % (conns, rate, ' | '.join(KEYS), ' --- |' * (len(KEYS) + 2)))
        for peer in dict.fromkeys(line['peer'] for line in rows):
            mine = [line for line in rows if line['peer'] == peer]
            cells = []
            for key in KEYS:
                values = [line[key] for line in mine if line.get(key) is not None]
                ratios = [line[key] / raw[line['round']][key] for line in mine
                          if line.get(key) and raw.get(line['round'], {}).get(key)]
                text = '%.4g' % statistics.median(values) if values else '-'
                if len(values) > 1:
                    text += ' (%.3g–%.3g)' % (min(values), max(values))
                if ratios and peer != 'raw':
                    text += ' ×%.2f' % statistics.median(ratios)
                cells.append(text)
            print('| %s | %d | %s |' % (peer, len(mine), ' | '.join(cells)))
        plain = {line['round']: line for line in rows if line['peer'] == 'handover'}
        times = [line['server_us_per_msg'] / plain[line['round']]['server_us_per_msg'] for line in rows
                 if line['peer'] == 'tls' and plain.get(line['round'], {}).get('server_us_per_msg')]
        if times:
            print('\nA delivery over TLS takes %.2f × the CPU of one without.' % statistics.median(times))
    tabs = [line for line in lines if line['bench'] == 'poll' or line.get('rate') == 'idle']
    if tabs:
        print('\nOne open tab, an hour\n\n| peer | requests | CPU ms | kB |\n| --- | --- | --- | --- |')
    for peer in dict.fromkeys(line['peer'] for line in tabs):
        mine = [line for line in tabs if line['peer'] == peer]
        hours = [line['seconds'] * line['conns'] / 3600 for line in mine]
        print('| %s | %.0f | %.0f | %.1f |' % (
            peer, statistics.median(line.get('requests', 0) / h for line, h in zip(mine, hours)),
            statistics.median(1000 * line['server_cpu_s'] / h for line, h in zip(mine, hours)),
            statistics.median(line['server_kb_per_conn'] for line in mine)))
    for line in lines:
        if line['bench'] == 'plain':
            print('plain requests, %(peer)s, %(conns)d sockets: p99 %(p99_before)s → %(p99_during)s, %(rate_before).0f → %(rate_during).0f/s' % line)


main()
