# Virtual hosts, real directories, other origins: who serves what, and who does not.
use strict;
use warnings;
use Test::More;
use ChatTest;

# Two sites know nothing of each other.
site('button');
my ($name, $token) = account();
my ($room) = channel($token);
button('sendmessage/', { token => $token, channel => $room, message => 'of the first site' });
site('other');
answer([button('login/', { username => $name, password => $PW })], 401, BAD_LOGIN, 'an account of another site');
answer([button('getchannels/', { token => $token })], 401, BAD_TOKEN, 'a token of another site');
my (undef, $there) = account($name);
isnt($there, $token, 'the same account and generation, another secret');
answer([button('readmessagesfromchannel/', { token => $there, name => $room })], 404,
    { message => 'Channel not found!' }, 'a channel of another site');
answer([button('readmessagesfromchannel/', { token => $there, message_id => 1 })], 404,
    { message => 'Message not found!' }, 'a message of another site');
channel($there, $room);
site('button');
answer([button('getchannels/', { token => $there })], 401, BAD_TOKEN, 'and back');

# Pages of other origins.
site('other');
my $origin = 'https://app.example';
{
    my ($status, $text, $h) = request('OPTIONS', '/api/v3/login/', headers => { Origin => $origin,
        'Access-Control-Request-Method' => 'POST', 'Access-Control-Request-Headers' => 'content-type,idempotency-key' });
    like($status, qr/^20[04]$/, 'preflight');
    is($h->{'access-control-allow-origin'}, $origin, 'preflight: the origin');
    like($h->{'access-control-allow-methods'} // '', qr/\bPOST\b/, 'preflight: the method');
    like(lc($h->{'access-control-allow-headers'} // ''), qr/\b\Q$_\E\b/, "preflight: $_")
        for qw(content-type idempotency-key userid username get-method count time channelid uses expiration-time);
    like($h->{vary} // '', qr/\bOrigin\b/i, 'preflight: Vary');
}
for (['login/', {}, 411], ['nothing/', {}, 404], ['login/', { username => $name, password => $PW }, 200]) {
    my ($path, $data, $status) = @$_;
    my @r = button($path, $data, headers => { Origin => $origin });
    is($r[0], $status, "with an Origin: $status");
    is($r[2]{'access-control-allow-origin'}, $origin, "$status: the origin");
    like($r[2]{vary} // '', qr/\bOrigin\b/i, "$status: Vary");
    @r = button($path, $data, headers => { Origin => 'https://evil.example' });
    ok(!exists $r[2]{'access-control-allow-origin'}, "$status: no other origin");
}
{
    my ($status, $text, $h) = request('OPTIONS', '/api/v3/login/',
        headers => { Origin => 'https://evil.example', 'Access-Control-Request-Method' => 'POST' });
    ok(!exists $h->{'access-control-allow-origin'}, 'preflight of another origin');
}

# Real directories.
site('tenant');
my $login = { message => 'Login successful!' };
($name, $token) = do {
    my $n = new_name();
    answer([button('register/', { username => $n, password => $PW }, mount => '/plain')], 201,
        { message => 'User registered successfully!' }, 'SetHandler chat in <Directory>');
    ($n);
};
answer([button('login/', { username => $name, password => $PW }, mount => $_)], 200, $login, "mounted at $_")
    for '/plain', '/tenant', '/deep/er';
answer_like([button('nothing/', {}, mount => $_)], 404, "no such endpoint below $_") for '/plain', '/tenant';
{
    my ($status, $text) = request('GET', '/plain/page.html');
    unlike($text, qr/a page/, 'SetHandler takes the whole directory');
}
answer([button('login/', { username => $name, password => $PW }, mount => '/tenant/sub')], 404,
    (button('login/', {}, mount => '/tenant/sub'))[1], 'a directory below is below the mount');
{
    # .htaccess may tighten limits: there ChatMaxMessage is 20
    my @r = button('generatetoken/', { username => $name, password => $PW }, mount => '/tenant');
    my $t = $r[1]{token};
    channel_at('/plain', $t, my $c = new_name());
    answer_like([button('sendmessage/', { token => $t, channel => $c, message => 'x' x 21 }, mount => '/tenant')], 413,
        '.htaccess tightens a limit');
    answer([button('sendmessage/', { token => $t, channel => $c, message => 'x' x 21 }, mount => '/plain')], 200,
        { message => 'Message sent!' }, 'only there');
}
sub channel_at {
    my ($mount, $t, $c) = @_;
    my @r = button('makechannel/', { token => $t, name => $c }, mount => $mount);
    is($r[0], 200, "makechannel at $mount");
}

# What is not ours is left alone.
{
    my ($status, $text) = request('GET', '/page.html');
    is($status, 200, 'a page of the site');
    like($text, qr/a page/, 'as it is');
    ($status) = request('GET', '/api/v3x/login/');
    is($status, 404, 'a path that only begins like a mount');
}
{
    my ($status, $text, $h) = request('POST', '/api/v3/login/', body => '{}');
    like($text, qr/"message"/, 'the API in front of an ErrorDocument');
    unlike($text, qr/error document/, 'is not replaced by it');
}

# Loaded, and not asked for.
site('off');
for my $path (qw(/api/v3/login/ /api/v0/ /api/v1/ /socket.io/)) {
    my ($status, $text) = request('GET', $path);
    is($status, 404, "off: $path is nobody's");
    like($text, qr/<title>404/, "off: httpd's own page");
}

# Registration closed.
site('closed');
my @r = button('register/', { username => new_name(), password => $PW });
answer_like(\@r, 403, 'registration is closed');

done_testing;
