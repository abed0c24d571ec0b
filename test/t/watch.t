# An operator sees what happens: metrics, each of them in the manual; mod_status; health; notes and log ids; dashboard and alerts that Prometheus understands.
use strict;
use warnings;
use IO::Socket::INET;
use Test::More;
use ChatTest;

my $root   = stage();
my $access = "$root/access.$$";
my $server = serve(conf => <<"END");
LogFormat "%m %{CHAT_PATH}e %>s %{chat-dialect}n %{chat-room}n %{chat-account}n %{chat-result}n %L" watch
CustomLog $access watch
ErrorLogFormat "[%t] [%m:%l] [pid %P] %L %M"
ChatRateLimit button:registrations off
<Location /down>
  SetHandler chat-health
</Location>
END
site($server->{url});

# A secret of its own, mode 0600.
sub secret_file { my ($file) = @_; chmod 0600, spew($file, ('0f' x 32) . "\n"); return $file }

# ---- metrics ----
my ($name, $token) = account();
my ($channel) = channel($token);
my ($other)   = account();
sub metrics {
    my ($status, $text) = request('GET', '/metrics');
    is($status, 200, 'metrics');
    return $text;
}
sub number {
    my ($text, $sample) = @_;
    return $text =~ /^mod_chat_\Q$sample\E (\S+)$/m ? $1 : 'nothing';
}
my $before = metrics();
button('sendmessage/',    { token => $token, channel  => $channel, message => 'to all' }) for 1 .. 3;
button('senddm/', { token => $token, username => $other, message => 'to one' });
button('readmessagesfromchannel/', { token => $token, name => $channel, count => 5 });
button('sendmessage/',    { token => $token, channel => $channel, message => '' });
button('sendmessage/',    { token => 'x',    channel => $channel, message => 'x' });
button('login/',          { username => $name, password => 'Wr0ngPass!' });
# an answer that ends its connection is counted behind it
my $after;
wait_for(sub { $after = (request('GET', '/metrics'))[1]; number($after, 'request_seconds_count{dialect="button"}') - number($before, 'request_seconds_count{dialect="button"}') == 8 });
for (['sends_total{kind="channel"}', 3], ['sends_total{kind="direct"}', 1], ['send_seconds_count', 4],
    ['reads_total{kind="channel"}', 1], ['refusals_total{problem="EMPTY"}', 1], ['refusals_total{problem="NOT_LOGGED_IN"}', 1],
    ['failed_logins_total', 1], ['request_seconds_count{dialect="button"}', 8], ['requests_total{dialect="button",status="2xx"}', 5],
    ['registrations_total', 0], ['database_failures_total{failure="broken"}', 0]) {
    my ($sample, $more) = @$_;
    is(number($after, $sample) - number($before, $sample), $more, "$sample");
}
is(number($after, $_), 1, $_) for 'database_up', 'daemon_up';
like($after, qr/^mod_chat_build_info\{version="\d[^"]+"\} 1$/m, 'build_info');
cmp_ok(number($after, 'write_group_sum') - number($before, 'write_group_sum'), '>=', 4, 'units of the writer') if ($ENV{CHAT_ENGINE} // '') ne 'pgsql';
cmp_ok(number($after, 'send_seconds_bucket{le="+Inf"}'), '==', number($after, 'send_seconds_count'), 'the last bucket has all');
my %help = $after =~ /^# HELP (mod_chat_\w+) (\S.*)$/mg;
cmp_ok(scalar keys %help, '>=', 30, 'thirty metrics or more');

# ---- what names them ----
my $page = slurp("$root/docs/metrics.md");
my %manual = map { $_ => 1 } $page =~ /`(mod_chat_\w+)/g;
is(join(' ', grep { !$manual{$_} } sort keys %help), '', 'the manual has each metric');
is(join(' ', grep { !$help{$_} } sort keys %manual), '', 'and no other');
for my $file ('grafana.json', 'prometheus-rules.yml') {
    my $text = slurp("$root/conf/$file");
    my @named = $text =~ /(mod_chat_\w+)/g;
    my %wrong;
    for (@named) { (my $metric = $_) =~ s/_(?:bucket|sum|count)$//; $wrong{$_}++ if !$help{$_} && !$help{$metric} }
    cmp_ok(scalar @named, '>', 10, "$file names metrics");
    is(join(' ', sort keys %wrong), '', "$file names those that there are");
}
is(ref body_json(slurp("$root/conf/grafana.json"))->{panels}, 'ARRAY', 'the dashboard is JSON');
sub promtool {
    my ($what, $file) = @_;
    my $text = qx(promtool check $what 2>&1 <$file);
    return $? == 0 ? '' : $text || "exit $?";
}
is(promtool('metrics', spew("$root/metrics.$$", $after)), '', 'promtool: the metrics');
is(promtool("rules $root/conf/prometheus-rules.yml", '/dev/null'), '', 'promtool: the alerts');

# ---- mod_status ----
my ($status, $text) = request('GET', '/chat-status?auto');
like($text, qr/^ChatSends: 4$/m, 'server-status?auto: a sum');
like($text, qr/^ChatSend: 4 0\.\d{6}$/m, 'server-status?auto: how many, and their mean');
like((request('GET', '/chat-status'))[1], qr{<td>Messages sent\.</td><td>4</td>}, 'server-status');

# ---- health ----
sub health {
    my ($path, $status, $body) = @_;
    my @is = request('GET', $path);
    is("$is[0] $is[1]", "$status $body", $path);
}
health('/health/live', 200, "ok\n");
health('/health/live.json', 200, qq({"status":"ok"}\n));
health('/health/ready', 200, "ok\ndatabase: ok\nschema: ok\ndaemon: ok\n");
health('/health/ready.json', 200, qq({"status":"ok","database":"ok","schema":"ok","daemon":"ok"}\n));
is((request('GET', '/health/other'))[0], 404, 'another end');
is((request('GET', '/health/ready.xml'))[0], 404, 'another form');
is((request('POST', '/health/live'))[0], 405, 'it is only read');
is((request('GET', '/health/live', headers => { Forwarded => 'for=1' }))[0], 403, 'chatctl serve: for this machine alone');
health('/down/any/live?x', 200, "ok\n");

# ---- the access log ----
my %line;
my @lines = ("/api/v3/sendmessage/ 200 button 1 $name OK", "/api/v3/sendmessage/ 400 button 1 - EMPTY",
    '/api/v3/sendmessage/ 401 button 1 - NOT_LOGGED_IN', '/api/v3/login/ 401 button 1 - CREDENTIALS');
wait_for(sub {
    %line = map { (split ' ', $_, 2)[1] =~ /(\S+ \S+ \S+ \S+ \S+ \S+)/ ? ($1 => 1) : () } split /\n/, slurp($access);
    !grep { !$line{$_} } @lines;
});
ok($line{$_}, "noted: $_") or diag(join "\n", sort keys %line) for @lines;

# ---- without a database ----
if (($ENV{CHAT_ENGINE} // '') ne 'pgsql') {
    my $file = "$server->{state}/data/chat.db";
    rename $file, "$file.away" or die "$file: $!\n";
    # each child finds out by itself
    my ($text, @failed);
    ok(wait_for(sub { (my $status, $text) = request('GET', '/health/ready'); $status == 503 }), 'without a database it is not ready');
    like($text, qr/^not ready\ndatabase: cannot be used\n/, 'says what is missing, and no path');
    health('/health/live', 200, "ok\n");
    ok(wait_for(sub { number((request('GET', '/metrics'))[1], 'database_up') eq '0' }), 'database_up');
    ok(wait_for(sub { @failed = request('POST', '/api/v3/login/', body => '{}', headers => { 'Content-Type' => 'application/json' }); $failed[0] == 503 }), 'a failure');
    my $id = $failed[2]{'x-chat-log-id'} // '';
    like($id, qr/^\S{5,}$/, 'has a log id');
    like(slurp($server->{log}), qr/\Q$id\E CHAT1130: POST \/api\/v3\/login\/ failed \(UNAVAILABLE\), log id \Q$id\E$/m, 'which the error log has');
    my $line = qr/^POST \S+ 503 button \S+ - UNAVAILABLE \Q$id\E$/m;
    wait_for(sub { slurp($access) =~ $line });
    like(slurp($access), $line, 'and the access log');
    rename "$file.away", $file;
    ok(wait_for(sub { (request('GET', '/health/ready'))[0] == 200 }), 'with its database it is ready again');
}
is(stop_server($server, expected => 'CHAT0162|CHAT0141|CHAT0743|CHAT0702|AH01630'), 0, 'it ends well');

# ---- without mod_status ----
my $info  = -e "$ENV{CHAT_MODULES}/mod_info.so" ? "LoadModule info_module $ENV{CHAT_MODULES}/mod_info.so\n<Location /info>\n  SetHandler server-info\n</Location>\n" : '';
my $plain = httpd("$root/plain.$$", "${info}ChatDaemon off\n<Location /health>\n  SetHandler chat-health\n</Location>\n");
site($plain->{url});
if ($info) {
    my ($begin) = (request('GET', '/info?hooks'))[1] =~ m{<strong>Child Init:</strong>(.*?)</dt>}s;
    is(join(' ', ($begin // '') =~ />(mod_(?:dbd|chat|watchdog)\.c)</g), 'mod_dbd.c mod_chat.c mod_watchdog.c', 'a child has its pools before chat, and chat before its threads');
}
health('/health/ready', 200, "ok\ndatabase: ok\nschema: ok\n");
my ($me, $mine) = account();
my ($place) = channel($mine);
is((button('sendmessage/', { token => $mine, channel => $place, message => 'hello' }))[0], 200, 'without mod_status a message is sent');
stop_httpd($plain);

# ---- a database that hangs: it takes connections and never says a word ----
my $silent = IO::Socket::INET->new(Listen => 64, LocalAddr => '127.0.0.1') or die "listen: $!\n";
my $hung = httpd("$root/hung.$$", 'DBDriver pgsql' . "\nDBDParams \"host=127.0.0.1 dbname=none port=" . $silent->sockport
    . "\"\nChatSecretFile " . secret_file("$root/hung.secret") . "\nChatDaemon off\n<Location /health>\n  SetHandler chat-health\n</Location>\n");
site($hung->{url});
health('/health/live', 200, "ok\n");
like((request('GET', '/health/ready'))[1], qr/^not ready\ndatabase: /, 'with a database that hangs it is not ready');
health('/health/live', 200, "ok\n");
chomp(my $took = qx(curl -s -o /dev/null -w '%{time_total}' $hung->{url}/health/live));
diag("live with a database that hangs: $took s");
stop_httpd($hung, 'CHAT|AH006');
done_testing();
