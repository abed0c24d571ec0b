# A raid: one command, and nothing of it is visible; what everyone else said stays. A network that is refused.
use strict;
use warnings;
use Test::More;
use ChatTest;
use ChatroomTest ();

my $conf = "ChatAPI teendevops /td\nChatAPI kinglet /kg\n" . join '', map { "ChatRateLimit button:$_ off\n" } qw(registrations requests sends changes);
my $server = serve(conf => $conf);
my @ctl    = ('--state', $server->{state});
site($server->{url});
sub ctl { my @r = chatctl(@ctl, @_); is($r[0], 0, "chatctl @_") or diag($r[2]); return $r[1] }
sub api { my ($path, $token, $data) = @_; my @r = button("$path/", { token => $token, %$data }); return $r[1] }
sub said { my ($path, $token, $key, $data) = @_; return map { "$_->{sender}: $_->{message}" } @{ api($path, $token, { %$data, count => 1000 })->{$key} || [] } }

my @people = map { [account()] } 1 .. 10;
ctl('channel', 'add', 'square');
sub talk { my ($text) = @_; api('sendmessage', $_->[1], { channel => 'square', message => $text }) for @people; return }
talk('before');
sleep 2;
my $since = time - 1;
my @raiders = map { [account()] } 1 .. 40;
my ($mod) = account('raidmod');
ctl('account', 'rank', $mod, 1);
for my $r (@raiders) {
    api('sendmessage', $r->[1], { channel => 'square', message => "spam $_" }) for 1 .. 3;
    api('senddm', $r->[1], { username => $people[0][0], message => 'spam' });
}
api('makechannel', $raiders[0][1], { name => 'spamhole' });
api('addusertochannel', $raiders[0][1], { name => 'spamhole', username => $people[0][0] });
talk('meanwhile');
my $id = (grep { $_->{message} eq 'meanwhile' } @{ api('readmessagesfromchannel', $people[0][1], { name => 'square', count => 1000 })->{messages} })[0]{message_id};
api('react', $_->[1], { message_id => $id, emoji => "\x{1f44e}" }) for @raiders[0 .. 4], $people[1];
my $friend = $people[0][1];
is(scalar(grep { /spam/ } said('readmessagesfromchannel', $friend, 'messages', { name => 'square' })), 120, 'the raid is there');

my @t = gmtime $since;
like(ctl('raid', 'undo', '--since', sprintf('%04d-%02d-%02dT%02d:%02d:%02d', $t[5] + 1900, $t[4] + 1, @t[3, 2, 1, 0])),
    qr/^40 accounts banned, 160 messages deleted$/m, 'raid undo');
is_deeply([grep { /spam/ } said('readmessagesfromchannel', $friend, 'messages', { name => 'square' })], [], 'nothing in the channel');
is_deeply([map { $_->{count} } map { @{ $_->{reactions} } } @{ api('readmessagesfromchannel', $friend, { name => 'square', count => 1000, extended => JSON::PP::true() })->{messages} }],
    [1], 'no reaction but that of a person');
is_deeply([said('getdms', $friend, 'dms', {})], [], 'no direct message');
is_deeply([grep { $_->{channel_name} eq 'spamhole' } @{ api('listchannels', $friend, {})->{channels} }], [], 'no channel');
is_deeply([sort(said('readmessagesfromchannel', $friend, 'messages', { name => 'square' }))],
    [sort map { ("$_->[0]: before", "$_->[0]: meanwhile") } @people], 'what the people said stays');
my ($room) = map { $_->{uuid} } @{ JSON::PP::decode_json(ctl('room', 'list', '--json')) };
my $me = JSON::PP::decode_json(ctl('account', 'show', $people[0][0], '--json'));
my @in = ChatroomTest::call('POST', "/api/v0/login/$room", { userID => $me->{uuid}, password => $PW });
my ($cookie) = (ref $in[2]{'set-cookie'} ? $in[2]{'set-cookie'}[0] : $in[2]{'set-cookie'}) =~ /=([^;]+)/;
my @users = map { $_->{username} } @{ (ChatroomTest::get({ room => $room, id => $me->{uuid}, cookie => $cookie }, 'users'))[1] };
ok((grep { $_ eq $people[0][0] } map { $_ // '' } @users), 'the people are there');
my %raider = map { $_->[0] => 1 } @raiders;
is_deeply([grep { $raider{ $_ // '' } } @users], [], 'no name in the Chatroom API');
is_deeply([button('sendmessage/', { token => $raiders[1][1], channel => 'square', message => 'x' })]->[0], 401, 'a raider is out');
is(scalar(grep { /raid undo/ } split /\n/, ctl('audit')), 1, 'one entry in the audit log');

# A network that is refused, in every dialect, before anything else is looked at. chatctl would not refuse its own.
sub row { my ($until) = @_; my $now = time . '000000';
    return sql("$server->{state}/data/chat.db", "DELETE FROM network; INSERT INTO network VALUES ('127.0.0.0/8', $until, 'test', NULL, $now, $now)") }
# one child has seen it, and the others look once a second
sub seen { my ($refused) = @_;
    wait_for(sub { ((button('login/', { username => 'x', password => 'y' }))[0] == 403) == $refused });
    sleep 3 }
is(row('NULL'), '', 'a row');
seen(1);
answer([button('login/', { username => $people[0][0], password => $PW })], 403, { message => 'Your network is not allowed here!' }, 'refused: Button');
sub refused { my ($what, $text, @request) = @_; is(join(' ', (request(@request))[0, 1]), "403 $text", "refused: $what"); return }
refused('Chatroom', qq("You do not have permission to perform this action."\n), 'POST', "/api/v0/login/$room", body => '{}');
refused('teendevops', '{"success":false,"error":"You are not allowed to do that."}', 'GET', '/td/channels/get/');
refused('Kinglet', '{"status":"403","description":"Forbidden","user_message":"Invalid access.","system_message":"The network is not allowed."}',
    'GET', '/kg/users/x');
is(row('1'), '', 'it ends');
seen(0);
is((button('login/', { username => $people[0][0], password => $PW }))[0], 200, 'and all come in again');
stop_server($server);
done_testing();
