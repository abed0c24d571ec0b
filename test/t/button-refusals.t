# Who may not write for now: the answer of each dialect, byte for byte, and every way to say something without sending a message.
use strict;
use warnings;
use Test::More;
use ChatTest;
use ChatroomTest ();
use DialectsTest;
use KingletTest ();
use TeenTest ();

my ($true, $false) = (JSON::PP::true(), JSON::PP::false());
my $server = serve_dialects();
my ($name, $token)    = account();
my ($friend, $theirs) = account();
my ($mod, $keeper)    = account();
my ($chief, $admin)   = account();
ctl('account', 'rank', $mod, 1);
ctl('account', 'rank', $chief, 2);
ctl('channel', 'add', 'square');
my ($square) = grep { $_->{name} eq 'square' } @{ JSON::PP::decode_json(ctl('channel', 'list', '--json')) };
sub act { my ($who, $path, $data) = @_; return [button("$path/", { token => $who, %$data })] }
sub id_of { my ($who, $channel, $text) = @_; return act($who, 'sendmessage', { channel => $channel, message => $text, extended => $true })->[1]{message_id} }

# ---- the refusals ----

my %voice = voices($name, \$token, $square, $friend);
my @all   = sort keys %voice;
my $echo  = qq("message_text":"\@$friend x"});
my $writer = '{"status":403,"description":"Forbidden","user_message":"You are not allowed to write. ","system_message":"You are not allowed to write. ",';
my %silent = (
    chatroom   => qq(403 "You do not have permission to write in this channel!"\n),
    teendevops => '200 {"success":false,"error":"You are not allowed to write in that channel."}',
    kinglet    => "403 $writer$echo",
);
my %slow = (
    (map { $_ => '429 {"message": "Too many requests, try again later!"}' } qw(button dm)),
    chatroom   => qq(429 "Too many requests, try again later!"\n),
    teendevops => '200 {"success":false,"error":"You have hit the API rate limit. Contact info@teendevops.net to adjust this limit."}',
    kinglet    => '429 {"status":"429","description":"Too Many Requests","user_message":"Too many requests, try again later!","system_message":"Too many requests, try again later!"}',
);
my %out = (
    (map { $_ => '401 {"message": "Invalid token!"}' } qw(button dm)),
    chatroom   => qq(401 "Client not logged in. (Cookie or userID was invalid, or not sent)"\n),
    teendevops => '200 {"success":false,"error":"You must be signed in to do that."}',
    kinglet    => '403 {"status":403,"description":"Forbidden","user_message":"Invalid access.","system_message":"User could not authenticate."}',
);
# Spaces between the members of an object are no part of what is promised.
sub plain { my ($text) = @_; $text =~ s/": /":/g; return $text }
sub refused {
    my ($what, $texts, @dialects) = @_;
    for my $dialect (@dialects) {
        my $r = $voice{$dialect}->('x');
        is(plain("$r->[0] $r->[2]"), plain($texts->{$dialect}), "$what: $dialect");
        like($r->[3]{'retry-after'} // '', qr/^[1-9]\d*$/, '... with Retry-After') if $r->[0] == 429;
    }
    return;
}
sub speaks { my ($what) = @_; for (@all) { my $r = $voice{$_}->('x'); like("$r->[0] $r->[2]", $_ eq 'teendevops' ? qr/"success":true/ : qr/^20/, "$what: $_") } return }

speaks('an account');
act($keeper, 'mute', { username => $name });
refused('muted', { %silent, map { $_ => '403 {"message": "You are muted!"}' } qw(button dm) }, @all);
act($keeper, 'unmute', { username => $name });
act($keeper, 'mute', { username => $name, name => 'square' });
refused('muted in the channel', { %silent, button => '403 {"message": "You are muted!"}' }, qw(button chatroom teendevops));
like($voice{$_}->('x')->[0], qr/^20/, "muted in the channel: $_") for qw(dm kinglet);
act($keeper, 'unmute', { username => $name, name => 'square' });
act($admin, 'grant', { name => 'square', username => $name, rights => 'r' });
refused('without the right w', { %silent, button => '403 {"message": "You are not allowed to write in this channel!"}' }, qw(button chatroom teendevops));
act($admin, 'grant', { name => 'square', username => $name, rights => 'rw' });
speaks('with the right w');
act($keeper, 'setchannel', { name => 'square', slow_seconds => 300 });
$voice{button}->('x');
refused('slow mode', \%slow, qw(button chatroom teendevops));
act($keeper, 'setchannel', { name => 'square', slow_seconds => 0 });
ctl('emergency', 'on');
refused('emergency, a new account', { %silent, map { $_ => '403 {"message": "New accounts are not allowed to write for now!"}' } qw(button dm) }, @all);
# The same a day later: everyone writes slowly, wherever.
sub aged { return sql("$server->{state}/data/chat.db", "UPDATE account SET created_at = created_at - 172800000000 WHERE name IN ('$name', '$friend')") }
is(aged(), '', 'a day has gone by');
ctl('account', 'set', $name, 'location=here');    # the rows that processes keep are read again
wait_for(sub { $voice{button}->('x')->[0] == 429 }, 30);
refused('emergency, slow mode', \%slow, qw(button chatroom teendevops));
wait_for(sub { $voice{kinglet}->('x')->[0] == 429 }, 30);
refused('emergency, slow mode without a channel', \%slow, qw(dm kinglet));
ctl('emergency', 'off');
speaks('after it');
act($keeper, 'banuser', { username => $name, seconds => 600 });
refused('banned', \%out, @all);
my ($cookie, $csrf) = TeenTest::session();
is((TeenTest::td('POST', 'auth/login/', cookie => $cookie, form => { username => $name, password => $PW, csrf => $csrf }))[1],
    '{"success":false,"error":"Account has been banned."}', 'banned: a login to teendevops');
is(KingletTest::king('POST', '/users/login/', { email => $name, password => $PW })->[0], 404, '... to Kinglet');
answer([button('generatetoken/', { username => $name, password => $PW })], 401, BAD_LOGIN, '... to Button');
ctl('account', 'unban', $name);
$token = token($name);
%voice = voices($name, \$token, $square, $friend);
speaks('after a ban');

# ---- every other way to say something ----

my $own = (channel($token))[0];
my $mine = id_of($token, 'square', 'fine');
my $other = id_of($theirs, 'square', 'a friend said so');
ctl('discord', 'link', $name, 'general', '123456789012345678');
my @ways = (
    ['sendmessage',        { channel => 'square', message => 'x', reply_to => $other }], ['editmessage', { message_id => $mine, message => 'rude' }],
    ['react',              { message_id => $other, emoji => "\x{1f4a9}" }],               ['makechannel', { name => 'you are rude' }],
    ['addusertochannel',   { name => $own, username => $friend }],                        ['setchannel', { name => $own, description => 'rude' }],
    ['setchannel',         { name => $own, new_name => 'rude' }],                         ['senddcmsgwithtoken', { message => 'rude' }],
    ['senddcmsg',          { channel => 'general', message => 'rude' }],
);
act($keeper, 'mute', { username => $name });
answer(act($token, @$_), 403, { message => 'You are muted!' }, "muted: $_->[0]") for @ways;
act($keeper, 'unmute', { username => $name });
like(act($token, @$_)->[0], qr/^20/, "unmuted: $_->[0]") for @ways;
act($keeper, 'mute', { username => $name });
is(act($token, 'report', { message_id => $other, reason => 'rude' })->[0], 201, 'muted: a report is heard');
is(act($token, 'deletemessage', { message_id => $mine })->[0], 200, 'muted: one may take back what one said');
act($keeper, 'unmute', { username => $name });

# ---- rights that were taken away do not come back by leaving, by being removed, or by a friend ----

my $room = (channel($theirs))[0];
act($theirs, 'addusertochannel', { name => $room, username => $_ }) for $name, $mod;
my %in = (square => $admin, $room => $theirs);
for my $channel (sort keys %in) {
    my $what = $channel eq 'square' ? 'a public channel' : 'a private channel';
    act($token, 'joinchannel', { name => $channel });
    act($in{$channel}, 'grant', { name => $channel, username => $name, rights => '' });
    for (['left', $token, 'leavechannel', {}], ['removed', $keeper, 'removefromchannel', { username => $name }]) {
        my ($how, $who, $path, $data) = @$_;
        act($who, $path, { name => $channel, %$data });
        act($token, 'joinchannel', { name => $channel });
        act($theirs, 'addusertochannel', { name => $channel, username => $name });
        isnt(act($token, 'readmessagesfromchannel', { name => $channel, count => 1 })->[0], 200, "$what, $how: no reading");
        isnt(act($token, 'sendmessage', { channel => $channel, message => 'x' })->[0], 200, "$what, $how: no writing");
    }
    act($in{$channel}, 'grant', { name => $channel, username => $name, rights => 'rw' });
    is(act($token, 'sendmessage', { channel => $channel, message => 'x' })->[0], 200, "$what: until they are granted");
}

# ---- reports ----

sub queue { my ($who) = @_; return @{ act($who, 'listreports', {})->[1]{reports} } }
my $threat = act($token, 'senddm', { username => $friend, message => 'a threat', extended => $true })->[1]{message_id};
my $insult = id_of($token, 'square', 'an insult');
act($theirs, 'report', { message_id => $_, reason => 'abuse' }) for $threat, $insult;
act($token, 'editmessage', { message_id => $insult, message => 'good morning' });
act($token, 'deletemessage', { message_id => $_ }) for $threat, $insult;
my %seen = map { $_->{reported}{message_id} => $_ } queue($keeper);
is_deeply([map { [@{ $seen{$_}{reported} }{qw(message deleted)}] } $threat, $insult], [['a threat', $true], ['an insult', $true]],
    'a report shows what was said, whatever its author makes of it');
is(scalar(grep { $_->{act} eq 'read' && ($_->{message_id} // 0) == $threat } @{ act($admin, 'auditlog', {})->[1]{entries} }), 1, 'the audit log says who read the direct message');
act($keeper, 'closereport', { report_id => $seen{$insult}{report_id}, action => 'mute', seconds => 1 });
my ($closed) = grep { $_->{reported}{message_id} == $insult } @{ act($keeper, 'listreports', { state => 'closed' })->[1]{reports} };
is($closed->{reported}{message}, '', 'nothing of it stays when the report is closed');
wait_for(sub { $voice{button}->('x')->[0] == 200 }, 30);

my $den = (channel($token))[0];
act($token, 'addusertochannel', { name => $den, username => $friend });
act($theirs, 'report', { message_id => id_of($token, $den, "noise $_"), reason => 'noise' }) for 1 .. 49;
answer(act($theirs, 'report', { message_id => id_of($token, $den, 'more'), reason => 'noise' }), 429, { message => 'Too many requests, try again later!' },
    'fifty open reports are enough');

stop_server($server);
done_testing();
