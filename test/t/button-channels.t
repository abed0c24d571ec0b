# Channels and messages of the Button API: every documented answer, whole.
use strict;
use warnings;
use utf8;
use Test::More;
use ChatTest;

site('button');
my $stamp = qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
my $none  = '00000000-0000-4000-8000-000000000000';

my ($ann,  $ann_token)  = account();
my ($bob,  $bob_token)  = account();
my ($carl, $carl_token) = account();

# A wrong token: the same answer everywhere, whatever else is wrong.
my %with_token = (
    senddcmsgwithtoken      => { message => 'x' },
    getmessagesforeveryone  => { count => '5' },
    getmysentmessages       => {},
    readmessagesfromchannel => { name => 'x', count => '5' },
    deletemessage           => { message_id => '1' },
    makechannel             => { name => 'x' },
    addusertochannel        => { name => 'x', username => $bob },
    sendmessage             => { message => 'x', channel => 'x' },
    getchannels             => {},
    getdms                  => { count => '5' },
    senddm                  => { username => $bob, message => 'x' },
    senddcmsg               => { channel => 'x', message => 'x' },
    listchannels            => {},
    joinchannel             => { name => 'x' },
    leavechannel            => { name => 'x' },
    listmembers             => { name => 'x' },
);
for my $path (sort keys %with_token) {
    my %body = %{ $with_token{$path} };
    answer([button("$path/", { %body, token => $none })], 401, BAD_TOKEN, "$path: unknown token");
    answer([button("$path",  { %body, token => $none })], 401, BAD_TOKEN, "$path: the same without the slash");
    answer([button("$path/", { %body })], 401, BAD_TOKEN, "$path: no token");
    answer([button("$path/", { %body, token => $_ })], 401, BAD_TOKEN, "$path: token " . canonical($_))
        for undef, 5, [], {}, '', 'x' x 5000, substr($ann_token, 1), "$ann_token ";
}
answer([button('readmessagesfromchannel/', { token => $none, message_id => 1 })], 401, BAD_TOKEN,
    'readmessagesfromchannel by id: unknown token');

# Channels.
answer([button('getchannels/', { token => $ann_token })], 404, { message => 'You are not in any channels!' },
    'getchannels without any');
my $room = 'room ' . new_name();
my @made = button('makechannel/', { token => $ann_token, name => $room });
my $id   = ref $made[1] eq 'HASH' ? $made[1]{channel_id} : undef;
like($id, qr/^[1-9]\d*$/, 'makechannel gives a number');
answer(\@made, 200, { message => 'Channel created!', channel_name => $room, channel_id => $id }, 'makechannel');
answer([button('makechannel/', { token => $bob_token, name => $room })], 409, { message => 'Channel exists!' },
    'makechannel with a name that is taken');
answer([button('makechannel/', { token => $bob_token, name => uc $room })], 409, { message => 'Channel exists!' },
    'makechannel with that name in capitals');
answer([button('makechannel/', { token => $bob_token, name => $room =~ s/ /  /r })], 409, { message => 'Channel exists!' },
    'makechannel with two spaces for one');
answer_like([button('makechannel/', { token => $ann_token, name => $_->[0] })], 400, "makechannel: $_->[1]")
    for ['', 'empty name'], [undef, 'null'], ['  ', 'blanks'], ['x' x 65, '65 characters'], [[], 'a list'], ["a\nb", 'a line break'];
answer_like([button('makechannel/', { token => $ann_token })], 400, 'makechannel: no name');
answer([button('getchannels/', { token => $ann_token })], 200,
    { channels => [{ channel_name => $room, channel_id => $id }] }, 'getchannels');

my $nowhere = { message => 'Channel not found!' };
my $outside = { message => 'You are not in this channel!' };
answer([button('addusertochannel/', { token => $ann_token, name => new_name(), username => $bob })], 404, $nowhere,
    'addusertochannel: no such channel');
answer([button('addusertochannel/', { token => $bob_token, name => $room, username => $carl })], 401, $outside,
    'addusertochannel: not a member');
answer([button('addusertochannel/', { token => $ann_token, name => $room, username => new_name() })], 404,
    { message => 'User not found!' }, 'addusertochannel: no such user');
my $added = { message => 'User added to channel!', channel_name => $room, username => $bob };
answer([button('addusertochannel/', { token => $ann_token, name => $room, username => $bob })], 200, $added,
    'addusertochannel');
answer([button('addusertochannel/', { token => $ann_token, name => $room, username => $bob })], 200, $added,
    'addusertochannel again');
answer([button('getchannels/', { token => $bob_token })], 200,
    { channels => [{ channel_name => $room, channel_id => $id }] }, 'getchannels of who was added');

# Messages.
answer([button('readmessagesfromchannel/', { token => $ann_token, name => new_name(), count => '5' })], 404, $nowhere,
    'readmessagesfromchannel: no such channel');
answer([button('readmessagesfromchannel/', { token => $carl_token, name => $room, count => '5' })], 401, $outside,
    'readmessagesfromchannel: not a member');
answer([button('readmessagesfromchannel/', { token => $ann_token, name => $room, count => '5' })], 200,
    { messages => [] }, 'readmessagesfromchannel: nothing there');
answer([button('sendmessage/', { token => $ann_token, message => 'x', channel => new_name() })], 404, $nowhere,
    'sendmessage: no such channel');
answer([button('sendmessage/', { token => $carl_token, message => 'x', channel => $room })], 401, $outside,
    'sendmessage: not a member');
answer([button('getmysentmessages/', { token => $ann_token })], 404, { message => 'No sent messages!' },
    'getmysentmessages without any');

my @texts = ('hello', 'with "quotes", \\ and / and </script>', "äöü \x{1F600} \x{4E2D}", "two\nlines\tand a tab",
    "control \x01 \x1f \x7f", ' blanks around ', "\x{2028}\x{FEFF}", 'last');
for my $text (@texts) {
    answer([button('sendmessage/', { token => $ann_token, message => $text, channel => $room })], 200,
        { message => 'Message sent!' }, 'sendmessage');
}
answer([button('sendmessage', { token => $bob_token, message => 'from bob', channel => uc $room })], 200,
    { message => 'Message sent!' }, 'sendmessage, channel in capitals, no slash');

# Lists: the newest COUNT, oldest first.
sub list_ok {
    my ($got, $key, $expected, $name) = @_;
    my ($status, $body) = @$got;
    my $list = ref $body eq 'HASH' ? $body->{$key} : undef;
    my @shape = map { my %i = %$_; $i{message_id} = 'INT' if $i{message_id} =~ /^[1-9]\d*$/;
        $i{timestamp} = 'TIME' if $i{timestamp} =~ $stamp; \%i } ref $list eq 'ARRAY' ? @$list : ();
    my @ids = map { $_->{message_id} } ref $list eq 'ARRAY' ? @$list : ();
    answer([$status, { %{ ref $body eq 'HASH' ? $body : {} }, $key => \@shape }], 200, $expected, $name);
    is("@ids", join(' ', sort { $a <=> $b } @ids), "$name: in order");
    my $text = canonical($list // []);
    unlike($text, qr/"message_id":"/, "$name: ids are numbers");
    return @ids;
}
sub in_room { { message_id => 'INT', sender => $_[0], message => $_[1], channel => $room, timestamp => 'TIME' } }
my @all = ((map { in_room($ann, $_) } @texts), in_room($bob, 'from bob'));
my @ids = list_ok([button('readmessagesfromchannel/', { token => $bob_token, name => $room, count => '50' })],
    'messages', { messages => \@all }, 'readmessagesfromchannel');
list_ok([button('readmessagesfromchannel', { token => $bob_token, name => uc $room })], 'messages',
    { messages => \@all }, 'readmessagesfromchannel, default count, name in capitals');
list_ok([button('readmessagesfromchannel/', { token => $bob_token, name => $room, count => $_ })], 'messages',
    { messages => [@all[-2, -1]] }, 'readmessagesfromchannel, count ' . canonical($_)) for 2, '2';
list_ok([button('readmessagesfromchannel/', { token => $bob_token, name => $room, count => 100000 })], 'messages',
    { messages => \@all }, 'readmessagesfromchannel, count above the cap');
list_ok([button('readmessagesfromchannel/', { token => $bob_token, name => $room, count => 2, before => $_ })],
    'messages', { messages => [@all[1, 2]] }, 'readmessagesfromchannel, before ' . canonical($_))
    for $ids[3], "$ids[3]";
for my $count (0, -1, '0', '-5', 'many', '', '1x', 1.5, [], {}, JSON::PP::true()) {
    answer_like([button("$_->[0]/", { token => $ann_token, count => $count, %{ $_->[1] } })], 400,
        "$_->[0], count " . canonical($count))
        for ['readmessagesfromchannel', { name => $room }], ['getdms', {}], ['getmessagesforeveryone', {}];
}

# One message by its id.
list_ok([button('readmessagesfromchannel/', { token => $bob_token, message_id => $_ })], 'messages',
    { messages => [$all[1]] }, 'readmessagesfromchannel by id ' . canonical($_)) for $ids[1], "$ids[1]";
answer([button('readmessagesfromchannel/', { token => $carl_token, message_id => $ids[1] })], 403,
    { message => 'Your not allowed to read this message!' }, 'readmessagesfromchannel by id: not a member');
for my $bad ($ids[-1] + 100000, '999999999999', -1, 0, 'x', '', '1.5', '99999999999999999999999', [], {}, undef) {
    for my $path (qw(readmessagesfromchannel deletemessage)) {
        answer([button("$path/", { token => $ann_token, message_id => $bad })], 404,
            { message => 'Message not found!' }, "$path, message_id " . canonical($bad));
    }
}
answer([button('deletemessage/', { token => $ann_token })], 404, { message => 'Message not found!' },
    'deletemessage: no id');

# Sent messages, and taking one back.
sub sent_ok { list_ok([button('getmysentmessages/', { token => $bob_token })], 'sent_messages', { sent_messages => $_[0] }, $_[1]) }
sent_ok([in_room($bob, 'from bob')], 'getmysentmessages');
answer([button('deletemessage/', { token => $carl_token, message_id => $ids[-1] })], 403,
    { message => 'You can only delete your messages!' }, "deletemessage: another user's");
answer([button('deletemessage/', { token => $bob_token, message_id => "$ids[-1]" })], 200,
    { message => 'Message deleted!' }, 'deletemessage');
answer([button('deletemessage/', { token => $bob_token, message_id => $ids[-1] })], 404,
    { message => 'Message not found!' }, 'deletemessage again');
answer([button('readmessagesfromchannel/', { token => $bob_token, message_id => $ids[-1] })], 404,
    { message => 'Message not found!' }, 'a deleted message cannot be read by id');
list_ok([button('readmessagesfromchannel/', { token => $bob_token, name => $room })], 'messages',
    { messages => [@all[0 .. $#all - 1]] }, 'a deleted message is in no list');
answer([button('getmysentmessages/', { token => $bob_token })], 404, { message => 'No sent messages!' },
    'nor among the sent ones');
answer([button('deletemessage/', { token => $carl_token, message_id => $ids[0] })], 403,
    { message => 'You can only delete your messages!' }, 'deletemessage: not even a member');

# What cannot be sent.
answer_like([button('sendmessage/', { token => $ann_token, channel => $room, message => $_->[0] })], $_->[1],
    "sendmessage: $_->[2]")
    for ['', 400, 'empty'], [undef, 400, 'null'], [5, 400, 'a number'], [[], 400, 'a list'],
    ['x' x 65537, 413, 'one byte above ChatMaxMessage'], ["a\0b", 400, 'U+0000'];
answer_like([button('sendmessage/', { token => $ann_token, channel => $room })], 400, 'sendmessage: no message');
answer([button('sendmessage/', { token => $ann_token, channel => $room, message => 'x' x 65536 })], 200,
    { message => 'Message sent!' }, 'sendmessage: exactly ChatMaxMessage');
answer([button('sendmessage/', '{"token":"' . $ann_token . '","channel":"' . $room . '","message":"'
        . '\\u00e4' x 32768 . '"}')], 200, { message => 'Message sent!' },
    'sendmessage: ChatMaxMessage with every character escaped');

# Extensions: public channels, members.
my $default = 'default';
my ($dave, $dave_token) = account();
my @listed = button('listchannels/', { token => $dave_token });
is($listed[0], 200, 'listchannels') or diag(canonical($listed[1]));
my ($public) = grep { $_->{channel_name} eq $default } @{ $listed[1]{channels} || [] };
is(join(' ', sort keys %{ $public || {} }), 'channel_id channel_name description member public',
    'listchannels: keys of an item');
ok($public && $public->{public} && !$public->{member}, 'listchannels: the public channel, not a member');
ok(!(grep { $_->{channel_name} eq $room } @{ $listed[1]{channels} || [] }), 'listchannels: no private channel of others');
answer([button('sendmessage/', { token => $dave_token, channel => $default, message => 'hi' })], 200,
    { message => 'Message sent!' }, 'a public channel can be written without being a member');
answer([button('getchannels/', { token => $dave_token })], 404, { message => 'You are not in any channels!' },
    'which makes nobody a member');
@listed = button('joinchannel/', { token => $dave_token, name => $default });
is($listed[0], 200, 'joinchannel') or diag(canonical($listed[1]));
answer([button('joinchannel/', { token => $dave_token, name => $room })], 404, $nowhere, 'joinchannel: a private one');
answer([button('joinchannel/', { token => $dave_token, name => new_name() })], 404, $nowhere, 'joinchannel: none');
@listed = button('getchannels/', { token => $dave_token });
is(join(' ', map { $_->{channel_name} } @{ $listed[1]{channels} || [] }), $default, 'a member now');
@listed = button('listmembers/', { token => $ann_token, name => $room });
is($listed[0], 200, 'listmembers');
like(canonical($listed[1]), qr/"\Q$_\E"/, "listmembers: $_") for $ann, $bob;
unlike(canonical($listed[1]), qr/"\Q$carl\E"/, 'listmembers: not who is none');
answer([button('listmembers/', { token => $carl_token, name => $room })], 401, $outside, 'listmembers: not a member');
@listed = button('leavechannel/', { token => $bob_token, name => $room });
is($listed[0], 200, 'leavechannel') or diag(canonical($listed[1]));
answer([button('sendmessage/', { token => $bob_token, message => 'x', channel => $room })], 401, $outside,
    'who left is outside');
answer([button('leavechannel/', { token => $bob_token, name => $room })], 401, $outside, 'leavechannel again');

# Names of channels mix scripts no more than those of accounts.
answer([button('makechannel/', { token => $ann_token, name => $_->[0] })], 400, { message => "Channel name is not valid, it has $_->[1]!" }, "makechannel: $_->[1]")
    for ["g\x{435}neral", 'letters of several scripts in one word'], ["z" . "\x{316}\x{317}\x{318}\x{319}\x{31c}", 'too many marks on one letter'];
is((button('makechannel/', { token => $ann_token, name => "Team \x{41c}\x{43e}\x{441}\x{43a}\x{432}\x{430}" }))[0], 200, 'makechannel: words of two scripts');

# A channel that nobody can reach any more gives its name free.
{
    my ($eve, $eve_token) = account();
    my ($fay, $fay_token) = account();
    my $name = "left by $eve";
    is((button('makechannel/', { token => $eve_token, name => $name }))[0], 200, 'a channel of one');
    answer([button('makechannel/', { token => $fay_token, name => $name })], 409, { message => 'Channel exists!' }, 'its name is taken');
    is((button('leavechannel/', { token => $eve_token, name => $name }))[0], 200, 'its last member leaves');
    is((button('makechannel/', { token => $fay_token, name => uc $name }))[0], 200, 'its name is free');
    answer([button('readmessagesfromchannel/', { token => $fay_token, name => $name, count => 5 })], 200, { messages => [] }, 'for another channel');
    is((button('deleteaccount/', { username => $fay, password => $PW }))[0], 200, 'the last member closes the account');
    is((button('makechannel/', { token => $eve_token, name => $name }))[0], 200, 'its name is free again');
    my ($gil, $gil_token) = account();
    is((button('addusertochannel/', { token => $eve_token, name => $name, username => $gil }))[0], 200, 'a second member');
    is((button('leavechannel/', { token => $eve_token, name => $name }))[0], 200, 'the first one leaves');
    answer([button('makechannel/', { token => $eve_token, name => $name })], 409, { message => 'Channel exists!' }, 'the second one keeps the channel');
}

done_testing;
