# Whatever is wrong with a database, httpd serves its sites, chat answers 503 in each dialect's
# form, one line names cause and cure, and chat comes by itself when the cause is gone.
# engine: sqlite3
use strict;
use warnings;
use File::Copy;
use Test::More;
use ChatTest;

my $dir = stage() . "/database.$$";
my $hold = stage() . "/database-hold.$$";
mkdir $hold;
my $expected = qr/CHAT0107|CHAT0141|CHAT0162|CHAT0201|CHAT07\d\d|CHAT08\d\d|CHAT0602|AH00098|AH0062|AH0063|CHAT063[34]/;

# Lines of the server's log with a number.
sub lines { my ($server, $id) = @_; return grep {/CHAT$id/} split /^/, slurp($server->{log}) }

sub send_one { return (button('register/', { username => new_name(), password => $PW }))[0] }
sub comes { return wait_for(sub { select undef, undef, undef, 0.2; send_one() == 201 }) }
sub goes  { return wait_for(sub { send_one() == 503 }) }

# A process that says it may be slower than the one that was asked.
sub said_once {
    my ($server, $before, $what, @ids) = @_;
    my $said = sub { my $n = 0; $n += lines($server, $_) for @ids; return $n };
    wait_for(sub { $said->() > $before });
    return is($said->(), $before + 1, "$what: one line") || diag(grep {/CHAT/} split /^/m, slurp($server->{log}));
}

# The forms of a 503: [method, path, headers, body, what the answer must match].
my @forms = (
    ['POST', '/api/v3/register/', { 'Content-Type' => 'application/json' }, '{"username":"someone","password":"Passw0rd!"}', qr/"message"/],
    ['POST', '/api/v0/chatroom', {}, '', qr/\S/],
    ['GET',  '/api/v1/channels/get/', {}, undef, qr/\S/],
    ['GET',  '/api/v1/time/', {}, undef, qr/\S/],
);

sub refused {
    my ($server, $what) = @_;
    for (@forms) {
        my ($method, $path, $headers, $body, $pattern) = @$_;
        my ($status, $text, $h) = request($method, $path, headers => $headers, defined $body ? (body => $body) : ());
        is($status, 503, "$what: $method $path is refused");
        ok($h->{'retry-after'}, "$what: $path says when to come again");
        unlike($text, qr/<html|<!DOCTYPE HTML PUBLIC/i, "$what: $path in the dialect's form");
        like($text, $pattern, "$what: $path has a text");
    }
    is((request('GET', '/site.txt'))[1], "site\n", "$what: the site is served");
}

mkdir $dir;
mkdir "$dir/htdocs";
spew("$dir/htdocs/site.txt", "site\n");
my $conf = "DocumentRoot $dir/htdocs\n<Directory $dir/htdocs>\nRequire all granted\n</Directory>\nChatRateLimit button off\n"
    . "ChatRateLimit button:registrations off\nStartServers 2\n";
my $server = httpd($dir, $conf);
site($server->{url});
my ($name, $token) = account();
sub keeps { is((button('generatetoken/', { username => $name, password => $PW }))[0], 200, shift) }

# What SQLite's program does, which may have to wait: chatd closes the file behind httpd.
sub sqlite { my ($file, $command) = @_; return is(system('sqlite3', '-cmd', '.timeout 60000', $file, $command), 0, 'sqlite3') }

# ---- changed under a running server: [what, how, whether restarting is what helps]
sub files { return map {"$dir/chat.db$_"} '', '-wal', '-shm', @_ }
sub put_away { for (files(@_)) { move($_, $hold) if -e $_ } }
sub put_back { for (files('.lock', '.secret')) { my ($n) = m{([^/]+)$}; unlink $_ if !/lock|secret/ || -e "$hold/$n"; move("$hold/$n", $_) if -e "$hold/$n" } }
my $user = (stat "$dir/chat.db")[4];
sub place { my ($text) = @_; spew("$dir/chat.db", $text); chown $user, -1, "$dir/chat.db" }

for (
    ['deleted',              sub { put_away() }],
    ['deleted with lock and secret', sub { put_away('.lock', '.secret') }],
    ['another program\'s',   sub { put_away(); place("SQLite format 3\0" . "\0" x 4080) }],
    ['no database',          sub { put_away(); place("this is no database\n" x 500) }],
) {
    my ($what, $how) = @$_;
    my $before = lines($server, '0162') + lines($server, '0141');
    $how->();
    ok(goes(), "$what while running: noticed");
    sleep 1; # by every process
    is(send_one(), 503, "$what while running: nothing is acknowledged");
    refused($server, "$what while running");
    said_once($server, $before, "$what while running", '0162', '0141');
    put_back();
    ok(comes(), "$what while running: chat comes by itself");
    keeps("$what while running: what it held is there");
}

# ---- out of order at a start, and at a graceful restart
for (
    ['damaged',     sub { put_away(); place("\0" x 100 . 'x' x 8000) }, qr/141.*restore it from a backup/],
    ['missing',     sub { put_away() },                                qr/141.*missing or empty/],
    ['newer',       sub { copy("$hold/newer.db", "$dir/newer.db"); put_away(); move("$dir/newer.db", "$dir/chat.db") }, qr/141.*newer/],
) {
    my ($what, $how, $pattern) = @$_;
    for my $graceful (0, 1) {
        my $when = $graceful ? 'at a graceful restart' : 'at a start';
        stop_httpd($server, $expected) if !$graceful;
        if ($what eq 'newer') {
            unlink "$hold/newer.db";
            sqlite("$dir/chat.db", "VACUUM INTO '$hold/newer.db'");
            sqlite("$hold/newer.db", 'UPDATE schema_version SET version = 9999');
            chown $user, -1, "$hold/newer.db";
        }
        my $before = $graceful ? lines($server, '0141') : 0;
        $how->();
        unlink $server->{log} if !$graceful;
        if ($graceful) {
            kill 'USR1', $server->{pid};
            wait_for(sub { lines($server, '0141') > $before });
        }
        else {
            $server = httpd($dir, $conf);
            site($server->{url});
        }
        ok(goes(), "$what $when: refused");
        refused($server, "$what $when");
        said_once($server, $before, "$what $when", '0141');
        my @lines = lines($server, '0141');
        like($lines[-1], $pattern, "$what $when: with the cure");
        put_back();
        ok(comes(), "$what $when: chat comes by itself");
        keeps("$what $when: what it held is there");
        ok(wait_for(sub { lines($server, '0161') }), "$what $when: and says so");
    }
}

# ---- a copy put over the file, which stays the same file, or another -wal file: nothing of the
# old log may come into it, and it goes on when the log is gone
sub has { my ($who) = @_; return (button('generatetoken/', { username => $who, password => $PW }))[0] == 200 }
sub start { unlink $server->{log}; $server = httpd($dir, $conf); site($server->{url}) }
sub check { is((chatctl('--database', "sqlite3:$dir/chat.db", 'check'))[0], 0, "$_[0]: the database is sound") }

sub refused_until_removed {
    my ($what, $copy) = @_;
    is(send_one(), 503, "$what: refused");
    refused($server, $what);
    ok(slurp("$dir/chat.db") eq slurp($copy), "$what: nothing is written into it");
    like((lines($server, '0141'))[0], qr/-wal file belongs to other content.*remove the -wal file/, "$what: cause and cure");
    like(join('', chatctl('--database', "sqlite3:$dir/chat.db", 'account', 'list')), qr/remove the -wal file/, "$what: chatctl says so");
    unlink "$dir/chat.db-wal";
    ok(comes(), "$what: chat comes by itself when the log is gone");
    keeps("$what: what it holds is there");
    check($what);
}

my $backups = 0;
my %copies = (
    'a backup of chatctl' => sub { is((chatctl('--database', "sqlite3:$dir/chat.db", 'backup', $_[0]))[0], 0, 'a backup') },
    'a copy by sqlite3'   => sub { sqlite("$dir/chat.db", ".backup '$_[0]'"); stop_httpd($server, $expected); start() },
);
for my $what (sort keys %copies) {
    for my $how ('while running', 'after a stop', 'after a kill') {
        my $copy = "$hold/copy" . $backups++;
        $copies{$what}->($copy);
        my ($later) = account();
        if ($how eq 'after a kill') {
            my @children = split ' ', slurp("/proc/$server->{pid}/task/$server->{pid}/children");
            kill 'KILL', $server->{pid}, @children;
            waitpid $server->{pid}, 0;
            wait_for(sub { !grep { (eval { slurp("/proc/$_/stat") } // '') =~ /\) [^ZX] / } @children }) or die "processes stay\n";
        }
        my $before = lines($server, '0162') + lines($server, '0141');
        spew("$dir/chat.db", slurp($copy));
        if ($how eq 'while running') {
            my $noticed = wait_for(sub { send_one() == 503 && lines($server, '0162') + lines($server, '0141') > $before });
            ok($noticed, "$what over the file while running: noticed");
            sleep 1; # by every process
            is(send_one(), 503, "$what over the file while running: nothing is acknowledged");
            said_once($server, $before, "$what over the file while running", '0162', '0141');
        }
        stop_httpd($server, $expected) if $how ne 'after a kill';
        start();
        refused_until_removed("$what over the file $how", $copy);
        ok(!has($later), "$what over the file $how: nothing else is");
    }
}

# The site and who has it open still have the log: stopping brings it into the file.
{
    my ($later) = account();
    unlink "$dir/chat.db-wal";
    ok(goes(), 'the -wal file deleted while running: noticed');
    sleep 1;
    is(send_one(), 503, 'the -wal file deleted while running: nothing is acknowledged');
    stop_httpd($server, $expected);
    start();
    ok(comes(), 'the -wal file deleted while running: chat answers after a restart');
    ok(has($later), 'the -wal file deleted while running: nothing is lost');
    check('the -wal file deleted while running');
}

# ---- files of another owner: configtest refuses them, a graceful restart goes on
{
    chmod 0, map { -e $_ ? $_ : () } files();
    kill 'USR1', $server->{pid};
    ok(goes(), 'a file that cannot be read, at a graceful restart: refused');
    is((request('GET', '/site.txt'))[1], "site\n", 'and the site is served');
    ok(lines($server, '0107'), 'and the log names the file');
    chmod 0640, map { -e $_ ? $_ : () } files();
    ok(comes(), 'and chat comes by itself');
    keeps('what it held is there');
}

stop_httpd($server, $expected);
done_testing;
