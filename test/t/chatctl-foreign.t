# chatctl import --from slack and --from discord: people, channels, threads, edits, reactions and mentions arrive; what is hostile leaves nothing.
use strict;
use warnings;
use utf8;
use Encode 'encode_utf8';
use File::Path 'make_path';
use Test::More;
use ChatTest;

my $server = serve(conf => "ChatRateLimit button:registrations off\n");
site($server->{url});
my @site = ('--state', $server->{state});
my $dir  = stage() . "/foreign.$$";

# FILE => content, as JSON unless it is a text
my $json = JSON::PP->new->utf8->canonical->pretty;
sub folder {
    my ($name, %files) = @_;
    for my $file (sort keys %files) {
        my ($in) = "$dir/$name/$file" =~ m{(.*)/};
        make_path($in);
        spew("$dir/$name/$file", ref $files{$file} ? $json->encode($files{$file}) : $files{$file});
    }
    make_path("$dir/$name");
    return "$dir/$name";
}
sub rows {
    my ($type, $text) = @_;
    return grep { ($_->{type} // '') eq $type } map { body_json($_) } split /\n/, $text;
}

# --- Slack ---

my @users = (
    { id => 'U01', name => 'ann.smith', deleted => JSON::PP::false, profile => { real_name => 'Ann Smith', email => 'ann@example.org' } },
    { id => 'U02', name => 'bob',       deleted => JSON::PP::false, profile => { real_name => 'Bob', email => 'ann@example.org' } },
    { id => 'U03', name => 'Bob',       deleted => JSON::PP::true,  profile => { real_name => 'Bob the Elder' } },
    { id => 'U04', name => 'eve <b>',   deleted => JSON::PP::false, profile => {} },
);
my %message = (type => 'message');
my @day1 = (
    { %message, subtype => 'channel_join', user => 'U01', text => '<@U01> has joined the channel', ts => '1600000000.000100' },
    { %message, user => 'U01', text => 'Fish &amp; chips &lt;b&gt; in <#C02|other>, says <@U02>: <https://example.org/?a=1&amp;b=2|the menu> :tada:', ts => '1600000001.000100',
        thread_ts => '1600000001.000100', edited => { user => 'U01', ts => '1600000009.000000' },
        reactions => [{ name => '+1', count => 2, users => ['U02', 'U04'] }, { name => 'thumbsup', count => 1, users => ['U02'] },
            { name => 'wave::skin-tone-3', count => 1, users => ['U02'] }, { name => 'our-own', count => 1, users => ['U02'] }] },
    { %message, user => 'U02', text => 'sure <!channel>', ts => '1600000002.000100', thread_ts => '1600000001.000100' },
    { %message, user => 'U99', text => "a guest’s quokka", ts => '1600000003.000100', user_profile => { name => 'guest' } },
    { %message, subtype => 'bot_message', bot_id => 'B01', username => 'Build Bot', text => '', ts => '1600000004.000100', attachments => [{ fallback => 'build &gt; 3 failed' }] },
    { %message, subtype => 'tombstone', user => 'U02', text => 'This message was deleted.', ts => '1600000005.000100' },
    { %message, user => 'U01', text => 'see', ts => '1600000006.000100', files => [{ name => 'plan.pdf', permalink => 'https://files.example.org/plan.pdf' }] },
    { %message, user => 'U02', text => 'answers nothing', ts => '1600000007.000100', thread_ts => '1599999999.000100' },
);
my %slack = (
    'users.json'    => \@users,
    'channels.json' => [
        { id => 'C01', name => 'general', created => 1599990000, creator => 'U01', members => ['U01', 'U02'], topic => { value => 'all' }, purpose => { value => 'everything' } },
        { id => 'C02', name => 'other', created => 1599990001, creator => 'U02', members => ['U02'] },
        { id => 'C03', name => 'silent', members => [] },
    ],
    'dms.json'                => [{ id => 'D01', created => 1599990002, members => ['U01', 'U02'] }],
    'integration_logs.json'   => [],
    'general/2020-09-13.json' => \@day1,
    # the same moment in another channel, and not in order
    'other/2020-09-13.json' => [{ %message, user => 'U02', text => 'later', ts => '1600000010.000100' }, { %message, user => 'U02', text => 'same moment', ts => '1600000001.000100' }],
    'other/2020-09-14.json' => [{ %message, user => 'U02', text => 'next day', ts => '1600086400.000100' }],
    'other/notes.txt'       => 'no messages',
    'D01/2020-09-13.json'   => [{ %message, user => 'U01', text => 'for you alone', ts => '1600000020.000100' }],
);
my $slack = folder('slack', %slack);
chatctl_is('Slack', [@site, 'import', $slack, '--from', 'slack', '--room', 2], 0,
    qr/^Bob is Bob-2\neve <b> is eve__b_\nBuild Bot is Build_Bot\n1 reactions are no emoji.*\n12 messages of 6 accounts in 4 channels imported into chatroom 2$/s);
my $text = (chatctl(@site, 'export', '-', '--room', 2))[1];
my %name = map { $_->{uuid} => $_ } rows(account => $text);
my %channel = map { $_->{uuid} => $_ } rows(channel => $text);
is_deeply([map { [@$_{qw(name state)}, $_->{email} // '', $_->{password_hash} // ''] } sort { $a->{name} cmp $b->{name} } values %name],
    [['Bob-2', 3, '', ''], ['Build_Bot', 1, '', ''], ['ann.smith', 1, 'ann@example.org', ''], ['bob', 1, '', ''], ['eve__b_', 1, '', ''], ['guest', 1, '', '']], 'accounts without a password');
is_deeply([map { [@$_{qw(name public)}] } sort { $a->{name} cmp $b->{name} } values %channel], [['D01', 0], ['general', 1], ['other', 1], ['silent', 1]], 'channels; a conversation is private');
is_deeply([sort map { "$channel{$_->{channel}}{name} $name{$_->{account}}{name} $_->{permissions}" } rows(membership => $text)],
    ['D01 ann.smith 3', 'D01 bob 3', 'general Build_Bot 3', 'general ann.smith 7', 'general bob 3', 'general guest 3', 'other bob 7'], 'members, and who wrote');
my @messages = rows(message => $text);
is_deeply([map { [$channel{ $_->{channel} }{name}, $_->{author_name}, $_->{body}, $_->{kind}, $_->{parent} // 0] } @messages], [
    ['general', 'ann.smith', '@ann.smith has joined the channel', 2, 0],
    ['general', 'ann.smith', "Fish & chips <b> in #other, says \@bob: the menu (https://example.org/?a=1&b=2) \x{1f389}", 1, 0],
    ['other',   'bob',       'same moment', 1, 0],
    ['general', 'bob',       'sure @channel', 1, 2],
    ['general', 'guest',     "a guest’s quokka", 1, 0],
    ['general', 'Build_Bot', 'build > 3 failed', 1, 0],
    ['general', 'bob',       '', 1, 0],
    ['general', 'ann.smith', "see\nplan.pdf https://files.example.org/plan.pdf", 1, 0],
    ['general', 'bob',       'answers nothing', 1, 0],
    ['other',   'bob',       'later', 1, 0],
    ['D01',     'ann.smith', 'for you alone', 1, 0],
    ['other',   'bob',       'next day', 1, 0],
], 'messages, by their time');
is("$messages[1]{created_at} $messages[1]{edited_at} $messages[2]{created_at}", '1600000001000100 1600000009000000 1600000001000101', 'times');
ok($messages[6]{deleted_at}, 'what was deleted is deleted');
is($messages[1]{mentions}, "bob\n", 'a mention');
is_deeply([map { "$_->{message} $name{$_->{account}}{name}" } rows(mention => $text)], ['2 bob'], 'kept once');
is_deeply([sort map { "$_->{message} $_->{emoji} $name{$_->{account}}{name}" } rows(reaction => $text)],
    [sort "2 \x{1f44d} bob", "2 \x{1f44d} eve__b_", "2 \x{1f44b}\x{1f3fc} bob"], 'reactions');
is_deeply([sort map { "$channel{$_->{channel}}{name} $name{$_->{account}}{name} $_->{message}" } grep { $channel{ $_->{channel} }{name} eq 'D01' } rows(read_marker => $text)],
    ['D01 ann.smith 11', 'D01 bob 11'], 'all of it counts as read');
chatctl_is('check', [@site, 'check'], 0, qr/^the database is sound/);

# an account is claimed: by a password
chatctl_is('the same again', [@site, 'import', $slack, '--from', 'slack', '--room', 2], 1, qr/\A\z/, qr/chatroom 2 has accounts, messages or invites; nothing was imported/);
chatctl_is('the same elsewhere', [@site, 'import', $slack, '--from', 'slack', '--room', 3], 1, qr/\A\z/, qr/the same uuid, name or key; nothing was imported/);

# --- Discord ---

my %ann = (id => '100', name => 'ann',  discriminator => '0000', nickname => 'Ann S.', isBot => JSON::PP::false);
my %bob = (id => '101', name => 'bob.', discriminator => '0000', nickname => 'bob.',   isBot => JSON::PP::false);
sub channel_file {
    my ($id, $name, $type, @messages) = @_;
    return { guild => { id => '1', name => 'Our guild' }, channel => { id => $id, type => $type, categoryId => '5', category => 'Text', name => $name, topic => "about $name" },
        dateRange => { after => undef, before => undef }, exportedAt => '2024-01-02T00:00:00+00:00', messages => \@messages, messageCount => scalar @messages };
}
sub said {
    my ($id, $at, $author, $content, %more) = @_;
    return { id => $id, type => 'Default', timestamp => "2024-01-01T00:00:0$at", timestampEdited => undef, isPinned => JSON::PP::false, content => $content, author => $author,
        attachments => [], embeds => [], stickers => [], reactions => [], mentions => [], %more };
}
my %discord = (
    'Our guild - general [10].json' => channel_file('10', 'general', 'GuildTextChat',
        said('1001', '0.5+00:00', \%ann, 'hello <@101>, @bob. and quokka', mentions => [\%bob], timestampEdited => '2024-01-01T00:01:00+00:00'),
        said('1002', '1+00:00', \%bob, 'hi @Ann S.', type => 'Reply', reference => { messageId => '1001', channelId => '10', guildId => '1' }, mentions => [\%ann],
            reactions => [{ emoji => { id => '', name => "\x{2764}\x{fe0f}", code => 'heart' }, count => 1, users => [\%ann] }, { emoji => { id => '77', name => 'pepe' }, count => 3 }]),
        said('1003', '2+00:00', \%bob, '', attachments => [{ id => '9', url => 'https://cdn.example.org/cat.png', fileName => 'cat.png' }]),
        said('1004', '3+00:00', \%ann, 'Pinned a message.', type => 'ChannelPinnedMessage')),
    'Our guild - a thread [11].json' => channel_file('11', 'general', 'GuildPublicThread', said('1101', '1.500000+00:00', \%ann, 'in between')),
    'Our guild - staff [12].json'    => channel_file('12', 'staff', 'GuildPrivateThread', said('1201', '9+00:00', \%bob, 'among us')),
    'files.txt'                      => 'no export',
);
my $discord = folder('discord', %discord);
chatctl_is('Discord', [@site, 'import', $discord, '--from', 'discord'], 0,
    qr/^general is general-2\n1 reactions are no emoji of Unicode, or of no account: they were left out\n6 messages of 2 accounts in 3 channels imported into chatroom 1$/);
$text = (chatctl(@site, 'export', '-'))[1];
is((rows(chatroom => $text))[0]{name}, 'Our guild', 'the name of the guild');
%channel = map { $_->{uuid} => $_ } rows(channel => $text);
is_deeply([sort map { "$_->{name} $_->{public}" } values %channel], ['general 1', 'general-2 1', 'staff 0'], 'channels');
is_deeply([map { [$channel{ $_->{channel} }{name}, $_->{author_name}, $_->{body}, $_->{kind}, $_->{parent} // 0] } rows(message => $text)], [
    ['general-2', 'ann',  'hello @bob., @bob. and quokka', 1, 0],
    ['general-2', 'bob.', 'hi @ann', 1, 1],
    ['general',   'ann',  'in between', 1, 0],
    ['general-2', 'bob.', 'cat.png https://cdn.example.org/cat.png', 1, 0],
    ['general-2', 'ann',  'Pinned a message.', 2, 0],
    ['staff',     'bob.', 'among us', 1, 0],
], 'messages of Discord, by their time');
is(scalar rows(reaction => $text), 1, 'a reaction');
is(scalar rows(mention  => $text), 2, 'mentions');

# claimed, found and answered
chatctl_is('no password yet', [@site, 'account', 'show', 'ann'], 0, qr/ann/);
is((button('login/', { username => 'ann', password => $PW }))[0], 401, 'an account is closed until it is claimed');
my $password = body_json((chatctl(@site, '--json', 'account', 'passwd', 'ann'))[1])->{password};
my $token    = (button('generatetoken/', { username => 'ann', password => $password }))[1]{token};
ok($token, 'passwd claims it');
my ($found) = (button('search/', { token => $token, query => 'quokka' }))[1]{messages};
is_deeply([map { $_->{message} } @{ $found // [] }], ['hello @bob., @bob. and quokka'], 'a search finds what was imported');
is((button('sendmessage/', { token => $token, channel => 'general', message => 'goes on' }))[0], 200, 'the conversation goes on');
like((chatctl(@site, 'reindex'))[1], qr/the index has/, 'the index is made');
($found) = (button('search/', { token => $token, query => 'between' }))[1]{messages};
is(scalar @{ $found // [] }, 1, 'and finds the same');

chatctl_is('of one file, private', [@site, '--json', 'import', "$discord/Our guild - staff [12].json", '--from', 'discord', '--room', 4, '--private'], 1, qr/\A\z/, qr/the same uuid/);
chatctl_is('check', [@site, 'check'], 0, qr/^the database is sound/);

# --- hostile ---

my $before = (chatctl(@site, 'export', '-', '--all'))[1];
my $n      = 0;
sub refused {
    my ($name, $from, $change, $complaint) = @_;
    my %files = $from eq 'slack' ? (%slack, 'users.json' => [@users]) : %discord;
    $change->(\%files);
    delete @files{ grep { !defined $files{$_} } keys %files };
    my $folder = folder('x' . ++$n, %files);
    chatctl_is("$from: $name", [@site, 'import', $folder, '--from', $from, '--room', 9], 1, qr/\A\z/, $complaint);
}
sub day { my ($text) = @_; return sub { $_[0]{'general/2020-09-13.json'} = $text } }
my $one = '{"type":"message","user":"U01","ts":"1600000000.000100","text":';
refused('no users',       slack => sub { $_[0]{'users.json'} = undef }, qr/x1: this is no unpacked export of Slack/);
refused('an empty file',  slack => day(''),                             qr{general/2020-09-13.json: the file ends too early});
refused('an object',      slack => day('{"ok":false}'),                 qr{general/2020-09-13.json: this is not the array});
refused('cut off',        slack => day("[$one\"a\"},\n$one"),           qr{2020-09-13.json, entry 2: the file ends too early});
refused('no JSON',        slack => day("[$one\"a\"}, {]}]"),            qr{2020-09-13.json, entry 2: });
refused('no object',      slack => day("[$one\"a\"}, 7]"),              qr{entry 2: this is not an object});
refused('a text behind',  slack => day("[$one\"a\"}] x"),               qr{something follows the end});
refused('no UTF-8',       slack => day("[$one\"\xff\"}]"),              qr{entry 1: text that is not UTF-8});
refused('a zero',         slack => day("[$one\"\\u0000\"}]"),           qr{entry 1: U\+0000});
refused('a deep one',     slack => day("[$one" . '[' x 100000 . ']' x 100000 . "}]"), qr{entry 1: the JSON text is nested too deeply});
refused('many values',    slack => day("[$one\"a\",\"blocks\":[" . join(',', (1) x 20000) . "]}]"), qr{entry 1: the JSON text has too many values});
refused('a huge text',    discord => sub { my %x = (%ann, id => '900'); %{ $_[0] } = ('a.json' => channel_file('90', 'x', 'GuildTextChat', said('1', 1, \%x, 'a'), said('2', 2, \%x, 'x' x 1048577))) },
    qr{a.json, entry 2: body has to be a text of at most a megabyte});
SKIP: { # each of them is added once, not copied with each that follows
    skip 'a sanitizer needs all addresses', 3 if $ENV{CHAT_PRELOAD};
    my $within = sub { system('prlimit', '--pid', $$, "--as=$_[0]:") == 0 or die "prlimit\n" };
    my @all    = map { { url => 'u' x 600, fileName => 'f' x 600 } } 1 .. 3000;
    $within->(1 << 30);
    refused('many files', discord => sub { my %x = (%ann, id => '900'); %{ $_[0] } = ('a.json' => channel_file('90', 'x', 'GuildTextChat', said('1', 1, \%x, 'a', attachments => \@all))) },
        qr{a.json, entry 1: body has to be a text of at most a megabyte});
    $within->('unlimited');
}
refused('no time',        slack => day('[{"user":"U01","text":"a"}]'),  qr{entry 1: this has no time before tomorrow});
refused('the far future', slack => day('[{"user":"U01","text":"a","ts":"9600000000.1"}]'), qr{entry 1: this has no time before tomorrow});
refused('a number as time', slack => day('[{"user":"U01","text":"a","ts":1600000000}]'), qr{entry 1: this has no time before tomorrow});
refused('a way out',      slack => sub { $_[0]{'channels.json'} = [{ id => 'C09', name => '../slack' }] }, qr{channels.json, entry 1: name has to be that of a folder});
refused('a channel twice', slack => sub { $_[0]{'groups.json'} = [{ id => 'C01', name => 'private' }] }, qr{groups.json, entry 1: another channel has this id});
refused('a user without id', slack => sub { push @{ $_[0]{'users.json'} }, { name => 'x' } }, qr{users.json, entry 5: id has to be a text});
refused('no messages',    discord => sub { %{ $_[0] } = ('a.json' => '{"guild":{},"channel":{"id":"1","name":"x"}}') }, qr{a.json: there is no array messages});
refused('no channel',     discord => sub { $_[0]{'a.json'} = '{"messages":[]}' }, qr{a.json: channel has to have id and name});
refused('a channel twice', discord => sub { $_[0]{'a.json'} = $discord{'Our guild - staff [12].json'} }, qr{another file has this channel});
refused('cut off',        discord => sub { $_[0]{'a.json'} = '{"channel":{"id":"1","name":"x"},"messages":[]' }, qr{a.json: the file ends too early});
refused('no file',        discord => sub { %{ $_[0] } = () }, qr{no file in it ends with .json});
chatctl_is('no folder', [@site, 'import', "$dir/none", '--from', 'discord'], 1, qr/\A\z/, qr/none: it cannot be read/);
chatctl_is('another product', [@site, 'import', $slack, '--from', 'irc'], 2, qr/\A\z/, qr/--from takes slack or discord/);
chatctl_is('--private alone', [@site, 'import', $slack, '--private'], 2, qr/\A\z/, qr/--private needs --from discord/);

# what is odd, and costs nothing
refused('no file but a folder', slack => sub { delete $_[0]{'general/2020-09-13.json'}; $_[0]{'general/2020-09-13.json/x'} = 'y' }, qr{general/2020-09-13.json: it cannot be read});
my $odd = folder('odd', %slack, 'general/2020-09-13.json' => "[$one\"" . '<' x 300000 . '"},' . "$one\"" . '<@U01' x 60000 . '"},' . "$one\"" . ':a' x 100000 . '"}]',
    'users.json' => [map { { id => "V$_", name => $_ % 2 ? 'Ünï.cödé' : "\x{202e}" . 'x' x 300 } } 1 .. 200]);
is((chatctl('--state', $server->{state}, 'import', $odd, '--from', 'slack', '--room', 9))[0], 1, 'the ids of people who are there are refused');
is((chatctl(@site, 'export', '-', '--all'))[1], $before, 'nothing of all that stays');

stop_server($server);
done_testing();
