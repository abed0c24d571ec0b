# Chatroom API: who may do what where. Every endpoint, as everybody, on the own chatroom and on another.
use strict;
use warnings;
use Test::More;
use ChatTest;
use ChatroomTest;

site('chatroom');
my %room;
for my $r (qw(A B)) {
    my $owner = new_room();
    my $member = join_room($owner);
    my $banned = join_room($owner);
    my $channel = channel_of($owner, "of $r");
    my $private = channel_of($owner, "private $r", public => JSON::PP::false);
    post($owner, 'messages', { channelID => $_, data => "secret of $r" }) for $channel, $private;
    admin($owner, 'account', 'ban', $banned->{name});
    $room{$r} = { owner => $owner, member => $member, banned => $banned, channel => $channel, private => $private,
        invite => invite($owner, uses => 1000),
        users => join(' ', sort '0', $member->{id}, $banned->{id}) };
}
my $anonymous = { id => '', name => '' };

# What each endpoint answers: per kind of caller a status. `stranger` is the other room's owner and
# member with their own cookie and id; `thief` sends their cookie under this room's name.
my @endpoints = (
    { name => 'GET login',      of => [qw(200 200 401)], run => sub { get($_[0], 'login', room => $_[1]) } },
    { name => 'GET users',      of => [qw(200 200 401)], run => sub { get($_[0], 'users', room => $_[1]) } },
    { name => 'GET channels',   of => [qw(200 200 401)], run => sub { get($_[0], 'channels', room => $_[1]) } },
    { name => 'GET chatroom',   of => [qw(200 200 401)], run => sub { get($_[0], 'chatroom', room => $_[1]) } },
    { name => 'GET messages count', of => [qw(200 200 401)], run => sub { get($_[0], 'messages', room => $_[1], 'get-method' => 'count', count => 100) } },
    { name => 'GET messages since', of => [qw(200 200 401)], run => sub { get($_[0], 'messages', room => $_[1], 'get-method' => 'since', time => 0) } },
    { name => 'GET invites',    of => [qw(200 403 401)], run => sub { get($_[0], 'invites', room => $_[1]) } },
    { name => 'POST channels',  of => [qw(200 403 401)], run => sub { post($_[0], 'channels', { channel_name => new_name() }, room => $_[1]) } },
    { name => 'POST messages',  of => [qw(200 200 401)], channel => 'channel',
        run => sub { post($_[0], 'messages', { channelID => $_[2], data => 'x' }, room => $_[1]) } },
    { name => 'POST messages, private', of => [qw(200 404 401)], channel => 'private',
        run => sub { post($_[0], 'messages', { channelID => $_[2], data => 'x' }, room => $_[1]) } },
    { name => 'GET messages of a channel', of => [qw(200 200 401)], channel => 'channel', content => 1,
        run => sub { get($_[0], 'messages', room => $_[1], 'get-method' => 'count', channelID => $_[2]) } },
    { name => 'GET messages of a private channel', of => [qw(200 200 401)], channel => 'private', content => 1,
        run => sub { get($_[0], 'messages', room => $_[1], 'get-method' => 'count', channelID => $_[2]) } },
);

my %word = (200 => 'is served', 401 => 'is nobody', 403 => 'may not', 404 => 'finds nothing');
for my $here (qw(A B)) {
    my $there = $here eq 'A' ? 'B' : 'A';
    my ($own, $foreign) = @room{ $here, $there };
    my $id = $own->{owner}{room};
    my %as_here = map { my $p = $foreign->{$_}; ($_ => { %$p, room => $id }) } qw(owner member);
    my @callers = (
        ['owner', $own->{owner}, 0], ['member', $own->{member}, 1], ['banned', $own->{banned}, 2], ['anonymous', $anonymous, 2],
        ['stranger (owner)', $foreign->{owner}, 2], ['stranger (member)', $foreign->{member}, 2],
        ['thief (owner)', $as_here{owner}, 2], ['thief (member)', $as_here{member}, 2],
        ['thief as 0', { %{ $as_here{member} }, id => '0' }, 2], ["thief as the member", { %{ $as_here{owner} }, id => $own->{member}{id} }, 2],
        ['member as 0', { %{ $own->{member} }, id => '0' }, 2], ['member as banned', { %{ $own->{member} }, id => $own->{banned}{id} }, 2],
        ['owner as member', { %{ $own->{owner} }, id => $own->{member}{id} }, 2], ['member as stranger', { %{ $own->{member} }, id => $foreign->{member}{id} }, 2],
    );
    for my $e (@endpoints) {
        for my $caller (@callers) {
            my ($who, $me, $kind) = @$caller;
            for my $place ($e->{channel} ? ($own, $foreign) : $own) {
                my $channel = $e->{channel} ? $place->{ $e->{channel} } : undef;
                my $want = $e->{of}[$kind];
                # a channel of another room is not there for anybody
                $want = 404 if $place == $foreign && $want != 401 && $e->{name} =~ /^POST/;
                my @r = $e->{run}->($me, $id, $channel);
                my $name = "room $here, $e->{name}" . ($place == $foreign ? ' with a foreign channel' : '') . ": $who $word{$want}";
                is($r[0], $want, $name) or diag(canonical($r[1]));
                unlike($r[3], qr/secret of $there/, 'nothing of the other room');
                unlike($r[3], qr/secret of/, 'nothing at all') if $want != 200;
                is(canonical($r[1]), '[]', 'empty') if $e->{content} && $want == 200
                    && ($place == $foreign || ($kind == 1 && $e->{channel} eq 'private'));
            }
        }
    }
    is(join(' ', sort map { $_->{userID} } @{ (get($own->{member}, 'users'))[1] }), $own->{users}, "room $here: its users alone");
    my @seen = map { $_->{channelID} } @{ (get($own->{owner}, 'channels'))[1] };
    ok(!(grep { $_ eq $foreign->{channel} || $_ eq $foreign->{private} } @seen), "room $here: none of the other's channels");

    # Credentials and invites of one room are worth nothing in the other.
    for my $person (qw(owner member banned)) {
        my $p = $foreign->{$person};
        is((call('POST', "/login/$id", { userID => $p->{name}, password => $PASS }))[0], 404, "room $here: no login for the other's $person by name");
        is((call('POST', "/login/$id", { userID => $p->{id}, password => $PASS }))[0], $p->{id} eq '0' ? 200 : 404,
            "room $here: nor by id" . ($p->{id} eq '0' ? ' (0 is its own owner)' : ''));
    }
    is((call('POST', "/login/$id", { userID => $own->{banned}{id}, password => $PASS }))[0], 401, "room $here: no login for the banned");
    answers([call('POST', "/invites/$id", { inviteID => $foreign->{invite}, username => new_name(), password => $PASS })], 404,
        'Invite not found', "room $here: an invite of the other room");
    is((call('POST', "/invites/$id", { inviteID => $own->{invite}, username => new_name(), password => $PASS }))[0], 200, "room $here: its own");
    $own->{users} = join ' ', sort map { $_->{userID} } @{ (get($own->{member}, 'users'))[1] };

    # A message's id of the other room is no message here.
    my ($m) = @{ (get($foreign->{owner}, 'messages', 'get-method' => 'count', count => 1))[1] };
    my @r = post($own->{member}, 'messages', { channelID => $own->{channel}, data => 'x', replyID => $m->{messageID} });
    is($r[1]{replyID}, $m->{messageID}, 'is kept as it was told');
    is(sql(host_file('chatroom'), "SELECT count(*) FROM message WHERE reply_uuid = '$m->{messageID}' AND parent_id IS NULL"), "1\n", 'and is no parent');
}

# Two databases know nothing of each other.
my $a = $room{A}{member};
site('button');
is((call('GET', "/api/v0/login/$a->{room}", undef, userID => $a->{id}, Cookie => "$a->{room}=$a->{cookie}"))[0], 404, 'another site');
done_testing;
