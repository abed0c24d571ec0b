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

done_testing();
