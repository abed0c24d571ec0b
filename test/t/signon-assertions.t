# Signed assertions: the site's word becomes an account; a wrong one is refused, once and everywhere.
use strict;
use warnings;
use Digest::SHA qw(hmac_sha256);
use MIME::Base64 qw(encode_base64);
use Test::More;
use ChatTest;

my $dir  = stage() . '/signon';
my $hmac = 'one-key-of-the-site-0123456789abcdef';
my $new  = 'the-next-key-of-the-site-0123456789a';
mkdir $dir;
system("cd $dir && openssl genpkey -algorithm ed25519 -out ed.pem 2>/dev/null && openssl pkey -in ed.pem -pubout -out ed.pub") == 0
    or die "openssl: $?\n";
my ($public) = slurp("$dir/ed.pub") =~ /\n(\S+)\n/;

sub b64 { my $t = encode_base64($_[0], ''); $t =~ tr{+/}{-_}; $t =~ s/=+$//; return $t }

sub ed_sign {
    spew("$dir/text", $_[0]);
    return scalar qx(openssl pkeyutl -sign -rawin -inkey $dir/ed.pem -in $dir/text);
}

sub jwt {
    my ($head, $claims, $key) = @_;
    my $text = b64(canonical($head)) . '.' . b64(canonical($claims));
    return $text . '.' . b64(defined $key ? hmac_sha256($text, $key) : ed_sign($text));
}

my $ids = 0;

sub claims {
    my ($sub, %more) = @_;
    my $now = time;
    return { sub => "$sub", iat => $now, exp => $now + 60, jti => $$ . '-' . $ids++, aud => 'localhost', %more };
}

sub hs { return jwt({ alg => 'HS256', typ => 'JWT' }, claims(@_), $hmac) }
sub signon { my ($assertion, %o) = @_; return [button('signon/', { assertion => $assertion }, %o)] }

# The answer of a sign-on: everything but the token, which is returned.
sub signed {
    my ($got, $name, $created, $what) = @_;
    my $token = delete $got->[1]{token};
    answer($got, 200, { message => 'Signed on!', username => $name, created => $created ? JSON::PP::true : JSON::PP::false }, $what);
    like($token // '', qr/^[0-9a-f-]{36}$/, "$what: a token");
    return $token;
}

sub conf { return "LogLevel notice\nChatSignOnKey $dir/keys 1\nChatAllowOrigin https://app.example\nChatAPI kinglet /api/v1\n" }

sub keys_are { spew("$dir/keys", join '', map {"$_\n"} @_); chmod 0600, "$dir/keys" }

keys_are('# the keys of the site', "old HS256 $hmac", "ed EdDSA $public");
my $server = httpd("$dir/one", conf());
site($server->{url});
my $alice = signed(signon(hs('alice')), 'alice', 1, 'first sight');
is(signed(signon(hs('alice')), 'alice', 0, 'second sight'), $alice, 'the same token');
signed(signon(jwt({ alg => 'EdDSA', kid => 'ed' }, claims('bob', name => 'Bob B.'))), 'Bob.B', 1, 'EdDSA, with a name');
button('sendmessage/', { token => $alice, channel => 'default', message => 'from the site' });
answer([button('login/', { username => 'alice', password => $PW })], 401, BAD_LOGIN, 'no password fits');
answer([button('generatetoken/', { username => 'alice', password => '' })], 411, PW, 'not the empty one either');

# What is refused names its reason, here and in the log.
my %reasons = (
    'exp is in the past'              => hs('alice', exp => time - 1),
    'exp is more than 5 minutes ahead' => hs('alice', exp => time + 3600),
    'iat is more than 5 minutes ago'  => hs('alice', iat => time - 3600),
    'aud is not this site'            => hs('alice', aud => 'www.example.org'),
    'sub is not a text of 1 to 255 bytes' => hs(''),
    'jti is not a text of 1 to 255 bytes' => hs('alice', jti => undef),
    'rank is not a number up to that of ChatSignOnKey' => hs('alice', rank => 2),
    'room is not the chatroom of this place' => hs('alice', room => 2),
    'channels names one that does not exist' => hs('alice', channels => ['nowhere']),
    'the signature does not fit' => jwt({ alg => 'HS256' }, claims('alice'), 'another key of somebody else 012345'),
    'it is not a signed JSON Web Token' => 'x' x 100,
);
for my $why (sort keys %reasons) {
    answer(signon($reasons{$why}), 401, { message => "Invalid assertion: $why!" }, $why);
}
{
    my $log = slurp($server->{log});
    like($log, qr/CHAT0981: refused an assertion from 127\.0\.0\.1: \Q$_\E/, "$_: in the log") for (sort keys %reasons)[0 .. 3];
    unlike($log, qr/\Q$_\E/, 'and no assertion') for map { substr $_, 0, 20 } values %reasons;
}
my $why = { message => 'Invalid assertion: no key has its alg and kid!' };
answer(signon(b64('{"alg":"none"}') . '.' . b64(canonical(claims('alice'))) . '.'), 401, $why, 'alg none');
answer(signon(jwt({ alg => 'HS256', kid => 'ed' }, claims('alice'), $public)), 401, $why, "EdDSA's public key as a secret");
answer([button('signon/', { assertion => 1 })], 400, { message => 'assertion is not valid!' }, 'no text');
answer([button('signon/', {})], 401, { message => 'The site has not authenticated you!' }, 'no assertion');
answer(signon(hs('system')), 409, { message => 'This name belongs to another account!' }, 'a reserved name');

# Rank and channels.
my ($owner) = account();
chatctl('--conf', "$dir/one/httpd.conf", 'channel', 'add', 'staff', '--private');
my $mod = signed(signon(hs('mod', rank => 1, channels => ['staff'])), 'mod', 1, 'a rank and a channel');
answer([button('sendmessage/', { token => $mod, channel => 'staff', message => 'hello' })], 200, { message => 'Message sent!' },
    'it writes to the private channel');
like((chatctl('--conf', "$dir/one/httpd.conf", '--json', 'account', 'show', 'mod'))[1], qr/"rank": ?1.*"external": ?"sub:mod"/s, 'as chatctl shows');

# Once, in every process and on every machine.
my $once = hs('once');
my $other = httpd("$dir/two", database_conf("$dir/one/chat.db") . conf());
signed(signon($once), 'once', 1, 'an assertion counts once');
answer(signon($once), 401, { message => 'Invalid assertion: jti was used before!' }, "again, $_") for 1 .. 4;
site($other->{url});
answer(signon($once), 401, { message => 'Invalid assertion: jti was used before!' }, 'again, on another machine');
my $token = signed(signon(hs('alice')), 'alice', 0, 'the same account there');
is($token, $alice, 'and the same token');
stop_httpd($other);
site($server->{url});

# A page of another site cannot use it, whether by script or by a form.
answer([button('signon/', { assertion => hs('alice') }, headers => { 'Content-Type' => 'text/plain' })], 415,
    { message => 'Content-Type must be application/json!' }, 'a form');
answer([button('signon/', { assertion => hs('alice') }, headers => { 'Content-Type' => 'application/jsonp' })], 415,
    { message => 'Content-Type must be application/json!' }, 'another type');
answer(signon(hs('alice'), headers => { Origin => 'https://evil.example' }), 403,
    { message => 'This page is not allowed to do this!' }, 'another site');
answer(signon(hs('alice'), headers => { 'Sec-Fetch-Site' => 'cross-site' }), 403,
    { message => 'This page is not allowed to do this!' }, 'another site without an Origin');
is(signed(signon(hs('alice'), headers => { Origin => 'https://app.example' }), 'alice', 0, 'ChatAllowOrigin'), $alice, 'the same token');

# Signing off, a ban, a rename, a user who was removed.
answer([button('signoff/', { token => $alice })], 200, { message => 'Signed off!' }, 'signing off');
answer([button('getchannels/', { token => $alice })], 401, BAD_TOKEN, 'the token is no more');
answer([button('signoff/', { token => $alice })], 401, BAD_TOKEN, 'nor does it sign off');
isnt(signed(signon(hs('alice')), 'alice', 0, 'and on again'), $alice, 'with another token');
signed(signon(hs('alice', name => 'alicia')), 'alice', 0, 'another name at the site: the account keeps its own');
for my $verb (qw(ban unban delete)) {
    is((chatctl('--conf', "$dir/one/httpd.conf", 'account', $verb, 'alice'))[0], 0, "chatctl account $verb");
    if ($verb eq 'unban') { signed(signon(hs('alice')), 'alice', 0, 'unban') }
    else { answer(signon(hs('alice')), 403, { message => 'This account is closed or banned!' }, $verb) }
}

# Rotation: two keys at once, then the new one alone.
keys_are("old HS256 $hmac", "new HS256 $new");
kill 'USR1', $server->{pid};
my $by_new = sub { jwt({ alg => 'HS256', kid => 'new' }, claims('carol'), $new) };
ok(wait_for(sub { signon($by_new->())->[0] == 200 }), 'the new key, after a graceful restart');
signed(signon(hs('carol')), 'carol', 0, 'the old key still');
keys_are("new HS256 $new");
kill 'USR1', $server->{pid};
ok(wait_for(sub { signon(hs('carol'))->[0] == 401 }), 'the old key is gone');
signed(signon($by_new->()), 'carol', 0, 'the new key alone');
stop_httpd($server);

# Without the directive there is no such endpoint; what is wrong with it is said at once.
site('button');
answer([button('signon/', {})], 404, { message => 'Endpoint not found!' }, 'without ChatSignOnKey and ChatTrustRemoteUser');
my $engine = "DBDriver sqlite3\nDBDParams $dir/none.db\nChatEngine On\n";
chmod 0644, "$dir/keys";
for (["ChatSignOnKey $dir/keys", qr/CHAT0983: .*ChatSignOnKey: the file \S+keys: it must be readable only by its owner/],
    ["ChatSignOnKey $dir/missing", qr/No such file/], ["ChatSignOnKey $dir/keys 3", qr/the highest rank is 0, 1 or 2/],
    ["ChatSignOnKey $dir/keys x", qr/the highest rank is 0, 1 or 2/], ["ChatTrustRemoteUser maybe", qr/must be Off or On/],
    ['ChatGuests maybe', qr/must be `Off`, or `On` and the names/], ['ChatGuests Off default', qr/must be `Off`/]) {
    my ($code, $said) = configtest("$engine$_->[0]\n");
    ok($code && $said =~ $_->[1], $_->[0]) or diag($said);
}
keys_are('new HS256 short');
my ($code, $said) = configtest("${engine}ChatSignOnKey $dir/keys\n");
like($said, qr/an HS256 key has at least 32 characters/, 'a short key');
unlike($said, qr/short$/m, 'which is not repeated');
done_testing();
