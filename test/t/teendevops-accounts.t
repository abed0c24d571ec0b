# What the administrator's tool does shows in the teendevops API: rank, ban, e-mail, profile, channels, chatrooms.
use strict;
use warnings;
use utf8;
use Test::More;
use ChatTest;
use TeenTest;

my $server = serve(args => ['--tls-port', 0], conf => <<'END');
ChatRateLimit teendevops off
ChatRateLimit button:registrations off
ChatAPI teendevops /second
ChatAllowOrigin https://app.example
<Location /second>
  ChatRoom 2
</Location>
END
site($server->{url});

sub ctl {
    my (@args) = @_;
    my ($code, $out, $err) = chatctl('--state', $server->{state}, @args);
    return is("$code$err", 0, "chatctl @args");
}

my ($name) = account();
ctl('account', 'set', $name, 'email=Some.Body@Example.org');
ctl('account', 'rank', $name, 2);
ctl('account', 'set', $name, 'description=I <am> "é" / \\', 'languages=C++', 'location=Oregon, USA', 'icon=/assets/user-icons/1.png');
my $id = body_json((td('GET', 'users/get/', query => { username => $name }))[1])->{user}{id};
my $user = sub {
    my ($banned) = @_;
    return qq({"success":true,"user":{"id":$id,"username":"$name","rank":2,"banned":$banned,"description":"I <am> \\"\\u00e9\\" \\/ \\\\",)
        . '"languages":"C++","location":"Oregon, USA","icon":"\/assets\/user-icons\/1.png"}}';
};
said([td('GET', 'users/get/', query => { id => $id })], $user->('false'), 'the profile');
my $similar = qq({"success":true,"users":[{"id":$id,"username":"$name","banned":false,"description":"I <am> \\"\\u00e9\\" \\/ \\\\",)
    . '"location":"Oregon, USA","language":"C++","rank":2,"icon":"\/assets\/user-icons\/1.png","languages":"C++"}]}';
said([td('GET', 'users/findsimilar/', query => { language => 'C++' })], $similar, 'findsimilar');
unlike((td('GET', 'users/findsimilar/', query => { language => 'None' }))[1], qr/"$name"/, 'and not among those without a language');

# At most 20, by id.
my @many = map { my ($n) = account(); $n } 1 .. 22;
ctl('account', 'set', $_, 'languages=Lua') for @many;
my @found = map { $_->{username} } @{ body_json((td('GET', 'users/findsimilar/', query => { language => 'Lua' }))[1])->{users} };
is("@found", "@many[0 .. 19]", 'the first 20');

# Login by e-mail, in any spelling; failures are the account's by whatever name.
my ($sid, $csrf) = session();
my $try = sub { [td('POST', 'auth/login/', cookie => $sid, form => { username => $_[0], password => $_[1], csrf => $csrf })] };
my $wrong = 'Username/Email or password is incorrect.';
refused($try->('some.body@example.org', 'x'), $wrong, 'a wrong password to an address');
refused($try->('nobody@example.org', $PW), $wrong, 'nobody\'s address');
refused($try->($_ % 2 ? $name : 'SOME.body@example.org', 'x'), $wrong, "failure $_ by name or address") for 2 .. 11;
like($try->($_, $PW)->[1], qr/temporarily locked/, "both are locked: $_") for $name, 'some.body@example.org';
stop_server($server);
$server = serve(state => $server->{state}, args => ['--conf', "$server->{state}.conf"]);
site($server->{url});
my ($in, $token) = login_as('some.BODY@example.org');
said([td('POST', 'chat/send/', cookie => $in, form => { csrf => $token, channel => 1, message => 'hi' })],
    qq({"success":true,"channel":1,"username":"$name","message":"hi"}), 'logged in by address');
my %letter = (csrf => $token, channel => 1, message => 'x');

# A session lives on over a restart of the server; so does a visitor's.
($sid, $csrf) = session();
stop_server($server);
$server = serve(state => $server->{state}, args => ['--conf', "$server->{state}.conf"]);
site($server->{url});
is((session(cookie => $sid))[0], $sid, 'a visitor outlives a restart');
is((session(cookie => $in))[0], $in, 'a session outlives a restart');

# Ban: ends sessions, is said to whoever knows the password and to nobody else.
ctl('account', 'ban', $name);
refused([td('POST', 'chat/send/', cookie => $in, form => \%letter)], $SIGNED_OUT, 'banned: the session is over');
said([td('GET', 'users/get/', query => { id => $id })], $user->('true'), 'banned: shown');
said([td('GET', 'users/findsimilar/', query => { language => 'C++' })], '{"success":true,"users":[]}', 'banned: not similar');
refused($try->($name, $PW), 'Account has been banned.', 'banned: login');
refused($try->($name, 'x'), $wrong, 'banned: login with a wrong password');
ctl('account', 'unban', $name);
($in, $token) = login_as($name);

# Public channels of the tool, with and without what they may have.
ctl('channel', 'add', 'offtopic', '--description', 'A "quoted" / text', '--creator', $name);
ctl('channel', 'add', 'bare');
ctl('channel', 'add', 'hidden', '--private');
my @r = td('GET', 'channels/get/');
my @channels = @{ body_json($r[1])->{channels} };
is(join('|', map { "$_->{title}:$_->{creator}:$_->{description}" } @channels),
    "default::A channel for 1337 h\@xX0rz|offtopic:$name:A \"quoted\" / text|bare::A channel for 1337 h\@xX0rz", 'channels by id');
like($r[1], qr/\{"id":\d+,"title":"offtopic","description":"A \\"quoted\\" \\\/ text","creator":"$name"\}/, 'as PHP writes it');
my $off = $channels[1]{id};
said([td('POST', 'chat/send/', cookie => $in, form => { csrf => $token, channel => $off, message => 'on' })],
    qq({"success":true,"channel":$off,"username":"$name","message":"on"}), 'a message there');
is(scalar @{ body_json((td('GET', 'chat/get/', query => "channel=$off"))[1])->{chat} }, 1, 'is there alone');
my @page = td('GET', 'chat/get/', query => "channel=$off");

# Rights that an administrator took.
ctl('channel', 'revoke', 'offtopic', $name, 'w');
refused([td('POST', 'chat/send/', cookie => $in, form => { csrf => $token, channel => $off, message => 'x' })],
    'You are not allowed to write in that channel.', 'no right to write');

# A channel that is deleted: neither list nor page is what it was.
ctl('channel', 'delete', 'offtopic');
is((td('GET', 'channels/get/', headers => { 'If-None-Match' => $r[2]{etag} }))[0], 200, 'the list has changed');
said([td('GET', 'chat/get/', query => "channel=$off", headers => { 'If-None-Match' => $page[2]{etag} })],
    qq({"success":true,"channel":$off,"limit":1000,"chat":[]}), 'the page is gone');
refused([td('POST', 'chat/send/', cookie => $in, form => { csrf => $token, channel => $off, message => 'x' })],
    'That channel does not exist.', 'nobody can send there');

# Another chatroom is another world.
my %second = (mount => '/second');
ctl('room', 'add', 'Second');
said([td('GET', 'users/get/', %second, query => { username => $name })], '{"success":false,"error":"That user does not exist."}',
    'accounts of another chatroom');
said([td('GET', 'users/get/', %second, query => { id => $id })], '{"success":false,"error":"That user does not exist."}', 'nor by id');
said([td('GET', 'chat/get/', %second, query => 'channel=1')], '{"success":true,"channel":1,"limit":1000,"chat":[]}',
    'messages of another chatroom');
refused([td('POST', 'chat/send/', %second, cookie => $in, form => { %letter, csrf => $token })], $SIGNED_OUT,
    'sessions of another chatroom');
unlike((td('GET', 'channels/get/', %second))[1], qr/"bare"/, 'channels of another chatroom');
isnt((session(%second, cookie => $in))[0], $in, 'its session is replaced');

is(stop_server($server), 0, 'stopped');

# The cookie over TLS and for the pages of another site.
sub cookie_by_curl {
    my ($url, @more) = @_;
    open my $out, '-|', 'curl', '-ski', '-m', 20, @more, "$url/api/v1/auth/csrf/" or die "curl: $!\n";
    my $answer = do { local $/; <$out> };
    my ($cookie) = $answer =~ /^set-cookie: (.*?)\r/mi;
    my ($origin) = $answer =~ /^access-control-allow-origin: (.*?)\r/mi;
    $cookie =~ s/.*path=/path=/ if defined $cookie;
    return join ' ', $cookie // 'no cookie', $origin // 'no origin';
}
$server = serve(state => $server->{state}, args => ['--conf', "$server->{state}.conf", '--tls-port', 0]);
my @origin = ('-H', 'Origin: https://app.example');
is(cookie_by_curl($server->{url}), 'path=/; HttpOnly; SameSite=Lax no origin', 'cookie');
is(cookie_by_curl($server->{tls}), 'path=/; HttpOnly; SameSite=Lax; Secure no origin', 'cookie over TLS');
is(cookie_by_curl($server->{tls}, @origin), 'path=/; HttpOnly; SameSite=None; Secure https://app.example',
    'cookie for a page of another site');
is(cookie_by_curl($server->{tls}, '-H', 'Origin: https://evil.example'), 'path=/; HttpOnly; SameSite=Lax; Secure no origin',
    'cookie for a page of any site');
is(stop_server($server), 0, 'stopped');

# What is in the logs: no password, token or session id, wherever in the request it stood.
my $logs = slurp("$server->{state}/logs/error.log") . slurp("$server->{state}/logs/access.log");
unlike($logs, qr/\Q$_\E/, 'nothing secret in the logs') for $PW, $in, $token, $sid, $csrf, 'csrf=', 'password';
like($logs, qr{"GET /api/v1/auth/csrf/ HTTP/1\.1" 200}, 'but what was asked for');

done_testing;
