#!/usr/bin/env python3
"""Codes, links and what people say from Discord: signed as Discord signs.

  interactions.py BUILD
"""
import ctypes
import ctypes.util
import http.client
import json
import os
import shutil
import sys
import tempfile
import time
from urllib.parse import urlsplit

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '../lib'))
import tap
from chat_site import Site
from tap import ok, same

sodium = ctypes.CDLL(ctypes.util.find_library('sodium') or 'libsodium.so.23')
sodium.sodium_init()


class Application:
    """One of Discord's: a key pair that signs."""

    def __init__(self):
        public, self.secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(64)
        sodium.crypto_sign_keypair(public, self.secret)
        self.key = public.raw.hex()

    def sign(self, data):
        out = ctypes.create_string_buffer(64)
        sodium.crypto_sign_detached(out, None, data, ctypes.c_ulonglong(len(data)), self.secret)
        return out.raw.hex()


INVALID = (401, {'message': 'Invalid request signature!'})
counter = 0


def post(site, app, value, raw=None, **change):
    """(status, body) of a signed request; what CHANGE names is sent otherwise than signed."""
    body = raw if raw is not None else json.dumps(value).encode()
    stamp = change.get('stamp', str(int(time.time())))
    signature = change.get('signature', app.sign(stamp.encode() + body))
    headers = {'Content-Type': 'application/json', 'X-Signature-Ed25519': signature,
               'X-Signature-Timestamp': change.get('stamp_sent', stamp)}
    for name in change.get('without', ()):
        del headers[name]
    c = http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=60)
    c.request('POST', '/api/v3/discord/interactions', change.get('body_sent', body), headers)
    r = c.getresponse()
    text = r.read()
    c.close()
    return r.status, json.loads(text)


def command(name, person, channel='200000000000000001', **options):
    """An interaction as Discord sends it; CHANNEL is where it was typed."""
    global counter
    counter += 1
    return {'id': str(900000000000000000 + counter), 'type': 2, 'token': 'interaction-token', 'version': 1, 'channel_id': channel,
            'application_id': '1', 'member': {'permissions': '0', 'user': {'id': person, 'username': 'annika.d', 'discriminator': '0'}},
            'data': {'id': '5', 'name': name, 'type': 1, 'options': [{'name': k, 'type': 3, 'value': v} for k, v in options.items()]}}


def said(text):
    return 200, {'type': 4, 'data': {'content': text, 'flags': 64, 'allowed_mentions': {'parse': []}}}


UNKNOWN = said('This code is not valid. A code works once, for ten minutes.')
NOBODY = said('You have no account here yet: get a code in the chat and send `/link` with it.')


def signatures(site, app):
    ping = {'id': '1', 'type': 1, 'token': 't', 'version': 1}
    def at(ahead):
        return str(int(time.time()) + ahead)
    same(post(site, app, ping), (200, {'type': 1}), 'PING is answered with PONG')
    same(post(site, Application(), ping), INVALID, 'another key')
    same(post(site, app, ping, body_sent=b'{"type":1 }'), INVALID, 'another body')
    same(post(site, app, ping, stamp_sent=at(60)), INVALID, 'another time')
    same(post(site, app, ping, stamp=at(-310)), INVALID, 'signed too long ago')
    same(post(site, app, ping, stamp=at(400)), INVALID, 'signed in the future')
    same(post(site, app, ping, stamp='soon'), INVALID, 'a time that is none')
    same(post(site, app, ping, stamp=''), INVALID, 'an empty time')
    same(post(site, app, ping, signature=''), INVALID, 'an empty signature')
    same(post(site, app, ping, signature='0' * 128), INVALID, 'zeros')
    same(post(site, app, ping, signature='zz' * 64), INVALID, 'no digits')
    same(post(site, app, ping, without=['X-Signature-Ed25519']), INVALID, 'no signature')
    same(post(site, app, ping, without=['X-Signature-Timestamp']), INVALID, 'no time')
    same(post(site, app, None, raw=b'not JSON')[0], 400, 'signed, and not JSON')
    same(post(site, app, None, raw=b'[' * 5000)[0], 400, 'signed, and a nesting bomb')
    same(post(site, app, {'type': 99}), (400, {'message': 'type is not valid!'}), 'another type')
    same(post(site, app, {'type': 2}), (400, {'message': 'interaction is not valid!'}), 'a command without anything')
    bad = command('link', 'me', code='x')
    same(post(site, app, bad), (400, {'message': 'interaction is not valid!'}), 'a person whose id is no number')
    same(post(site, app, command('dance', '41')), said('Unknown command.'), 'another command')


def links(site, app, ann):
    same(site.call('discordcode', token='x'), (401, {'message': 'Invalid token!'}), 'no code without a token')
    status, body = site.call('discordcode', token=ann)
    same((status, sorted(body), body['message'], len(body['code'])), (200, ['code', 'message'], 'Got code!', 12), 'a code')
    code = body['code']
    same(post(site, app, command('link', '41', code='AAAAAAAAAAAA')), UNKNOWN, 'another code')
    same(post(site, app, command('link', '41', code=code + 'x')), UNKNOWN, 'a longer one')
    same(post(site, app, command('link', '41', code='')), UNKNOWN, 'an empty one')
    same(post(site, app, command('link', '41')), UNKNOWN, 'none')
    same(post(site, app, command('say', '41', message='x')), NOBODY, 'say: before the link')
    newer = site.call('discordcode', token=ann)[1]['code']
    same(post(site, app, command('link', '41', code=code)), UNKNOWN, 'a newer code takes its place')
    typed = newer.lower()[:4] + '-' + newer.lower()[4:8] + ' ' + newer.lower()[8:]
    same(post(site, app, command('link', '41', code=typed)), said('You are linked to the account ann_1.'), 'the code, as people type')
    same(post(site, app, command('link', '42', code=newer)), UNKNOWN, 'a code works once')
    same(site.tool('discord', 'list'), [{'account': 'ann_1', 'name': 'annika.d', 'kind': 'person', 'discord_id': '41'}], 'the link is there')
    same(site.call('senddcmsg', token=ann, channel='annika.d', message='x'), (200, {'message': 'Dm message sent!'}), 'and may be sent to')


def texts(site, token, channel):
    r = site.call('readmessagesfromchannel', token=token, name=channel)[1]
    return [(m['sender'], m['message']) for m in r['messages']]


def speaking(site, app, ann):
    site.call('makechannel', token=ann, name='general')
    site.tool('discord', 'link', 'ann_1', 'general', '200000000000000001')
    before = len(site.outbox())
    same(post(site, app, command('say', '41', message='hi from Discord')), said('Said in general.'), 'say: in the linked channel')
    same(post(site, app, command('say', '41', channel='200000000000000009', message='x')),
         said('This channel is not linked; name a channel of the chat.'), 'say: in another')
    elsewhere = command('say', '41', message='to default')
    elsewhere['data']['options'].append({'name': 'channel', 'type': 3, 'value': 'default'})
    same(post(site, app, elsewhere), said('Said in default.'), 'say: in a channel that is named')
    elsewhere = command('say', '41', message='x')
    elsewhere['data']['options'].append({'name': 'channel', 'type': 3, 'value': 'secret'})
    same(post(site, app, elsewhere), said('You cannot see a channel with that name.'), 'say: in none')
    once = command('say', '41', message='once')
    same(post(site, app, once), said('Said in general.'), 'a request')
    same(post(site, app, once), said('Said in general.'), 'the same again')
    once['data']['options'][0]['value'] = 'twice'
    same(post(site, app, once)[0], 422, 'its id with another text')
    same(post(site, app, command('say', '41', message='  ')), said('The message is empty.'), 'say: nothing')
    same(post(site, app, command('say', '41', message='x' * 70000)), said('The message is too long, the limit is 65536.'), 'say: too much')
    same(post(site, app, command('say', '42', message='x')), NOBODY, 'say: a stranger')
    direct = command('say', '41', message='in a DM', channel='200000000000000001')
    direct['user'] = direct.pop('member')['user']
    same(post(site, app, direct), said('Said in general.'), 'say: outside of a server')
    same(texts(site, ann, 'general'), [('ann_1', 'hi from Discord'), ('ann_1', 'once'), ('ann_1', 'in a DM')], 'all is there, once')
    same(texts(site, ann, 'default'), [('ann_1', 'to default')], 'in its channel')
    same(len(site.outbox()), before, 'nothing goes back to Discord')
    site.account('eve')
    site.tool('channel', 'add', 'closed', '--private', '--creator', 'eve')
    hidden = command('say', '41', message='x')
    hidden['data']['options'].append({'name': 'channel', 'type': 3, 'value': 'closed'})
    same(post(site, app, hidden), said('You cannot see a channel with that name.'), 'rights are the account\'s')


def unlinking(site, app, ann):
    site.tool('discord', 'link', 'ann_1', 'other', '43', '--person')
    same(post(site, app, command('say', '43', message='x')), NOBODY, 'an administrator\'s link speaks for nobody')
    site.tool('account', 'ban', 'ann_1')
    same(post(site, app, command('say', '41', message='x')), NOBODY, 'a banned account says nothing')
    site.tool('account', 'unban', 'ann_1')
    same(post(site, app, command('say', '41', message='back')), said('Said in general.'), 'and again when it is let in')
    site.tool('discord', 'unlink', 'ann_1', 'annika.d')
    same(post(site, app, command('say', '41', message='x')), NOBODY, 'unlink ends it')


def off(build):
    directory = tempfile.mkdtemp(prefix='mod_chat-discord.')
    os.chmod(directory, 0o755)
    site = Site(build, directory, '')
    app = Application()
    same(post(site, app, {'type': 1}), (404, {'message': 'Endpoint not found!'}), 'off: there is no such path')
    ann = site.account('ann_1')
    same(site.call('discordcode', token=ann), (404, {'message': 'Endpoint not found!'}), 'off: nor codes')
    site.stop()
    shutil.rmtree(directory)


def main():
    build, app = sys.argv[1], Application()
    directory = tempfile.mkdtemp(prefix='mod_chat-discord.')
    os.chmod(directory, 0o755)
    site = Site(build, directory, f'ChatDiscordInteractions {app.key}\n')
    ann = site.account('ann_1')
    for test in (lambda: signatures(site, app), lambda: links(site, app, ann), lambda: speaking(site, app, ann),
                 lambda: unlinking(site, app, ann)):
        test()
    site.stop()
    shutil.rmtree(directory)
    off(build)
    tap.done('discord/interactions')


main()
