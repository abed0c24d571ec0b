# chatctl as root: it never writes where another user can lead it.
use strict;
use warnings;
use Test::More;
use ChatTest;

plan skip_all => 'needs root' if $> != 0;
plan skip_all => 'PostgreSQL has no files that a user could replace' if ($ENV{CHAT_ENGINE} // '') eq 'pgsql';

my ($web) = grep { defined getpwnam $_ } qw(www-data apache http nobody);
my ($uid, $gid) = (getpwnam $web)[2, 3];
my $stage = stage();

sub owner { my @s = lstat $_[0]; @s ? sprintf('%s:%s %o', scalar getpwuid $s[4], scalar getgrgid $s[5], $s[2] & 07777) : 'none' }
sub fails {
    my ($name, $sentence, @args) = @_;
    my ($code, $out, $err) = chatctl(@args);
    is($code, 1, "$name: exit code") or diag("$out$err");
    like($err, $sentence, "$name: the sentence");
}
# what the web user can write to below a folder
sub writable {
    my ($dir) = @_;
    my @found = split /\n/, qx(find '$dir' ! -type l ! -type s \\( -user $web -perm -200 -o -group $gid -perm -020 -o -perm -002 \\));
    return join ' ', sort map { s{^\Q$dir\E/?}{}r } @found;
}

my $group = getgrgid $gid;
my $server = serve(args => ['--tls-port', 0]);
site($server->{url});
my ($ann) = account();
my $state = $server->{state};
is(stop_server($server), 0, 'stopped');
is(owner($state), "root:$group 750", 'the state directory is root\'s');
is(owner("$state/$_"), "root:$group 750", "$_ too") for qw(run htdocs);
is(owner("$state/logs"), 'root:root 750', 'and logs');
is(owner("$state/data"), "$web:$group 750", 'data is the web user\'s');
unlike(writable($state), qr{(?:^| )(?!data(?:/|\b)|run/chatd\.conf\b)\S}, 'and nothing else that root reads');

# names, for users but root
my $names = sub { join ' ', map { $_->{name} } @{ body_json((chatctl(@_, '--json', 'account', 'list'))[1]) } };
is($names->('--state', $state), $ann, 'root\'s chatctl reads it');

# a link planted as the database
my $target = "$stage/roots.db";
chatctl('--state', $state, 'backup', $target);
chmod 0600, $target;
my $before = slurp($target);
is(owner($target), 'root:root 600', 'a backup by root is root\'s');
rename "$state/data/chat.db", "$state/data/kept.db";
symlink $target, "$state/data/chat.db";
system('chown', '-h', "$uid:$gid", "$state/data/chat.db");
fails('a database that is a link', qr/chatctl: /, '--state', $state, 'account', 'add', 'mallory');
fails('and by its own name', qr/chatctl: /, '--database', "sqlite3:$state/data/chat.db", 'account', 'add', 'mallory');
fails('nor is it served', qr/is not a regular file/, 'serve', '--state', $state, '--port', 0);
is(slurp($target), $before, 'what it leads to is as it was');
is(join(' ', glob "$target-* $target.*"), '', 'with nothing beside it');
is(owner($target), 'root:root 600', 'and root\'s');
rename "$state/data/kept.db", "$state/data/chat.db";

# the same while it is served: a graceful restart opens the database anew, as root
{
    my $taken = serve(state => $state);
    rename "$state/data/chat.db", "$state/data/kept.db";
    symlink $target, "$state/data/chat.db";
    system('chown', '-h', "$uid:$gid", "$state/data/chat.db");
    my $restarts = sub { my $n = () = slurp($taken->{log}) =~ /resuming normal operations/g; $n };
    my $count = $restarts->();
    kill 'USR1', slurp("$state/run/httpd.pid") =~ /(\d+)/;
    ok(wait_for(sub { $restarts->() > $count || !-e "$state/run/httpd.pid" }), 'a graceful restart, or its refusal');
    is(slurp($target), $before, 'what the link leads to is as it was');
    is(join(' ', glob "$target-* $target.*"), '', 'with nothing beside it');
    unlink "$state/data/chat.db";
    rename "$state/data/kept.db", "$state/data/chat.db";
    stop_server($taken, expected => qr/./);
}

# folders of root alone, for the copy and for what is restored
mkdir "$stage/closed", 0700;
is((chatctl('--state', $state, 'backup', "$stage/closed/b.db", '--with-secret'))[0], 0, 'backup into a folder of root alone');
is(owner("$stage/closed/$_"), 'root:root 600', "$_ is private") for qw(b.db b.db.secret);
is((chatctl('--state', $state, 'restore', "$stage/closed/b.db", '--with-secret'))[0], 0, 'restore from there');
is(owner("$state/data/$_->[0]"), "$web:$group $_->[1]", "$_->[0] is the web user's") for ['chat.db', 640], ['chat.db.secret', 600];
is($names->('--state', $state), $ann, 'with what it had');

# a folder of the release before: all of it the web user's, who has planted things
{
    my $old = "$stage/old";
    mkdir $old;
    mkdir "$old/$_" for qw(run logs htdocs);
    system("cp -p $state/data/chat.db* $old/");
    system('chown', '-R', "$uid:$gid", $old);
    spew("$old/httpd.conf", "# by the release before\n");
    spew("$old/logs/access.log", "kept\n");
    spew("$stage/victim", "as it was\n");
    symlink "$stage/victim", "$old/logs/error.log";
    symlink "$stage/victim", "$old/run/httpd.pid";
    is($names->('--state', $old), $ann, 'chatctl reads it before');
    my $taken = serve(state => $old);
    site($taken->{url});
    answer([button('login/', { username => $ann, password => $PW })], 200, { message => 'Login successful!' }, 'it is served');
    is(stop_server($taken), 0, 'stopped');
    is(slurp("$stage/victim"), "as it was\n", 'a log that was a link leads nowhere');
    like(slurp("$old/logs/access.log"), qr/\Akept\n./, 'a log that was root\'s goes on');
    is(owner($old), "root:$group 750", 'the folder is root\'s');
    is(owner("$old/data/chat.db"), "$web:$group 640", 'the database has its own');
    ok(!-e "$old/chat.db", 'and is no longer here');
    for my $file (qw(database tls.key tls.crt httpd.conf)) {
        rename "$old/$file", "$old/$file.kept";
        spew("$old/$file", 'sqlite3:/nowhere');
        chown $uid, $gid, "$old/$file";
        fails("$file of the web user", qr{/$file belongs to other users too}, 'serve', '--state', $old, '--port', 0, '--tls-port', 0);
        unlink "$old/$file";
        symlink "$stage/victim", "$old/$file";
        fails("$file that is a link", qr{/$file belongs to other users too}, 'serve', '--state', $old, '--port', 0, '--tls-port', 0);
        unlink "$old/$file";
        rename "$old/$file.kept", "$old/$file";
    }
    is(slurp("$stage/victim"), "as it was\n", 'and nothing was written');
}

# a folder of another user
{
    my $theirs = "$stage/theirs";
    mkdir $theirs;
    chown 12345, 12345, $theirs;
    fails('serve in a folder of another user', qr/can be replaced by user 12345; .*for example/, 'serve', '--state', $theirs, '--port', 0);
    fails('or below one', qr/can be replaced by user 12345; .*for example/, 'serve', '--state', "$theirs/state", '--port', 0);
    ok(!-e "$theirs/state", 'which it does not make');
    spew("$theirs/httpd.conf", '');
    spew("$theirs/database", "sqlite3:$target\n");
    chmod 0644, "$theirs/httpd.conf", "$theirs/database";
    fails('a database of root that another user names', qr/chatctl: /, '--state', $theirs, 'account', 'add', 'mallory');
    spew("$theirs/chat.conf", "DBDriver sqlite3\nDBDParams $target\n");
    chown 12345, 12345, "$theirs/chat.conf";
    fails('also in a configuration file', qr/chatctl: /, '--conf', "$theirs/chat.conf", 'account', 'add', 'mallory');
    is(slurp($target), $before, 'it is as it was');
}

# a backup into a folder of another user, who puts a link to a database of root in its place all the time
{
    my ($theirs, $victim) = ("$stage/swaps", "$stage/victim.db");
    mkdir $theirs;
    chown 12345, 12345, $theirs;
    chatctl('--state', $state, 'backup', $victim);
    my $was = slurp($victim);
    my $swapper = fork // die;
    if (!$swapper) {
        $> = 12345;
        while (1) { symlink($victim, "$theirs/link") && rename("$theirs/link", "$theirs/a.db") if -e "$theirs/a.db"; unlink "$theirs/a.db" }
    }
    my ($n, $failed) = (0, 0);
    for (; $n < 40 || (!$failed && $n < 1000); $n++) { $failed++ if (chatctl('--state', $state, 'backup', "$theirs/a.db"))[0] }
    kill 'KILL', $swapper;
    waitpid $swapper, 0;
    ok($failed, "$failed backups of $n into a folder of another user met a swapped file and failed");
    ok(slurp($victim) eq $was, 'none of them wrote to the file of root behind the link');
    is(owner($victim), 'root:root 600', 'which stays root\'s');
}

# a backup that is restored through a folder that another user made a link
{
    my ($theirs, $secret) = ("$stage/links", "$stage/only-root");
    mkdir $_ for $theirs, $secret;
    chmod 0700, $secret;
    chatctl('--state', $state, 'backup', "$secret/a.db");
    symlink $secret, "$theirs/dir";
    symlink $secret, "$stage/rootlink";
    system('chown', '-h', '12345', $theirs, "$theirs/dir");
    my $held = slurp("$state/data/chat.db");
    fails('a backup behind a folder that is a link', qr/cannot read \S+: (?:Not a directory|Too many levels)/, '--state', $state, 'restore', "$theirs/dir/a.db");
    ok(slurp("$state/data/chat.db") eq $held, 'nothing was restored');
    is((chatctl('--state', $state, 'restore', "$stage/rootlink/a.db"))[0], 0, 'behind a link of root it is restored');
}

# a secret that only root can read: configtest names file and cure, or everything works
{
    my $dir = "$stage/secret";
    mkdir $dir;
    spew("$dir/chat.secret", ('0123456789abcdef' x 4) . "\n");
    chmod 0600, "$dir/chat.secret";
    my $server = httpd($dir, "ChatSecretFile $dir/chat.secret\nUser $web\nGroup #$gid\nChatRateLimit button off");
    site($server->{url});
    ok(wait_for(sub { (request('GET', '/socket.io/?EIO=4&transport=polling'))[0] == 200 }), 'chatd works with a secret that root alone reads');
    is((button('register/', { username => 'secretive', password => $PW }))[0], 201, 'and so do the sites');
    is(owner("$dir/chat.secret"), 'root:root 600', 'which stays root\'s');
    kill 'TERM', $server->{pid};
    waitpid $server->{pid}, 0;
}

# a folder that the web user cannot reach
fails('a closed folder', qr/cannot be reached by the user $web, .*--state \/var\/lib\/mod_chat/, 'serve', '--state', "$stage/closed/state", '--port', 0);
done_testing;
