# chatctl room keep, prune and compact: a chatroom's old messages go, what refers to them stays sound, and their room is given back.
use strict;
use warnings;
use Digest::SHA 'sha256_hex';
use Test::More;
use ChatTest;
use Time::HiRes 'time';

my $pgsql  = ($ENV{CHAT_ENGINE} // '') eq 'pgsql';
my $server = serve(conf => join '', map {"ChatRateLimit button:$_ off\n"} qw(registrations sends kilobytes));
site($server->{url});
my @site = ('--state', $server->{state});
my $dir  = stage() . "/retention.$$";
mkdir $dir;
sub done { my ($path, %body) = @_; my @r = button("$path/", \%body); is(int($r[0] / 100), 2, "$path") or diag(canonical($r[1])); return $r[1] }
sub ok_ctl { my @r = chatctl(@site, @_); is($r[0], 0, "chatctl $_[0]") or diag("$r[1]$r[2]"); return $r[1] }
sub bytes { return body_json((chatctl(@site, '--json', 'stats'))[1])->{bytes} }

# A chatroom of N messages, most of them 100 days old, all of it conversation: replies, reactions, mentions, reports.
sub chatroom {
    my ($room, $n) = @_;
    my $now = int(time * 1e6);
    my $old = $now - 100 * 86400 * 1_000_000;
    my ($ann, $bob, $channel) = map { sprintf '00000000-0000-4000-8000-%04x%08x', $room, $_ } 1 .. 3;
    my @rows = (
        { type => 'chatroom', id => $room, uuid => sprintf('00000000-0000-4000-9000-%012x', $room), name => "room $room", min_password => 10, last_number => $n, last_time => $now, created_at => $old },
        { type => 'account', uuid => $ann, name => 'ann', state => 1, created_at => $old },
        { type => 'account', uuid => $bob, name => 'bob', state => 1, created_at => $old },
        { type => 'channel', uuid => $channel, name => 'talk', public => 1, created_at => $old },
        map({ { type => 'membership', account => $_, channel => $channel, permissions => 3, joined => 1, joined_at => $old } } $ann, $bob),
        map({ {
            type => 'message', id => $_, kind => 1, channel => $channel, author => $ann, author_name => 'ann', created_at => $_ > $n - 5 ? $now - $n + $_ : $old + $_,
            body => ($_ > $n - 5 ? 'youngword' : 'oldword') . " $_ " . join('', map { sha256_hex("$room $_ $n") } 1 .. 30), $_ > 1 ? (parent => $_ > $n - 5 ? 1 : $_ - 1) : () } } 1 .. $n),
        map({ { type => 'reaction', message => $_, emoji => '!', account => $bob, created_at => $now } } 1, $n),
        map({ { type => 'mention', account => $bob, message => $_, channel => $channel } } 1, $n),
        { type => 'read_marker', account => $bob, channel => $channel, message => 2 },
        { type => 'report', message => 3, reporter => $bob, reason => 'old', created_at => $now },
    );
    $_->{emoji} and $_->{emoji} = "\x{1f389}" for @rows;
    my $json = JSON::PP->new->utf8->canonical;
    spew("$dir/$room", join '', map { $json->encode($_) . "\n" } { mod_chat => 'export', format => 1 }, @rows, { type => 'end', rows => scalar @rows });
    chatctl_is("import of chatroom $room", [@site, 'import', "$dir/$room"], 0, qr/rows imported/);
}
my $empty = bytes();
my $n     = 4000;
chatroom(1, $n);
chatroom(2, 20);
ok_ctl('reindex');
my $full = bytes();
cmp_ok($full - $empty, '>', 1900 * $n, 'the texts take room');

# what it takes
chatctl_is('no time', [@site, 'room', 'keep', $_], 2, qr/\A\z/, qr/a time is needed, one minute/) for '30', '59s', '2026-01-01', 'never', '0d';
chatctl_is('no chatroom', [@site, 'room', 'keep', '1d', '--room', 9], 1, qr/\A\z/, qr/there is no such chatroom/);
chatctl_is('nothing is due', [@site, 'prune'], 0, qr/^0 messages deleted/);
chatctl_is('keep', [@site, 'room', 'keep', '30d'], 0, qr/^chatroom 1 keeps messages for 30d; /);
is(body_json((chatctl(@site, '--json', 'room', 'show', 1))[1])->{keep_seconds}, 30 * 86400, 'it is shown');
like((chatctl(@site, 'export', '-'))[1], qr/"keep_seconds":2592000/, 'and exported');

# senders go on meanwhile
ok_ctl('account', 'passwd', 'ann');
my $password = body_json((chatctl(@site, '--json', 'account', 'passwd', 'ann'))[1])->{password};
my $token = (button('generatetoken/', { username => 'ann', password => $password }))[1]{token};
my $pid = fork;
if (!$pid) {
    { exec stage() . '/bin/chatctl', @site, 'prune' }
    POSIX::_exit(127);
}
# few enough that all fit into one answer, however long it takes
my ($sent, $ended) = (0);
do { $sent += (button('sendmessage/', { token => $token, channel => 'talk', message => 'meanwhile' }))[0] == 200 }
until ($ended = waitpid $pid, POSIX::WNOHANG()) || $sent == 500;
waitpid $pid, 0 if !$ended;
is($?, 0, 'prune');
cmp_ok($sent, '>', 0, "$sent messages were sent meanwhile");
sub items { (button('readmessagesfromchannel/', { token => $token, name => 'talk', count => 1000, extended => JSON::PP::true() }))[1]{messages} }
is(scalar(grep { $_->{message} =~ /^youngword/ } @{ items() }), 5, 'young messages stay');
is(scalar(grep { $_->{message} =~ /^oldword/ } @{ items() }),   0, 'old ones are gone');
like(ok_ctl('sizes', '--room', 2), qr/message +20 /, 'another chatroom keeps its own');

# what refers to them
is(ok_ctl('check') =~ /sound/, 1, 'the database is sound');
my $export = (chatctl(@site, 'export', '-'))[1];
unlike($export, qr/oldword/, 'nothing of them is exported');
sub found { scalar @{ (button('search/', { token => $token, query => $_[0] }))[1]{messages} } }
is(found('oldword'),   0, 'nothing is found');
is(found('youngword'), 5, 'what is there is found');
my $last = (grep { $_->{message} =~ /^youngword/ } @{ items() })[-1];
is_deeply([map { $_->{message_id} } @{ done('getthread', token => $token, message_id => $last->{message_id})->{messages} }],
    [map { $_->{message_id} } grep { $_->{message} =~ /^youngword/ } @{ items() }], 'a thread whose beginning is gone has the rest');
is((button('getunread/', { token => $token }))[0], 200, 'unread messages are counted');
like(ok_ctl('report', 'list'), qr/bob/, 'a report of what is gone');
done('sendmessage', token => $token, channel => 'talk', message => 'an answer', reply_to => $last->{message_id});

# room
ok_ctl('compact') if $pgsql;
cmp_ok(bytes() - $empty, '<', ($full - $empty) / 2, 'the database is smaller');
if (!$pgsql) {
    my $file = "$server->{state}/data/chat.db";
    ok(wait_for(sub { button('sendmessage/', { token => $token, channel => 'talk', message => 'y' x 1000 }); -s $file < $full / 2 }), 'the file is smaller');
    my $before = -s $file;
    chatctl_is('compact', [@site, 'compact'], 0, qr/^the database has no free room$/);
    cmp_ok(-s $file, '<=', $before, 'compact makes no larger file');
    is(sql($file, 'PRAGMA freelist_count') + 0, 0, 'nothing is free');
}
is(ok_ctl('check') =~ /sound/, 1, 'still sound');
chatctl_is('default', [@site, 'room', 'keep', 'default'], 0, qr/as ChatRetention says/);
chatctl_is('off',     [@site, 'room', 'keep', 'off'],     0, qr/keeps all messages/);
stop_server($server);
done_testing();
