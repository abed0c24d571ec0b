# chatctl room: chatrooms made and given away by the administrator, while the site runs.
use strict;
use warnings;
use Test::More;
use ChatTest;
use ChatroomTest;

my $server = serve(conf => "ChatRateLimit button:registrations off\nChatAPI button /second\n<Location /second>\nChatRoom 2\n</Location>\n");
site($server->{url});
my @site = ('--state', $server->{state});

# A command and what it must do: exit code, pattern of its output, pattern of its one sentence.
sub does { my ($name, $args, @said) = @_; chatctl_is($name, [@site, @$args], @said) }
sub rooms { body_json((chatctl(@site, '--json', 'room', 'list'))[1]) }
my $UTC = qr/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/;

# what is there from the beginning
my ($ann) = account();
my ($first, @more) = @{ rooms() };
is(scalar @more, 0, 'one chatroom');
like(delete $first->{uuid}, qr/\A$UUID\z/, 'its uuid');
like(delete $first->{created_at}, qr/\A$UTC\z/, 'its time');
is(canonical($first), canonical({ id => 1, name => 'default', owner => undef, accounts => 1, channels => 1, keep_seconds => undef }), 'the rest of it');

# add
does('add', ['room', 'add', 'Second room'], 0, qr/^NAME +Second room$/m);
my $made = body_json((chatctl(@site, '--json', 'room', 'show', 2))[1]);
my $uuid = $made->{uuid};
like($uuid, qr/\A$UUID\z/, 'its uuid');
is("$made->{id} $made->{name} $made->{accounts} $made->{channels}", '2 Second room 0 1', 'and the rest');
is($made->{owner}, undef, 'nobody owns it');
is(canonical(body_json((chatctl(@site, '--json', 'room', 'show', '--room', 2))[1])), canonical($made), 'show --room 2 is the same');
does('show', ['room', 'show'], 0, qr/^NAME +default$/m);
does('list', ['room', 'list'], 0, qr/^ +1 .*default.*\n +2 .*Second room/m);
is(scalar @{ rooms() }, 2, 'two chatrooms');

# the new one is another world: an account of the first is unknown there, its channel is its own
is((button('login/', { username => $ann, password => $PW }, mount => '/second'))[0], 401, 'no account of the first room is in it');
my $bob = new_name();
is((button('register/', { username => $bob, password => $PW }, mount => '/second'))[0], 201, 'an account of its own');
is((button('login/', { username => $bob, password => $PW }))[0], 401, 'is not in the first');

# owner
does('owner, not of this room', ['room', 'owner', $ann, '--room', 2], 1, qr/\A\z/, qr/\Achatctl: there is no account '$ann'\n\z/);
does('owner, no room', ['room', 'owner', $ann, '--room', 3], 1, qr/\A\z/, qr/\Achatctl: there is no such chatroom\n\z/);
does('owner', ['room', 'owner', $bob, '--room', 2], 0, qr/\A$bob owns chatroom 2\n\z/);
is(body_json((chatctl(@site, '--json', 'room', 'show', 2))[1])->{owner}, $bob, 'is shown');
is(rooms()->[0]{owner}, undef, 'the first room has none still');
my @r = call('POST', "/api/v0/login/$uuid", { userID => '0', password => $PW });
is("$r[0] $r[1]{userID}", '200 0', 'the owner logs in as 0, at once');
my ($cookie) = split /;/, $r[2]{'set-cookie'};
$cookie =~ s/^[^=]+=//;
my $owner = { room => $uuid, id => '0', cookie => $cookie };
is((post($owner, 'channels', { channel_name => 'by the owner' }))[0], 200, 'and has an owner\'s rights');
does('owner in another case', ['room', 'owner', uc $bob, '--room', 2], 0, qr/owns chatroom 2\n\z/);
my $eve = new_name();
button('register/', { username => $eve, password => $PW }, mount => '/second');
does('another owner', ['room', 'owner', $eve, '--room', 2], 0, qr/\A$eve owns chatroom 2\n\z/);
is(body_json((chatctl(@site, '--json', 'room', 'show', 2))[1])->{owner}, $eve, 'one room has one owner');
is((post($owner, 'channels', { channel_name => 'no more' }))[0], 401, 'who was it before is 0 no more');

# a deleted account owns nothing new
does('delete', ['account', 'delete', $bob, '--room', 2], 0, qr/$bob/);
does('owner, deleted', ['room', 'owner', $bob, '--room', 2], 1, qr/\A\z/, qr/there is no account '$bob'/);

# a third one; its name is taken then, however it is spelled
does('add, another', ['room', 'add', "\xc3\x81rea 3"], 0, qr/^NAME +\S+rea 3$/m);
is(join(' ', map { "$_->{id}:$_->{name}" } @{ rooms() }), "1:default 2:Second room 3:\x{c1}rea 3", 'three chatrooms');

# what is wrong
for (['no name', ['room', 'add'], 2, qr/1 argument is needed/],
    ['two names', ['room', 'add', 'a', 'b'], 2, qr/1 argument is needed/],
    ['a name in use', ['room', 'add', 'Second room'], 1, qr/\Achatctl: the name is taken or reserved\n\z/],
    ['a name in use, in another case and width', ['room', 'add', "\xef\xbc\xb3ECOND room"], 1, qr/\Achatctl: the name is taken/],
    ['a name in use, in an unusual normal form', ['room', 'add', "A\xcc\x81rea 3"], 1, qr/\Achatctl: the name is taken/],
    ['a name in use, with more spaces', ['room', 'add', 'Second   room'], 1, qr/\Achatctl: the name is taken/],
    ['scripts mixed in a word', ['room', 'add', "Room\xd0\xb0"], 1, qr/\Achatctl: .*name/],
    ['an empty name', ['room', 'add', ''], 1, qr/\Achatctl: .*name/],
    ['a name of 65 characters', ['room', 'add', 'x' x 65], 1, qr/\Achatctl: .*name/],
    ['a line break', ['room', 'add', "a\nb"], 1, qr/\Achatctl: .*name/],
    ['bytes that are no UTF-8', ['room', 'add', "\xff\xfe"], 1, qr/\Achatctl: .*name/],
    ['show, a word', ['room', 'show', 'default'], 2, qr/the number of a chatroom is needed/],
    ['show, not there', ['room', 'show', 9], 1, qr/\Achatctl: there is no such chatroom\n\z/],
    ['owner, nobody', ['room', 'owner'], 2, qr/1 argument is needed/],
    ['owner, unknown', ['room', 'owner', 'nobody'], 1, qr/there is no account 'nobody'/],
    ['list, an argument', ['room', 'list', 'x'], 2, qr/room list takes no argument 'x'/],
    ['help of no command', ['help', 'nonsense'], 2, qr/there is no command 'nonsense'/],
    ['no such message', ['message', 'delete', 999], 1, qr/\Achatctl: there is no such message in a channel\n\z/],
    ['no such item', ['outbox', 'retry', 999], 1, qr/\Achatctl: there is no such undelivered item\n\z/],
    ['no such value of a channel', ['channel', 'set', 'default', 'slow=soon'], 2, qr/'slow=soon' is not one of name=NAME, .*slow=SECONDS \(0 to 21600\)/],
    ['a URL without TLS', ['check', '--url', 'http://chat.example.org'], 2, qr/--url takes an https URL, or an http URL of this machine/]) {
    my ($name, $args, $code, $sentence) = @$_;
    does($name, $args, $code, qr/\A\z/, $sentence);
}
is(scalar @{ rooms() }, 3, 'and nothing came of it');

# help and version, wherever they stand
my $site_options = qr/\[--state DIR \| --conf FILE\.\.\. \| --database DRIVER:PARAMS\] \[--json\]/;
for (['-h', ['-h'], qr/\Ausage: chatctl .*^  serve +run a private httpd .*^  account add +create .*^  stats +count /ms],
    ['help behind an option', ['--json', '--help'], qr/^  serve .*^  stats /ms],
    ['help of a noun', ['account', '--help'], qr/^commands:\n(?:  account \w+ +[a-z].*\n)+\z/m],
    ['an option and help behind a noun', ['account', '--json', '-h'], qr/^commands:\n(?:  account .*\n)+\z/m],
    ['help of a command', ['account', 'add', '-h'], qr/\Ausage: chatctl account add NAME .* $site_options\n\ncreate an account; .*\n.*--rank .*administrator\n/],
    ['help of fields', ['account', 'set', '-h'], qr/^  description, location, icon, email .*^  color .*RRGGBB/ms],
    ['help behind arguments', ['room', 'list', 'x', '--help'], qr/\Ausage: chatctl room list $site_options\n\nlist the chatrooms\n\z/],
    ['help of a command that is one word', ['serve', '--port', 0, '--help'], qr/\Ausage: chatctl serve --state DIR .*\n\nrun a private httpd/],
    ['version', ['--version'], qr/\Achatctl \d+\.\d+\.\d+\n\z/],
    ['version of a command', ['room', 'add', '--version'], qr/\Achatctl \d/]) {
    my ($name, $args, $out) = @$_;
    does($name, $args, 0, $out);
}
is((chatctl('--version'))[0], 0, 'version without a site');
does('an option before the command', ['--room', 2, 'account', 'list'], 0, qr/^ID +NAME .*CREATED \(UTC\)\n/);
does('and between its words', ['account', '--room=2', 'list'], 0, qr/ \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n\z/);
does('an option of another command', ['account', 'list', '--private'], 2, qr/\A\z/, qr/\Achatctl: account list takes no --private\nusage: chatctl account list /);
does('announce several words', ['announce', 'two', 'words'], 0, qr/\Aannounced as message \d+\n\z/);
does('color, no number', ['account', 'set', $ann, 'color=red'], 1, qr/\A\z/, qr/\Achatctl: 'red' is not a color; .*RRGGBB.*\n\z/);
does('rank, too high', ['account', 'rank', $ann, 3], 1, qr/\A\z/, qr/\Achatctl: a rank is a number from 0 to 2\n\z/);
does('-- ends options', ['announce', '--', '--help'], 0, qr/\Aannounced as message \d+\n\z/);

# what was made, for scripts
sub made {
    my ($code, $out, $err) = chatctl(@site, '--json', @_);
    is("$code$err", 0, "--json @_");
    return body_json($out);
}
my $zoe = made('account', 'add', 'zoe');
my $shown = body_json((chatctl(@site, '--json', 'account', 'show', 'zoe'))[1]);
is(canonical($zoe), canonical({ id => $shown->{id}, username => 'zoe', password => $zoe->{password},
    message => "account zoe created, password $zoe->{password}" }), 'an account');
answer([button('login/', { username => 'zoe', password => $zoe->{password} })], 200, { message => 'Login successful!' }, 'its password');
my $changed = made('account', 'passwd', 'zoe');
is(canonical($changed), canonical({ username => 'zoe', password => $changed->{password},
    message => "new password of zoe: $changed->{password}" }), 'a password');
answer([button('login/', { username => 'zoe', password => $changed->{password} })], 200, { message => 'Login successful!' }, 'it is right');
my $den = made('channel', 'add', 'den');
is(canonical($den), canonical({ id => $den->{id}, name => 'den', message => "channel den created, number $den->{id}" }), 'a channel');
is(join(' ', map { $_->{name} } grep { $_->{id} == $den->{id} } @{ body_json((chatctl(@site, '--json', 'channel', 'list'))[1]) }), 'den',
    'its number');
my $said = made('announce', 'Hello');
is(canonical($said), canonical({ message_id => $said->{message_id}, message => "announced as message $said->{message_id}" }), 'a message');
{
    my (undef, $token) = account();
    my @page = button('getmessagesforeveryone/', { token => $token, count => 1 });
    my $only = $page[1]{messages}[0];
    is(canonical({ %$only, timestamp => '' }), canonical({ message_id => $said->{message_id}, sender => $only->{sender}, message => 'Hello', timestamp => '' }),
        'everyone can read it');
}
# a password that somebody gave is not said again
my ($file) = spew(stage() . "/password.$$", "Given-1pass\n");
my $given = qx(${\ stage() }/bin/chatctl --state $server->{state} --json account passwd zoe --password-stdin <$file);
is(canonical(body_json($given)), canonical({ username => 'zoe', message => 'password of zoe changed' }), 'a given password is not shown');

# a new password ends the wait after failed logins
{
    my @status = map { (button('login/', { username => 'zoe', password => "${PW}x" }))[0] } 1 .. 30;
    is($status[-1], 429, 'many failed logins');
    my $new = made('account', 'passwd', 'zoe');
    answer([button('login/', { username => 'zoe', password => $new->{password} })], 200, { message => 'Login successful!' }, 'a new password is taken at once');
}

# values that are none
for (['add, no address', ['account', 'add', 'yan', '--email', 'bad'], qr/\Achatctl: 'bad' is not an e-mail address\n\z/],
    ['add, an empty address', ['account', 'add', 'yan', '--email', ''], qr/is not an e-mail address/],
    ['set, no address', ['account', 'set', 'zoe', 'email=zoe@localhost'], qr/\Achatctl: 'zoe\@localhost' is not an e-mail address\n\z/],
    ['set, no language', ['account', 'set', 'zoe', 'languages=Jav'], qr/\Achatctl: unknown language 'Jav'; choose one of: None, Java, .*, SQL\n\z/],
    ['set, no field', ['account', 'set', 'zoe', 'banned=yes'], qr/\Achatctl: banned has no such value or is not a field; .*--help` lists the fields\n\z/],
    ['link, an empty name', ['discord', 'link', 'zoe', '', '5'], qr/\Achatctl: a name has 1 to 64 printable characters\n\z/]) {
    my ($name, $args, $sentence) = @$_;
    does($name, $args, 1, qr/\A\z/, $sentence);
}
does('none of it came', ['account', 'show', 'yan'], 1, qr/\A\z/, qr/there is no account 'yan'/);
does('set', ['account', 'set', 'zoe', 'email=Zoe@Example.org', 'languages=Java'], 0, qr/changed/);
does('cleared', ['account', 'set', 'zoe', 'email=', 'languages='], 0, qr/changed/);

# copies with and without the secret, of SQLite's file
if (database('') =~ /^sqlite3:/) {
    my $copy = stage() . "/copy.$$";
    does('backup', ['backup', "$copy.db"], 0, qr/\Acopied to /);
    does('backup with the secret', ['backup', "$copy.2.db", '--with-secret'], 0, qr/\Acopied to .*, the secret to /);
    for (['check'], ['stats'], ['account', 'list'], ['room', 'list'], ['outbox', 'list'], ['discord', 'list']) {
        my ($code, $out, $err) = chatctl('--database', "sqlite3:$copy.db", @$_);
        is("$code$err", 0, "@$_ without the secret");
        isnt($out, '', "@$_: output");
    }
    my @again = chatctl('--database', "sqlite3:$copy.db", 'backup', "$copy.3.db", '--with-secret');
    is("$again[0]$again[1]", 1, 'a copy with a secret that is not there');
    like($again[2], qr/\Achatctl: this needs the site's secret; cannot read \S+\.secret: /, 'the sentence');
    ok(!-e "$copy.3.db", 'and no copy');

    # configuration files
    my $conf = stage() . "/hosts.$$";
    my $host = sub { "<VirtualHost *:$_[0]>\n  DBDParams \"$_[1]\"\n</VirtualHost>\n" };
    spew("$conf.one", "DBDriver sqlite3\n" . $host->(80, "$copy.db") . $host->(443, "$copy.db"));
    spew("$conf.two", "DBDriver sqlite3\n" . $host->(80, "$copy.db") . $host->(443, "$copy.2.db"));
    is((chatctl('--conf', "$conf.one", 'check'))[0], 0, 'two virtual hosts with one database');
    my @two = chatctl('--conf', "$conf.two", 'check');
    is("$two[0]$two[1]", 1, 'two virtual hosts with a database each');
    like($two[2], qr/\Achatctl: .* DBDParams \Q$copy.db\E and \Q$copy.2.db\E; .*--database/, 'names both');
    is((chatctl('--conf', "$conf.two", '--database', "sqlite3:$copy.2.db", 'check'))[0], 0, 'one is chosen');
}
else {
    does('backup', ['backup', stage() . "/copy.$$.jsonl"], 0, qr/^copied to /);
}

# a stopped site
is(stop_server($server), 0, 'stopped');
does('add to a stopped site', ['room', 'add', 'Fourth'], 0, qr/^NAME +Fourth$/m);
is(rooms()->[3]{name}, 'Fourth', 'is there');
my ($code, $out) = chatctl('--database', database("$server->{state}/data/chat.db"), '--json', 'room', 'list');
is(scalar @{ body_json($out) }, 4, 'and by the database\'s name');
done_testing;
