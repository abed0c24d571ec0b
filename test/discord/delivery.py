#!/usr/bin/env python3
"""Delivery to a fake of Discord: what arrives, what is tried again, what is given up.

  delivery.py BUILD          everything but kills
  delivery.py BUILD KILLS    chatd killed so often while it delivers
"""
import os
import random
import shutil
import socket
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '../lib'))
import fake
import tap
from chat_site import Site, runner, secret_file
from tap import ok, same


class World:
    def __init__(self, build, webhook='file', extra='', token=fake.TOKEN):
        self.dir = tempfile.mkdtemp(prefix='mod_chat-discord.')
        os.chmod(self.dir, 0o755)
        self.server, self.d, ca = fake.start(self.dir)
        os.chmod(ca, 0o644)
        self.base = f'https://127.0.0.1:{self.server.server_port}'
        self.hook_url = f'{self.base}/api/webhooks/300000000000000001/{fake.HOOK_TOKEN}'
        self.hook_file = secret_file(self.dir + '/hook', self.hook_url)
        self.token_file = secret_file(self.dir + '/token', token)
        hook = {'file': 'file:' + self.hook_file, 'url': self.hook_url}.get(webhook, webhook)
        self.site = Site(build, self.dir, f'''ChatDiscordAPI {self.base}/api/v10/
ChatDiscordBotTokenFile {self.token_file}
ChatDiscordWebhook {hook}
{extra}''', ca)
        self.ann = self.site.account('ann_1')
        self.site.tool('discord', 'link', 'ann_1', 'general', '200000000000000001')
        self.site.tool('discord', 'link', 'ann_1', 'Other Room', '200000000000000002')
        self.site.tool('discord', 'link', 'ann_1', 'bob', '400000000000000001', '--person')
        self.site.tool('discord', 'link', 'ann_1', 'nobody', '400000000000000404', '--person')

    def hook(self, text):
        return self.site.call('senddcmsgwithtoken', token=self.ann, message=text)

    def send(self, target, text):
        return self.site.call('senddcmsg', token=self.ann, channel=target, message=text)

    def clear(self):
        with self.d.lock:
            self.d.messages.clear()
            self.d.faults.clear()
            self.d.requests.clear()
            self.d.windows.clear()
            self.d.blocked.clear()
            self.d.limited = self.d.early = self.d.duplicates = self.d.dead = 0

    def last(self):
        return self.site.outbox()[-1]

    def end(self):
        self.site.stop()
        self.server.shutdown()
        log = self.site.log()
        if os.path.exists(self.dir + '/chatd.log'):
            log += open(self.dir + '/chatd.log').read()
        same(self.d.wrong, [], 'nothing that Discord would have refused')
        for secret in (fake.TOKEN, fake.HOOK_TOKEN):
            ok(secret not in log, 'no secret in the error log')
        ok('Sanitizer' not in log and 'runtime error' not in log, 'no sanitizer complains', log[-3000:])
        ok('CHAT0801' not in log, 'the outbox could always be used', log[-2000:])
        if not tap.failed:
            shutil.rmtree(self.dir)
        else:
            print('# kept: ' + self.dir)


def plain(w):
    same(w.hook('hello @everyone'), (200, {'message': 'Sent message!'}), 'webhook: the documented answer')
    same(w.send('general', 'to the channel'), (200, {'message': 'Dm message sent!'}), 'channel: the documented answer')
    same(w.send('GENERAL', 'again'), (200, {'message': 'Dm message sent!'}), 'the name folds')
    same(w.send('bob', 'hi bob'), (200, {'message': 'Dm message sent!'}), 'person: the documented answer')
    same(w.send('bob', 'hi again'), (200, {'message': 'Dm message sent!'}), 'person, once more')
    same(w.send('carl', 'x'), (400, {'message': 'Invalid input or user not in channel'}), 'no link: the documented 400')
    ok(w.site.settled(), 'all is settled', w.site.outbox())
    same({o['state'] for o in w.site.outbox()}, {'delivered'}, 'all is delivered')
    same([(m['username'], m['content']) for m in w.d.messages if m['channel'] == 'hook'], [('ann_1', 'hello @everyone')],
         'webhook: text and name')
    same(w.d.contents('200000000000000001'), ['**ann\\_1**: to the channel', '**ann\\_1**: again'], 'channel: name and text, in order')
    same(w.d.contents(w.d.dms['400000000000000001']), ['**ann\\_1**: hi bob', '**ann\\_1**: hi again'], 'person: the same')
    same(w.d.dm_requests, 1, 'the DM channel is made once')


def lengths(w):
    w.clear()
    room = 2000 - len('**ann\\_1**: ')
    same(w.hook('é' * 2001), (413, {'message': 'Too long, the limit is 2000!'}), 'webhook: 2001 characters')
    same(w.send('general', 'x' * (room + 1)), (413, {'message': f'Too long, the limit is {room}!'}), 'channel: the name counts')
    same(w.hook('é' * 2000)[0], 200, 'webhook: 2000 characters')
    same(w.send('general', '\U0001F600' * room)[0], 200, 'channel: all that fits')
    ok(w.site.settled(), 'settled')
    same(sorted(len(m['content']) for m in w.d.messages), [2000, 2000], 'both arrived whole')


def names(w):
    w.clear()
    token = w.site.account('my_discord')
    same(w.site.call('senddcmsgwithtoken', token=token, message='x')[0], 200, 'a name that webhooks may not have')
    ok(w.site.settled(), 'settled')
    same([(m['username'], m['content']) for m in w.d.messages], [(None, '**my\\_discord**: x')], 'stands in the text')


def retries(w):
    for fault, repeated in (('500', False), ('502', False), ('503', False), ('reset', False), ('429', False), ('429-header', False),
                            ('429-global', False), ('lost', True), ('lost-502', True), ('malformed', True), ('huge', True)):
        w.clear()
        w.d.faults.append(fault)
        w.send('general', 'one ' + fault)
        w.send('general', 'two ' + fault)
        ok(w.site.settled(), f'{fault}: settled', w.site.outbox()[-2:])
        same(w.d.contents('200000000000000001'), [f'**ann\\_1**: one {fault}', f'**ann\\_1**: two {fault}'], f'{fault}: once each, in order')
        same(w.d.duplicates, int(repeated), f'{fault}: answered from the nonce')
        same(w.d.early, 0, f'{fault}: nothing was sent while limited')
    w.clear()
    w.d.faults.append('timeout')
    w.send('general', 'slow')
    w.send('Other Room', 'not held up')
    ok(w.site.settled(), 'time-out: settled')
    same((w.d.dead, w.d.contents('200000000000000002')), (1, ['**ann\\_1**: not held up']), 'another target does not wait for a dead one')
    same(w.d.contents('200000000000000001'), ['**ann\\_1**: slow'], 'time-out: once')
    same([o['attempts'] for o in w.site.outbox()[-2:]], [2, 1], 'attempts are counted')
    w.clear()
    w.d.faults += ['500'] * 4
    w.hook('webhook again')
    ok(w.site.settled(), 'webhook: settled')
    same(w.d.contents('hook'), ['webhook again'], 'webhook: tried until it works')
    gaps = [b[0] - a[0] for a, b in zip(w.d.requests, w.d.requests[1:])]
    ok(all(g >= 0.45 * 2 ** i for i, g in enumerate(gaps)) and len(gaps) == 4, 'the waits grow', gaps)


def refusals(w):
    for fault, reason in (('403', 'Discord answered 403: Missing Access (50001)'), ('400', 'Discord answered 400: Invalid Form Body (50035)'),
                          ('redirect', 'Discord answered 302, and redirects are not followed')):
        w.clear()
        w.d.faults.append(fault)
        w.send('general', 'refused ' + fault)
        ok(w.site.settled(), f'{fault}: settled')
        same((w.last()['state'], w.last()['reason']), ('given-up', reason), f'{fault}: given up, with the reason')
        same(w.d.contents(), [], f'{fault}: nothing arrived')
    w.site.tool('outbox', 'retry', str(w.last()['id']))
    ok(w.site.settled(), 'revived: settled')
    same(w.d.contents(), ['**ann\\_1**: refused redirect'], 'retry revives it')
    same(w.last()['state'], 'delivered', 'and it is delivered')
    w.clear()
    w.send('nobody', 'x')
    ok(w.site.settled(), 'settled')
    same((w.last()['state'], w.last()['reason']), ('given-up', 'Discord answered 400: Invalid Recipient(s) (50033)'), 'no such person')
    w.d.closed.add('400000000000000001')
    w.send('bob', 'closed door')
    ok(w.site.settled(), 'settled')
    same((w.last()['state'], w.last()['reason']), ('given-up', 'Discord answered 403: Cannot send messages to this user (50007)'),
         'a person who takes no messages')
    w.d.closed.clear()


def limits(w):
    w.clear()
    w.d.limit = (5, 1.5)
    for i in range(18):
        w.send('general', f'm{i}')
    for i in range(7):
        w.hook(f'h{i}')
    ok(w.site.settled(), 'settled')
    same(w.d.contents('200000000000000001'), [f'**ann\\_1**: m{i}' for i in range(18)], 'a bucket of 5: all, in order')
    same(w.d.contents('hook'), [f'h{i}' for i in range(7)], 'the webhook too')
    same(w.d.limited, 0, 'the bucket headers were obeyed: no 429')
    w.d.limit = (1000, 1)


def gives_up(w):
    w.clear()
    w.d.faults += ['500'] * 1000
    w.send('general', 'old')
    w.send('general', 'behind it')
    ok(w.site.wait(lambda: len(w.d.requests) > 1), 'tried twice')
    w.site.sql("UPDATE outbox SET created_at = created_at - 86400000000 WHERE payload LIKE '%: old'")
    ok(w.site.wait(lambda: w.site.outbox()[-2]['state'] != 'waiting'), 'its time ends')
    w.d.faults.clear()
    ok(w.site.settled(), 'settled')
    same([(o['state'], o['reason']) for o in w.site.outbox()[-2:]], [('given-up', 'Discord answered 500'), ('delivered', None)],
         'a day without success: given up, and the next one gets its turn')


def token_changes(w):
    w.clear()
    with w.d.lock:
        w.d.token = 'another.bot.token'
    w.send('general', 'with the new token')
    ok(w.site.wait(lambda: w.last()['reason']), 'a token that Discord refuses: a reason')
    same((w.last()['state'], w.last()['reason']), ('waiting', 'Discord answered 401: 401: Unauthorized (0)'), 'and it waits')
    before = len(w.d.requests)
    w.send('Other Room', 'waits too')
    time.sleep(3)
    same(len(w.d.requests), before, 'nothing else is tried with it')
    secret_file(w.token_file, 'another.bot.token')
    ok(w.site.settled(180), 'the file is read anew after a minute: settled')
    same(sorted(w.d.contents()), ['**ann\\_1**: waits too', '**ann\\_1**: with the new token'], 'both arrive')


def away(w):
    """Discord cannot be reached at all, and the site does not notice."""
    w.clear()
    w.d.down = True
    w.server.shutdown()
    w.server.server_close()
    w.port = socket.socket()  # no other program listens there
    w.port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    w.port.bind(w.server.server_address)
    same({w.send('general', f'a{i}')[0] for i in range(50)}, {200}, 'Discord away: 50 requests are answered')
    def reasons():
        return {o['reason'] for o in w.site.outbox() if o['state'] == 'waiting' and o['reason']}
    ok(w.site.wait(lambda: reasons() == {"not reached: Couldn't connect to server"}), 'and the reason is there', reasons())
    same({o['state'] for o in w.site.outbox()[-50:]}, {'waiting'}, 'nothing is lost')
    w.site.stop()
    w.site.start()
    same(len([o for o in w.site.outbox() if o['state'] == 'waiting']), 50, 'nor by a restart')


def wrong_ca(build):
    w = World(build)
    w.site.stop()
    w.site.env.pop('CURL_CA_BUNDLE')
    w.site.start()
    w.send('general', 'x')
    w.hook('x')
    ok(w.site.wait(lambda: all(o['reason'] for o in w.site.outbox())), 'an unknown CA: a reason')
    same({o['reason'] for o in w.site.outbox()}, {'not reached: SSL peer certificate or SSH remote key was not OK'}, 'TLS is verified')
    same(w.d.requests, [], 'no request got through')
    w.end()


def url_in_conf(build):
    w = World(build, 'url')
    w.hook('by URL')
    ok(w.site.settled(), 'settled')
    same(w.d.contents('hook'), ['by URL'], 'the URL in the configuration')
    found = [os.path.join(d, f) for d, _, files in os.walk(w.site.state) for f in files if os.path.isfile(os.path.join(d, f))]
    with_secret = [f for f in found if fake.HOOK_TOKEN.encode() in open(f, 'rb').read()]
    same([os.path.basename(f) for f in with_secret], ['chatd.conf.webhook-0'], 'the URL stands in one file')
    same(oct(os.stat(with_secret[0]).st_mode & 0o777), '0o600', 'which is private')
    w.end()
    ok(not os.path.exists(with_secret[0]), 'and goes with httpd')


def by_channel(build):
    w = World(build, 'channel:200000000000000002')
    same(w.hook('by bot'), (200, {'message': 'Sent message!'}), 'channel:ID: the documented answer')
    w.d.faults.append('lost')
    ok(w.site.settled(), 'settled')
    w.hook('by bot again')
    ok(w.site.settled(), 'settled')
    same(w.d.contents('200000000000000002'), ['**ann\\_1**: by bot', '**ann\\_1**: by bot again'], 'the bot delivers it')
    w.end()


def kills(build, times):
    """The daemon is ours here: httpd starts one that dies ever more slowly again."""
    daemon_dir = tempfile.mkdtemp(prefix='mod_chat-daemon.')
    who = runner()
    if who:
        os.chown(daemon_dir, *who)
    w = World(build, 'channel:200000000000000002', f'ChatDaemon external {daemon_dir}')
    w.d.delay = 0.03
    daemon, sent, done, n = w.site.run_daemon(daemon_dir), {}, 0, 0
    next_kill = time.time() + 0.5
    while done < times:
        for target in ('general', 'Other Room', 'bob', None):
            text = f'k{n}'
            r = w.send(target, text) if target else w.hook(text)
            if r[0] == 200:
                sent.setdefault(target or 'Other Room', []).append(text)
            n += 1
        with w.d.lock:
            if not w.d.faults and random.random() < 0.3:
                w.d.faults.append(random.choice(['lost', '500', 'reset', 'malformed', '429']))
        time.sleep(0.1)
        if time.time() >= next_kill:
            daemon.kill()
            daemon.wait()
            done += 1
            daemon = w.site.run_daemon(daemon_dir)
            next_kill = time.time() + random.uniform(0.05, 0.6)
    w.d.faults.clear()
    # the last daemon delivers this: then it can be told to end
    same(w.send('general', 'last')[0], 200, 'a last message')
    sent['general'].append('last')
    ok(w.site.wait(lambda: w.site.tool('stats')['outbox_waiting'] == 0, 240), 'settled after the kills')
    channels = {'general': '200000000000000001', 'Other Room': '200000000000000002', 'bob': w.d.dms.get('400000000000000001')}
    for target, texts in sent.items():
        got = [c.split(': ')[1] for c in w.d.contents(channels[target])]
        same(sorted(set(texts) - set(got)), [], f'{target}: of {len(texts)} messages none is missing')
        same(sorted({t for t in got if got.count(t) > 1}), [], f'{target}: none came twice')
        same(got, texts, f'{target}: the order is kept')
    ok(done >= times, f'{done} kills, {w.d.duplicates} repeated requests were caught by their nonce')
    daemon.terminate()
    same(daemon.wait(), 0, 'SIGTERM ends it well')
    w.end()
    shutil.rmtree(daemon_dir)


def main():
    build = sys.argv[1]
    if len(sys.argv) > 2:
        kills(build, int(sys.argv[2]))
    else:
        only = os.environ.get('CHAT_ONLY', '').split()
        if not only or set(only) - {'wrong_ca', 'url_in_conf', 'by_channel'}:
            w = World(build)
            for test in (plain, lengths, names, retries, refusals, limits, gives_up, token_changes, away):
                if not only or test.__name__ in only:
                    test(w)
            w.end()
        for test in (wrong_ca, url_in_conf, by_channel):
            if not only or test.__name__ in only:
                test(build)
    tap.done('discord/kill' if len(sys.argv) > 2 else 'discord/delivery')


main()
