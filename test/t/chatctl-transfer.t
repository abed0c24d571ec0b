# chatctl export and import: the same bytes again from every engine; what is hostile is refused, and nothing of it stays.
use strict;
use warnings;
use Test::More;
use ChatTest;

my $conf   = "ChatRateLimit button:registrations off\n";
my $server = serve(conf => $conf);
site($server->{url});
my @site = ('--state', $server->{state});
my $dir  = stage() . "/transfer.$$";
mkdir $dir;

sub done { my ($path, %body) = @_; my @r = button("$path/", \%body); is(int($r[0] / 100), 2, "$path") or diag(canonical($r[1])); return $r[1] }

# a chatroom with everything in it
my ($ann, $ann_token) = account();
my ($bob, $bob_token) = account();
my ($eve, $eve_token) = account();
my ($channel) = channel($ann_token);
chatctl(@site, 'account', 'set', $ann, 'description=l’été "quoted" \\ 🎉', 'email=ann@example.org', 'rank=2');
chatctl(@site, 'room', 'owner', $ann);
done('addusertochannel', token => $ann_token, name => $channel, username => $bob);
sub items { (button('readmessagesfromchannel/', { token => $ann_token, name => $channel, extended => JSON::PP::true() }))[1]{messages} }
done('sendmessage', token => $ann_token, channel => $channel, message => "one\n\t\x{1}\x{e9}");
my $one = items()->[0]{message_id};
done('sendmessage', token => $bob_token, channel => $channel, message => "\@$ann two", reply_to => $one);
done('editmessage', token => $ann_token, message_id => $one, message => 'uno');
done('react', token => $bob_token, message_id => $one, emoji => $_) for "\x{1f389}", "\x{1f44d}";
done('senddm', token => $ann_token, username => $bob, message => 'direct');
done('senddm', token => $bob_token, username => $ann, message => 'back');
done('markread', token => $bob_token, name => $channel, message_id => $one);
chatctl(@site, 'mute', $eve, '--reason', 'spam', '--until', '1h');
chatctl(@site, 'account', 'ban', $eve, '--reason', 'more spam');
done('report', token => $bob_token, message_id => $one, reason => 'rude');

chatctl_is('export', [@site, 'export', "$dir/a"], 0, qr/^\d+ rows written to \Q$dir\E\/a$/);
chatctl_is('export, again', [@site, 'export', "$dir/a"], 1, qr/\A\z/, qr/cannot create .*File exists/);
chatctl_is('export of no chatroom', [@site, 'export', "$dir/none", '--room', 7], 1, qr/\A\z/, qr/there is no such chatroom/);
ok(!-e "$dir/none", 'leaves no file');
my $text = slurp("$dir/a");
is((chatctl(@site, 'export', '-'))[1], $text, 'the standard output gets the same');
is((stat "$dir/a")[2] & 0777, 0600, 'the file is its owner\'s alone');
my @lines = split /\n/, $text;
is($lines[0], '{"mod_chat":"export","format":1}', 'the first line');
my %types;
$types{ body_json($_)->{type} // '' }++ for @lines;
cmp_ok($types{$_} // 0, '>', 0, "there is a $_") for qw(chatroom account channel membership message message_version recipient reaction mention read_marker mute report audit end);
unlike($text, qr/"(?:token_hash|room_id|account_id|name_key)"/, 'no ids, no tokens');

# sizes
my ($size) = @{ body_json((chatctl(@site, '--json', 'sizes'))[1]) };
my @tables = @{ body_json((chatctl(@site, '--json', 'sizes', '--room', 1))[1]) };
is("$size->{id} $size->{name}", '1 default', 'sizes of chatrooms');
my %rows = map { $_->{table} => $_->{rows} } @tables;
is_deeply([@rows{qw(account message)}], [3, 4], 'sizes of tables');
for my $what (qw(rows bytes)) {
    my $sum = 0;
    $sum += $_->{$what} for @tables;
    is($size->{$what}, $sum, "$what: the sum of the tables'");
}
cmp_ok($size->{bytes}, '>', 1000, 'bytes');
chatctl_is('sizes of no chatroom', [@site, 'sizes', '--room', 9], 1, qr/\A\z/, qr/there is no such chatroom/);

# to SQLite and back to the engine of the test
sub other {
    my ($name, @args) = @_;
    return serve(state => "$dir/$name", conf => $conf, args => \@args);
}
my $second = other('b', '--database', "sqlite3:$dir/b.db");
my @second = ('--state', $second->{state});
chatctl_is('import', [@second, 'import', "$dir/a"], 0, qr/^\d+ rows imported/);
is((chatctl(@second, 'export', '-'))[1], $text, 'export, import, export: the same bytes');
my $third = other('c');
my @third = ('--state', $third->{state});
spew("$dir/b.jsonl", (chatctl(@second, 'export', '-', '--all'))[1]);
chatctl_is('import, and back', [@third, 'import', "$dir/b.jsonl"], 0, qr/^\d+ rows imported/);
is((chatctl(@third, 'export', '-', '--all'))[1], $text, 'the same again');
for ([second => \@second, $second], [third => \@third, $third]) {
    chatctl_is("check of the $_->[0]", [@{ $_->[1] }, 'check'], 0, qr/^the database is sound/);
    site($_->[2]{url});
    is((button('login/', { username => $ann, password => $PW }))[0], 200, "$_->[0]: the password is valid");
    $ann_token = token($ann);
    my ($dms) = (button('getdms/', { token => $ann_token }))[1]{dms};
    is_deeply([map { $_->{message} } @$dms], ['direct', 'back'], "$_->[0]: direct messages");
    my @items = @{ items() };
    is_deeply([map { $_->{message} } @items], ['uno', "\@$ann two"], "$_->[0]: the channel's");
    is($items[0]{replies}, 1, "$_->[0]: the reply counts");
    is((button('senddm/', { token => $ann_token, username => $bob, message => 'later' }))[0], 200, "$_->[0]: goes on");
    is((button('search/', { token => $ann_token, query => 'uno' }))[0], 200, "$_->[0]: is searched");
}

# where it may not go
chatctl_is('import where accounts are', [@second, 'import', "$dir/a"], 1, qr/\A\z/, qr/line 2: chatroom 1 has accounts, messages or invites; nothing was imported/);
chatctl_is('import under a number', [@second, 'import', "$dir/a", '--room', 2], 1, qr/\A\z/, qr/line 2: .*the same uuid, name or key/);
chatctl_is('import of no file', [@third, 'import', "$dir/none"], 1, qr/\A\z/, qr/cannot read/);

# hostile lines: what is changed, and the complaint
my $fresh = other('d');
my @fresh = ('--state', $fresh->{state});
my $before = (chatctl(@fresh, 'export', '-'))[1];
my $n = 0;
sub refused {
    my ($name, $change, $complaint) = @_;
    local $_ = $text;
    $change->();
    spew("$dir/x" . ++$n, $_);
    chatctl_is($name, [@fresh, 'import', "$dir/x$n"], 1, qr/\A\z/, $complaint);
}
refused('empty',            sub { $_ = '' },                                      qr/line 0: the file ends too early/);
refused('no JSON',          sub { s/\n.*/\n{]\n/s },                              qr/line 2: /);
refused('cut off',          sub { s/\{"type":"end".*//s },                        qr/the file ends too early/);
refused('a missing line',   sub { s/\{"type":"reaction"[^\n]*\n// },              qr/rows has to be \d+: so many came before/);
refused('something behind', sub { $_ .= "{}\n" },                                 qr/something follows the end/);
refused('a zero byte',      sub { s/"two"|two/t\0o/ },                            qr/cut off, or has a zero byte/);
refused('not UTF-8',        sub { s/two/\xff/ },                                  qr/line \d+: /);
refused('a huge line',      sub { s/two/'x' x 9e6/e },                            qr/more than 8 MB/);
refused('a huge message',   sub { s/two/'x' x 1048577/e },                        qr/line \d+: body has to be a text of at most a megabyte/);
refused('a deep line',      sub { s/"kind":1/'"kind":' . '[' x 5000/e },          qr/line \d+: /);
refused('a name',           sub { s/"name":"$ann"/"name":"a b<script>"/ },        qr/line \d+: name has to be a user name/);
refused('a name twice',     sub { s/"name":"$bob"/"name":"\U$ann"/ },             qr/line \d+: .*the same uuid, name or key/);
refused('a rank',           sub { s/"rank":2/"rank":3/ },                         qr/line \d+: rank has to be a number from -1 to 2/);
refused('an e-mail',        sub { s/ann\@example.org/x/ },                        qr/line \d+: email has to be an e-mail address/);
refused('a trial\'s account', sub { s/(?="description":)/"external":"check:a:1:1:1",/ },  qr/line \d+: external has to be user:NAME or sub:ID; /);
refused('a costly password', sub { s/"password_hash":"\$2y\$10/"password_hash":"\$2y\$16/ }, qr/line \d+: password_hash has to be the hash/);
refused('a password',       sub { s/"password_hash":"[^"]*"/"password_hash":"secret"/ }, qr/line \d+: password_hash has to be the hash/);
refused('a float',          sub { s/"rank":2/"rank":2.5/ },                       qr/line \d+: rank has to be a text or a whole number/);
refused('a text for a number', sub { s/"kind":1/"kind":"1"/ },                    qr/line \d+: kind has to be a number from 1 to 3/);
refused('an unknown member', sub { s/"kind":1/"kind":1,"root_id":5/ },            qr/line \d+: there is a member that message does not have/);
refused('an unknown table', sub { s/"type":"message"/"type":"session"/ },         qr/line \d+: type has to be the name of a table/);
refused('a stranger',       sub { s/"author":"[^"]*"/"author":"00000000-0000-4000-8000-000000000000"/ }, qr/line \d+: author has to be the uuid of an account that came before/);
refused('a number above',   sub { s/"last_number":\d+/"last_number":1/ },         qr/line \d+: .* has to be the number of a message, at most/);
refused('the far future',   sub { s/"last_time":\d+/"last_time":253402300000000000/ }, qr/line 2: last_time has to be before tomorrow/);
refused('a time twice',     sub { my ($t) = /"type":"message".*?"created_at":(\d+)/; s/("type":"message".*?\n.*?"type":"message".*?"created_at":)\d+/$1$t/s }, qr/line \d+: created_at has to be later/);
refused('a reaction to nothing', sub { s/("type":"reaction","message":)\d+/${1}2/ }, qr/line \d+: message has to be the number of a message that came before/);
refused('no emoji',         sub { s/("emoji":)"[^"]*"/$1"<b>"/ },                 qr/line \d+: emoji has to be one emoji/);
refused('a membership of nothing', sub { s/("type":"membership","account":"[^"]*",)"channel":"[^"]*",/$1/ }, qr/line \d+: channel has to be there/);
refused('rows out of order', sub { s/(\{"type":"channel"[^\n]*\n)(.*)(\{"type":"end")/$2$1$3/s }, qr/line \d+: /);
refused('no chatroom first', sub { s/\{"type":"chatroom"[^\n]*\n// },             qr/line 2: a chatroom has to come first/);
is((chatctl(@fresh, 'export', '-'))[1], $before, 'nothing of all that stays');
chatctl_is('and the file itself is taken', [@fresh, 'import', "$dir/a"], 0, qr/imported/);

stop_server($_) for $server, $second, $third, $fresh;
done_testing();
