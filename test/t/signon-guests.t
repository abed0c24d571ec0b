# Guests: a token for a visit, the named public channels, an account in the end.
use strict;
use warnings;
use Test::More;
use ChatTest;
use KingletTest ();

my $server = httpd(stage() . '/guests', "LogLevel notice\nChatGuests On lobby \"help desk\" staff\nChatAPI chatroom /api/v0\nChatAPI teendevops /api/v1\n"
    . "ChatAPI kinglet /api/v1\nChatAllowOrigin https://app.example\n");
my $conf = stage() . '/guests/httpd.conf';
chatctl('--conf', $conf, 'channel', 'add', $_) for 'lobby', 'help desk';
chatctl('--conf', $conf, 'channel', 'add', 'staff', '--private');
site($server->{url});
like(slurp($server->{log}), qr/CHAT0164: .*; guests chat in lobby,help desk,staff \(ChatGuests\)/, 'the log says at start who is let in');
my $no = { message => 'Guests are not allowed to do this!' };

sub guest {
    my ($name, $what, %o) = @_;
    my @got = button('guest/', { defined $name ? (name => $name) : () }, %o);
    my $token = delete $got[1]{token};
    my $is    = $got[1]{username};
    is("$got[0] " . canonical({ %{ $got[1] }, username => 0 }), '200 ' . canonical({ message => 'Welcome!', username => 0, created => JSON::PP::true() }), $what)
        or diag(canonical(\@got));
    return ($is, $token);
}

my ($name, $token) = guest('anna', 'a guest');
is($name, '~anna', 'its name has a mark');
my ($chosen, $second) = guest(undef, 'a guest without a name');
like($chosen, qr/^~guest-\d{6}$/, 'gets one');
answer([button('guest/', { name => 'ANNA' })], 401, { message => 'User exists!' }, 'the same name');
answer_like([button('guest/', { name => $_ })], 411, "a name that is none: $_") for 'with blank', '~anna', 'a' x 33;
answer([button('guest/', { name => 1 })], 400, { message => 'name is not valid!' }, 'a number');
answer([button('guest/', {}, headers => { Origin => 'https://evil.example' })], 403, { message => 'This page is not allowed to do this!' }, 'another site');
answer([button('guest/', {}, headers => { 'Content-Type' => 'text/plain' })], 415, { message => 'Content-Type must be application/json!' }, 'a form');
guest(undef, 'ChatAllowOrigin', headers => { Origin => 'https://app.example' });
answer_like([button('register/', { username => '~eve', password => $PW })], 411, 'no account has the mark');
{
    my %key = (headers => { 'Idempotency-Key' => 'once' });
    my @one = guest('once', 'with an Idempotency-Key', %key);
    my @two = guest('once', 'again', %key);
    is("@one", "@two", 'the same guest');
    my $other = HTTP::Tiny->new(local_address => '127.0.0.2')->post("$server->{url}/api/v3/guest/",
        { content => '{"name":"once"}', headers => { 'Content-Type' => 'application/json', %{ $key{headers} } } });
    answer([$other->{status}, body_json($other->{content})], 401, { message => 'User exists!' }, 'but not for another address that guessed the key');
}

# The named channels, as long as they are public.
my ($member, $theirs) = account();
my ($private) = channel($theirs);
is_deeply([sort map { $_->{channel_name} } @{ (button('listchannels/', { token => $token }))[1]{channels} }], ['help desk', 'lobby'], 'what a guest sees');
is_deeply([sort map { $_->{channel_name} } @{ (button('getchannels/', { token => $token }))[1]{channels} }], ['help desk', 'lobby'], 'and has joined');
answer([button('sendmessage/', { token => $token, channel => $_, message => 'hello' })], 200, { message => 'Message sent!' }, "writes to $_")
    for 'lobby', 'help desk';
answer([button('sendmessage/', { token => $token, channel => $_, message => 'hello' })], 401, { message => 'You are not in this channel!' }, "not to $_")
    for 'default', 'staff', $private;
button('sendmessage/', { token => $theirs, channel => $_, message => "in $_" }) for 'default', 'lobby';
my $read = sub { return [button('readmessagesfromchannel/', { token => $token, name => $_[0] })] };
is_deeply([map {"$_->{sender}: $_->{message}"} @{ $read->('lobby')->[1]{messages} }], ['~anna: hello', "$member: in lobby"], 'reads');
is($read->($_)->[0], 401, "does not read $_") for 'default', 'staff', $private;
my ($id) = $read->('lobby')->[1]{messages}[0]{message_id};
is((button('editmessage/', { token => $token, message_id => $id, message => 'hello!' }))[0], 200, 'edits its own message');
is_deeply((button('listmembers/', { token => $theirs, name => 'lobby' }))[1]{members}[0], '~anna', 'is a member there');

# Everything else: deny by default, whatever the endpoint.
my %bodies = (username => $member, name => 'lobby', message => 'x', channel => 'lobby', message_id => 1, reason => 'x', rights => 'r', report_id => 1,
    action => 'none', session_id => 'x');
my %open = map { $_ => 1 } qw(signoff listchannels leavechannel listmembers getmysentmessages getmessagesforeveryone readmessagesfromchannel deletemessage
    getchannels sendmessage editmessage messagehistory getthread react getdms search);
my $header = slurp(stage() . '/src/api/button.h');
my %flags = $header =~ m{^R\("/(\w+)/", \w+, ([A-Z |]+), \w+\)}mg;
ok(keys %flags > 20, 'the routes of the header');
for my $path (sort keys %flags) {
    next if $flags{$path} !~ /TOKEN|ADMIN/ || $path eq 'signoff';
    my @got = button("$path/", { token => $second, %bodies });
    if ($open{$path} || $flags{$path} =~ /ADMIN/) { isnt(canonical($got[1]), canonical($no), "$path is open, or does not exist") }
    else { answer(\@got, 403, $no, "$path is not for guests") }
}
answer([button('getdms/', { token => $token })], 404, { message => 'No dms!' }, 'a guest has no direct messages');
answer([button('senddm/', { token => $theirs, username => '~anna', message => 'x' })], 404, { message => 'User not found!' }, 'no direct message to a guest');
answer([button('addusertochannel/', { token => $theirs, name => $private, username => '~anna' })], 404, { message => 'User not found!' },
    'no member adds one to a channel');
is((button('generatetoken/', { username => '~anna', password => $PW }))[0], 401, 'no password logs a guest in');
is((button('changepassword/', { username => '~anna', password => $PW, new_password => 'Passw1rd!' }))[0], 401, 'nor is there one to change');
isnt(KingletTest::king('POST', '/users/login', { email => '~anna', password => $token })->[0], 200, 'nor does the token begin a session of another dialect');

# The other dialects have logins of their own.
for (['GET', "/api/v1/users/~anna/?session_id=$token", 'Kinglet'], ['GET', '/api/v0/chatrooms', 'the chatroom API'], ['GET', '/api/v1/me/', 'teendevops']) {
    my ($method, $path, $dialect) = @$_;
    my ($status, $text) = request($method, $path, headers => { Cookie => "session=$token; token=$token; PHPSESSID=$token", Authorization => "Bearer $token", session => $token });
    unlike($text, qr/"?username"?\W+~anna/, "a guest's token is nothing to $dialect");
}

# Events: of its channels alone.
sub poll {
    my ($as) = @_;
    my (undef, $text) = request('GET', '/socket.io/?EIO=4&transport=polling');
    my ($sid) = $text =~ /"sid":"([^"]+)"/ or die "Socket.IO: $text\n";
    my $url = "/socket.io/?EIO=4&transport=polling&sid=$sid";
    request('POST', $url, body => qq(40{"token_api_v3":"$as"}), headers => { 'Content-Type' => 'text/plain' });
    my $more = sub { my ($status, $said) = request('GET', $url); $status == 200 or die "Socket.IO: $status $said\n"; return $said };
    my $got = '';
    $got .= $more->() until $got =~ /ready|error/;
    return ($got, $more);
}
wait_for(sub { (request('GET', '/socket.io/?EIO=4&transport=polling'))[0] == 200 });
{
    my ($said, $more) = poll($token);
    like($said, qr/"ready",.* : ~anna"/, 'Socket.IO knows a guest');
    my ($all, $others) = poll($theirs);
    button('sendmessage/', { token => $theirs, channel => $_, message => "to $_" }) for 'default', $private, 'lobby';
    my $got = '';
    $got .= $more->() until $got =~ /to lobby/;
    unlike($got, qr/to default|to \Q$private\E/, 'and it hears of its channels alone');
    $got = '';
    $got .= $others->() until $got =~ /to lobby/;
    like($got, qr/to default/, 'while a member hears of all');
}

# An account of its own: the same token, the same messages.
answer([button('register/', { token => $token, username => $member, password => $PW })], 401, { message => 'User exists!' }, 'not under a taken name');
answer([button('register/', { token => $token, username => 'anna_b', password => 'short' })], 411, PW, 'nor with a bad password');
chatctl('--conf', $conf, 'emergency', 'on');
answer([button('register/', { token => $token, username => 'anna_b', password => $PW })], 403, { message => 'Registration is closed!' }, 'nor in an emergency');
chatctl('--conf', $conf, 'emergency', 'off');
answer([button('register/', { token => $token, username => 'anna_b', password => $PW })], 201, { message => 'User registered successfully!' }, 'a guest becomes an account');
answer([button('login/', { username => 'anna_b', password => $PW })], 200, { message => 'Login successful!' }, 'which logs in');
is(scalar @{ (button('getmysentmessages/', { token => $token }))[1]{sent_messages} }, 2, 'and keeps what it has said');
answer([button('sendmessage/', { token => $token, channel => 'default', message => 'hello' })], 200, { message => 'Message sent!' }, 'with the rights of a member');
like((poll($token))[0], qr/"ready",.* : anna_b"/, 'in events, too');
answer([button('register/', { token => $token, username => new_name(), password => $PW })], 201, { message => 'User registered successfully!' },
    "an account's token means nothing to register");
answer([button('signoff/', { token => $second })], 200, { message => 'Signed off!' }, 'a guest leaves');
answer([button('getchannels/', { token => $second })], 401, BAD_TOKEN, 'for good');

# No rank makes a guest anything else.
my ($last, $visitor) = guest(undef, 'another guest');
isnt((chatctl('--conf', $conf, 'account', 'rank', $last, 2))[0], 0, 'chatctl gives no rank to a guest');
is((chatctl('--conf', $conf, 'account', 'ban', $last))[0], 0, 'but bans one');
answer([button('getchannels/', { token => $visitor })], 401, BAD_TOKEN, 'who is out at once');
stop_httpd($server);

site('button');
answer([button('guest/', {})], 404, { message => 'Endpoint not found!' }, 'without ChatGuests');
done_testing();
