# chatctl copy: to another engine and back, row by row the same; one that is interrupted or killed goes on; what differs is named.
use strict;
use warnings;
use POSIX ();
use Test::More;
use ChatTest;

my $server = serve(conf => "ChatRateLimit button:registrations off\nChatRateLimit button:sends off\n");
site($server->{url});
my @site = ('--state', $server->{state});
my $dir  = stage() . "/copy.$$";
mkdir $dir;
my ($uid, $gid) = (stat "$server->{state}/data")[4, 5];
chown $uid, $gid, $dir if $> == 0;

sub done { my ($path, %body) = @_; my @r = button("$path/", \%body); is(int($r[0] / 100), 2, "$path") or diag(canonical($r[1])); return $r[1] }
my ($ann, $ann_token) = account();
my ($bob, $bob_token) = account();
my ($channel) = channel($ann_token);
done('addusertochannel', token => $ann_token, name => $channel, username => $bob);
done('sendmessage', token => $ann_token, channel => $channel, message => "l’été \"$_\" \\ 🎉\n") for 1 .. 600;
done('senddm', token => $bob_token, username => $ann, message => 'back');
chatctl(@site, 'room', 'add', 'second');
chatctl(@site, 'mute', $bob, '--reason', 'spam', '--until', '1h');

# There and back: to the other engine where there is one, else to another file.
sub other {
    my ($name) = @_;
    return "sqlite3:$dir/$name.db" if !$ENV{CHAT_TEST_PG_CTL};
    chomp(my $params = qx($ENV{CHAT_TEST_PG_CTL} place "$dir/$name"));
    return "pgsql:$params";
}
my $pg = other('pg');
my @r = chatctl(@site, 'copy', $pg);
is($r[0], 0, 'copied') or diag("$r[1]$r[2]");
like($r[1], qr/^(\d+) rows are the same, \1 of them copied now$/, 'each row');
my ($rows) = $r[1] =~ /^(\d+)/;
if ($pg =~ /^pgsql:(.*)/) {
    chomp(my $tables = qx(psql -qAt '$1' -c "SELECT count(DISTINCT tablename) FROM pg_stats WHERE tablename IN ('account', 'channel', 'message')"));
    is($tables, 3, 'PostgreSQL knows what it holds now');
}
cmp_ok($rows, '>', 1200, 'many');
@r = chatctl('--database', $pg, 'copy', "sqlite3:$dir/back.db");
is($r[0], 0, 'and back') or diag("$r[1]$r[2]");
like($r[1], qr/^$rows rows are the same/, 'each row');
is((chatctl('--database', "sqlite3:$dir/back.db", 'check'))[0], 0, 'the copy is sound');

if ($ENV{CHAT_TEST_PG_CTL}) {
    chomp(my $other = qx($ENV{CHAT_TEST_PG_CTL} place "$dir/other"));
    @r = chatctl('--database', "sqlite3:$dir/back.db", 'copy', "pgsql:$other");
    like($r[1], qr/^$rows rows are the same, $rows of them/, 'and there again') or diag($r[2]);
}

# Killed at any time and run again, it comes to its end. One that was never killed before it was done begins anew.
my $target = other('killed');
my $killed = 0;
for my $try (1 .. 60) {
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        open STDOUT, '>', '/dev/null';
        open STDERR, '>&', \*STDOUT;
        exec stage() . '/bin/chatctl', @site, 'copy', $target or POSIX::_exit(127);
    }
    select undef, undef, undef, rand(0.02 * $try);
    kill 'KILL', $pid;
    waitpid $pid, 0;
    last if !$? && $killed;
    if ($?) { $killed++ }
    else    { $target = other("killed$try") }
}
cmp_ok($killed, '>', 0, 'killed');
my @last = chatctl(@site, 'copy', $target);
is($last[0], 0, "after $killed deaths") or diag($last[2]);
like($last[1], qr/^$rows rows are the same/, 'each row');

# An interrupted one: the last rows of several tables are missing.
system 'sqlite3', "$dir/back.db", 'DELETE FROM search_stale; DELETE FROM event WHERE id > (SELECT MAX(id) - 90 FROM event);'
    . ' DELETE FROM mute; DELETE FROM membership;';
@r = chatctl(@site, 'copy', "sqlite3:$dir/back.db");
is($r[0], 0, 'again') or diag("$r[1]$r[2]");
like($r[1], qr/^$rows rows are the same, (?!0 )\d\d+ of them/, 'what was missing');

# What differs is named.
system 'sqlite3', "$dir/back.db", "UPDATE account SET description = 'other' WHERE name = '$ann'";
@r = chatctl(@site, 'copy', "sqlite3:$dir/back.db");
is($r[0], 1, 'a difference');
like($r[2], qr/^chatctl: account \d+: another description\nchatctl: 1 rows differ/, 'its table, key and column');

# While others write, the copy is one moment of the site, and says that it is not all of it.
my $writer = fork // die "fork: $!\n";
if (!$writer) {
    site($server->{url});
    for (my $n = 0; ; $n++) { button('sendmessage/', { token => $ann_token, channel => $channel, message => "meanwhile $n" }) }
}
my ($moment, $tries) = ('', 0);
do {
    $moment = other("moment$tries");
    @r      = chatctl(@site, 'copy', $moment);
} until ($r[0] || ++$tries == 20);
kill 'KILL', $writer;
waitpid $writer, 0;
is($r[0], 1, 'written to meanwhile');
like($r[2], qr/rows differ; if the site was written to meanwhile, begin again with an empty database$/, 'it says so');
is((chatctl('--database', $moment, 'check'))[0], 0, 'but what is there is sound');

# A site on the copy goes on where the first one was.
is(stop_server($server), 0, 'stopped');
@r = chatctl('--database', "sqlite3:$dir/back.db", 'account', 'add', 'carl');
is($r[0], 0, 'a new account in the copy') or diag($r[2]);

# And from a file that is served to PostgreSQL: what the site itself writes meanwhile comes with the next try.
chmod 0600, spew("$dir/back.db.secret", '7' x 64 . "\n");
chown $uid, $gid, "$dir/back.db.secret" if $> == 0;
{
    local $ENV{CHAT_ENGINE} = '';
    $server = serve(args => ['--database', "sqlite3:$dir/back.db"]);
}
site($server->{url});
my $served = other('served');
for (1 .. 5) { @r = chatctl('--database', "sqlite3:$dir/back.db", 'copy', $served); last if !$r[0] }
is($r[0], 0, 'from one that serves') or diag("$r[1]$r[2]");
is((button('login/', { username => $ann, password => $PW }))[0], 200, 'and goes on');
is((chatctl('--database', $served, 'check'))[0], 0, 'the copy is sound');
is(stop_server($server), 0, 'stopped');
done_testing();
