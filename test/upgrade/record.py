#!/usr/bin/env python3
"""Records a site of a release, for the upgrades of later ones: record.py BUILD VERSION

Writes test/data/upgrade/VERSION.db.gz, .secret and .json: the database, its secret, and what clients have and saw.
"""
import glob
import gzip
import json
import os
import shutil
import sqlite3
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '../lib'))
from chat_site import PASSWORD, Site

DATA = os.path.join(os.path.dirname(__file__), '../data/upgrade')


def fill(site):
    """Something of everything; what a client keeps, by name."""
    seen = {'password': PASSWORD, 'tokens': {name: site.account(name) for name in ('ada', 'bob')}}
    ada, bob = seen['tokens']['ada'], seen['tokens']['bob']
    site.call('makechannel', token=ada, name='engines')
    site.call('addusertochannel', token=ada, name='engines', username='bob')
    seen['once'] = site.call('sendmessage', {'Idempotency-Key': 'k1'}, token=ada, channel='engines', message='Hello, w\u00f6rld')
    site.call('sendmessage', token=ada, channel='default', message='to all')
    site.call('senddm', token=bob, username='ada', message='hi')
    seen['read'] = site.call('readmessagesfromchannel', token=bob, name='engines', count=10)
    seen['dms'] = site.call('getdms', token=ada)
    seen['channels'] = site.call('getchannels', token=bob)
    site.tool('account', 'add', 'eve')
    site.tool('account', 'ban', 'eve')
    seen['accounts'] = [{k: a[k] for k in ('id', 'name', 'state')} for a in site.tool('account', 'list')]
    return seen


def main():
    build, version = sys.argv[1:]
    folder = tempfile.mkdtemp(prefix='mod_chat-record.')
    os.chmod(folder, 0o755)
    site = Site(build, folder, '')
    seen = fill(site)
    site.stop()
    [database] = glob.glob(site.state + '/**/chat.db', recursive=True)
    whole = sqlite3.connect(folder + '/whole.db')
    sqlite3.connect(database).backup(whole)
    whole.close()
    with open(folder + '/whole.db', 'rb') as f, gzip.GzipFile(f'{DATA}/{version}.db.gz', 'wb', mtime=0) as out:
        shutil.copyfileobj(f, out)
    shutil.copyfile(database + '.secret', f'{DATA}/{version}.secret')
    with open(f'{DATA}/{version}.json', 'w') as f:
        json.dump(seen, f, indent=1)
    shutil.rmtree(folder)


main()
