# Requests that want more than they may: foreign pages, guesses, replays with another password, bodies of other
# types; what of it the log says, and what fail2ban makes of that.
use strict;
use warnings;
use Test::More;
use ChatTest;

my $dir = stage() . '/defence';
my $status = -e "$ENV{CHAT_MODULES}/mod_status.so" ? <<"END" : '';
LoadModule status_module $ENV{CHAT_MODULES}/mod_status.so
ExtendedStatus On
<Location /status>
  SetHandler server-status
</Location>
END
my $log = "LoadModule log_config_module $ENV{CHAT_MODULES}/mod_log_config.so\n" if -e "$ENV{CHAT_MODULES}/mod_log_config.so";
mkdir $dir;
mkdir $_ for "$dir/tenant", "$dir/tenant/old";
spew("$dir/tenant/old/.htaccess", "SetHandler chat\nChatAPI kinglet\n");
spew("$dir/tenant/.htaccess", "SetHandler chat-metrics\n");
my $server = httpd($dir, <<"END");
LogLevel notice
ThreadsPerChild 10
ServerLimit 8
StartServers 2
MaxRequestWorkers 20
MinSpareThreads 1
MaxSpareThreads 20
${\ ($log // '') }CustomLog $dir/access.log "%r"
$status
DocumentRoot $dir/tenant
<Directory $dir/tenant>
  AllowOverride FileInfo
  Require all granted
</Directory>
ChatRevealPasswords On
ChatRealtime off
ChatAllowOrigin https://app.example
ChatRateLimit teendevops off
END
site($server->{url});
my ($host) = $server->{url} =~ m{//(.+)};

my $name = new_name();
my %new  = (username => $name, password => $PW);

# The chatroom's cookie, and pages that are not ours. No Fetch Metadata: plain HTTP.
my ($code, $body, $h) = request('POST', '/api/v0/chatroom/', headers => { 'Content-Type' => 'application/json' },
    body => qq({"username":"$name","password":"Tiger42!\$word","chatroom_name":"x"}));
is($code, 200, 'a chatroom');
my $cookie = $h->{'set-cookie'};
$cookie =~ s/;.*//;
my ($room)    = $body =~ /"chatroomID":"([^"]+)"/;
my ($channel) = $body =~ /"channelID":"([^"]+)"/;

sub say_as {
    my %from = @_;
    return (request('POST', "/api/v0/messages/$room", headers => { Cookie => $cookie, 'Content-Type' => 'text/plain', %from },
        body => qq({"userID":"0","channelID":"$channel","data":"hi","type":"text"})))[0];
}

sub invite_as {
    my %from = @_;
    return (request('GET', "/api/v0/invites/$room?userID=0&uses=1", headers => { Cookie => $cookie, %from }))[0];
}
is(say_as(), 200, 'a program');
is(say_as(Origin => $server->{url}), 200, 'our page');
is(say_as(Origin => "https://$host"), 200, 'our page behind a front end that speaks TLS');
is(say_as(Origin => 'https://app.example'), 200, 'a listed page');
my @strangers = ('http://neighbour.lan:3000', 'http://127.0.0.1:3000', 'null', "http://x.$host", "$server->{url}.example", 'file://', "ftp:$host");
for my $origin (@strangers) {
    is(say_as(Origin => $origin), 401, "a page of $origin");
    is(say_as(Origin => $origin, 'Sec-Fetch-Site' => 'same-origin'), 401, '... whatever Sec-Fetch-Site says');
    is(invite_as(Origin => $origin), 401, '... and a GET that makes something');
}
is(invite_as(), 200, 'an invite for a program');
my %browser = ('User-Agent' => 'Mozilla/5.0 (X11; Linux x86_64) Firefox/115.0');
is(invite_as(%browser), 401, 'a browser that does not say for whom');
is(invite_as('User-Agent' => 'Opera/9.80', 'Accept-Language' => 'en'), 401, 'one that is not called Mozilla');
is(invite_as('User-Agent' => 'node', 'Accept-Language' => '*'), 200, 'a program with any language');
is(invite_as(%browser, userID => 0), 200, 'a header that no foreign page can send');
is(invite_as(%browser, userID => 0, Origin => 'null'), 401, 'unless the browser names it');
is(invite_as(%browser, Referer => "http://neighbour.lan:3000/x"), 401, 'a browser for a foreign page');
is(invite_as(%browser, Referer => "$server->{url}/chat/"), 200, 'a browser for our page');
is(invite_as(%browser, 'Sec-Fetch-Site' => 'same-origin'), 200, 'a browser on TLS for our page');

# Guesses in every dialect.
button('login/', { username => new_name(), password => 'Wr0ngPass!' });
request('POST', "/api/v0/login/$room", headers => { 'Content-Type' => 'application/json' }, body => qq({"username":"$_","password":"x"}))
    for 'nobody', $name;
request('POST', '/api/v1/users/login', headers => { 'Content-Type' => 'application/json' }, body => qq({"email":"$name","password":"x"}));

# An Idempotency-Key is no way to try passwords.
my %key  = ('Idempotency-Key' => '1');
my $made = { message => 'User registered successfully!' };
answer([button('register/', \%new, headers => \%key)], 201, $made, 'registered');
answer([button('register/', \%new, headers => \%key)], 201, $made, 'the same again');
my @codes = map { (button('register/', { %new, password => "Wrong$_!aA" }, headers => \%key))[0] } 1 .. 13;
is("@codes", join(' ', (422) x 11, (429) x 2), 'another password under the key: another request, and counted as a guess');

# teendevops: multipart as PHP took it, foreign pages, bad tokens.
my ($tdo, $wrong) = ('/api/v1');
sub multipart {
    my %f = @_;
    my $b = 'x' x 20;
    return (headers => { 'Content-Type' => "multipart/form-data; boundary=$b" },
        body => join('', map { qq(--$b\r\nContent-Disposition: form-data; name="$_"\r\n\r\n$f{$_}\r\n) } sort keys %f) . "--$b--\r\n");
}
($code, $body, $h) = request('GET', "$tdo/auth/csrf/");
my ($session) = $h->{'set-cookie'} =~ /^([^;]+)/;
my ($csrf) = $body =~ /"csrf":"([^"]+)"/;
my %login = multipart(username => $name, password => $PW, csrf => $csrf);
$login{headers}{Cookie} = $session;
(undef, $body) = request('POST', "$tdo/auth/login/", %login, headers => { %{ $login{headers} }, Origin => 'http://neighbour.lan:3000' });
like($body, qr/Invalid CSRF token/, 'a foreign page has no session');
($code, $body, $h) = request('POST', "$tdo/auth/login/", %login);
unlike($body, qr/CSRF/, 'multipart: the token is found') or diag($body);
my %bad = multipart(username => $name, password => $PW, format => 'xml');
(undef, $body, $h) = request('POST', "$tdo/auth/login/", %bad);
is($h->{'content-type'}, 'application/xml', 'multipart: format');
$bad{body} =~ s/--\r\n\z//;
(undef, $body) = request('POST', "$tdo/auth/login/", %bad);
like($body, qr/"Parameter 'form' is not valid\."/, 'multipart that does not end') or diag($body);
%bad = multipart(map { ("f$_" => 1) } 1 .. 70);
(undef, $body) = request('POST', "$tdo/auth/login/", %bad);
like($body, qr/"Parameter 'form' is not valid\."/, 'multipart: too many parts');
($code, $body) = request('POST', "$tdo/users/login", multipart(json => qq({"email":"nobody","password":"x"})));
is($code, 404, 'Kinglet: the field json in a multipart form') or diag($body);

# Compressed bodies.
for my $path ('/api/v3/login/', "/api/v0/login/$room", "$tdo/messages", "$tdo/auth/login/") {
    ($code) = request('POST', $path, headers => { 'Content-Encoding' => 'gzip', 'Content-Type' => 'application/json' }, body => "\x1f\x8b\0");
    is($code, 415, "$path: gzip");
}

# Counts of the whole httpd are no tenant's to publish.
is((request('GET', '/'))[0], 404, 'chat-metrics in .htaccess');

# No secret in a request line that others see.
my $secret = 'AbCdEfGhIjKlMnOpQrStUv';
request('GET', "$tdo/messages?session_id=$secret&user_id=1&user_name=x");
request('GET', "$tdo/messages/$secret/1/x");
request('GET', "/old/messages/$secret/1/x?session_id=$secret");
if ($status) {
    (undef, $body) = request('GET', '/status');
    unlike($body, qr/$secret/, 'mod_status shows no session');
    my $waiting = IO::Socket::INET->new(PeerAddr => $host, Timeout => 10);
    print $waiting "POST /old/messages/$secret/1/wait?session_id=$secret HTTP/1.1\r\nHost: $host\r\nContent-Length: 9\r\n\r\n";
    ok(wait_for(sub { ($body) = (request('GET', '/status'))[1]; $body =~ m{/old/messages/\S*wait} }), 'a request below a real directory waits for its body');
    # the line is masked once httpd has found the directory
    wait_for(sub { ($body) = (request('GET', '/status'))[1]; $body !~ /$secret/ });
    like($body, qr{/old/messages/\S*wait}, 'it still waits');
    unlike($body, qr/$secret/, 'mod_status shows no session of it');
    close $waiting;
}
my $access = slurp("$dir/access.log");
unlike($access, qr/$secret/, 'nor does %r');
like($access, qr{GET /api/v1/messages\?session_id=\*{22}&user_id=1&user_name=x HTTP}, 'the rest of the line is there');
like($access, qr{GET /api/v1/messages/\*{22}/1/x HTTP}, '... of a path too');
like($access, qr{GET /old/messages/\*{22}/1/x\?session_id=\*{22} HTTP}, '... and below a real directory');

# What the log says of all this.
my $lines = slurp($server->{log});
like($lines, qr/CHAT0220: failed login from 127\.0\.0\.1: account "$name"/, 'a failed login is logged');
like($lines, qr/CHAT0220: failed login from 127\.0\.0\.1: no account/, '... for no account too');
like($lines, qr/CHAT0221: too many failed logins from 127\.0\.0\.1: /, 'a throttled login');
like($lines, qr/CHAT0222: refused a request without its CSRF token from 127\.0\.0\.1/, 'a CSRF token');
like($lines, qr{CHAT0223: refused the cookie of a foreign page from 127\.0\.0\.1: http://neighbour\.lan:3000}, 'a foreign page');
my $n = () = $lines =~ /CHAT0220/g;
cmp_ok($n, '<=', 20, 'ten lines a minute at most');

SKIP: {
    my ($regex) = grep { -x } map { "$_/fail2ban-regex" } split(/:/, $ENV{PATH}), '/usr/bin';
    skip 'fail2ban is not installed', 1 unless $regex;
    my $out = qx($regex --print-all-matched $dir/error.log ${\ stage() }/conf/fail2ban/mod_chat.conf 2>&1);
    my ($matched) = $out =~ /(\d+) matched/;
    my $expected = () = $lines =~ /CHAT022[0-3]/g;
    is($matched, $expected, 'fail2ban finds each of them') or diag($out);
}
stop_httpd($server, 'CHAT0163');
done_testing;
