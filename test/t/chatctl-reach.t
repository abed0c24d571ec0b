# chatctl check of a running site: a message goes through every way in, nothing of it stays; what stands in its way is named, with its cure.
use strict;
use warnings;
use IO::Socket::INET;
use Test::More;
use ChatTest;

my $db;
sub check {
    my (@args) = @_;
    my ($code, $out, $err) = chatctl(@args, 'check');
    return "$code $out$err";
}
sub rows {
    return join ' ', map { my $n = sql($db, "SELECT count(*) FROM $_"); chomp $n; "$_ $n" }
        qw(account channel membership message recipient recipient_gap mention event session approval visitor_ended slow_send outbox audit);
}
# A port at which nobody listens, nor can while the test runs.
my @bound;
sub port_of_none { push @bound, IO::Socket::INET->new(Proto => 'tcp', LocalAddr => '127.0.0.1', LocalPort => 0) || die "bind: $!\n"; return $bound[-1]->sockport }
# Answers each connection by CODE: (port, pid).
sub answerer {
    my ($code) = @_;
    my $listen = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1', ReuseAddr => 1) or die "listen: $!\n";
    my $child = fork // die "fork: $!\n";
    return ($listen->sockport, $child) if $child;
    while (my $s = $listen->accept) { $code->($s); close $s }
    POSIX::_exit(0);
}

# ---- a site that works ----
my $server = serve(conf => "ChatApprovedLists On\nChatRegistration closed\n");
my @state  = ('--state', $server->{state});
$db = "$server->{state}/data/chat.db";
chatctl_is('an account', [@state, 'account', 'add', 'ann'], 0, qr/created/);
my $before = rows();
my $said = check(@state);
like($said, qr/\A0 the database is sound; a message came through by /, 'nothing is wrong') or diag($said);
like($said, qr/\Q$_\E/, $_) for 'Button /api/v3', 'Chatroom /api/v0', 'Chatroom /', 'teendevops /api/v1', 'Kinglet /api/v1', 'Socket.IO by polls', 'Socket.IO by WebSocket';
is(rows(), $before, 'nothing is left');
chatctl_is('in an emergency', [@state, 'emergency', 'on'], 0, qr/./);
like(check(@state), qr/\A3 .*Kinglet .*in an emergency: /s, 'an emergency is in its way nowhere');
chatctl_is('its end', [@state, 'emergency', 'off'], 0, qr/./);
like(check(@state, '--offline'), qr/\A0 the database is sound\n\z/, '--offline sends nothing');
$before = rows();

# ---- killed on the way: what is asked of an API there is never answered ----
my ($deaf, $deaf_pid) = answerer(sub {
    my ($s) = @_;
    my $first = <$s>;
    while (my $line = <$s>) { last if $line =~ /^\r?\n/ }
    sleep if $first =~ m{^POST };
    print $s "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
});
my $pid = fork // die "fork: $!\n";
if (!$pid) {
    open STDOUT, '>', '/dev/null';
    { exec stage() . '/bin/chatctl', @state, 'check', '--url', "http://127.0.0.1:$deaf" }
    POSIX::_exit(127);
}
ok(wait_for(sub { sql($db, "SELECT count(*) FROM account WHERE external LIKE 'check:%'") == 2 }), 'a check is on its way');
kill 'KILL', $pid;
waitpid $pid, 0;
is($? & 127, 9, 'and is killed there');
kill 'KILL', $deaf_pid;
waitpid $deaf_pid, 0;
isnt(rows(), $before, 'it leaves its rows');
sql($db, "UPDATE account SET external = external || '.other' WHERE external LIKE 'check:%'");
my $theirs = rows();
like(check(@state), qr/\A0 /, 'a check of another machine may be on its way');
is(rows(), $theirs, 'and is left alone');
sql($db, "UPDATE account SET external = replace(external, '.other', '')");
# what a client leaves that writes to such an account and deletes it, or mentions it
sql($db, "INSERT INTO recipient_gap SELECT id, 99, 99, 1, 1 FROM account WHERE external LIKE 'check:%'");
sql($db, "INSERT INTO mention SELECT id, 1, 0 FROM account WHERE external LIKE 'check:%'");
like(check(@state), qr/\A0 /, 'the next one finds nothing wrong');
is(rows(), $before, 'and takes those rows away');
is((request('POST', "$server->{url}/api/v3/login/", body => '{"username":"ann","password":"x"}'))[0], 411, 'accounts serve as before');
like(check(@state, '--url', 'http://127.0.0.1:' . port_of_none()), qr/\A1 .*httpd at \S+: no answer \(.+\): see that httpd runs/s, '--url: another address');
like(check(@state, '--url', $server->{url}), qr/\A0 .*by \Q$server->{url}\E: Chatroom/, '--url: the same');
is(stop_server($server, expected => 'CHAT0741|AH01630'), 0, 'it ends well');

# ---- faults ----
my $n = 0;
sub faulty {
    my ($name, $conf, $sentences, %o) = @_;
    my $dir  = stage() . "/reach.$$." . $n++;
    my $load = join '', map { "LoadModule ${_}_module $ENV{CHAT_MODULES}/mod_$_.so\n" } qw(alias authz_host);
    my $httpd;
    {
        local @ENV{ keys %{ $o{env} || {} } } = values %{ $o{env} || {} };
        $httpd = httpd($dir, "$load<Location /health>\n  SetHandler chat-health\n</Location>\n" . ($conf =~ s/DIR/$dir/gr));
    }
    $o{then}->($httpd) if $o{then};
    my $said = check('--conf', "$dir/httpd.conf", @{ $o{args} || [] });
    like($said, qr/\A1 /, "$name: exit code 1") or diag($said);
    like($said, $_, "$name: the fault and the cure") for @$sentences;
    return $httpd;
}
my $none = port_of_none();
my $httpd = faulty('a closed door', "ChatDaemon off\n<Location /api/v3>\n  Require all denied\n</Location>\n",
    [qr{Button /api/v3 at http://localhost:\d+: answered 403: httpd lets this machine in nowhere there: allow it \(Require\)}, qr/came through by \S+ Chatroom/]);
stop_httpd($httpd, 'AH01630');
like(check('--conf', "$httpd->{dir}/httpd.conf"), qr/\A1 .*httpd at http:\S+: no answer \(.+\): see that httpd runs and listens there/s, 'no httpd');
spew("$httpd->{dir}/httpd.conf", slurp("$httpd->{dir}/httpd.conf") . "ChatMaxMessage nothing\n");
like(check('--conf', "$httpd->{dir}/httpd.conf"), qr/\A1 .*the configuration is not right: .*ChatMaxMessage/s, 'a configuration with a mistake');

$httpd = faulty('no chatd', "ChatDaemon external DIR\nChatRealtime auto\n",
    [qr{chatd does not answer at \S+/chatd-http\.sock \(.+\): see that it runs}, qr{/health is not ready: the daemon does not (?:run|answer); the error log},
        qr{Socket\.IO by polls at \S+: answered 503: the error log says why}, qr{Socket\.IO by WebSocket at \S+: answered 503 in place of 101}]);
stop_httpd($httpd, 'CHAT06|CHAT07');

$httpd = faulty('another path', "ChatDaemon off\nRedirect 404 /api/v0\nRedirect /api/v3 http://elsewhere.invalid/\n",
    [qr{Chatroom /api/v0 at \S+: answered 404: another part of httpd's configuration answers: `httpd -S`}, qr{Button /api/v3 at \S+: answered 302: it is redirected: name the address}]);
stop_httpd($httpd);

SKIP: {
    skip 'what a sanitizer preloads takes its place', 3 if $ENV{CHAT_PRELOAD};
    $httpd = faulty('a clock', "ChatDaemon off\n", [qr{the clock of httpd at \S+ is (?:5\d|6\d) seconds ahead of this machine's: set both by NTP}],
        env => { LD_PRELOAD => stage() . '/bin/clock.so', CHAT_CLOCK => 60 });
    stop_httpd($httpd);
}

$httpd = faulty('few threads', "ChatDaemon off\nStartServers 1\nServerLimit 1\nThreadsPerChild 8\nThreadLimit 8\nMaxRequestWorkers 8\nMinSpareThreads 1\nMaxSpareThreads 8\n",
    [qr/httpd serves 8 requests at a time, too few for clients that wait: raise MaxRequestWorkers/, qr/may open 500 files: set LimitNOFILE=65536/],
    then => sub { system('prlimit', '--pid', $_[0]{pid}, '--nofile=500:500') == 0 or die "prlimit\n" });
stop_httpd($httpd);

my $mail = "ChatMailCommand /bin/true --host=127.0.0.1 --port=$none\nChatDiscordAPI http://127.0.0.1:$none/api\nChatDiscordWebhook file:DIR/hook\n";
my $hook = stage() . "/reach.$$.$n";
mkdir $hook;
chmod 0600, spew("$hook/hook", "http://127.0.0.1:$none/hook\n");
$httpd = faulty('no mail server, no Discord', $mail,
    [qr{ChatMailCommand: the mail server smtp://127\.0\.0\.1:$none does not greet \(.+\): see that it runs}, qr/ChatDiscordAPI: Discord does not answer \(.+\): see this machine's way out/]);
stop_httpd($httpd, 'CHAT06|CHAT07');

# ---- a mail server and a Discord that answer, and keep what they were asked ----
my ($smtp, $smtp_pid) = answerer(sub {
    my ($s) = @_;
    print $s "220 here\r\n";
    while (my $line = <$s>) { print $s $line =~ /^EHLO/ ? "250 here\r\n" : "221 gone\r\n"; last if $line =~ /^QUIT/ }
});
my ($api, $api_pid) = answerer(sub {
    my ($s) = @_;
    my $first = <$s>;
    while (my $line = <$s>) { last if $line =~ /^\r?\n/ }
    my $status = $first =~ m{^GET /hook } ? '404 Not Found' : $first =~ m{^GET /api/gateway } ? '200 OK' : '500 Wrong';
    print $s "HTTP/1.1 $status\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
});
$hook = stage() . "/reach.$$.$n";
mkdir $hook;
chmod 0600, spew("$hook/hook", "http://127.0.0.1:$api/hook\n");
$httpd = faulty('a webhook that is gone', $mail =~ s/port=$none/port=$smtp/r =~ s{:$none/api}{:$api/api}r,
    [qr/ChatDiscordWebhook: Discord answers 404: create a new one in Discord's settings and write it to the file/]);
unlike(check('--conf', "$httpd->{dir}/httpd.conf"), qr/does not greet|does not answer/, 'what answers is no fault');
stop_httpd($httpd, 'CHAT06|CHAT07');
kill 'TERM', $smtp_pid, $api_pid;
waitpid $_, 0 for $smtp_pid, $api_pid;
done_testing();
