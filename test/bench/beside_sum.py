#!/usr/bin/python3
"""Sums up what beside.sh collected.

  beside_sum.py FILE
"""
import json
import statistics
import sys

# what, and whether more is better
FIGURES = {'http': {'requests_per_s': True, 'server_us_per_request': False, 'p99_ms': False},
           'fanout': {'server_us_per_msg': False, 'lat_ms_p99': False, 'server_kb_per_conn': False}}
MOST = 1.05


def main():
    cases = {}
    for line in map(json.loads, open(sys.argv[1], encoding='utf-8')):
        if line.get('target') == 'modchat' or line.get('peer') == 'handover':
            name = f"{line['op']}, {line['concurrency']}" if line['bench'] == 'http' else f"fan-out, {line['conns']} at {line['rate']}/s"
            for figure, more in FIGURES[line['bench']].items():
                cases.setdefault((name, figure, more), {}).setdefault(line['turn'], {})[line['build']] = line[figure]
    print('| case | figure | this | other | ratio |\n| --- | --- | --- | --- | --- |')
    worse = 0
    for (name, figure, more), turns in cases.items():
        both = [turn for turn in turns.values() if turn.get('this') and turn.get('other')]
        if not both:
            continue
        ratio = statistics.median(turn['this'] / turn['other'] for turn in both)
        bad = (1 / ratio if more else ratio) > MOST
        worse += bad
        this, other = (statistics.median(turn[build] for turn in both) for build in ('this', 'other'))
        print(f"| {name} | {figure} | {this:.4g} | {other:.4g} | {ratio:.3f}{' worse' if bad else ''} |")
    return worse > 0 or not cases


sys.exit(main())
