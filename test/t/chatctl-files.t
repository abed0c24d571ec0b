# chatctl and files: where it finds a site, what it never writes to, backup, restore; what it prints to a terminal.
# engine: sqlite3
use strict;
use warnings;
use POSIX ();
use Test::More;
use ChatTest;

my $server = serve(conf => "ChatRateLimit button:registrations off\n");
site($server->{url});
my $state = $server->{state};
my ($ann, $token) = account();

sub names { join ' ', sort map { $_->{name} } @{ body_json((chatctl(@_, '--json', 'account', 'list'))[1]) } }
# what lies beside a file
sub beside { join ' ', map { s{.*/}{}r } glob "$_[0]*" }

# a relative folder
{
    my ($parent, $name) = $state =~ m{(.+)/(.+)};
    my $said = qx(cd '$parent' && '${\ stage() }/bin/chatctl' --state '$name' --json account list 2>&1);
    like($said, qr/"name":"$ann"/, 'a relative folder');
    chatctl_is('a folder that is not there', ['--state', "$state.none", 'stats'], 1, qr/\A\z/, qr/there is no such folder/);
    mkdir "$state.other";
    chatctl_is('a folder of other things', ['--state', "$state.other", 'stats'], 1, qr/\A\z/, qr/is not a folder of `chatctl serve`/);
}

# reading and writing commands leave alone what is not ours
my $dir = stage() . "/files.$$";
mkdir $dir;
{
    my $foreign = "$dir/foreign.db";
    # a sound database, whose tables have other names than ours
    chatctl('--state', $state, 'backup', $foreign);
    spew($foreign, slurp($foreign) =~ s/schema_version/SCHEMA_of_them/gr);
    spew("$dir/empty.db", '');
    spew("$dir/text.db", "no database\n" x 1000);
    for (['foreign', qr/is not a database of mod_chat/], ['text', qr/is not a database of mod_chat/], ['empty', qr/the database is empty/],
        ['none', qr/there is no database/]) {
        my ($name, $sentence) = @$_;
        my $file   = "$dir/$name.db";
        my $before = -e $file ? slurp($file) : 'none';
        chatctl_is("$name: @$_", ['--database', "sqlite3:$file", @$_], 1, qr/\A\z/, $sentence) for ['stats'], ['check'], ['account', 'add', 'joe'];
        is(-e $file ? slurp($file) : 'none', $before, "$name: nothing was written");
        is(beside($file), -e $file ? "$name.db" : '', "$name: nor beside it");
    }
    POSIX::mkfifo("$dir/pipe.db", 0600) or die "mkfifo: $!";
    chatctl_is("a pipe: @$_", ['--database', "sqlite3:$dir/pipe.db", @$_], 1, qr/\A\z/, qr/pipe\.db is not a file/) for ['stats'], ['check'];
    my ($code, $said) = configtest("DBDriver sqlite3\nDBDParams $foreign\nChatEngine On\n");
    is(beside($foreign), 'foreign.db', 'configtest leaves it alone, too');
}

# the configuration of an installed site
{
    mkdir "$dir/$_" for 'conf', 'conf/enabled', 'conf/deep';
    spew("$dir/conf/httpd.conf", "IncludeOptional enabled/*.conf\nInclude deep\n");
    spew("$dir/conf/enabled/chat.conf", "DBDriver sqlite3\n  dbdparams \\\n \"$state/data/chat.db\"\n");
    spew("$dir/conf/deep/more", "ChatSecretFile $dir/one\n");
    is(names('--conf', "$dir/conf/httpd.conf"), $ann, 'Include is followed');
    spew("$dir/conf/deep/again", "ChatSecretFile $dir/two\n");
    chatctl_is('two secrets, where none is needed', ['--conf', "$dir/conf/httpd.conf", 'check'], 0, qr/sound/);
    chatctl_is('two secrets', ['--conf', "$dir/conf/httpd.conf", 'backup', "$dir/copy", '--with-secret'], 1, qr/\A\z/,
        qr{two, ChatSecretFile $dir/\w+ and $dir/\w+;});
    ok(!-e "$dir/copy", 'and no copy');
    spew("$dir/conf/deep/loop", "Include $dir/conf/deep/loop\n");
    chatctl_is('files that include themselves', ['--conf', "$dir/conf/httpd.conf", 'check'], 0, qr/sound/);
    spew("$dir/conf/nothing", "ChatEngine On\n");
    chatctl_is('no database', ['--conf', "$dir/conf/nothing", 'check'], 1, qr/\A\z/, qr/no DBDriver and DBDParams; name the site: --state DIR/);
}

# nothing that a user wrote steers the terminal
{
    my $text = "a\x{1b}[2J\x{9b}31m\x{202e}\x{2066}\x{85}b \x{e4}\x{5d0}";
    utf8::encode($text);
    my $letters = "b \x{e4}\x{5d0}";
    utf8::encode($letters);
    my @set = chatctl('--state', $state, 'account', 'set', $ann, "description=$text");
    is("$set[0]$set[2]", '0', 'a description with controls') or diag($set[2]);
    for my $json ([], ['--json']) {
        my $shown = (chatctl('--state', $state, @$json, 'account', 'show', $ann))[1];
        like($shown, qr/a\\u001b\[2J\\u009b31m\\u202e\\u2066\\u0085\Q$letters\E/, "account show @$json: escaped");
    }
    my $wrong = (chatctl('--state', $state, 'account', 'show', $text))[2];
    like($wrong, qr/there is no account 'a\\u001b\[2J\\u009b/, 'in complaints, too');
}

# backup while serving; a copy that cannot be completed is not left behind
chatctl_is('backup', ['--state', $state, 'backup', "$dir/b.db", '--with-secret'], 0, qr/\Acopied to \S+, the secret to \S+\n\z/);
chatctl_is('backup over a file', ['--state', $state, 'backup', "$dir/b.db"], 1, qr/\A\z/, qr/cannot create/);
{
    my $said = qx(trap '' XFSZ; ulimit -f 32; '${\ stage() }/bin/chatctl' --state '$state' backup '$dir/cut.db' 2>&1);
    isnt($?, 0, 'backup with no room');
    ok(!-e "$dir/cut.db", 'leaves no file');
}

# restore
my ($bob) = account();
chatctl_is('restore while serving', ['--state', $state, 'restore', "$dir/b.db"], 1, qr/\A\z/, qr/is in use; stop the web server first/);
chatctl_is('by the name of the database, too', ['--database', "sqlite3:$state/data/chat.db", 'restore', "$dir/b.db"], 1, qr/\A\z/, qr/is in use/);
is(names('--state', $state), join(' ', sort $ann, $bob), 'it goes on');
kill 'KILL', slurp("$state/run/httpd.pid") =~ /(\d+)/;
waitpid $server->{pid}, 0;
ok(wait_for(sub { (chatctl('--state', $state, 'backup', "$dir/now.db"))[0] == 0 }), 'the log of a killed server is read');
is(names('--database', "sqlite3:$dir/now.db"), join(' ', sort $ann, $bob), 'all of it');
for (['not there', 'none.db', qr/cannot read/], ['not ours', 'foreign.db', qr/is not a database of mod_chat/],
    ['no database', 'text.db', qr/is not a database of mod_chat/], ['empty', 'empty.db', qr/is empty/]) {
    my ($name, $file, $sentence) = @$_;
    chatctl_is("restore, $name", ['--state', $state, 'restore', "$dir/$file"], 1, qr/\A\z/, $sentence);
}
{
    my $damaged = slurp("$dir/b.db");
    substr $damaged, $_ * 4096 + 100, 800, "\xaa" x 800 for 3 .. length($damaged) / 4096 - 1;
    spew("$dir/damaged.db", $damaged);
    my @r = chatctl('--state', $state, 'restore', "$dir/damaged.db");
    is($r[0], 1, 'restore, damaged') or diag("$r[1]$r[2]");
    @r = chatctl('--database', "sqlite3:$dir/damaged.db", 'check');
    is($r[0], 1, 'check, damaged');
    like($r[2], qr/the database is damaged[;,] stop the server and restore a backup with `chatctl restore FILE`\n\z/, 'the next step');
}
is(names('--state', $state), join(' ', sort $ann, $bob), 'nothing was replaced');
unlink glob "$dir/now*";
chatctl_is('restore', ['--state', $state, 'restore', "$dir/b.db", '--with-secret'], 0, qr/\Arestored \S+ as \S+\n\z/);
is(names('--state', $state), $ann, 'the database of the backup, not its old log');
is(names('--database', "sqlite3:$state/data/chat.db.replaced"), join(' ', sort $ann, $bob), 'the replaced one stays beside it');
$server = serve(state => $state);
site($server->{url});
answer([button('gettoken/', { username => $ann, password => $PW })], 200, { message => 'Returning token!', token => $token },
    'served: the token is valid');
is(stop_server($server, expected => qr/AH00020/), 0, 'stopped');

# to another machine: a folder that has served nothing yet
{
    my $new = serve();
    is(stop_server($new), 0, 'a new folder');
    chatctl_is('restore there', ['--state', $new->{state}, 'restore', "$dir/b.db", '--with-secret'], 0, qr/\Arestored /);
    $new = serve(state => $new->{state});
    site($new->{url});
    answer([button('gettoken/', { username => $ann, password => $PW })], 200, { message => 'Returning token!', token => $token }, 'it has moved');
    is(stop_server($new), 0, 'stopped');
}
done_testing;
