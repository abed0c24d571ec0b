# Chatroom API: messages; sending, reading by time and by count, permissions, other dialects.
use strict;
use warnings;
use utf8;
use Test::More;
use Time::HiRes qw(time sleep);
use ChatTest;
use ChatroomTest;

site('chatroom');
my $none    = '00000000-0000-4000-8000-000000000000';
my $owner   = new_room();
my $ann     = join_room($owner);
my $bob     = join_room($owner);
my $default = $owner->{channels}[0]{channelID};
my $second  = channel_of($owner, 'second');

# Perl's own text of a time has 15 digits, which is five decimals.
sub ask {
    my ($me, $method, %h) = @_;
    $h{time} = sprintf '%.6f', $h{time} if ($h{time} // '') =~ /^\d{9,}\./;
    return [get($me, 'messages', 'get-method' => $method, %h)];
}
my $micros = sub { sprintf '%.6f', $_[0] };
sub said { my ($me, $method, %h) = @_; my $r = ask($me, $method, %h); return ref $r->[1] eq 'ARRAY' ? @{ $r->[1] } : () }
sub texts { join ',', map { $_->{data} } @_ }
sub speak {
    my ($me, $data, %more) = @_;
    my @r = post($me, 'messages', { channelID => $default, data => $data, %more });
    die "message: $r[0] " . canonical($r[1]) . "\n" if $r[0] != 200;
    return $r[1];
}

# The welcome, and one message: the whole answer, typed, in order.
my ($welcome) = said($ann, 'count');
answers(ask($ann, 'count'), 200, [{ messageID => $welcome->{messageID}, channelID => $default, userID => '0', keyID => '',
    send_time => $welcome->{send_time}, type => 'system', data => "Welcome $owner->{name}!", replyID => undef }], 'the welcome');
my $before = time;
my @r = post($ann, 'messages', { channelID => $default, data => 'hello', replyID => undef, mtype => 'text', keyID => 'k' });
my $m = $r[1];
answers(\@r, 200, { messageID => $m->{messageID}, channelID => $default, userID => $ann->{id}, keyID => '', send_time => $m->{send_time},
    type => 'text', data => 'hello', replyID => undef }, 'a message is sent');
like($r[3], qr/\A\{"messageID":"$UUID","channelID":"$default","userID":"$ann->{id}","keyID":"","send_time":\d+\.\d{1,6},"type":"text","data":"hello","replyID":null\}\z/,
    'its keys in order');
cmp_ok($m->{send_time}, '>=', $before - 0.001, 'send_time is not before it was sent');
cmp_ok($m->{send_time}, '<=', time + 0.001, 'nor after its answer');
is(speak($owner, 'from the owner')->{userID}, '0', 'the owner is 0');
answers([post($ann, 'messages', { channelID => uc $default, data => 'x' })], 200, (said($ann, 'count'))[0], 'what is sent is what is read');

# What is refused.
my %ok = (channelID => $default, data => 'x');
begins([post($ann, 'messages', { %ok, $_->[0] => $_->[1] })], 400, $_->[2], "$_->[0] " . canonical($_->[1])) for
    (map { ['channelID', $_, 'No value supplied for required field: channelID.'] } undef, '', [], {}),
    (map { ['channelID', $_, 'Value for channelID is not a valid ID!'] } 'x', 5, "$default-x", "$default$default"),
    ['data', undef, 'No value supplied for required field: data.'], ['data', '', 'Cannot send empty message'],
    (map { ['data', $_, 'Value for data is not a string!'] } 5, [], {}, JSON::PP::true),
    (map { ['replyID', $_, 'Value for replyID is not a valid ID!'] } 'x', 5, "$default-x");
answers([post($ann, 'messages', { channelID => $none, data => 'x' })], 404, 'Channel does not exist', 'an unknown channel');
begins([post($ann, 'messages', { channelID => '', data => '' })], 400, 'No value supplied for required field: channelID.', 'the first missing one');
begins([get($ann, 'messages', %{ $_->[0] })], 400, $_->[1], 'GET ' . canonical($_->[0])) for
    (map { [{ defined $_ ? ('get-method' => $_) : () }, "Invalid or unset 'get-method'"] } undef, 'newest', 'SINCE'),
    (map { [{ 'get-method' => 'count', channelID => $_ }, 'ChannelID is not a valid UUID'] } 'x', '5', "$default,"),
    (map { [{ 'get-method' => 'since', defined $_ ? (time => $_) : () }, "Could not convert variable 'time' to float: "] }
        undef, '', 'x', 'nan', 'inf', '-inf', '0x10', '1,5', '1e999'),
    (map { [{ 'get-method' => 'count', count => 1, time => $_ }, "Could not convert variable 'time' to float: "] } 'x', '12:00'),
    (map { [{ 'get-method' => 'count', count => $_ }, "Could not convert variable 'count' to an integer: "] }
        'x', '1.5', '-1', '', '99999999999999999999');
answers(ask($ann, 'count', channelID => $none), 200, [], 'an unknown channel reads as empty');
answers(ask($ann, 'count', count => 0), 200, [], 'count 0');
answers(ask($ann, 'count', count => 1, time => $_), 200, [], "count before $_") for '0', '-1e300', $welcome->{send_time} - 1;
answers(ask($ann, 'since', time => $_), 200, [], "since $_") for 1e300, time + 3600;

# Parameters in the query and in the body.
my $cookie = "$ann->{room}=$ann->{cookie}";
my @one = said($ann, 'count', count => 1);
answers([call('GET', "/messages/$ann->{room}?get-method=count&count=1&userID=$ann->{id}", undef, Cookie => $cookie)], 200, \@one, 'in the query');
answers([call('GET', "/messages/$ann->{room}", { 'get-method' => 'count', count => 1, userID => $ann->{id} }, Cookie => $cookie)], 200, \@one,
    'in the body, a number');
answers([call('GET', "/messages/$ann->{room}/", qq({"get-method":"since","time":${\ $micros->($one[0]{send_time}) },"userID":"$ann->{id}"}),
    Cookie => $cookie)], 200, \@one, 'in the body, a float');
answers([call('GET', "/messages/$ann->{room}?get-method=since&count=x", { 'get-method' => 'x' }, Cookie => $cookie, userID => $ann->{id},
    'get-method' => 'count', count => 1)], 200, \@one, 'headers go first');

# data is opaque: everything comes back as it was.
my @opaque = ('with "quotes", \\ and / and </script>', "äöü \x{1F600} \x{4E2D}", "two\nlines\r\n\tand a tab", "\x01\x1f\x7f", ' ', "\n",
    "\x{2028}\x{FEFF}\x{FFFD}\x{10FFFF}", 'eyJhIjoxfQ==', '0', 'null', '%00', 'x' x 65536, "\x{1F600}" x 16384);
for my $text (@opaque) {
    my $sent = speak($ann, $text);
    my ($got) = said($bob, 'count', count => 1);
    ok($sent->{data} eq $text && $got->{data} eq $text, 'unchanged: ' . substr(canonical($text), 0, 30));
}
begins([post($ann, 'messages', { %ok, data => $_ })], 413, 'Message too long, the limit is 65536 bytes', 'too long')
    for 'x' x 65537, "\x{e4}" x 32769;
begins([post({ %$ann, mount => '/small' }, 'messages', { %ok, data => 'x' x 101 })], 413, 'Message too long, the limit is 100 bytes', 'ChatMaxMessage');

# Replies.
my $reply = speak($bob, 'an answer', replyID => uc $m->{messageID});
is($reply->{replyID}, $m->{messageID}, 'replyID in the answer');
is((said($ann, 'count', count => 1))[0]{replyID}, $m->{messageID}, 'and when it is read');
is(speak($bob, 'to nobody', replyID => $none)->{replyID}, $none, 'one that is no message');
is((said($ann, 'count', count => 1))[0]{replyID}, $none, 'comes back too');

# since and count: bounds, limits, order.
my @sent = map { speak($ann, "m$_", $_ % 2 ? () : (channelID => $second)) } 1 .. 120;
my @times = map { $_->{send_time} } @sent;
is(scalar(grep { $times[$_] <= $times[$_ - 1] } 1 .. $#times), 0, 'send_time grows strictly in sending order');
my @all = reverse @sent;
is(texts(said($bob, 'since', time => $times[$_])), texts(@all[0 .. 119 - $_]), "since message $_") for 119, 118, 100, 60, 20;
is(texts(said($bob, 'since', time => $times[0])), texts(@all[0 .. 99]), 'since gives the newest 100');
is(texts(said($bob, 'since', time => 0, count => 3)), texts(@all[0 .. 99]), 'and knows no count');
is(texts(said($bob, 'count')), texts(@all[0 .. 9]), 'count is 10 by default');
is(texts(said($bob, 'count', count => $_)), texts(@all[0 .. $_ - 1]), "count $_") for 1, 50, 100;
is(texts(said($bob, 'count', count => $_)), texts(@all[0 .. 99]), "count $_ is clamped") for 101, 1000000;
is(texts(said($bob, 'count', count => 5, time => $times[$_])), texts(@all[119 - $_ .. 123 - $_]), "count up to message $_") for 119, 100, 50, 4;
is(texts(said($bob, 'count', count => 100, time => $times[49])), texts(@all[70 .. 119], said($bob, 'count', count => 50, time => $times[0] - 1e-6)),
    'pages meet without gap or overlap');
my @odd = grep { $_->{channelID} eq $default } @all;
my @even = grep { $_->{channelID} eq $second } @all;
is(texts(said($bob, 'count', count => 7, channelID => $default)), texts(@odd[0 .. 6]), 'count in a channel');
is(texts(said($bob, 'since', time => $times[80], channelID => $second)), texts(grep { $_->{send_time} >= $times[80] } @even), 'since in a channel');
is(texts(said($bob, 'count', count => 3, channelID => $second, time => $times[80])), texts((grep { $_->{send_time} <= $times[80] } @even)[0 .. 2]),
    'count in a channel up to a time');
is(canonical([said($bob, 'count', count => 100)]), canonical([@all[0 .. 99]]), 'whole messages, as they were sent');

# The JavaScript client's own test: 50 messages, a time, 50 more, then 100 before that time.
{
    my $room = new_room();
    my $channel = $room->{channels}[0]{channelID};
    speak($room, "a$_", channelID => $channel) for 1 .. 50;
    my $time = time;
    speak($room, "b$_", channelID => $channel) for 1 .. 50;
    my @got = said($room, 'count', count => 100, time => $time);
    is(scalar @got, 51, '50 messages and the welcome');
    is(texts(@got), texts((map { { data => "a$_" } } reverse 1 .. 50), { data => "Welcome $room->{name}!" }), 'newest first');
}

# Permissions, set by the administrator; private channels.
sub rights { admin($owner, 'channel', @_) }
rights('revoke', 'second', $bob->{name}, 'w');
begins([post($bob, 'messages', { channelID => $second, data => 'x' })], 403, 'You do not have permission to write in this channel!', 'no w');
is((grep { $_->{channelID} eq $second } @{ (get($bob, 'channels'))[1] })[0]{permissions}{w}, JSON::PP::false, 'and the list says so');
is((said($bob, 'count', channelID => $second))[0]{data}, $even[0]{data}, 'but r');
rights('revoke', 'second', $bob->{name}, 'r');
answers(ask($bob, 'count', channelID => $second), 200, [], 'no r: nothing');
answers(ask($bob, 'since', channelID => $second, time => 0), 200, [], 'neither since');
is(texts(said($bob, 'count', count => 100)), texts(said($bob, 'count', count => 100, channelID => $default)), 'nor among all channels');
is(scalar(grep { $_->{channelID} eq $second } @{ (get($bob, 'channels'))[1] }), 0, 'and it is not listed');
rights('grant', 'second', $bob->{name}, 'rwx');
is((grep { $_->{channelID} eq $second } @{ (get($bob, 'channels'))[1] })[0]{permissions}{$_}, JSON::PP::true, "granted $_") for qw(r w x);
is((post($bob, 'messages', { channelID => $second, data => 'again' }))[0], 200, 'and used');
my $hidden = channel_of($owner, 'hidden', public => JSON::PP::false);
speak($owner, "secret $_", channelID => $hidden) for 1 .. 110;
answers([post($ann, 'messages', { channelID => $hidden, data => 'x' })], 404, 'Channel does not exist', 'a private channel is not there for others');
answers(ask($ann, 'count', channelID => $hidden), 200, [], 'and reads as empty');
is(texts(said($ann, 'count', count => 100)), texts({ data => 'again' }, @all[0 .. 98]), 'behind what others say the own page is full');
is(texts(said($ann, 'count', count => 3)), texts({ data => 'again' }, @all[0 .. 1]), 'a short one too');
is(texts(said($ann, 'since', time => $times[100])), texts({ data => 'again' }, @all[0 .. 19]), 'since as well');
my $quote = speak($ann, 'quote', replyID => (said($owner, 'count', count => 1))[0]{messageID});
is($quote->{replyID}, (said($owner, 'count', count => 1, channelID => $hidden))[0]{messageID}, 'a reply to what one may not read says no more than it was told');
rights('grant', 'hidden', $ann->{name}, 'r');
is((said($ann, 'count', channelID => $hidden))[0]{data}, 'secret 110', 'unless they are let in');
begins([post($ann, 'messages', { channelID => $hidden, data => 'x' })], 403, 'You do not have permission to write in this channel!', 'to read');

# One request, done once.
my %once = ('Idempotency-Key' => 'send-' . new_name());
my @first = post($ann, 'messages', { %ok, data => 'once', replyID => $m->{messageID} }, %once);
answers([post($ann, 'messages', { %ok, data => 'once', replyID => $m->{messageID} }, %once)], 200, $first[1], 'the same answer');
is(scalar(grep { $_->{data} eq 'once' } said($ann, 'count')), 1, 'one message');
answers([post($ann, 'messages', { %ok, data => 'twice' }, %once)], 422, 'This Idempotency-Key was already used for a different request', 'another request');
begins([post($ann, 'messages', \%ok, 'Idempotency-Key' => 'x' x 256)], 400, 'Value for Idempotency-Key is not valid', 'a key that is too long');

# Sends are limited.
my @status = map { (post({ %$ann, mount => '/small' }, 'messages', { %ok, data => "s$_" }))[0] } 1 .. 4;
is("@status", '200 200 200 429', 'sends of an account');

# Chatroom 1 is the one of the other dialects.
my ($dan, $token) = account();
my $first_room = body_json(admin(undef, 'room', 'show', '--json'));
$first_room = $first_room->[0] if ref $first_room eq 'ARRAY';
my $me = ChatroomTest::login({ room => $first_room->{uuid}, id => $dan, name => $dan, password => $PW });
like($me->{id}, qr/^$UUID$/, 'an account of the Button API logs in here');
my ($public) = grep { $_->{channel_name} eq 'default' } @{ $me->{channels} };
is((post($me, 'messages', { channelID => $public->{channelID}, data => 'from the chatroom API' }))[0], 200, 'what is said here');
my @button = button('readmessagesfromchannel/', { token => $token, name => 'default', count => 1 });
is($button[1]{messages}[0]{message}, 'from the chatroom API', 'is read there');
button('sendmessage/', { token => $token, channel => 'default', message => 'from Button' });
my ($read) = said($me, 'count', count => 1);
is("$read->{data} $read->{userID}", "from Button $me->{id}", 'and the other way round');
my ($eve, $eves) = account();
my ($private) = channel($eves);
button('sendmessage/', { token => $eves, channel => $private, message => 'private' });
button('senddm/', { token => $eves, username => $dan, message => 'direct' });
is((said($me, 'count', count => 1))[0]{data}, 'from Button', 'private channels and direct messages are not shown');
my $answer = speak($me, 'to Button', channelID => $public->{channelID}, replyID => $read->{messageID});
is($answer->{replyID}, $read->{messageID}, 'a reply across dialects');
my ($id) = map { $_->{message_id} } (button('readmessagesfromchannel/', { token => $token, name => 'default', count => 1 }))[1]{messages}[0];
button('deletemessage/', { token => $token, message_id => $id });
is((said($me, 'count', count => 1))[0]{data}, 'from Button', 'what is deleted is gone');
done_testing;
