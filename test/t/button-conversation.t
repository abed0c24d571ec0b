# What is done with messages that were sent: edits.
use strict;
use warnings;
use Test::More;
use ChatTest;

site('button');
my ($ann,  $ann_token)  = account();
my ($bob,  $bob_token)  = account();
my ($carl, $carl_token) = account();
my ($room) = channel($ann_token);
answer([button('addusertochannel/', { token => $ann_token, name => $room, username => $bob })], 200,
    { message => 'User added to channel!', channel_name => $room, username => $bob }, 'two in a channel');

# The extended form of the list of channels.
sub listed { my ($token, @more) = @_; return (grep { $_->{channel_name} eq $room } @{ (button('listchannels/', { token => $token, @more }))[1]{channels} })[0] }
is(join(' ', sort keys %{ listed($ann_token) }), 'channel_id channel_name description member public', 'a list of channels, unasked');
is_deeply([map { [@{ listed($_, extended => JSON::PP::true()) }{qw(rights slow_seconds)}] } $ann_token, $bob_token], [['rwx', 0], ['rw', 0]], 'rights and slow mode of a channel');

sub items { my ($token, %more) = @_; my @r = button('readmessagesfromchannel/', { token => $token, name => $room, %more }); return @{ $r[1]{messages} } }
sub sent {
    my ($token, $text, %more) = @_;
    button('sendmessage/', { token => $token, channel => $room, message => $text, %more });
    return (items($token, count => 1))[0]{message_id};
}
my $time = qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

# Edits.
sub edit { my ($token, $id, $text) = @_; return [button('editmessage/', { token => $token, message_id => $id, message => $text })] }
my $id     = sent($ann_token, 'frist');
my ($item) = items($bob_token);
my $edited = edit($ann_token, $id, 'first');
like($edited->[1]{edited_at}, $time, 'an edit has a time');
answer([$edited->[0], { %{ $edited->[1] }, edited_at => 'TIME' }], 200,
    { message => 'Message edited!', message_id => $id, edited_at => 'TIME' }, 'editmessage');
is_deeply([items($bob_token)], [{ %$item, message => 'first' }], 'the list has the new text and the same keys');
for ([$bob_token, 'a reader'], [$carl_token, 'a stranger']) {
    answer(edit($_->[0], $id, 'mine'), 403, { message => 'You can only edit your messages!' }, "editmessage by $_->[1]");
}
answer(edit($ann_token, $_->[0], 'x'), 404, { message => 'Message not found!' }, "editmessage: $_->[1]")
    for [$id + 1000, 'no such message'], [0, 'zero'], ['x', 'not a number'], [-1, 'negative'];
answer(edit($ann_token, $id, ''), 400, { message => 'Message cannot be empty!' }, 'editmessage: no text');
answer_like(edit($ann_token, $id, 'x' x 70000), 413, 'editmessage: too long a text');
answer_like(edit('x', $id, 'x'), 401, 'editmessage: no token');
is_deeply([map { $_->{message} } items($bob_token)], ['first'], 'a refused edit changes nothing');

my $dm = do { button('senddm/', { token => $ann_token, username => $bob, message => 'helo' }); (button('getdms/', { token => $ann_token }))[1]{dms}[0]{message_id} };
is(edit($ann_token, $dm, 'hello')->[0], 200, 'a direct message is edited');
is((button('getdms/', { token => $bob_token }))[1]{dms}[0]{message}, 'hello', 'and its recipient sees it');
answer(edit($bob_token, $dm, 'hell'), 403, { message => 'You can only edit your messages!' }, 'not by its recipient');

my $his = sent($bob_token, 'mine');
button('leavechannel/', { token => $bob_token, name => $room });
answer(edit($bob_token, $his, 'again'), 403, { message => 'You are not allowed to write in this channel!' },
    'who may not write may not edit');
sub versions { my ($token, $of) = @_; return [button('messagehistory/', { token => $token, message_id => $of })] }
is(edit($ann_token, $id, 'first!')->[0], 200, 'edited again');
my $history = versions($ann_token, $id);
is_deeply([map { $_->{message} } @{ $history->[1]{versions} }], ['frist', 'first', 'first!'], 'messagehistory, oldest first');
is_deeply([map { join ' ', sort keys %$_ } @{ $history->[1]{versions} }], [('message timestamp') x 3], 'its keys');
is($history->[1]{versions}[0]{timestamp}, $item->{timestamp}, 'the first text was written when the message was');
is($history->[1]{versions}[1]{timestamp}, $edited->[1]{edited_at}, 'the second with the edit');
is_deeply([map { $_->{message} } @{ versions($ann_token, $dm)->[1]{versions} }], ['helo', 'hello'], 'of a direct message');
answer(versions($bob_token, $id), 403, { message => 'You are not allowed to do this!' }, 'messagehistory is not for readers');
button('deletemessage/', { token => $ann_token, message_id => $id });
answer(versions($ann_token, $id), 404, { message => 'Message not found!' }, 'a deleted message has no history');
answer(edit($ann_token, $id, 'x'), 404, { message => 'Message not found!' }, 'a deleted message is not edited');

# Replies and the extended form.
my ($hall) = channel($ann_token);
button('addusertochannel/', { token => $ann_token, name => $hall, username => $_ }) for $bob, $carl;
$room = $hall;
my ($true, $false) = (JSON::PP::true(), JSON::PP::false());
sub say_ext {
    my ($token, $text, %more) = @_;
    my @r = button('sendmessage/', { token => $token, channel => $room, message => $text, extended => $true, %more });
    is(join(' ', $r[0], sort keys %{ $r[1] }), '200 message message_id timestamp', "sendmessage, extended: $text");
    return $r[1];
}
sub ext { my ($token, %more) = @_; return { map { $_->{message_id} => $_ } items($token, extended => $true, %more) } }
my $root  = say_ext($ann_token, 'who comes?');
my $one   = say_ext($bob_token, 'me', reply_to => $root->{message_id});
my $two   = say_ext($carl_token, 'and me', reply_to => "$one->{message_id}");
my $plain = { message_id => $root->{message_id}, sender => $ann, message => 'who comes?', channel => $room, timestamp => $root->{timestamp} };
is_deeply((items($ann_token))[0], $plain, 'the documented form has the documented keys');
is_deeply(ext($ann_token)->{ $root->{message_id} },
    { %$plain, edited_at => undef, reply_to => undef, replies => 1, reactions => [], mentions => [], system => $false }, 'the extended form');
is_deeply([map { $_->{reply_to} } items($ann_token, extended => $true)], [undef, $root->{message_id}, $one->{message_id}], 'reply_to');
is_deeply([items($ann_token, extended => $_)], [items($ann_token)], 'extended: ' . canonical($_) . ' is not asked for') for $false, 1, 'true', undef;
sub thread { my ($token, $of, %more) = @_; return [button('getthread/', { token => $token, message_id => $of, %more })] }
for ($root, $one, $two) {
    is_deeply([map { $_->{message} } @{ thread($carl_token, $_->{message_id})->[1]{messages} }], ['who comes?', 'me', 'and me'],
        'getthread: whichever of its messages is named');
}
is_deeply([map { $_->{message} } @{ thread($ann_token, $root->{message_id}, count => 1)->[1]{messages} }], ['who comes?', 'and me'],
    'getthread: the first one and the newest');
is_deeply([map { $_->{message} } @{ thread($ann_token, $root->{message_id}, before => $two->{message_id})->[1]{messages} }], ['me'],
    'getthread, before');
my ($dave, $dave_token) = account();
answer(thread($dave_token, $root->{message_id}), 403, { message => 'Your not allowed to read this message!' }, 'getthread is for readers');
answer(thread($ann_token, $root->{message_id} + 1000), 404, { message => 'Message not found!' }, 'getthread: no such message');
my ($other) = channel($ann_token);
answer([button('sendmessage/', { token => $ann_token, channel => $other, message => 'x', reply_to => $root->{message_id} })], 404,
    { message => 'Message not found!' }, 'a reply stays in its channel');
answer([button('sendmessage/', { token => $ann_token, channel => $room, message => 'x', reply_to => $_ })], 400,
    { message => 'reply_to is not valid!' }, 'reply_to: ' . canonical($_)) for 'x', -1, 0, $true, [];
is((button('sendmessage/', { token => $ann_token, channel => $room, message => 'no', reply_to => undef }))[0], 200, 'reply_to: null is none');

# Deleted messages.
button('deletemessage/', { token => $bob_token, message_id => $one->{message_id} });
is_deeply(ext($ann_token)->{ $one->{message_id} },
    { message_id => $one->{message_id}, deleted => $true, reply_to => $root->{message_id}, replies => 1, timestamp => $one->{timestamp} },
    'a deleted message with replies stays as such');
is((grep { $_->{message_id} == $one->{message_id} } items($ann_token)), 0, 'but not in the documented form');
is(ext($ann_token)->{ $root->{message_id} }{replies}, 0, 'and no longer counts as reply');
is(scalar @{ thread($ann_token, $root->{message_id})->[1]{messages} }, 3, 'the thread holds together');
answer([button('sendmessage/', { token => $ann_token, channel => $room, message => 'x', reply_to => $one->{message_id} })], 404,
    { message => 'Message not found!' }, 'no reply to a deleted message');
button('deletemessage/', { token => $carl_token, message_id => $two->{message_id} });
is(ext($ann_token)->{ $one->{message_id} }, undef, 'without replies it is gone');

# Direct replies.
my @dm = map { (button('senddm/', { token => $ann_token, username => $bob, message => $_, extended => $true }))[1]{message_id} } 'a', 'b';
my @answer = button('senddm/', { token => $bob_token, username => $ann, message => 'c', reply_to => $dm[0], extended => $true });
is(join(' ', $answer[0], $answer[1]{message}), '200 Dm message sent!', 'senddm with reply_to');
is_deeply([map { $_->{message} } @{ thread($ann_token, $answer[1]{message_id})->[1]{messages} }], ['a', 'c'], 'its thread');
my %dms = map { $_->{message_id} => $_ } @{ (button('getdms/', { token => $ann_token, extended => $true }))[1]{dms} };
is_deeply([map { $_->{replies}, $_->{reply_to} } @dms{ @dm, $answer[1]{message_id} }], [1, undef, 0, undef, 0, $dm[0]], 'getdms, extended');
answer([button('senddm/', { token => $carl_token, username => $ann, message => 'x', reply_to => $dm[0] })], 404,
    { message => 'Message not found!' }, 'a reply is for the parties of its message');
answer(thread($carl_token, $dm[0]), 403, { message => 'Your not allowed to read this message!' }, 'as is the thread');

# Reactions.
sub react { my ($token, $id, $emoji, %more) = @_; return [button('react/', { token => $token, message_id => $id, emoji => $emoji, %more })] }
my ($up, $heart, $family) = ("\x{1F44D}", "\x{2764}\x{FE0F}", "\x{1F469}\x{200D}\x{1F469}\x{200D}\x{1F467}");
my $of = $root->{message_id};
answer(react($ann_token, $of, $up), 200, { message => 'Reaction added!', reactions => [{ emoji => $up, count => 1, mine => $true }] }, 'react');
answer(react($ann_token, $of, $up), 200, { message => 'Reaction added!', reactions => [{ emoji => $up, count => 1, mine => $true }] }, 'the same again');
answer(react($bob_token, $of, $heart), 200,
    { message => 'Reaction added!', reactions => [{ emoji => $up, count => 1, mine => $false }, { emoji => $heart, count => 1, mine => $true }] }, 'another');
react($bob_token, $of, $up);
is_deeply(ext($carl_token)->{$of}{reactions}, [{ emoji => $up, count => 2, mine => $false }, { emoji => $heart, count => 1, mine => $false }],
    'in the list, in the order of their first use');
answer(react($ann_token, $of, $up, on => $false), 200,
    { message => 'Reaction removed!', reactions => [{ emoji => $heart, count => 1, mine => $false }, { emoji => $up, count => 1, mine => $false }] }, 'removed');
is(react($ann_token, $of, $_)->[0], 200, 'one emoji: ' . canonical($_)) for $family, "\x{1F1E9}\x{1F1EA}", "1\x{FE0F}\x{20E3}", "\x{1F44D}\x{1F3FD}";
answer(react($ann_token, $of, $_), 400, { message => 'emoji is not valid!' }, 'not one emoji: ' . canonical($_))
    for 'a', '1', $up . $up, "$up ", "\x{1F1E9}", 'x' x 100, 7;
answer_like(react($ann_token, $of, ''), 400, 'no emoji');
answer(react($dave_token, $of, $up), 403, { message => 'Your not allowed to read this message!' }, 'react is for readers');
answer_like(react($ann_token, $of, $up, on => 'no'), 400, 'on is true or false');
is(react($ann_token, $of, chr(0x1F600 + $_))->[0], 200, "reaction $_") for 1 .. 14;
answer(react($ann_token, $of, chr 0x1F697), 403, { message => 'A message has at most 20 different reactions!' }, 'the 21st different one');
is(react($bob_token, $of, chr 0x1F601)->[0], 200, 'one that is there');

# Mentions, read markers, unread counts.
sub mark { my ($token, $id, %more) = @_; return [button('markread/', { token => $token, message_id => $id, %more })] }
sub unread {
    my ($token, $key, $name) = @_;
    my ($found) = grep { ($_->{$key} // '') eq $name } @{ (button('getunread/', { token => $token }))[1]{conversations} };
    return $found;
}
($room) = channel($ann_token);
button('addusertochannel/', { token => $ann_token, name => $room, username => $_ }) for $bob, $carl;
my @said = map { say_ext($ann_token, $_)->{message_id} } 'one', "two, \@$bob!", "\@" . uc($carl) . " and \@$dave", "mail me at x\@$bob";
is_deeply([map { $_->{mentions} } items($ann_token, extended => $true)], [[], [$bob], [$carl], []], 'mentions: readers only, by any spelling');
is_deeply(unread($bob_token, channel => $room), { channel => $room, unread => 4, mentions => 1, last_read => 0, last_message_id => $said[3] }, 'unread');
is_deeply(unread($ann_token, channel => $room), { channel => $room, unread => 0, mentions => 0, last_read => 0, last_message_id => $said[3] }, 'own messages do not count');
answer(mark($bob_token, $said[1], name => $room), 200, { message => 'Marked!', message_id => $said[1] }, 'markread');
is_deeply(unread($bob_token, channel => $room), { channel => $room, unread => 2, mentions => 0, last_read => $said[1], last_message_id => $said[3] }, 'counts from there');
answer(mark($bob_token, $said[0], name => $room), 200, { message => 'Marked!', message_id => $said[1] }, 'it never goes backwards');
button('deletemessage/', { token => $ann_token, message_id => $said[2] });
is(unread($bob_token, channel => $room)->{unread}, 1, 'deleted ones do not count');
is(unread($carl_token, channel => $room)->{mentions}, 0, 'nor does their mention');
edit($ann_token, $said[3], "\@$bob \@$carl");
is(unread($_, channel => $room)->{mentions}, 1, 'an edit changes the mentions') for $bob_token, $carl_token;
button('addusertochannel/', { token => $ann_token, name => $room, username => $dave });
is_deeply(unread($dave_token, channel => $room), { channel => $room, unread => 0, mentions => 0, last_read => $said[3], last_message_id => $said[3] },
    'what was there before one joined counts as read');
button('leavechannel/', { token => $dave_token, name => $room });
answer(mark($bob_token, $root->{message_id}, name => $room), 404, { message => 'Message not found!' }, 'a message of another channel');
answer(mark($dave_token, $said[0], name => $room), 401, { message => 'You are not in this channel!' }, 'markread is for readers');
answer(mark($bob_token, $said[3] + 1000, name => $room), 404, { message => 'Message not found!' }, 'what is not there cannot be marked');
is(unread($bob_token, username => $ann)->{unread}, 3, 'direct messages');
answer(mark($bob_token, $dm[1], username => uc $ann), 200, { message => 'Marked!', message_id => $dm[1] }, 'markread of direct messages');
is_deeply(unread($bob_token, username => $ann), { username => $ann, unread => 0, mentions => 0, last_read => $dm[1], last_message_id => $answer[1]{message_id} },
    'own ones do not count');
answer(mark($carl_token, $dm[1], username => $ann), 404, { message => 'Message not found!' }, 'not of other people');
answer(mark($bob_token, $dm[1], username => new_name()), 404, { message => 'User not found!' }, 'markread: no such user');
answer_like(mark($bob_token, $dm[1]), 400, 'markread: no conversation');

# Profiles. Whom realtime shows as online is in test/realtime.
sub profile { my ($token, %more) = @_; return [button('setprofile/', { token => $token, %more })] }
sub look { my ($token, $name) = @_; return [button('getprofile/', { token => $token, username => $name })] }
my %shown = (username => $ann, description => 'Analyst', color => '#00ff7f', location => 'London', rank => 0);
answer(profile($ann_token, description => 'Analyst', color => '#00FF7f', location => 'London'), 200,
    { %shown, email => '', invisible => $false }, 'setprofile');
answer(profile($ann_token, invisible => $true), 200, { %shown, email => '', invisible => $true }, 'what is not named stays');
answer(look($bob_token, uc $ann), 200, \%shown, 'getprofile of another has no address and no setting');
answer(look($ann_token, $ann), 200, { %shown, email => '', invisible => $true }, 'but one\'s own');
answer(profile($ann_token, location => ''), 200, { %shown, location => '', email => '', invisible => $true }, 'an empty text removes');
answer(profile($ann_token, color => $_), 400, { message => 'color is not valid!' }, 'color: ' . canonical($_)) for 'red', '#12345', '0x1234', 7;
answer(profile($ann_token, invisible => $_), 400, { message => 'invisible is not valid!' }, 'invisible: ' . canonical($_)) for 1, 'no';
answer(profile($ann_token, description => 'x' x 2001), 413, { message => 'Too long, the limit is 2000!' }, 'too long');
answer(look($bob_token, new_name()), 404, { message => 'User not found!' }, 'getprofile: no such user');
answer([button('listpresence/', { token => $bob_token })], 200, { online => [] }, 'without realtime no account is online');
answer([button('listpresence/', { token => $dave_token, name => $room })], 401, { message => 'You are not in this channel!' }, 'listpresence is for readers');

# What a deleted account leaves.
sub rows { my ($table, $name) = @_; return sql(host_file('button'), "SELECT count(*) FROM $table WHERE account_id = (SELECT id FROM account WHERE name = '$name')") + 0 }
cmp_ok(rows(read_marker => $bob), '>', 0, 'markers are rows');
is((button('deleteaccount/', { username => $bob, password => $PW }))[0], 200, 'the account is deleted');
is(rows(read_marker => $bob), 0, 'its markers go with it');

done_testing();
