"""Many sockets and writers at a chat site, which nothing may disturb: what was lost and what was refused."""
import json
import os
import shutil
import subprocess
import threading

SOCKETS = os.path.join(os.path.dirname(__file__), '../upgrade/sockets.js')


def can_run():
    """Whether node and the client library are here."""
    return shutil.which('node') and os.path.exists(os.path.join(os.path.dirname(__file__), '../realtime/node_modules/.installed'))


class Crowd:
    def __init__(self, site, count, writers=2, accounts=4):
        """COUNT sockets of ACCOUNTS accounts hear channel `crowd`, in which WRITERS say 0, 1, 2 and so on."""
        self.site, self.lock, self.next, self.failed, self.stopped = site, threading.Lock(), 0, [], threading.Event()
        owner = site.account('crowd')
        site.call('makechannel', token=owner, name='crowd')
        tokens = []
        for i in range(accounts):
            tokens.append(site.account(f'ear{i}'))
            site.call('addusertochannel', token=owner, name='crowd', username=f'ear{i}')
        self.node = subprocess.Popen(['node', SOCKETS, site.url, str(count), *tokens], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ready = self.node.stdout.readline() == 'ready\n'
        self.writers = [threading.Thread(target=self.write, args=(owner,)) for _ in range(writers)]
        for writer in self.writers:
            writer.start()

    def write(self, token):
        while not self.stopped.wait(0.2):
            with self.lock:
                number, self.next = self.next, self.next + 1
            try:
                answer = self.site.call('sendmessage', token=token, channel='crowd', message=str(number))
                if answer[0] != 200:
                    self.failed.append(answer)
            except (OSError, ValueError) as e:
                self.failed.append(e)

    def said(self, more):
        """Waits until MORE messages were said."""
        until = self.next + more
        return self.site.wait(lambda: self.next >= until)

    def end(self):
        """(messages, refused or broken requests, what the sockets heard)"""
        self.stopped.set()
        for writer in self.writers:
            writer.join()
        heard, _ = self.node.communicate(f'{self.next}\n')
        return self.next, self.failed, json.loads(heard)
