# ChatTrustRemoteUser with real authenticators in front: a file, LDAP, OpenID Connect, certificates, a form.
use strict;
use warnings;
use Digest::SHA qw(hmac_sha256 sha1_base64);
use IO::Socket::INET;
use MIME::Base64 qw(encode_base64);
use POSIX ();
use Test::More;
use ChatTest;
use ChatroomTest ();
use KingletTest  ();
use TeenTest     ();

my $dir = stage() . '/authenticators';
my (@children, @skipped);
mkdir $dir;
END { kill 'TERM', @children if @children && $$ == $main::owner }
our $owner = $$;
spew("$dir/users", join '', map { "$_:{SHA}" . sha1_base64("of $_") . "=\n" } qw(alice Alice bob@example.org EXAMPLE\\dora system), "p\x{e4}ul");

sub modules { return join '', map { "LoadModule ${_}_module $ENV{CHAT_MODULES}/mod_$_.so\n" } @_ }
sub module_missing { return grep { !-e "$ENV{CHAT_MODULES}/mod_$_.so" } @_ }
sub basic { return (Authorization => 'Basic ' . encode_base64("$_[0]:of $_[0]", '')) }

my $mounts = "ChatAPI chatroom /api/v0\nChatAPI teendevops /api/v1\nChatAPI kinglet /api/v1\nChatAPI button /api/v3\nChatAPI button /open\n<Location /open>\n  ChatTrustRemoteUser On\n</Location>\n";
my $nothing = { message => 'The site has not authenticated you!' };

sub place { return "$mounts<Location /api/v3/signon>\n  ChatTrustRemoteUser On\n  Require valid-user\n$_[0]</Location>\n" }

sub child {
    my ($code) = @_;
    my $pid = fork // die "fork: $!\n";
    if (!$pid) { $code->(); POSIX::_exit(127) }
    push @children, $pid;
    return $pid;
}

# What holds for every authenticator: its user (httpd's name of it: user) has an account named NAME, at first sight and later,
# until it signs off. signon: how the user does it, otherwise with these headers; nobody: the headers of who is no user.
sub holds {
    my ($how, $server, $name, %o) = @_;
    my $signon = $o{signon} || sub { return [button('signon/', {}, headers => $o{headers})] };
    site($server->{url});
    my ($status, $body) = button('signon/', {}, headers => $o{nobody} || {});
    isnt($status, 200, "$how: not without credentials");
    ok(!exists $body->{token}, "$how: no token either");
    my $token;
    for my $created (1, 0) {
        my @got = @{ $signon->() };
        my $got = delete $got[1]{token};
        answer(\@got, 200, { message => 'Signed on!', username => $name, created => $created ? JSON::PP::true() : JSON::PP::false() },
            "$how: " . ($created ? 'first sight' : 'second sight'));
        is($got, $token // $got, "$how: one token");
        $token = $got;
    }
    answer([button('sendmessage/', { token => $token, channel => 'default', message => "by $how" })], 200,
        { message => 'Message sent!' }, "$how: the token writes");
    ready($how, $token, $name);
    # what a client says of itself is nothing
    for my $header (qw(REMOTE_USER Remote-User X-Remote-User X-Forwarded-User X-Forwarded-Preferred-Username OIDC_CLAIM_sub
        SSL_CLIENT_S_DN_CN Authorization Cookie)) {
        my $value = $header eq 'Authorization' ? { basic('alice') }->{Authorization}
            : $header eq 'Cookie' ? 'session=user=alice; REMOTE_USER=alice' : 'alice';
        answer([button('signon/', {}, mount => '/open', headers => { $header => $value })], 401, $nothing, "$how: no header counts: $header");
    }
    my $conf  = "$server->{dir}/httpd.conf";
    my $alive = dialects($how, $conf, $token, $name);
    ok($alive->{$_}->(), "$how: $_ by the token") for sort keys %$alive;
    my $new = { username => $name, password => $token, new_password => 'Passw0rd!' };
    is((button('changepassword/', $new))[0], 401, "$how: a token is no password to change");
    answer([button('signoff/', { token => $token })], 200, { message => 'Signed off!' }, "$how: signing off");
    answer([button('getchannels/', { token => $token })], 401, BAD_TOKEN, "$how: the token is no more");
    ok(!$alive->{$_}->(), "$how: nor the session of $_") for sort keys %$alive;
    isnt(KingletTest::king('POST', '/users/login', { email => $name, password => $token })->[0], 200, "$how: an ended token begins no session");
    governed($how, $signon, $conf, $name, $o{user} // $name);
    return $token;
}

# Sessions of the other dialects, begun by their own logins with TOKEN in place of a password: whether each is alive.
sub dialects {
    my ($how, $conf, $token, $name) = @_;
    my ($room) = (chatctl('--conf', $conf, '--json', 'room', 'list'))[1] =~ /"uuid": ?"([0-9a-f-]{36})"/;
    my $me = ChatroomTest::person([ChatroomTest::call('POST', "/api/v0/login/$room", { userID => $name, password => $token })], $name);
    my ($id, $csrf) = TeenTest::login_as($name, $token);
    my $king = KingletTest::login_as($name, $token);
    return {
        chatroom => sub { (ChatroomTest::call('GET', "/api/v0/login/$room", undef, userID => $me->{id}, Cookie => "$me->{cookie_name}=$me->{cookie}"))[0] == 200 },
        teendevops => sub { body_json((TeenTest::td('POST', 'chat/send/', cookie => $id, form => { csrf => $csrf, channel => 1, message => "by $how" }))[1])->{success} },
        kinglet => sub { KingletTest::get('/messages', $king)->[0] == 200 },
    };
}

# Rank, ban, a rename at the site, and removal are the chat's own.
sub governed {
    my ($how, $signon, $conf, $name, $user) = @_;
    my $account = sub { my ($verb, @more) = @_; is((chatctl('--conf', $conf, 'account', $verb, $name, @more))[0], 0, "$how: $verb @more") };
    $account->('rank', 1);
    is($signon->()->[1]{username}, $name, "$how: after a change of rank");
    like((chatctl('--conf', $conf, '--json', 'account', 'show', $name))[1], qr/"rank": ?1/, "$how: which stays");
    $account->('ban');
    answer($signon->(), 403, { message => 'This account is closed or banned!' }, "$how: a ban");
    $account->('unban');
    $account->('set', "external=user:before $user");
    my $other = $signon->()->[1]{username};
    isnt($other, $name, "$how: the name alone gives no account to a user");
    chatctl('--conf', $conf, 'account', 'set', $other, 'external=') if defined $other;
    $account->('set', "external=user:$user");
    is($signon->()->[1]{username}, $name, "$how: chatctl does, after a rename at the site");
    $account->('delete');
    answer($signon->(), 403, { message => 'This account is closed or banned!' }, "$how: removed, the site does not bring it back");
}

# Socket.IO by polling: connect with TOKEN, and read who one is.
sub ready {
    my ($how, $token, $name) = @_;
    my $said = wait_for(sub {
        my ($status, $text) = request('GET', '/socket.io/?EIO=4&transport=polling');
        my ($sid) = $status == 200 && $text =~ /"sid":"([^"]+)"/ or return 0;
        my $poll = "/socket.io/?EIO=4&transport=polling&sid=$sid";
        request('POST', $poll, body => qq(40{"token_api_v3":"$token"}), headers => { 'Content-Type' => 'text/plain' });
        my $all = '';
        for (1 .. 5) { $all .= (request('GET', $poll))[1]; last if $all =~ /42\[/ }
        return $all;
    });
    like($said, qr/42\["ready",.* : \Q$name\E"/, "$how: and Socket.IO knows it");
}

# ---- a file ----

{
    my @need = qw(authn_core auth_basic authn_file authz_user);
    my $auth = "  AuthType Basic\n  AuthName x\n  AuthBasicProvider file\n  AuthUserFile $dir/users\n";
    my $server = httpd("$dir/file", modules(@need) . place($auth)
            . "<Location /open/login>\n$auth  Require valid-user\n</Location>\n<Location /api/v3/signon>\n  ChatRegistration closed\n</Location>\n");
    holds('a file', $server, 'alice', headers => { basic('alice') });
    isnt((button('signon/', {}, headers => { Authorization => 'Basic ' . encode_base64('alice:wrong', '') }))[0], 200, 'a wrong password');
    # users whose names are no names here
    my $signon = sub { my ($user, %o) = @_; return [button('signon/', {}, headers => { basic($user), %o })] };
    my $bob = $signon->('bob@example.org');
    is($bob->[1]{username}, 'bob', 'an address: the part before the at-sign');
    is($signon->('EXAMPLE\\dora')->[1]{username}, 'dora', 'a domain: the part behind the backslash');
    answer($signon->('Alice'), 409, { message => 'This name belongs to another account!' }, 'another spelling is another user');
    answer($signon->('system'), 409, { message => 'This name belongs to another account!' }, 'a reserved name');
    my $conf = "$dir/file/httpd.conf";
    is((chatctl('--conf', $conf, 'account', 'set', 'bob', 'external=user:Alice'))[0], 0, 'chatctl gives an account to another user');
    is($signon->('Alice')->[1]{username}, 'bob', 'who has it now');
    # ban, rank, removal
    my $rank = sub { (chatctl('--conf', $conf, '--json', 'account', 'show', 'dora'))[1] =~ /"rank": ?(\d)/; return $1 };
    chatctl('--conf', $conf, 'account', 'rank', 'dora', 1);
    is($signon->('EXAMPLE\\dora')->[0], 200, 'after a change of rank');
    is($rank->(), 1, 'which stays');
    my $token = $signon->('EXAMPLE\\dora')->[1]{token};
    chatctl('--conf', $conf, 'account', 'ban', 'dora');
    answer($signon->('EXAMPLE\\dora'), 403, { message => 'This account is closed or banned!' }, 'a ban');
    answer([button('getchannels/', { token => $token })], 401, BAD_TOKEN, 'and the token is no more');
    chatctl('--conf', $conf, 'account', 'unban', 'dora');
    is($signon->('EXAMPLE\\dora')->[1]{username}, 'dora', 'unbanned');
    chatctl('--conf', $conf, 'account', 'delete', 'dora');
    answer($signon->('EXAMPLE\\dora'), 403, { message => 'This account is closed or banned!' }, 'removed: the site does not bring it back');
    # the browser sends the password by itself: a page of another site must not
    answer($signon->('alice', Origin => 'https://evil.example'), 403, { message => 'This page is not allowed to do this!' }, 'another site');
    answer($signon->('alice', 'Content-Type' => 'text/plain'), 415, { message => 'Content-Type must be application/json!' }, 'a form');
    # without the token the other dialects have no password to take
    isnt(KingletTest::king('POST', '/users/login', { email => 'bob', password => $_ })->[0], 200, "no login by '$_'") for '', 'x', '0' x 36;
    stop_httpd($server, qr/AH01617|AH01618/);
}

# ---- LDAP ----

# Its port. One that is free may be somebody else's before slapd has it; then slapd ends.
sub ldap {
    my $schemas = join '', map {"include /etc/ldap/schema/$_.schema\n"} qw(core cosine inetorgperson);
    mkdir "$dir/ldap";
    spew("$dir/slapd.conf", <<"END");
${schemas}modulepath /usr/lib/ldap
moduleload back_mdb
pidfile $dir/slapd.pid
database mdb
suffix "dc=example,dc=org"
rootdn "cn=root,dc=example,dc=org"
rootpw root
directory $dir/ldap
END
    spew("$dir/people", <<"END");
dn: dc=example,dc=org
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: uid=carol,dc=example,dc=org
objectClass: inetOrgPerson
uid: carol
cn: Carol
sn: Carol
userPassword: of carol
END
    system("/usr/sbin/slapadd -f $dir/slapd.conf -l $dir/people >$dir/slapadd.log 2>&1") == 0 or die "slapadd: " . slurp("$dir/slapadd.log");
    for my $try (1 .. 5) {
        my $port = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => 0)->sockport;
        my $pid  = child(sub {
            open STDOUT, '>', "$dir/slapd.log";
            open STDERR, '>&', \*STDOUT;
            exec '/usr/sbin/slapd', '-d', 0, '-f', "$dir/slapd.conf", '-h', "ldap://127.0.0.1:$port/";
        });
        my $ended;
        wait_for(sub { ($ended = waitpid($pid, POSIX::WNOHANG()) == $pid) || (-e "$dir/slapd.pid" && IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port")) });
        return $port if !$ended;
    }
    die "slapd: " . slurp("$dir/slapd.log");
}

SKIP: {
    my @need = qw(authn_core auth_basic authz_user ldap authnz_ldap);
    skip 'slapd is not installed', 1 if !-x '/usr/sbin/slapd' || module_missing(@need);
    my $port = ldap();
    my $server = httpd("$dir/by-ldap", modules(@need) . place(<<"END"));
  AuthType Basic
  AuthName x
  AuthBasicProvider ldap
  AuthLDAPURL ldap://127.0.0.1:$port/dc=example,dc=org?uid
  AuthLDAPRemoteUserAttribute uid
END
    holds('LDAP', $server, 'carol', headers => { basic('carol') });
    answer([button('signon/', {}, headers => { Authorization => 'Basic ' . encode_base64('CAROL:of carol', '') })], 403,
        { message => 'This account is closed or banned!' }, 'LDAP knows no case: it is the user who was removed');
    stop_httpd($server, qr/AH01617|AH01618|AH01695/);
}

# ---- OpenID Connect ----

my $secret = 'a secret of the client that is long enough';

sub b64 { my $t = encode_base64($_[0], ''); $t =~ tr{+/}{-_}; $t =~ s/=+$//; return $t }

sub jwt {
    my ($claims) = @_;
    my $text = b64('{"alg":"HS256","typ":"JWT"}') . '.' . b64(canonical($claims));
    return "$text." . b64(hmac_sha256($text, $secret));
}

sub unescape { my ($t) = @_; $t =~ s/%([0-9a-fA-F]{2})/chr hex $1/ge; return $t }

# A small provider: everybody who asks is erin.
sub provider {
    my ($listener) = @_;
    my $self = 'http://127.0.0.1:' . $listener->sockport;
    my $nonce;
    my %pages = (
        '/.well-known/openid-configuration' => sub { return { issuer => $self, authorization_endpoint => "$self/authorize",
            token_endpoint => "$self/token", jwks_uri => "$self/jwks", userinfo_endpoint => "$self/userinfo",
            response_types_supported => ['code'], subject_types_supported => ['public'],
            id_token_signing_alg_values_supported => ['HS256'], token_endpoint_auth_methods_supported => ['client_secret_basic'] } },
        '/jwks'     => sub { return { keys => [] } },
        '/userinfo' => sub { return { sub => '4711', preferred_username => 'erin@example.org' } },
        '/token'    => sub { return { access_token => 'x', token_type => 'Bearer', expires_in => 300, id_token => jwt({ iss => $self,
            aud => 'chat', sub => '4711', preferred_username => 'erin@example.org', nonce => $nonce, iat => time, exp => time + 300 }) } },
    );
    while (my $socket = $listener->accept) {
        my ($request, $length) = (scalar <$socket> // '', 0);
        while (defined(my $line = <$socket>)) {
            $length = $1 if $line =~ /^content-length: *(\d+)/i;
            last if $line =~ /^\r?\n/;
        }
        read $socket, my $body, $length if $length;
        my ($path, $query) = $request =~ m{^\S+ ([^ ?]*)\??(\S*)};
        my %q = map { my ($k, $v) = split /=/; ($k, unescape($v // '')) } split /&/, $query // '';
        if (($path // '') eq '/authorize') {
            $nonce = $q{nonce};
            print $socket "HTTP/1.0 302 Found\r\nLocation: $q{redirect_uri}?code=c&state=$q{state}\r\n\r\n";
        }
        elsif (my $page = $pages{ $path // '' }) {
            my $text = canonical($page->());
            print $socket "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nContent-Length: " . length($text) . "\r\n\r\n$text";
        }
        else { print $socket "HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n" }
        close $socket;
    }
}

# Follows redirects as a browser would, with a jar of cookies for the site; the jar.
sub browse {
    my ($url, $jar) = @_;
    for (1 .. 6) {
        my ($status, undef, $headers) = request('GET', $url, headers => { Accept => 'text/html', Cookie => join '; ', map {"$_=$jar->{$_}"} keys %$jar });
        my $set = $headers->{'set-cookie'} // [];
        for (ref $set ? @$set : $set) {
            my ($name, $value) = /^([^=]+)=([^;]*)/ or next;
            if (length $value) { $jar->{$name} = $value }
            else               { delete $jar->{$name} }
        }
        last if $status !~ /^30/;
        $url = $headers->{location};
    }
    return $jar;
}

sub cookie { my ($jar) = @_; return { Cookie => join '; ', map {"$_=$jar->{$_}"} keys %$jar } }

SKIP: {
    my @need = qw(authn_core authz_user auth_openidc);
    skip 'libapache2-mod-auth-openidc is not installed', 1 if module_missing(@need);
    my $listener = IO::Socket::INET->new(Listen => 8, LocalAddr => '127.0.0.1', LocalPort => 0, ReuseAddr => 1);
    my $self     = 'http://127.0.0.1:' . $listener->sockport;
    child(sub { provider($listener) });
    my $server = httpd("$dir/oidc", modules(@need) . <<"END" . place("  AuthType openid-connect\n  OIDCUnAuthAction 401\n"));
OIDCProviderMetadataURL $self/.well-known/openid-configuration
OIDCClientID chat
OIDCClientSecret "$secret"
OIDCRedirectURI /oidc
OIDCCryptoPassphrase passphrase
OIDCIDTokenSignedResponseAlg HS256
OIDCRemoteUserClaim preferred_username
<LocationMatch ^/(oidc|login)>
  AuthType openid-connect
  Require valid-user
</LocationMatch>
END
    site($server->{url});
    my $jar = browse("$server->{url}/login", {});
    holds('OpenID Connect', $server, 'erin', user => 'erin@example.org', headers => cookie($jar), nobody => { Cookie => 'mod_auth_openidc_session=x' });
    my $old = cookie($jar);
    browse("$server->{url}/oidc?logout=" . '', $jar);
    isnt((button('signon/', {}, headers => cookie($jar)))[0], 200, 'OpenID Connect: not after logging out there');
    isnt((button('signon/', {}, headers => $old))[0], 200, 'OpenID Connect: nor with the old cookie');
    stop_httpd($server, qr/auth_openidc/);
}

# ---- certificates ----

sub certificates {
    my $log = "$dir/openssl.log";
    my $ca  = "-CA $dir/ca.crt -CAkey $dir/ca.key -CAcreateserial -days 2";
    my @run = ("req -x509 -newkey rsa:2048 -nodes -keyout $dir/ca.key -out $dir/ca.crt -subj /CN=ca -days 2",
        "req -x509 -newkey rsa:2048 -nodes -keyout $dir/tls.key -out $dir/tls.crt -subj /CN=localhost -days 2");
    for my $who (qw(frank stranger)) {
        push @run, "req -newkey rsa:2048 -nodes -keyout $dir/$who.key -out $dir/$who.csr -subj '/O=Example/CN=Frank Furter'";
        push @run, $who eq 'frank' ? "x509 -req -in $dir/$who.csr -out $dir/$who.crt $ca"
            : "x509 -req -in $dir/$who.csr -out $dir/$who.crt -signkey $dir/$who.key -days 2";
    }
    system("openssl $_ >>$log 2>&1") == 0 or die "openssl $_: " . slurp($log) for @run;
}

# A sign-on by TLS with the certificate of WHO.
sub by_certificate {
    my ($url, $who, $mount) = @_;
    my $client = HTTP::Tiny->new(timeout => 30, verify_SSL => 0,
        SSL_options => { SSL_verify_mode => 0, $who ? (SSL_cert_file => "$dir/$who.crt", SSL_key_file => "$dir/$who.key") : () });
    my $r = $client->request('POST', "$url$mount/signon/", { content => '{}', headers => { 'Content-Type' => 'application/json' } });
    return [$r->{status}, body_json($r->{content})];
}

SKIP: {
    my @need = qw(authn_core auth_basic authn_file authz_user socache_shmcb ssl);
    skip 'mod_ssl or IO::Socket::SSL is not installed', 1 if module_missing(@need) || !eval { require IO::Socket::SSL };
    certificates();
    spew("$dir/certified", "/O=Example/CN=Frank Furter:xxj31ZMTZzkVA\n" . "O=Example,CN=Frank Furter:xxj31ZMTZzkVA\nCN=Frank Furter,O=Example:xxj31ZMTZzkVA\n");
    my $server = httpd("$dir/certificate", modules(@need) . <<"END");
Listen 127.0.0.1:\@PORT\@
${mounts}ChatAPI button /fake
<VirtualHost 127.0.0.1:\@PORT\@>
  ServerName localhost
  SSLEngine On
  SSLCertificateFile $dir/tls.crt
  SSLCertificateKeyFile $dir/tls.key
  SSLCACertificateFile $dir/ca.crt
  SSLVerifyClient optional_no_ca
  <Location /api/v3/signon>
    SSLUserName SSL_CLIENT_S_DN_CN
    ChatTrustRemoteUser On
  </Location>
  <Location /fake/signon>
    SSLOptions +FakeBasicAuth
    AuthType Basic
    AuthName x
    AuthBasicProvider file
    AuthUserFile $dir/certified
    Require valid-user
    ChatTrustRemoteUser On
  </Location>
</VirtualHost>
END
    my $url = "https://127.0.0.1:$server->{port}";
    holds('a certificate', $server, 'Frank.Furter', user => 'Frank Furter', signon => sub { by_certificate($url, 'frank', '/api/v3') });
    answer(by_certificate($url, undef, '/api/v3'), 401, $nothing, 'no certificate');
    answer(by_certificate($url, 'stranger', '/api/v3'), 401, $nothing, 'a certificate that its holder signed');
    my $got = by_certificate($url, 'frank', '/fake');
    is($got->[1]{username}, 'O.Example.CN.Frank.Furter', 'FakeBasicAuth: the whole name is another user') or diag(canonical($got));
    isnt(by_certificate($url, 'stranger', '/fake')->[0], 200, 'FakeBasicAuth: a certificate that its holder signed');
    isnt(by_certificate($url, undef, '/fake')->[0], 200, 'FakeBasicAuth: none');
    stop_httpd($server, qr/ssl:|AH01617|AH01618|AH01909/);
}

# ---- a form ----

SKIP: {
    my @need = qw(authn_core authn_file authz_user request session session_cookie auth_form);
    skip 'mod_auth_form is not installed', 1 if module_missing(@need);
    my $session = "  Session On\n  SessionCookieName session path=/\n";
    my $auth = "  AuthType form\n  AuthName x\n  AuthFormProvider file\n  AuthUserFile $dir/users\n$session";
    my $server = httpd("$dir/form", modules(@need) . place($auth) . <<"END");
<Location /dologin>
  SetHandler form-login-handler
$auth  AuthFormLoginSuccessLocation /
  Require all granted
</Location>
<Location /logout>
  SetHandler form-logout-handler
$session  SessionMaxAge 1
  AuthFormLogoutLocation /
</Location>
END
    site($server->{url});
    my (undef, undef, $headers) = request('POST', '/dologin', body => 'httpd_username=alice&httpd_password=of+alice',
        headers => { 'Content-Type' => 'application/x-www-form-urlencoded' });
    my ($cookie) = ($headers->{'set-cookie'} // '') =~ /^(session=[^;]+)/;
    holds('a form', $server, 'alice', headers => { Cookie => $cookie });
    (undef, undef, $headers) = request('GET', '/logout', headers => { Cookie => $cookie });
    my ($left) = ($headers->{'set-cookie'} // '') =~ /^(session=[^;]*)/;
    # mod_auth_form lets the cookie live for a second
    ok(wait_for(sub { (button('signon/', {}, headers => { Cookie => $left // '' }))[0] != 200 }), 'a form: not after logging out there');
    stop_httpd($server, qr/AH01617|AH01618|AH01807|AH01808/);
}
done_testing();
