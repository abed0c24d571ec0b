# Sessions, CSRF, login and sending of the teendevops API: every documented answer, whole.
use strict;
use warnings;
use utf8;
use Test::More;
use ChatTest;
use TeenTest;

site('teendevops');
binmode Test::More->builder->$_, ':utf8' for qw(output failure_output);
my $WRONG = 'Username/Email or password is incorrect.';

# --- auth/csrf ------------------------------------------------------------------------------
my @r = td('GET', 'auth/csrf/');
my $b = body_json($r[1]);
my ($id, $csrf) = @$b{qw(sessionid csrf)};
said(\@r, qq({"success":true,"sessionid":"$id","csrf":"$csrf"}), 'csrf: keys in the order of the document');
like($id,   qr/^$ID$/,         'csrf: 26 characters of 0-9a-v');
like($csrf, qr/^[0-9a-f]{32}$/, 'csrf: 32 hexadecimal digits');
is($r[2]{'content-type'}, 'application/json', 'csrf: type');
is($r[2]{'cache-control'}, 'no-store', 'csrf: not kept');
is($r[2]{'x-content-type-options'}, 'nosniff', 'csrf: nosniff');
my $day = qr/(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT/;
like($r[2]{'set-cookie'}, qr{^teendevops_session=$id; expires=$day; Max-Age=120960; path=/; HttpOnly; SameSite=Lax$},
    'csrf: the cookie');
for my $path ('auth/csrf', 'auth/csrf.php', 'auth/csrf.php/') {
    @r = td('GET', $path, cookie => $id);
    said(\@r, qq({"success":true,"sessionid":"$id","csrf":"$csrf"}), "$path: the same values for a known cookie");
    is($r[2]{'set-cookie'}, undef, "$path: the cookie is not repeated");
}
said([td('POST', 'auth/csrf/', cookie => $id)], qq({"success":true,"sessionid":"$id","csrf":"$csrf"}), 'csrf by POST');
said([td('GET', 'auth/csrf/', headers => { Cookie => "a=b; sessionid=$id; c" })],
    qq({"success":true,"sessionid":"$id","csrf":"$csrf"}), 'the cookie of the samples is read');
my ($id2) = session();
said([td('GET', 'auth/csrf/', headers => { Cookie => "sessionid=$id2; teendevops_session=$id" })],
    qq({"success":true,"sessionid":"$id","csrf":"$csrf"}), 'the right cookie wins');
isnt($id2, $id, 'every visitor has another id');

# An id that was never issued is replaced, never taken on.
my $broken = $id;
substr($broken, -1) = $broken =~ /0$/ ? '1' : '0';
for (['a' x 26, 'made up'], [$broken, 'one character off'], ['x' x 26, 'of other characters'], [substr($id, 1), 'too short'],
    ["${id}0", 'too long'], [uc $id, 'in capitals'], ['', 'empty']) {
    my ($foreign, $what) = @$_;
    @r = td('GET', 'auth/csrf/', cookie => $foreign);
    my $got = body_json($r[1])->{sessionid} // '';
    like($got, qr/^$ID$/, "foreign id $what: an id");
    isnt($got, $foreign, "foreign id $what: replaced");
    is(cookie_of($r[2]), $got, "foreign id $what: the new one is in the cookie");
}

# --- auth/login -----------------------------------------------------------------------------
my ($name) = account();
my %good = (username => $name, password => $PW, csrf => $csrf);
refused([td($_, 'auth/login/', cookie => $id, query => \%good)], 'Request method must be POST.', "login by $_")
    for qw(GET PUT DELETE PATCH);
refused([td('POST', 'auth/login/', cookie => $id, form => { %good, $_ => '' })], "Parameter '$_' is not set.", "login: $_ empty")
    for qw(username password);
for my $missing (qw(username password)) {
    my %some = %good;
    delete $some{$missing};
    refused([td('POST', 'auth/login/', cookie => $id, form => \%some)], "Parameter '$missing' is not set.", "login: no $missing");
}
for (['', 'empty'], [substr($csrf, 1), 'too short'], ['0' x 32, 'another'], ["${csrf}0", 'too long']) {
    refused([td('POST', 'auth/login/', cookie => $id, form => { %good, csrf => $_->[0] })], $CSRF, "login: csrf $_->[1]");
}
refused([td('POST', 'auth/login/', cookie => $id, form => { username => $name, password => $PW })], $CSRF, 'login: no csrf');
refused([td('POST', 'auth/login/', cookie => $id2, form => \%good)], $CSRF, 'login: csrf of another session');
refused([td('POST', 'auth/login/', form => \%good)], $CSRF, 'login: no cookie');
refused([td('POST', 'auth/login/', cookie => $id, form => { %good, password => 'wrong' })], $WRONG, 'login: wrong password');
refused([td('POST', 'auth/login/', cookie => $id, form => { %good, username => new_name() })], $WRONG, 'login: nobody');
refused([td('POST', 'auth/login/', cookie => $id, form => { %good, username => "$name\@example.org" })], $WRONG,
    'login: nobody\'s address');
refused([td('POST', 'auth/login/', cookie => $id, form => { %good, password => 'x' x 2000 })], $WRONG, 'login: a long password');
refused([td('POST', 'auth/login/', cookie => $id, form => 'username=%ff&password=x')], q(Parameter 'username' is not valid.),
    'login: no text');
refused([td('POST', 'auth/login/', cookie => $id, form => 'username=a%00b&password=x')], q(Parameter 'username' is not valid.),
    'login: U+0000');
said([td('GET', 'auth/csrf/', cookie => $id)], qq({"success":true,"sessionid":"$id","csrf":"$csrf"}),
    'a failed login leaves the session as it was');

@r = td('POST', 'auth/login/', cookie => $id, form => \%good);
$b = body_json($r[1]);
my ($in, $token) = @$b{qw(sessionid csrf)};
said(\@r, qq({"success":true,"sessionid":"$in","csrf":"$token"}), 'login');
like($in, qr/^$ID$/, 'login: a session id');
isnt($in, $id, 'login: a new one');
isnt($token, $csrf, 'login: a new csrf');
is(cookie_of($r[2]), $in, 'login: the cookie');
said([td('GET', 'auth/csrf/', cookie => $in)], qq({"success":true,"sessionid":"$in","csrf":"$token"}), 'csrf after login');

# The old id is dead at once: no fixation.
my %letter = (csrf => $csrf, channel => 1, message => 'x');
refused([td('POST', 'chat/send/', cookie => $id, form => \%letter)], $SIGNED_OUT, 'the old id is not signed in');
refused([td('POST', 'auth/login/', cookie => $id, form => \%good)], $CSRF, 'the old id cannot log in');
isnt((session(cookie => $id))[0], $id, 'the old id is replaced');

# Again, in capitals, in the query, by .php; it ends the session that asks.
@r = td('POST', 'auth/login.php', cookie => $in, query => { username => uc $name, password => $PW, csrf => $token });
my ($in2, $token2) = @{ body_json($r[1]) }{qw(sessionid csrf)};
said(\@r, qq({"success":true,"sessionid":"$in2","csrf":"$token2"}), 'login of a session');
isnt($in2, $in, 'a new id again');
refused([td('POST', 'chat/send/', cookie => $in, form => { %letter, csrf => $token })], $SIGNED_OUT, 'the one before is dead');
my ($other_device, $other_csrf) = login_as($name);

# --- chat/send ------------------------------------------------------------------------------
%letter = (csrf => $token2, channel => 1, message => 'hi guys');
my $sent = sub { my ($text) = @_; qq({"success":true,"channel":1,"username":"$name","message":$text}) };
my @paths = qw(chat/send/ chat/send chat/send.php chat/send.php/);
said([td('POST', $_, cookie => $in2, form => \%letter)], $sent->('"hi guys"'), "$_") for @paths;
said([td('POST', 'chat/send/', cookie => $in2, query => \%letter)], $sent->('"hi guys"'), 'send: parameters in the query');
said([td('POST', 'chat/send/', cookie => $in2, query => "csrf=$token2&message=hi+guys&channel=1")], $sent->('"hi guys"'),
    'send: the sample, a plus is a blank');
said([td('POST', 'chat/send/', cookie => $in2, query => { message => 'query', channel => 9 }, form => \%letter)],
    $sent->('"hi guys"'), 'send: the body wins');
said([td('POST', 'chat/send/', cookie => $other_device, form => { %letter, csrf => $other_csrf })], $sent->('"hi guys"'),
    'send: another session of the account');
said([td('POST', 'chat/send/', cookie => $in2, form => { %letter, message => "<b>\"é\"</b> & / \x{1F600}\n" })],
    $sent->('"<b>\"\u00e9\"<\/b> & \/ \ud83d\ude00\n"'), 'send: as PHP writes it');
said([td('POST', 'chat/send/', cookie => $in2, form => { %letter, message => 'ü' x 1000 })], $sent->('"' . '\u00fc' x 1000 . '"'),
    'send: 1,000 characters');
my @bad = (
    [{ message => 'ü' x 1001 },  q(Parameter 'message' is not valid.), '1,001 characters'],
    [{ message => '' },          q(Parameter 'message' is not set.),   'no text'],
    [{ message => " \n\t\x{a0}" }, q(Parameter 'message' is not set.), 'only blanks'],
    [{ channel => '' },          q(Parameter 'channel' is not set.),   'no channel'],
    [{ channel => 'default' },   q(Parameter 'channel' is not valid.), 'a name for a channel'],
    [{ channel => '1.0' },       q(Parameter 'channel' is not valid.), 'a real number'],
    [{ channel => '9' x 30 },    q(Parameter 'channel' is not valid.), 'a number beyond all'],
    [{ channel => 999999 },      'That channel does not exist.',       'a channel that is not there'],
    [{ channel => 0 },           'That channel does not exist.',       'channel 0'],
    [{ channel => -1 },          'That channel does not exist.',       'channel -1'],
    [{ csrf => '' },             $CSRF,                                'no csrf'],
    [{ csrf => $csrf },          $CSRF,                                'the csrf of before'],
    [{ csrf => '', message => '' }, $CSRF,                             'csrf comes before the message'],
    [{ message => '', channel => '' }, q(Parameter 'message' is not set.), 'the message before the channel'],
);
for (@bad) {
    my ($change, $text, $what) = @$_;
    refused([td('POST', 'chat/send/', cookie => $in2, form => { %letter, %$change })], $text, "send: $what");
    refused([td('POST', 'chat/send/', cookie => 'b' x 26, form => { %letter, %$change })], $SIGNED_OUT,
        "send: $what, not signed in");
}
refused([td('POST', 'chat/send/', form => \%letter)], $SIGNED_OUT, 'send: no cookie');
my ($stranger, $its_csrf) = session();
refused([td('POST', 'chat/send/', cookie => $stranger, form => { %letter, csrf => $its_csrf })], $SIGNED_OUT, 'send: a visitor');
refused([td($_, 'chat/send/', cookie => $in2, query => \%letter)], 'Request method must be POST.', "send by $_")
    for qw(GET PUT DELETE PATCH);
refused([td('POST', 'chat/send/', cookie => $in2, form => \%letter, type => 'application/json')], $CSRF, 'a body of another type');
refused([td('POST', 'chat/send/', cookie => $in2, form => '{"csrf":"' . $token2 . '"}')], $CSRF, 'a body that is JSON');
refused([td('POST', 'chat/send/', cookie => $in2, form => '&' x 5000 . 'a=1&' x 100)], q(Parameter 'a' is not valid.),
    'more parameters than there are');
refused([td('POST', 'chat/send/', cookie => $in2, form => { %letter, message => "a\0b" })], q(Parameter 'message' is not valid.),
    'U+0000');
refused([td('POST', 'chat/send/', cookie => $in2, form => "csrf=$token2&channel=1&message=%ED%A0%80")],
    q(Parameter 'message' is not valid.), 'a lone surrogate');
refused([td('POST', 'chat/send/', cookie => $in2, form => 'message=' . 'x' x 1_000_000)], 'The request is too large.', 'a huge body');

# Once with an Idempotency-Key.
my %key = (cookie => $in2, headers => { 'Idempotency-Key' => "key-$name" });
said([td('POST', 'chat/send/', %key, form => { %letter, message => "once $name" })], $sent->(qq("once $name")), 'with a key')
    for 1, 2;
refused([td('POST', 'chat/send/', %key, form => \%letter)], q(Parameter 'Idempotency-Key' is not valid.), 'the key of another');
my @all = map { $_->{message} } @{ body_json((td('GET', 'chat/get/', query => { channel => 1 }))[1])->{chat} };
is(scalar(grep { $_ eq "once $name" } @all), 1, 'said once');

# A private channel is not there, not even for its members.
my ($private_owner, $button) = account();
my (undef, $private) = channel($button);
my ($s, $c) = login_as($private_owner);
refused([td('POST', 'chat/send/', cookie => $s, form => { csrf => $c, channel => $private, message => 'x' })],
    'That channel does not exist.', 'a private channel');

# The password of another dialect ends the session.
my @p = button('changepassword/', { username => $private_owner, password => $PW, new_password => 'An0ther!Word' });
is($p[0], 200, 'another password');
refused([td('POST', 'chat/send/', cookie => $s, form => { csrf => $c, channel => 1, message => 'x' })], $SIGNED_OUT,
    'a new password ends sessions');
isnt((session(cookie => $s))[0], $s, 'and their ids');

# --- wrong passwords ------------------------------------------------------------------------
# Eleven failures in an hour for an account from an address; the name in any spelling.
my ($victim) = account();
($id, $csrf) = session();
my $try = sub { [td('POST', 'auth/login/', cookie => $id, form => { username => $_[0], password => $_[1], csrf => $csrf })] };
refused($try->($_ % 2 ? uc $victim : $victim, 'wrong'), $WRONG, "failure $_") for 1 .. 11;
my $locked = 'This account is temporarily locked due to over 10 incorrect password attempts. Please email us if you believe '
    . 'something is wrong.';
for my $password ('wrong', $PW) {
    my $r = $try->($victim, $password);
    refused($r, $locked, 'attempt after 11 failures');
    like($r->[2]{'retry-after'} // '', qr/^[1-9]\d*$/, 'Retry-After');
}
refused($try->($name, 'wrong'), $WRONG, 'another account is not locked');
is(ref login_as_hash($name), 'HASH', 'and gets in');
sub login_as_hash { my ($s, $c) = login_as(@_); return { s => $s, c => $c } }

done_testing;
