# chatctl serve: one command, every MPM, TLS and HTTP/2; restarts; its own files; what keeps it from serving.
# engine: sqlite3
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use Test::More;
use ChatTest;

my @admin = slurp(stage() . '/docs/openapi.yaml') =~ m{^  (/api/v3/admin\w+/):$}mg;
my $quick = "ChatRateLimit button:registrations off\nChatRateLimit button:sends off\n";

# The next complaint of a server that is ready.
sub complaint {
    my ($server) = @_;
    while (defined(my $line = readline $server->{out})) { return $line if $line =~ /^chatctl:/ }
    return '';
}

# The answer of curl: status, HTTP version, body. For what HTTP::Tiny does not speak.
sub curl {
    my ($url, $json, @more) = @_;
    my $file = stage() . "/curl.$$";
    open my $out, '-|', 'curl', '-sk', '-m', 60, '-o', $file, '-w', '%{http_code} %{http_version}', '-d', $json, @more, $url
        or die "curl: $!\n";
    my $line = <$out> // '';
    close $out;
    my ($status, $version) = split ' ', $line;
    return ($status, $version, -e $file ? body_json(slurp($file)) : {});
}

for my $mpm (qw(event worker prefork)) {
    my $server = serve(conf => $quick, args => ['--mpm', $mpm, '--tls-port', 0]);
    site($server->{url});
    # two that begin and say no more: the kernel keeps those to itself that say nothing at all
    my @silent = $mpm eq 'event' ? map { IO::Socket::INET->new(PeerAddr => m{//(.+)}) } $server->{url}, $server->{tls} : ();
    syswrite $silent[$_], ('P', "\x16\3")[$_] for 0 .. $#silent;
    my ($name, $token) = account();
    my ($room) = channel($token);
    answer([button('sendmessage/', { token => $token, channel => $room, message => 'x' })], 200, { message => 'Message sent!' },
        "$mpm: a message");
    my ($status, $text) = request('GET', '/chat-status?auto');
    is($status, 200, "$mpm: status");
    like($text, qr/^ServerMPM: $mpm/mi, "$mpm: is the MPM");
    ($status, $text) = request('GET', '/metrics');
    is($status, 200, "$mpm: metrics");
    like($text, qr/^mod_chat_requests_total\{dialect="button",status="2xx"\} 4$/m, "$mpm: every answer is counted once");
    like($text, qr/^mod_chat_daemon_up 1$/m, "$mpm: the daemon runs");
    is((request('POST', '/metrics'))[0], 405, "$mpm: metrics are only read");
    my $login = qq({"username":"$name","password":"$PW"});
    my @tls = curl("$server->{tls}/api/v3/login/", $login, '--http1.1');
    is("$tls[0] $tls[1] " . canonical($tls[2]), '200 1.1 {"message":"Login successful!"}', "$mpm: TLS");
    if ($mpm ne 'prefork') {
        my @h2 = curl("$server->{tls}/api/v3/login/", $login, '--http2');
        is("$h2[0] $h2[1] " . canonical($h2[2]), '200 2 {"message":"Login successful!"}', "$mpm: HTTP/2");
        @h2 = curl("$server->{tls}/api/v3/login/", 'x', '--http2');
        is($h2[0], 400, "$mpm: HTTP/2, a bad body");
        @h2 = curl("$server->{tls}/api/v3/login/", '@' . spew(stage() . "/big.$$", 'x' x 10_485_760), '--http2');
        # some clients miss an answer that comes before they have sent everything
        like($h2[0], qr/^(?:413|000)$/, "$mpm: HTTP/2, 10 MB");
        ok(wait_for(sub { slurp("$server->{state}/logs/access.log") =~ m{ HTTP/2\.0" 413 } }, 20), "$mpm: HTTP/2, 10 MB: the answer");
        @h2 = curl("$server->{tls}/api/v3/login/", $login, '--http2');
        is($h2[0], 200, "$mpm: HTTP/2 goes on");
    }
    # well before Timeout's 60 seconds
    is(join(' ', map { IO::Select->new($_)->can_read(40) ? 'answered' : 'open' } @silent), join(' ', map { 'answered' } @silent),
        "$mpm: silent connections are not kept");
    is(stop_server($server), 0, "$mpm: SIGTERM ends it well");
    ok(!IO::Socket::INET->new(PeerAddr => $server->{url} =~ m{//(.+)}), "$mpm: nobody listens any more");

    # The same directory again: the accounts are there.
    $server = serve(state => $server->{state}, conf => $quick, args => ['--mpm', $mpm]);
    site($server->{url});
    answer([button('login/', { username => $name, password => $PW })], 200, { message => 'Login successful!' },
        "$mpm: served again");
    answer([button('gettoken/', { username => $name, password => $PW })], 200,
        { message => 'Returning token!', token => $token }, "$mpm: the same secret");
    is(stop_server($server, signal => 'INT'), 0, "$mpm: SIGINT ends it well");
}

# Files that hold secrets are nobody else's; the log has no query.
{
    my $server = serve(args => ['--tls-port', 0]);
    site($server->{url});
    request('POST', '/api/v3/login/?token=s3cr3t&password=s3cr3t', body => '{"password":"s3cr3t"}',
        headers => { Authorization => 's3cr3t', Referer => 'http://a/?s3cr3t' });
    my $state = $server->{state};
    is(sprintf('%o', (stat "$state/$_")[2] & 0177), '0', "$_ is private") for qw(data/chat.db.secret httpd.conf tls.key);
    is(sprintf('%o', (stat "$state/$_")[2] & 07777), '750', "the folder '$_' is closed to others") for '', qw(data logs run htdocs);
    is(stop_server($server), 0, 'stopped');
    unlike(slurp("$state/logs/$_"), qr/s3cr3t/, "$_ has no secret") for qw(access.log error.log);
    like(slurp("$state/logs/access.log"), qr{"POST /api/v3/login/ HTTP/1\.1" 411 }, 'but has the request');
}

# A directory with blanks; a database elsewhere, which is remembered.
{
    my $state  = stage() . "/a state $$";
    my $elsewhere = stage() . "/else where $$";
    mkdir $elsewhere;
    my $server = serve(state => $state, args => ['--database', "sqlite3:$elsewhere/my.db"]);
    site($server->{url});
    my ($name) = account();
    is(stop_server($server), 0, 'stopped');
    ok(-s "$elsewhere/my.db", 'the database is where it was told to be');
    $server = serve(state => $state);
    site($server->{url});
    answer([button('login/', { username => $name, password => $PW })], 200, { message => 'Login successful!' },
        'the database is remembered');
    is(stop_server($server), 0, 'stopped');
}

# Trust is never the network place: only the Host names it was told, nothing for what a proxy passed on, no passwords.
my $DENIED = qr/AH01630/;
sub ask {
    my ($path, $host, @headers) = @_;
    my $answer = raw(join("\r\n", "GET $path HTTP/1.1", "Host: $host", 'Connection: close', @headers, '', ''));
    return ($answer =~ m{^HTTP/1\.1 (\d+)})[0] . ($answer =~ /does not answer to this host name; chatctl serve --host NAME/ ? ' says why' : '');
}
{
    my $server = serve(state => stage() . "/o'neil \$x$$", args => ['--host', 'chat.example', '--host=fe80-1.example']);
    site($server->{url});
    my ($port) = $server->{url} =~ /:(\d+)$/;
    like($server->{said}, qr{\Aready http://127\.0\.0\.1:$port/\n}, 'ready comes first');
    my $lines = join '', map { scalar readline $server->{out} } 1 .. 4;
    like($lines, qr{^  APIs: .*button /api/v3,.* Socket\.IO /socket\.io/$}m, 'then where the APIs are');
    my ($command) = $lines =~ m{^  First administrator: (\S+/chatctl --state '.*' account add NAME --rank 2)$}m;
    like(`$command 2>&1`, qr/^account NAME created/, 'how the first administrator is created, as a shell reads it');
    like($lines, qr{^  Stop: Ctrl\+C$}m, 'and how it is stopped');
    for my $host ('localhost', "localhost:$port", '127.0.0.1', "127.0.0.1:$port", '[::1]', 'LOCALHOST', 'chat.example', 'fe80-1.example:1') {
        is(ask('/metrics', $host), 200, "Host $host");
    }
    like(raw("GET /socket.io/socket.io.js HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), qr/^HTTP\/1\.1 404 .*npm package socket\.io-client/s, 'where the client of Socket.IO is');
    for my $host ('attacker.example', "attacker.example:$port", '192.0.2.7', 'localhost.attacker.example', 'other-hosts.invalid', '127.0.0.1.nip.io') {
        for my $path ('/', '/metrics', '/chat-status', '/api/v3/login/', '/api/v1/chat/get/', '/socket.io/?EIO=4&transport=polling') {
            is(ask($path, $host), '403 says why', "Host '$host' $path");
        }
    }
    like(raw("GET http://attacker.example/metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), qr/^HTTP\/1\.1 403 /, 'an absolute URI');
    for my $header ('X-Forwarded-For: 203.0.113.9', 'Forwarded: for=203.0.113.9', 'X-Real-IP: 203.0.113.9', 'Via: 1.1 proxy', 'X-Forwarded-Host: chat.example') {
        for my $path ('/metrics', '/chat-status', '/api/v3/adminlistaccounts', @admin) {
            is(ask($path, 'localhost', $header), 403, "$path with $header");
        }
        is(ask('/api/v3/login/', 'localhost', $header), 405, "but not the API with $header");
    }
    is(stop_server($server, expected => $DENIED), 0, 'stopped');
}
for my $reveal (0, 1) {
    my $server = serve(args => [$reveal ? '--reveal-passwords' : ()]);
    site($server->{url});
    my ($name) = account();
    my ($status, $text) = request('POST', '/api/v1/users', body => 'json={"user_name":"mary","email":"mary@example.org"}',
        headers => { 'Content-Type' => 'application/x-www-form-urlencoded' });
    is($status, 201, 'an account of Kinglet');
    my $made = body_json($text);
    is(($made->{password} ? 'shown' : 'hidden'), $reveal ? 'shown' : 'hidden', 'its password, ' . ($reveal ? 'with' : 'without') . ' --reveal-passwords');
    is(stop_server($server), 0, 'stopped');
}
for (['0.0.0.0', qr{^http://(?!0\.0\.0\.0)[\d.]+:\d+$}], ['127.0.0.2', qr{^http://127\.0\.0\.2:\d+$}], ['localhost', qr{^http://localhost:\d+$}]) {
    my ($bind, $url) = @$_;
    my $server = serve(args => ['--bind', $bind, '--tls-port', 0]);
    like($server->{url}, $url, "--bind $bind prints an address to open");
    is((request('GET', "$server->{url}/metrics"))[0], 200, 'which answers');
    like(qx(openssl x509 -noout -ext subjectAltName -in '$server->{state}/tls.crt'), qr/DNS:localhost, IP Address:127\.0\.0\.1/, 'its certificate');
    is(stop_server($server), 0, 'stopped');
}

# What older and other httpds need of the configuration.
{
    my $server = serve();
    is(stop_server($server), 0, 'stopped');
    my $conf = slurp("$server->{state}/httpd.conf");
    like($conf, qr{^PidFile "\Q$server->{state}\E/run/httpd\.pid"\nMutex}m, 'the pid file has an absolute name');
    like($conf, qr{^<IfDirective DeflateAlterETag>\n  DeflateAlterETag NoChange\n</IfDirective>$}m, 'a directive of 2.4.58 is asked for');
    like($conf, qr{^<IfModule !mod_mpm_event\.c>\n  LoadModule mpm_event_module}m, 'the MPM may be built in');
    my $watchdog = -e "$ENV{CHAT_MODULES}/mod_watchdog.so" ? 1 : 0;
    is(scalar(() = $conf =~ /LoadModule watchdog_module/g), $watchdog, 'mod_watchdog is loaded where it is a module');
}

# A folder of the release before: its database is taken along.
{
    my $server = serve();
    site($server->{url});
    my ($name) = account();
    is(stop_server($server), 0, 'stopped');
    my $state = $server->{state};
    rename $_, $state . '/' . s{.*/}{}r for glob "$state/data/*";
    rmdir "$state/data" or die "$state/data: $!\n";
    is(join(' ', map { $_->{name} } @{ body_json((chatctl('--state', $state, '--json', 'account', 'list'))[1]) }), $name, 'chatctl finds it where it was');
    $server = serve(state => $state);
    site($server->{url});
    answer([button('login/', { username => $name, password => $PW })], 200, { message => 'Login successful!' }, 'it is served');
    is(stop_server($server), 0, 'stopped');
    is(join(' ', map { s{.*/}{}r } glob "$state/chat.db*"), '', 'nothing is left');
    ok(-s "$state/data/chat.db", 'it lies in data');
}

# A start that fails says why; the database that it was told to use is not remembered.
{
    my $state  = stage() . "/failed start $$";
    my $server = serve(state => $state);
    site($server->{url});
    my ($name) = account();
    is(stop_server($server), 0, 'stopped');
    my ($code, $out, $err) = chatctl('serve', '--state', $state, '--port', 0, '--database', 'pgsql:host=/nowhere dbname=x');
    is("$code$out", 1, 'a database that is not there');
    like($err, qr/\Achatctl: httpd does not start: .*CHAT0141: the database .*\n\z/, 'the reason');
    unlike($err, qr/AH00020/, 'and not that there is one');
    ok(!-e "$state/database", 'is not remembered');
    is(join(' ', map { $_->{name} } @{ body_json((chatctl('--state', $state, '--json', 'account', 'list'))[1]) }), $name,
        'nor what commands work on');
    $server = serve(state => $state);
    site($server->{url});
    answer([button('login/', { username => $name, password => $PW })], 200, { message => 'Login successful!' }, 'the old one is served');
    is(stop_server($server, expected => qr/AH00020|AH006(29|33|36)|CHAT0702|CHAT1070/), 0, 'stopped');
}

# Graceful restarts under load: no request fails. A kept connection that httpd closes between
# two requests is tried once more.
for my $mpm (qw(event worker prefork)) {
    my $server = serve(conf => $quick, args => ['--mpm', $mpm]);
    site($server->{url});
    my ($name, $token) = account();
    my ($room) = channel($token);
    my $stop   = stage() . "/stop.$$";
    unlink $stop;
    my @workers = map { worker($server->{url}, $token, $room, $_, $stop) } 1 .. 4;
    # each restart is there before the next one is asked for, with requests between them
    my $requests = sub { my $n = () = slurp("$server->{state}/logs/access.log") =~ /\n/g; $n };
    my $busy     = sub { my $enough = $requests->() + 10; wait_for(sub { $requests->() >= $enough }) };
    my $restarts = sub { my $n = () = slurp($server->{log}) =~ /resuming normal operations/g; $n };
    for (1 .. 5) {
        $busy->();
        my $before = $restarts->();
        kill $_ % 2 ? 'HUP' : 'USR1', $server->{pid};
        ok(wait_for(sub { $restarts->() > $before }), "$mpm: restart $_");
    }
    $busy->();
    spew($stop, '');
    my ($sent, @bad) = (0);
    for my $w (@workers) {
        waitpid $w->[0], 0;
        for (split /^/, slurp($w->[1])) { /^sent (\d+)/ ? ($sent += $1) : push @bad, $_ }
    }
    is(join('', @bad[0 .. ($#bad > 4 ? 4 : $#bad)]), '', "$mpm: no request failed");
    cmp_ok($sent, '>', 50, "$mpm: $sent requests during 5 graceful restarts");
    my @r = button('readmessagesfromchannel/', { token => $token, name => $room, count => 1000 });
    my $there = @{ $r[1]{messages} };
    is($there, $sent > 1000 ? 1000 : $sent, "$mpm: every message is there once");
    is(stop_server($server, expected => qr/AH00288|AH00045|AH10290/), 0, "$mpm: stopped");
}

sub worker {
    my ($url, $token, $room, $n, $stop) = @_;
    my $file = stage() . "/worker.$$.$n";
    my $pid  = fork // die "fork: $!\n";
    return [$pid, $file] if $pid;
    my ($sent, $said, $until) = (0, '', time + 600);
    while (!-e $stop && time < $until) {
        my $data = { token => $token, channel => $room, message => "$n $sent" };
        my @r = button('sendmessage/', $data);
        @r = button('sendmessage/', $data) if $r[0] == 599;
        $said .= "$r[0] " . canonical($r[1]) . "\n" if $r[0] != 200;
        $sent++ if $r[0] == 200;
    }
    spew($file, "sent $sent\n$said");
    POSIX::_exit(0);
}

# SIGHUP with a configuration that is broken by now: it goes on.
{
    my $server = serve(conf => $quick);
    site($server->{url});
    my ($name) = account();
    spew("$server->{state}.conf", "Nonsense\n");
    kill 'HUP', $server->{pid};
    like(complaint($server), qr/^chatctl: not restarted: .*Invalid command 'Nonsense'/, 'a broken configuration is not taken');
    answer([button('login/', { username => $name, password => $PW })], 200, { message => 'Login successful!' },
        'the server goes on');
    is(stop_server($server), 0, 'stopped');
}

# What keeps it from serving: one sentence, and not 0.
my $taken = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => 0) or die;
my $state = stage() . "/failing.$$";
spew("$state.bad",  "Nonsense\n");
spew("$state.bad2", "ChatMaxMessage none\n");
spew("$state.file", '');
my @failures = (
    [1, qr/port ${\ $taken->sockport } on 127\.0\.0\.1 .*in use/, '--state', $state, '--port', $taken->sockport],
    [1, qr/cannot be created/,                   '--state', "$state.file/x", '--port', 0],
    [1, qr/cannot be created|used/,              '--state', '/proc/chat',    '--port', 0],
    [1, qr/used for other things/,            '--state', '/tmp',          '--port', 0],
    [1, qr/has a quote/,                      '--state', "$state\"x",     '--port', 0],
    [1, qr/has a quote/,                      '--state', "$state\nx",     '--port', 0],
    [1, qr/Invalid command 'Nonsense'/,       '--state', $state, '--port', 0, '--conf', "$state.bad"],
    [1, qr/ChatMaxMessage none: must be/,     '--state', $state, '--port', 0, '--conf', "$state.bad2"],
    [1, qr/--conf .* cannot be read/,         '--state', $state, '--port', 0, '--conf', "$state.none"],
    [1, qr/--database takes DRIVER:PARAMS/,   '--state', $state, '--port', 0, '--database', 'sqlite3'],
    [1, qr/--database oracle:x/,              '--state', $state, '--port', 0, '--database', 'oracle:x'],
    [1, qr/is no address|cannot be used/,     '--state', $state, '--port', 0, '--bind', '203.0.113.1'],
    [2, qr/--mpm takes/,                      '--state', $state, '--mpm', 'winnt'],
    [2, qr/a port is/,                        '--state', $state, '--port', 70000],
    [2, qr/--port takes a whole number/,      '--state', $state, '--port', 'http'],
    [2, qr/needs --state/,                    '--port',  0],
    [2, qr/--host takes the name/,            '--state', $state, '--host', 'a b'],
    [2, qr/--host takes the name/,            '--state', $state, '--host', 'http://x/'],
    [2, qr/there is no option --nonsense/,    '--state', $state, '--nonsense'],
    [2, qr/--state needs a value/,            '--state'],
    [2, qr/no argument 'more'/,               '--state', $state, 'more'],
);
for (@failures) {
    my ($expected, $pattern, @args) = @$_;
    my ($code, $out, $err) = chatctl('serve', @args);
    is($code, $expected, "serve @args: exit code") or diag($err);
    like($err, $pattern, 'the sentence');
    is($out, '', 'nothing on standard output');
    is(scalar(grep { !/^usage: / } split /\n/, $err), 1, 'one line') if $err !~ /\nx/;
}
{
    my $server = serve(state => "$state.twice");
    my ($code, $out, $err) = chatctl('serve', '--state', "$state.twice", '--port', 0);
    is($code, 1, 'a directory that is served already');
    like($err, qr/is being served already/, 'the sentence');
    is(stop_server($server), 0, 'stopped');
}
{
    # httpd killed behind its back
    my $server = serve(state => "$state.killed");
    my ($pid) = slurp("$server->{state}/run/httpd.pid") =~ /(\d+)/;
    kill 'KILL', $pid;
    waitpid $server->{pid}, 0;
    is($? >> 8, 1, 'httpd killed: it says so');
    like(complaint($server), qr/^chatctl: httpd ended by itself/, 'the sentence');
    ok(!IO::Socket::INET->new(PeerAddr => $server->{url} =~ m{//(.+)}), 'and its children are gone');
    # the state survives, and a lost secret is no quiet thing
    $server = serve(state => "$state.killed");
    is(stop_server($server), 0, 'served again');
    unlink "$state.killed/data/chat.db.secret" or die $!;
    $server = serve(state => "$state.killed");
    is(stop_server($server, expected => qr{CHAT0140}), 0, 'and without its secret');
    my @made = slurp("$state.killed/logs/error.log") =~ /\[chat:(\w+)\] .*CHAT0140: .*(keep a copy, .*)/g;
    is(join('|', @made), 'notice|keep a copy, tokens depend on it|'
            . 'warn|keep a copy, tokens depend on it: tokens and sessions already in the database are now invalid', 'a new secret for an old database');
}
{
    # chatctl killed: httpd does not stay behind
    my $server = serve(state => "$state.orphan");
    kill 'KILL', $server->{pid};
    waitpid $server->{pid}, 0;
    ok(wait_for(sub { !IO::Socket::INET->new(PeerAddr => $server->{url} =~ m{//(.+)}) }), 'chatctl killed: httpd stops');
}
done_testing;
