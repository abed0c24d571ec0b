# Chatroom API: invites; what they say, what they cost, and many at once.
# expected-log: AH00484
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(time);
use ChatTest;
use ChatroomTest;

site('chatroom');
my $none  = '00000000-0000-4000-8000-000000000000';
my $owner = new_room();
my $ann   = join_room($owner);
my $SHORT = 'Password too short. According to chatroom settings your password has to be at least 10 characters long.';
sub redeem { my (%data) = @_; return [call('POST', "/api/v0/invites/$owner->{room}", { username => new_name(), password => $PASS, %data })] }

# Making one.
my @r = get($owner, 'invites');
my $i = $r[1];
answers(\@r, 200, { uid => $i->{inviteID}, inviteID => $i->{inviteID}, uses => 1, 'expiration-time' => $i->{'expiration-time'},
    data => "teahaz:$owner->{room}/$i->{inviteID}", invite => "teahaz:$owner->{room}/$i->{inviteID}" }, 'an invite');
like($r[3], qr/\A\{"uid":"$UUID","inviteID":"$UUID","uses":1,"expiration-time":\d+\.\d+,"data":"teahaz:$owner->{room}\/$UUID","invite":"teahaz:[^"]+"\}\z/,
    'its keys in order');
cmp_ok(abs($i->{'expiration-time'} - time - 7 * 86400), '<', 120, 'for a week');
@r = get($owner, 'invites', uses => 5, 'expiration-time' => '4102444800.25');
is("$r[1]{uses} $r[1]{'expiration-time'}", '5 4102444800.25', 'uses and expiration-time as asked for');
like($r[3], qr/"expiration-time":4102444800\.25,/, 'a float');
@r = get($owner, 'invites', 'expiration-time' => '4102444800');
like($r[3], qr/"expiration-time":4102444800\.0,/, 'also when it is whole');
isnt(invite($owner), invite($owner), 'never the same');
answers([get($ann, 'invites')], 403, 'Permission denied: you do not have permission to create an invite', 'a member makes none');
begins([get($owner, 'invites', uses => $_)], 400, "Could not convert variable 'uses' to integer: ", "uses '$_'") for 'x', '1.5', '', '-1', '99999999999999999999';
begins([get($owner, 'invites', 'expiration-time' => $_)], 400, "Could not convert variable 'expiration-time' to float: ", "expiration-time '$_'")
    for 'x', '', 'nan', 'inf', 'tomorrow';
is((call('HEAD', "/api/v0/invites/$owner->{room}", undef, userID => '0', Cookie => "$owner->{room}=$owner->{cookie}"))[0], 405, 'HEAD makes none');
admin($owner, 'account', 'rank', $ann->{name}, 2);
is((get($ann, 'invites'))[0], 200, 'an administrator makes one');

# Using one: the whole answer.
my $name = new_name();
@r = @{ redeem(inviteID => $i->{inviteID}, username => $name) };
my $new = ChatroomTest::person(\@r, $name);
answers(\@r, 200, { userID => $new->{id}, chatroomID => $owner->{room}, chatroom_name => "room of $owner->{name}",
    channels => [{ channel_name => 'default', channelID => $owner->{channels}[0]{channelID}, public => JSON::PP::true,
        permissions => { r => JSON::PP::true, w => JSON::PP::true, x => JSON::PP::false } }],
    settings => [{ sname => 'chat_name', stype => 'str', svalue => "room of $owner->{name}" }, { sname => 'min_password_length', stype => 'int', svalue => 10 }] },
    'an account by an invite');
like($new->{id}, qr/^$UUID$/, 'its id is a UUID');
like($r[2]{'set-cookie'}, qr/^$owner->{room}=$UUID; Path=\/; HttpOnly; SameSite=Lax$/, 'the cookie');
answers([get($new, 'login')], 200, 'Already logged in', 'that works');
answers([call('POST', "/login/$owner->{room}", { userID => $name, password => 'wrong' })], 401, 'Password is incorrect', 'with a password');
answers(redeem(inviteID => $i->{inviteID}), 403, 'There are no more uses left on this invite', 'its only use is gone');

# What is refused, in this order, and burns nothing.
my $one = invite($owner);
my $past = invite($owner, 'expiration-time' => time - 1);
my $zero = invite($owner, uses => 0);
my $both = invite($owner, uses => 0, 'expiration-time' => 1);
begins(redeem(inviteID => $_, username => '', password => ''), 400, 'Invalid invite ID sent to server. Must be uuid!', "inviteID $_") for 'x', 5, "$one$one", "$one/x";
begins(redeem(inviteID => $one, username => '', password => ''), 400, 'No value supplied for required field: username', 'no username');
begins(redeem(inviteID => '', password => ''), 400, 'No value supplied for required field: password', 'no password');
begins(redeem(inviteID => $_), 400, 'No value supplied for required field: inviteID', 'inviteID ' . canonical($_)) for '', undef, [];
answers(redeem(inviteID => $none, password => 'short'), 404, 'Invite not found', 'an unknown invite');
answers(redeem(inviteID => $zero, password => 'short'), 403, 'There are no more uses left on this invite', 'no uses');
answers(redeem(inviteID => $both, password => 'short'), 403, 'There are no more uses left on this invite', 'no uses and no time');

# Parameters in headers are part of the request: the same key with others is another request.
{
    my %key  = ('Idempotency-Key' => 'invite-' . new_name());
    my @once = get($owner, 'invites', uses => 5, %key);
    answers([get($owner, 'invites', uses => 5, %key)], 200, $once[1], 'an invite once');
    answers([get($owner, 'invites', @$_, %key)], 422, 'This Idempotency-Key was already used for a different request', "not with $_->[0]")
        for ['uses', 6], ['expiration-time', 4102444800];
}
answers(redeem(inviteID => $past, password => 'short'), 403, 'Invite has expired', 'expired');
answers(redeem(inviteID => $one, password => '123456789'), 400, $SHORT, 'a short password');
begins(redeem(inviteID => $one, username => ' a b'), 400, 'Invalid username', 'a bad name');
answers(redeem(inviteID => $one, username => $_), 400, 'Username already in use', "the name $_") for $name, uc $name, $owner->{name}, 'login';
is(redeem(inviteID => uc $one)->[0], 200, 'the use is still there after all that');
answers(redeem(inviteID => $one), 403, 'There are no more uses left on this invite', 'and then not');
is((call('GET', "/api/v0/invites/$owner->{room}", undef, userID => $new->{id}, Cookie => "$owner->{room}=$new->{cookie}"))[0], 403, 'who came by invite makes none');
my $stored = sql(host_file('chatroom'), 'SELECT id FROM invite');
unlike($stored, qr/$one|$i->{inviteID}/, 'the database does not know an id that can be used');

# Many at once: COUNT processes, each redeems once; their statuses.
sub at_once {
    my ($count, $data) = @_;
    my @pipes;
    for my $n (1 .. $count) {
        pipe my $read, my $write or die "pipe: $!\n";
        my $pid = fork // die "fork: $!\n";
        if (!$pid) {
            close $read;
            # own connection for each process
            site('chatroom');
            my ($status, $body);
            # a loaded machine may say 503 while so many passwords wait to be hashed
            for (1 .. 120) {
                ($status, $body) = @{ redeem($data->($n)) };
                last if $status != 503;
                sleep 1;
            }
            print $write "$status " . canonical($body) . "\n";
            close $write;
            POSIX::_exit(0);
        }
        close $write;
        push @pipes, [$read, $pid];
    }
    return map { my $line = readline $_->[0]; waitpid $_->[1], 0; chomp $line; $line } @pipes;
}
my $users = @{ (get($owner, 'users'))[1] };
my $ten = invite($owner, uses => 10);
my $base = new_name();
my %seen;
$seen{ /^200/ ? 200 : $_ }++ for at_once(100, sub { (inviteID => $ten, username => "$base.$_[0]") });
is_deeply(\%seen, { 200 => 10, '403 "There are no more uses left on this invite"' => 90 }, '100 at once by an invite with 10 uses');
is(scalar @{ (get($owner, 'users'))[1] }, $users + 10, 'make 10 accounts');
my $three = invite($owner, uses => 3);
%seen = ();
$seen{ /^200/ ? 200 : $_ }++ for at_once(20, sub { (inviteID => $three, username => "$base.same") });
is_deeply(\%seen, { 200 => 1, '400 "Username already in use"' => 19 }, '20 at once with one name');
is(redeem(inviteID => $three)->[0], 200, 'cost one use') for 1, 2;
is(redeem(inviteID => $three)->[0], 403, 'and no more');
done_testing;
