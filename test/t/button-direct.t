# Direct messages, announcements and Discord of the Button API; keys that make a request safe to repeat.
use strict;
use warnings;
use Test::More;
use ChatTest;

site('button');
my ($ann,  $ann_token)  = account();
my ($bob,  $bob_token)  = account();
my ($carl, $carl_token) = account();

sub shape {
    my ($list) = @_;
    return [map { my %i = %$_; $i{message_id} = 'INT' if $i{message_id} =~ /^[1-9]\d*$/;
        $i{timestamp} = 'TIME' if $i{timestamp} =~ /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/; \%i } @{ $list || [] }];
}
sub dm { { message_id => 'INT', sender => $_[0], recipient => $_[1], message => $_[2], timestamp => 'TIME' } }
sub dms_ok {
    my ($token, $expected, $name, %more) = @_;
    my @r = button('getdms/', { token => $token, count => '50', %more });
    answer([$r[0], { %{ $r[1] }, dms => shape($r[1]{dms}) }], 200, { dms => $expected }, $name);
    return map { $_->{message_id} } @{ $r[1]{dms} || [] };
}

# Direct messages.
answer([button('getdms/', { token => $ann_token, count => '5' })], 404, { message => 'No dms!' }, 'getdms without any');
answer([button('senddm/', { token => $ann_token, username => new_name(), message => 'x' })], 404,
    { message => 'User not found!' }, 'senddm: no such user');
answer_like([button('senddm/', { token => $ann_token, message => 'x' })], 400, 'senddm: no user');
answer_like([button('senddm/', { token => $ann_token, username => $bob, message => $_ })], 400,
    'senddm: message ' . canonical($_)) for '', undef, 7;
answer([button('senddm/', { token => $ann_token, username => $bob, message => 'one' })], 200,
    { message => 'Dm message sent!' }, 'senddm');
answer([button('senddm', { token => $bob_token, username => uc $ann, message => 'two' })], 200,
    { message => 'Dm message sent!' }, 'senddm back, name in capitals, no slash');
answer([button('senddm/', { token => $ann_token, username => $ann, message => 'to myself' })], 200,
    { message => 'Dm message sent!' }, 'senddm to oneself');
my @both = (dm($ann, $bob, 'one'), dm($bob, $ann, 'two'));
my @ids  = dms_ok($ann_token, [@both, dm($ann, $ann, 'to myself')], 'getdms: what was sent and received');
dms_ok($bob_token, \@both, 'getdms of the other side');
dms_ok($bob_token, [$both[1]], 'getdms, the newest', count => 1);
dms_ok($bob_token, \@both, 'getdms, default count', count => '50');
dms_ok($ann_token, [$both[0]], 'getdms, before', before => $ids[1]);
answer([button('getdms/', { token => $carl_token, count => '5' })], 404, { message => 'No dms!' }, 'getdms of a third');
answer([button('readmessagesfromchannel/', { token => $carl_token, message_id => $ids[0] })], 403,
    { message => 'Your not allowed to read this message!' }, 'a third cannot read one by id');
for ([$ann_token, 'who sent it'], [$bob_token, 'who got it']) {
    my @r = button('readmessagesfromchannel/', { token => $_->[0], message_id => $ids[0] });
    answer([$r[0], { messages => shape($r[1]{messages}) }], 200, { messages => [$both[0]] }, "by id: $_->[1]");
}
my @sent = button('getmysentmessages/', { token => $bob_token });
answer([$sent[0], { sent_messages => shape($sent[1]{sent_messages}) }], 200, { sent_messages => [$both[1]] },
    'getmysentmessages has direct messages');
answer([button('deletemessage/', { token => $ann_token, message_id => $ids[1] })], 403,
    { message => 'You can only delete your messages!' }, 'deletemessage: who got it');
answer([button('deletemessage/', { token => $bob_token, message_id => $ids[1] })], 200,
    { message => 'Message deleted!' }, 'deletemessage: who sent it');
dms_ok($bob_token, [$both[0]], 'a deleted message is in no list');

# Announcements.
my @everyone = button('getmessagesforeveryone/', { token => $ann_token, count => '5' });
answer(\@everyone, 200, { message => 'Got messages!', messages => [] }, 'getmessagesforeveryone: none');

# Discord: written to the outbox, not delivered here.
answer([button('senddcmsgwithtoken/', { token => $ann_token, message => 'hi' })], 200, { message => 'Sent message!' },
    'senddcmsgwithtoken');
answer_like([button('senddcmsgwithtoken/', { token => $ann_token, message => '' })], 400, 'senddcmsgwithtoken: empty');
my $unlinked = { message => 'Invalid input or user not in channel' };
my ($room) = channel($ann_token);
answer([button('senddcmsg/', { token => $ann_token, channel => $_->[0], message => 'hi' })], 400, $unlinked,
    "senddcmsg: $_->[1]")
    for [$room, 'a channel without a link'], [$bob, 'a user without a link'], [new_name(), 'nobody'], ['', 'empty'], [undef, 'null'];
answer([button('senddcmsg/', { token => $ann_token, channel => $room })], 400, $unlinked, 'senddcmsg: no message');

# Idempotency-Key: the same again creates nothing; the same key with another request is refused.
sub once { my ($path, $body, $key) = @_; return [button("$path/", $body, headers => { 'Idempotency-Key' => $key })] }
sub count_of {
    my ($text) = @_;
    my @r = button('readmessagesfromchannel/', { token => $ann_token, name => $room, count => 1000 });
    return scalar grep { $_->{message} eq $text } @{ $r[1]{messages} };
}
my $send = { token => $ann_token, channel => $room, message => 'once' };
answer(once('sendmessage', $send, 'key-1'), 200, { message => 'Message sent!' }, "with a key, try $_") for 1 .. 3;
is(count_of('once'), 1, 'there is one message');
answer_like(once('sendmessage', { %$send, message => 'other' }, 'key-1'), 422, 'the key with another request');
is(count_of('other'), 0, 'which sent nothing');
answer(once('sendmessage', $send, 'key-2'), 200, { message => 'Message sent!' }, 'another key');
is(count_of('once'), 2, 'sends again');
answer([button('sendmessage/', $send)], 200, { message => 'Message sent!' }, 'no key') for 1, 2;
is(count_of('once'), 4, 'sends each time');
my ($eve, $eve_token) = account();
button('addusertochannel/', { token => $ann_token, name => $room, username => $eve });
answer(once('sendmessage', { token => $eve_token, channel => $room, message => 'once' }, 'key-1'), 200,
    { message => 'Message sent!' }, "somebody else's key is another key");
is(count_of('once'), 5, 'and sends');

my $dm = { token => $ann_token, username => $eve, message => 'dm once' };
answer(once('senddm', $dm, 'key-1'), 200, { message => 'Dm message sent!' }, "senddm with a key, try $_") for 1, 2;
dms_ok($eve_token, [dm($ann, $eve, 'dm once')], 'one direct message; keys belong to an endpoint');

my $name  = new_name();
my $first = once('makechannel', { token => $ann_token, name => $name }, 'key-c');
answer($first, 200, { message => 'Channel created!', channel_name => $name, channel_id => $first->[1]{channel_id} },
    'makechannel with a key');
answer(once('makechannel', { token => $ann_token, name => $name }, 'key-c'), 200, $first->[1], 'the same answer again');
answer([button('makechannel/', { token => $ann_token, name => $name })], 409, { message => 'Channel exists!' },
    'without the key it exists');

my $user = new_name();
my $register = { username => $user, password => $PW };
answer(once('register', $register, 'key-r'), 201, { message => 'User registered successfully!' },
    "register with a key, try $_") for 1, 2;
answer_like(once('register', { %$register, password => 'An0ther!Word' }, 'key-r'), 422, 'the key with another password');
answer(once('register', $register, 'key-r2'), 401, { message => 'User exists!' }, 'another key');
my $made = once('generatetoken', $register, 'key-t');
answer($made, 200, { message => 'Made token!', token => $made->[1]{token} }, 'generatetoken with a key');
answer(once('generatetoken', $register, 'key-t'), 200, $made->[1], 'the same token again');
answer([button('senddcmsgwithtoken/', { token => $ann_token, message => 'hi' }, headers => { 'Idempotency-Key' => $_->[0] })],
    $_->[1], $_->[1] == 200 ? { message => 'Sent message!' } : {}, "key: $_->[2]")
    for ['x' x 64, 200, '64 characters'], ['with blanks', 200, 'with blanks'];
answer_like([button('senddcmsgwithtoken/', { token => $ann_token, message => 'hi' },
        headers => { 'Idempotency-Key' => 'x' x 5000 })], 400, 'key: 5000 characters');

done_testing;
