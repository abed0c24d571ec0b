#!/usr/bin/env python3
"""Runs every code block of the manual: run.py BUILD [FILE...]; adds to $CHAT_TALLY.

sh      the blocks of a page are one shell script, run from its first to its last against a server of its own, where
        `run` is the state folder and port 8080 the server's, with the commands of COMMANDS and no others: what
        changes the machine is not run. A command that fails, an HTTP error too, fails the test.
apache  goes through httpd's configtest, in a site that has a database; a block that begins with SetHandler is the
        text of a .htaccess.
json    must parse; js goes through node, php and python through their parsers.
text    output and file formats, for reading only.

Every relative link of the manual leads to a file, and to a heading of it.

A block with `<!-- not run: REASON -->` on the line before it is left out; `<!-- test: COMMANDS -->` is run in the
place where it stands: what the page takes for granted.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '../lib'))
import tap
from chat_site import Site, runner

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), '../..'))
APXS = os.environ.get('APXS', 'apxs')
COMMANDS = 'bash cat cp curl date jq mkdir sed tr'
NOT_RUN_MAX = 12  # of the whole manual
ASSUMED = 'ChatGuests On\nChatRateLimit teendevops off\nChatAdmin On\nChatRevealPasswords On\n'

# An answer of 400 or more ends the script; `account NAME` makes an account and prints its token.
PRELUDE = r'''set -eu -o pipefail
curl() { command curl -sS --fail-with-body "$@"; }
account() { curl -o /dev/null $BUTTON/register/ -d '{"username":"'$1'","password":"Passw0rd!"}' &&
    curl $BUTTON/generatetoken/ -d '{"username":"'$1'","password":"Passw0rd!"}' | jq -r .token; }
'''


class Block:
    def __init__(self, page, line, language):
        self.page, self.line, self.language, self.lines, self.reason = page, line, language, [], None

    def __str__(self):
        return f'{self.page}:{self.line}'

    @property
    def text(self):
        return ''.join(self.lines)


def blocks_of(page):
    """Fenced blocks, indented ones (language ''), and hidden commands (language 'test')."""
    blocks, fenced, indented, before, blank = [], None, None, None, True
    for number, line in enumerate(open(os.path.join(TOP, page), encoding='utf-8'), 1):
        fence = re.match(r'\s*```(\S*)', line)
        hidden = re.match(r'<!-- test: (.*) -->$', line)
        if fenced:
            if fence:
                fenced = None
            else:
                fenced.lines.append(line)
            continue
        if fence:
            fenced = Block(page, number, fence.group(1))
            fenced.reason = before
            blocks.append(fenced)
        elif hidden:
            blocks.append(Block(page, number, 'test'))
            blocks[-1].lines.append(hidden.group(1) + '\n')
        elif line.startswith('    ') and (indented or blank):
            if not indented:
                indented = Block(page, number, '')
                blocks.append(indented)
            indented.lines.append(line)
        elif line.strip():
            indented = None
        mark = re.match(r'\s*<!-- not run: (.+) -->$', line)
        before = mark.group(1) if mark else None
        blank = not line.strip()
    return blocks


def anchors(page):
    """The names that a reader's web site gives to the headings of a page."""
    heads = [re.sub(r'\[(.*?)\]\(.*?\)', r'\1', h) for h in re.findall(r'^#+ (.*)', open(page, encoding='utf-8').read(), re.M)]
    return [re.sub(r'[^\w -]', '', h.lower()).replace(' ', '-') for h in heads]


def broken_links(page):
    broken = []
    for link in re.findall(r'\]\(([^)\s]+)\)', open(os.path.join(TOP, page), encoding='utf-8').read()):
        name, _, anchor = link.partition('#')
        file = os.path.join(TOP, os.path.dirname(page), name) if name else os.path.join(TOP, page)
        if ':' not in link and not (os.path.exists(file) and (not anchor or anchor in anchors(file))):
            broken.append(link)
    return broken


def query(what):
    return subprocess.run([APXS, '-q', what], capture_output=True, text=True).stdout.strip()


class Manual:
    def __init__(self, build):
        self.build = os.path.abspath(build)
        self.dir = tempfile.mkdtemp(prefix='mod_chat-docs.')
        os.chmod(self.dir, 0o755)
        self.modules, self.httpd = query('LIBEXECDIR'), f"{query('SBINDIR')}/{query('PROGNAME')}"
        self.left_out = 0

    @staticmethod
    def judge(good, name, said=''):
        tap.ok(good, name, '\n#   '.join(said.strip().splitlines()[-20:]))

    def shell(self, page, blocks):
        place = tempfile.mkdtemp(prefix='site.', dir=self.dir)
        os.chmod(place, 0o755)
        site = Site(self.build, place, ASSUMED)
        try:
            os.symlink(site.state, site.dir + '/run')
            os.mkdir(site.dir + '/bin')
            for program in [self.build + '/chatctl'] + [shutil.which(c) for c in COMMANDS.split()]:
                os.symlink(program, f'{site.dir}/bin/{os.path.basename(program)}')
            script = PRELUDE + ''.join(f'echo "# line {b.line}"\n{b.text}' for b in blocks)
            script = re.sub(r'(?<![\w.-])/(?:etc/apache2|var/backups)(?=/)', site.dir, script)
            script = re.sub(r'(127\.0\.0\.1|localhost):8080', site.url.split('//')[1], script)
            done = subprocess.run([shutil.which('bash'), '-c', script], cwd=site.dir, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                                  env=dict(os.environ, PATH=site.dir + '/bin', BUTTON=site.url + '/api/v3'))
            self.judge(done.returncode == 0, f'{page}: {len(blocks)} shell blocks run', done.stdout + done.stderr)
        finally:
            site.stop()

    def apache(self, block):
        """A server whose folders stand for the ones that the manual names."""
        root = tempfile.mkdtemp(prefix='conf.', dir=self.dir)
        os.chmod(root, 0o755)
        user = f'User #{runner()[0]}\nGroup #{runner()[1]}\n' if runner() else ''
        if runner():
            os.chown(root, *runner())
        text = block.text
        if text.lstrip().startswith('SetHandler'):
            text = f'<Directory {root}>\n{text}</Directory>\n'
        for place in ('/var/lib/mod_chat', '/etc/apache2', '/usr/local/sbin', '/srv/www', '/home', '/usr/local/share', '/logs'):
            os.makedirs(root + place, exist_ok=True)
            if runner():
                os.chown(root + place, *runner())
            text = re.sub(rf'(?<![\w.-]){place}(?=/)', root + place, text)
        os.makedirs(root + '/etc/apache2/chat-mail')
        shutil.copy(self.build + '/chatd', root + '/usr/local/sbin/chatd')
        for name, secret in (('discord.token', 'token\n'), ('discord.webhook', 'https://discord.com/api/webhooks/1/x\n'),
                             ('chat.secret', '5a' * 32 + '\n'), ('chat.keys', 'a HS256 ' + '5a' * 32 + '\n'), ('users', ''), ('clients.pem', 'x\n')):
            path = f'{root}/etc/apache2/{name}'
            with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), 'w') as f:
                f.write(secret)
            if runner():
                os.chown(path, *runner())
        text = text.replace('/usr/sbin/sendmail', '/bin/true')
        load = [f'LoadModule {m}_module {self.modules}/mod_{m}.so\n' for m in
                'mpm_event unixd log_config authz_core authz_host mime dir alias dbd proxy proxy_http proxy_wstunnel rewrite headers setenvif env '
                'authn_core authn_file authz_user auth_basic socache_shmcb ssl auth_openidc request session session_cookie auth_form'.split()
                if os.path.exists(f'{self.modules}/mod_{m}.so')]
        database = '' if 'DBDriver' in text else f'DBDriver sqlite3\nDBDParams {root}/chat.db\n'
        engine = '' if 'ChatEngine' in text else 'ChatEngine On\n'
        text = re.sub(r'^LoadModule chat_module .*\n', '', text, flags=re.M)
        with open(root + '/httpd.conf', 'w') as f:
            f.write(f'ServerRoot {root}\nServerName localhost\nPidFile pid\nErrorLog log\nListen 127.0.0.1:9\nTypesConfig /dev/null\n'
                   
                    f"{''.join(load)}{user}LoadModule chat_module {self.build}/mod_chat.so\n{database}{engine}{text}")
        done = subprocess.run([self.httpd, '-t', '-f', root + '/httpd.conf'], capture_output=True, text=True)
        self.judge('Syntax OK' in done.stderr, f'{block}: configtest', done.stderr)

    def block(self, block):
        if block.language == 'apache':
            self.apache(block)
        elif block.language == 'json':
            try:
                json.loads(block.text)
                self.judge(True, f'{block}: JSON')
            except ValueError as e:
                self.judge(False, f'{block}: JSON', str(e))
        elif block.language in ('js', 'javascript') and shutil.which('node'):
            path = f'{self.dir}/block.mjs'
            with open(path, 'w') as f:
                f.write(block.text)
            done = subprocess.run(['node', '--check', path], capture_output=True, text=True)
            self.judge(done.returncode == 0, f'{block}: JavaScript', done.stderr)
        elif block.language in ('php', 'python'):
            check = {'php': ['php', '-l'], 'python': [sys.executable, '-B', '-c', 'import ast; ast.parse(open(0).read())']}[block.language]
            if shutil.which(check[0]):
                done = subprocess.run(check, input=block.text, capture_output=True, text=True)
                self.judge(done.returncode == 0, f'{block}: {block.language}', done.stdout + done.stderr)
        elif block.language not in ('js', 'javascript', 'text', 'html', 'css', 'ini'):
            self.judge(False, f"{block}: a block in a fence, with a language that this test knows, not '{block.language}'")

    def page(self, page):
        broken = broken_links(page)
        self.judge(not broken, f'{page}: links', ' '.join(broken))
        blocks = blocks_of(page)
        self.left_out += sum(b.reason is not None for b in blocks)
        blocks = [b for b in blocks if b.reason is None]
        shell = [b for b in blocks if b.language in ('sh', 'test')]
        if shell:
            self.shell(page, shell)
        for b in blocks:
            if b not in shell:
                self.block(b)


def main():
    manual = Manual(sys.argv[1])
    names = subprocess.run('ls README.md CONTRIBUTING.md SECURITY.md docs/*.md docs/*/*.md 2>/dev/null', shell=True, cwd=TOP,
                           capture_output=True, text=True).stdout.split()
    try:
        for page in sys.argv[2:] or names:
            manual.page(page)
        if len(sys.argv) == 2:
            manual.judge(manual.left_out <= NOT_RUN_MAX, f'{manual.left_out} blocks are not run, with the reason beside them')
    finally:
        shutil.rmtree(manual.dir, ignore_errors=True)
    tap.done('docs')


main()
