# chatctl check names each of two dozen faults and its cure; its exit code says how bad it is; it changes nothing.
# engine: sqlite3
use strict;
use warnings;
use Test::More;
use ChatTest;

my $server = serve(conf => "ChatRateLimit button:registrations off\n");
site($server->{url});
my ($ann, $token) = account();
my ($bob)     = account();
my ($channel) = channel($token);
button('sendmessage/', { token => $token, channel => $channel, message => "message $_" }) for 1 .. 3;
button('senddm/', { token => $token, username => $bob, message => 'direct' });
is(stop_server($server), 0, 'a site with some rows');
my $sound = $server->{state};

sub check {
    my ($state) = @_;
    my ($code, $out, $err) = chatctl('--state', $state, 'check');
    return "$code $out$err";
}
# who opens it first takes the log into the file, where a process that ended could not
like(check($sound), qr/\A0 the database is sound\n\z/, 'nothing is wrong');
my $before = join ' ', map { "$_ " . -s $_ } glob "$sound/data/*";
like(check($sound), qr/\A0 the database is sound\n\z/, 'nothing is wrong then');
is(join(' ', map { "$_ " . -s $_ } glob "$sound/data/*"), $before, 'nothing was changed');

my $db;
sub run { sql($db, $_[0]) }
my $now = time . '000000';
my $outbox = 'INSERT INTO outbox (room_id, kind, payload, state, next_at, created_at) VALUES (1, 1,';
my @faults = (
    ['no secret', sub { unlink "$db.secret" }, 1, qr/the secret \S+ is missing: put it back from a backup/],
    ['a damaged secret', sub { spew("$db.secret", "x\n"); chmod 0600, "$db.secret" }, 1, qr/the secret \S+ is damaged: .* put it back/],
    ['an open secret', sub { chmod 0644, "$db.secret" }, 1, qr/the secret \S+ must be readable only by its owner: chmod 600 it/],
    ['an open database', sub { chmod 0644, $db }, 1, qr/chat\.db can be used by every user of the machine: chmod 640 it/],
    ['a database for reading alone', sub { chmod 0440, $db }, 1, qr/chat\.db must be writable by its owner: chmod 640 it/],
    ['a closed folder', sub { chmod 0555, $db =~ s{/[^/]+$}{}r }, 1, qr/the folder \S+ cannot be written to, .*: chown it to the user/],
    ['a folder as lock', sub { unlink "$db.lock"; mkdir "$db.lock" }, 1, qr/chat\.db\.lock is not a file: stop httpd and remove it/],
    ['a lock for reading alone', sub { chmod 0440, "$db.lock" }, 1, qr/chat\.db\.lock must be writable by its owner: chmod 640 it/],
    ['no database', sub { unlink $db }, 1, qr/there is no database/],
    ["another program's database", sub { spew($db, slurp($db) =~ s/schema_version/SCHEMA_of_them/gr) }, 1, qr/is not a database of mod_chat/],
    ['an empty database', sub { spew($db, '') }, 1, qr/the database is empty; the first start of the web server fills it/],
    ['a newer schema', sub { run('UPDATE schema_version SET version = 9999') }, 1, qr/schema 9999, written by a newer version; .*: install the version that wrote it/],
    ['an older schema', sub { run('UPDATE schema_version SET version = 7') }, 1, qr/schema 7 and this chatctl reads \d+; the next start of the web server updates it/],
    ['damaged pages', sub {
        my $bytes = slurp($db);
        substr $bytes, $_ * 4096 + 100, 800, "\xaa" x 800 for 3 .. length($bytes) / 4096 - 1;
        spew($db, $bytes);
    }, 1, qr/damaged[;,] stop the server and restore a backup with `chatctl restore FILE`/],
    ['a row that refers to none', sub { run("DELETE FROM account WHERE name = '$bob'") }, 1, qr/refers to a row that is missing; delete it, or restore a backup/],
    ['a counter below its numbers', sub { run('UPDATE chatroom SET last_number = 0') }, 1, qr/above its last_number; writes to it fail: restore a backup/],
    ['times out of order', sub { run('UPDATE message SET created_at = (SELECT min(created_at) FROM message)') }, 1, qr/not above that of the message before; .*restore a backup/],
    ['a message without event', sub { run('DELETE FROM event WHERE id IN (SELECT id FROM message)') }, 1, qr/has no event; connected clients did not get it/],
    ['a direct message without reader', sub { run('DELETE FROM recipient') }, 1, qr/direct, and has no reader; delete it, or restore a backup/],
    ['a text that is not UTF-8', sub { run(q{UPDATE message SET body = CAST(X'ff' AS TEXT) WHERE id = (SELECT min(id) FROM message)}) }, 1, qr/not valid UTF-8; .* write the text again/],
    ['a clock that was ahead', sub { run("UPDATE message SET created_at = ${now} + 86400000000 WHERE id = (SELECT max(id) FROM message)") }, 3, qr/of a time that has not come; set the clock by NTP/],
    ['an item that was given up', sub { run("$outbox '{}', 2, 0, $now)") }, 3, qr/outbox: 1 row \(1\): given up; .*chatctl outbox retry ID/],
    ['an item that waits', sub { run("$outbox '{}', 0, $now, $now - 7200000000)") }, 3, qr/waits for more than an hour; see that chatd runs/],
    ['an emergency', sub { run("INSERT INTO emergency (room_id, since, actor_name) VALUES (1, $now, 'ann')") }, 3, qr/in an emergency: .*`chatctl emergency off` ends it/],
);
my $n = 0;
for (@faults) {
    my ($name, $inject, $code, $sentence) = @$_;
    my $state = stage() . "/fault.$$." . $n++;
    system('cp', '-a', $sound, $state) == 0 or die "cp: $name\n";
    $db = "$state/data/chat.db";
    $inject->();
    my $said = check($state);
    like($said, qr/\A$code /, "$name: exit code $code") or diag($said);
    like($said, $sentence, "$name: the fault and the cure");
    chmod 0755, "$state/data";
}
cmp_ok($n, '>=', 20, 'twenty faults');
like((chatctl('--state', $sound, 'check', '--help'))[1], qr/Exit code 0: nothing; 1: faults; 3: warnings alone/, 'its help');
done_testing();
