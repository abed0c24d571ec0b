# Accounts of the Kinglet API: every answer, whole, in the order of its keys.
use strict;
use warnings;
use utf8;
use Test::More;
use ChatTest;
use KingletTest;

site('kinglet');
binmode Test::More->builder->$_, ':utf8' for qw(output failure_output);

my @LOGIN = ('Invalid login.', 'Username or password was not found in database.');
my $NAME = "Username must contain fewer than 31 characters, and only letters, numbers, and underscores are allowed. <br />\n";

# --- create, activate, log in
my $name = new_name();
my $made = king('POST', '/users', { user_name => $name, email => "$name\@test.com" });
my ($id, $password, $digest) = @{ $made->[1] }{qw(user_id password user_digest)};
whole($made, 201, qq({"status":201,"user_id":"$id","user_name":"$name","password":"$password","email":"$name\@test.com",)
        . qq("user_digest":"$digest","description":"Created"}), 'create');
like($password, qr/^[a-km-z2-9!\@\$%^&*]{8}$/, 'the password');
like($digest, qr/^[A-Za-z0-9_]{22}$/, 'the digest');
like($made->[3]{'content-type'}, qr{^application/json}, 'Content-Type');
is($made->[3]{'x-content-type-options'}, 'nosniff', 'nosniff');
is($made->[3]{'cache-control'}, 'no-store', 'no-store');

wrong(king('POST', '/users/login', { email => "$name\@test.com", password => $password }), 404, @LOGIN, 'login while pending');
whole(get("/users/activate/$digest"), 200, '{"status":200,"description":"OK"}', "activate, time $_") for 1, 2;
whole(get("/users/activate/$digest/?"), 200, '{"status":200,"description":"OK"}', 'activate with /?');
my $in = king('POST', '/users/login', { email => "$name\@test.com", password => $password, savepassword => 'yes' });
my $session = $in->[1]{session_id};
whole($in, 200, qq({"status":200,"user_id":"$id","user_name":"$name","session_id":"$session"}), 'login');
like($session, qr/^[A-Za-z0-9_]{22}$/, 'the session id');
is(king('POST', '/users/login', { email => uc "$name\@test.com", password => $password })->[0], 200, 'login, address in capitals');
is(king('POST', '/users/login', { email => $name, password => $password })->[0], 200, 'login by user name');
my ($s, $text) = request('POST', "$ROOT/users/login/?", body => qq({"email":"$name","password":"$password"}));
is($s, 200, 'JSON as the body') or diag($text);

for ([{ email => "$name\@test.com", password => 'wrong' }, 'wrong password'], [{ email => 'no@test.com', password => $password }, 'unknown'],
    [{}, 'nothing'], [{ email => $name }, 'no password'], [{ email => [1], password => {} }, 'wrong types'],
    [{ email => $name, password => 'x' x 5000 }, 'a long password']) {
    wrong(king('POST', '/users/login', $_->[0]), 404, @LOGIN, "login: $_->[1]");
}

# --- create: what is wrong
my @create = (
    [{}, "Missing username.<br />\nMissing e-mail.<br />\n"],
    [{ user_name => 'x' }, "Missing e-mail.<br />\n"],
    [{ email => 'x@y.co' }, "Missing username.<br />\n"],
    [{ user_name => 'x' x 31, email => 'x@y.co' }, $NAME],
    [{ user_name => 'a b', email => 'x@y.co' }, $NAME],
    [{ user_name => 'äöü', email => 'x@y.co' }, $NAME],
    [{ user_name => 'a.b', email => 'x' }, "${NAME}E-mail has incorrect syntax.<br />\n"],
    [{ user_name => 'ab', email => 'x@y.c' }, "E-mail has incorrect syntax.<br />\n"],
    [{ user_name => 'ab', email => "x\@y.co\nBcc: z\@y.co" }, "E-mail has incorrect syntax.<br />\n"],
    [{ user_name => 'ab', email => "x\@y.co\r" }, "E-mail has incorrect syntax.<br />\n"],
    [{ user_name => 'ab', email => 'x@' . 'y' x 251 . '.co' }, "E-mail must be shorter than 256 characters long.<br />\n"],
    [{ user_name => ['ab'], email => {} }, "Missing username.<br />\nMissing e-mail.<br />\n"],
);
wrong(king('POST', '/users', $_->[0]), 400, 'Invalid Input', $_->[1], 'create: ' . canonical($_->[0])) for @create;
my @TAKEN = 'CreateUser - Error creating account.';
wrong(king('POST', '/users', { user_name => uc $name, email => 'other@test.com' }), 400, @TAKEN, " '" . uc($name) . "'  already exists.", 'name taken');
wrong(king('POST', '/users', { user_name => new_name(), email => uc "$name\@test.com" }), 400, @TAKEN,
    " '" . uc("$name\@test.com") . "'  already exists.", 'address taken');
wrong(king('POST', '/users', { user_name => $_, email => "$_\@test.com" }), 400, @TAKEN, " '$_'  already exists.", "reserved: $_")
    for qw(get findsimilar login password activate);
is(king('POST', '/users', { user_name => 'x' x 30, email => 'x30@a-b.museum' })->[0], 201, '30 characters, a long last label');

# --- bad input
my $bad = 'JSON is missing or broken: ';
for (['{', 'ends early'], ['[]', 'a list'], ['"x"', 'a string'], ['', 'empty'], ['[' x 5000, 'a nesting bomb'],
    ["{\"user_name\":\"a\\u0000\"}", 'NUL'], ["{\"user_name\":\"\xff\"}", 'not UTF-8'], ['{"a":"\ud800"}', 'a lone surrogate']) {
    my $r = king('POST', '/users', $_->[0]);
    is($r->[0], 400, "json: $_->[1]");
    is($r->[1]{status}, '400', "json: $_->[1], its status") or diag($r->[2]);
    like($r->[2], qr/^\{"status":"400","description":"Bad Request","user_message":"Invalid data\."/, "json: $_->[1], its form");
}
wrong(king('POST', '/users/login'), 400, 'Invalid data.', "${bad}it is missing", 'no body');
($s, $text) = request('POST', "$ROOT/users", body => 'json=%zz');
is($s, 400, 'a broken escape');
($s, $text) = request('POST', "$ROOT/users", body => 'x' x 600_000);
is($s, 413, 'a huge body');
like($text, qr/^\{"status":"413","description":"Request Entity Too Large"[^\n]*\}$/, 'and its form');

wrong(get('/users/activate'), 400, 'Missing data.', 'No digest given.', 'no digest');
wrong(get("/users/activate/$_"), 400, 'ActivateAccount - Error activating account', 'Invalid data given or account does not exist.',
    "activate $_") for 'x', 'A' x 22, 'x' x 2000;
is((request('HEAD', "$ROOT/users/activate/$digest"))[0], 405, 'HEAD does not activate');

# --- profile
my $user = { user_name => $name, user_id => $id, session_id => $session };
my $other = newcomer();
my $own = get("/users/$name", $user);
my $date = $own->[1]{created_date};
like($date, qr/^[A-Z][a-z]{2} \d\d, \d{4}$/, 'created_date');
whole($own, 200, qq({"status":200,"user_id":"$id","user_name":"$name","email":"$name\@test.com","user_status":"o","digest":"$digest",)
        . qq("desc_markup":"","desc_format":"","created_date":"$date"}), 'own profile');
whole(get('/users/' . uc $name, $user), 200, qq({"status":200,"user_name":"$name","desc_format":""}), 'own by other case is another');
whole(get("/users/$other->{user_name}", $user), 200, qq({"status":200,"user_name":"$other->{user_name}","desc_format":""}), 'another');
wrong(get('/users/nobody', $user), 404, 'Could not retrieve user information.', 'nobody not found.', 'nobody');
whole(king('PUT', '/users', { email => "n$name\@test.com", desc_markup => "<b>ü\nhttp://a.b" }, $user), 200,
    '{"status":200,"description":"OK","profile_updated":"true"}', 'update');
$own = get("/users/$name", $user);
is($own->[1]{desc_markup}, "<b>ü\nhttp://a.b", 'desc_markup');
is($own->[1]{desc_format}, '&lt;b&gt;&#252;<br /><a href="http://a.b" title="http://a.b">a.b</a>', 'desc_format');
is(get("/users/$name", $other)->[1]{desc_format}, $own->[1]{desc_format}, 'others see desc_format');
is(king('PUT', '/users', { email => "n$name\@test.com" }, $user)->[0], 200, 'the same address again');
is(get("/users/$name", $user)->[1]{desc_markup}, "<b>ü\nhttp://a.b", 'a description that is not sent stays');
for ([{}, 'Missing e-mail. '], [{ email => 'x' }, 'E-mail has incorrect syntax. '],
    [{ email => 'x' x 256 . '@y.co' }, 'E-mail must be less 256 characters long. ']) {
    wrong(king('PUT', '/users', $_->[0], $user), 400, 'Invalid data.', $_->[1], "update: $_->[1]");
}
wrong(king('PUT', '/users', { email => $other->{email} }, $user), 400, 'Duplicate entry', "E-mail address $other->{email} already exists.", 'update: taken');

# --- change of password
my $p = sub { { user_id => $id, user_name => $name, old_password => $password, new_password => 'abcd12!@', verify_password => 'abcd12!@', @_ } };
my $MATCH = 'New password and verify password do not match. ';
my $LONG = 'Password shorter than eight characters or longer than 30 characters or contains invalid characters. ';
my $NONE = 'Missing old, new, or verify password. ';
my $WEAK = 'Password is too weak. ';
my $both = sub { (new_password => $_[0], verify_password => $_[0]) };
my @change = (
    [{ user_id => '' }, 'Missing or invalid user ID submitted. '], [{ user_id => $other->{user_id} }, 'Missing or invalid user ID submitted. '],
    [{ user_name => $other->{user_name} }, 'Missing or invalid username submitted. '], [{ old_password => '' }, $NONE],
    [{ new_password => '' }, $NONE], [{ verify_password => '' }, $NONE],
    [{ $both->('abc12!@') }, "$LONG$WEAK"], [{ $both->('a' x 31) }, $LONG], [{ $both->('abcd 12!@') }, $LONG],
    [{ verify_password => 'abcd12!#' }, $MATCH], [{ $both->('abcdefgh') }, $WEAK], [{ $both->('abcd1!@x') }, $WEAK], [{ $both->('abc123!@') }, $WEAK],
    [{ new_password => 'x', verify_password => 'y' }, "$LONG$MATCH$WEAK"],
);
wrong(king('PUT', '/users/password', $p->(%{ $_->[0] }), $user), 400, 'Invalid data.', $_->[1], 'change: ' . canonical($_->[0])) for @change;
wrong(king('PUT', '/users/password', $p->(old_password => 'wrong'), $user), 400, 'Old password is incorrect.', 'Try again.', 'old password');
my $changed = king('PUT', '/users/password', $p->(), $user);
my $second = $changed->[1]{session_id};
whole($changed, 200, qq({"session_id":"$second","status":200,"user_id":"$id","user_name":"$name"}), 'change');
isnt($second, $session, 'another session');
is(get("/users/$name", { %$user, session_id => $_ })->[0], 200, 'both sessions are valid') for $session, $second;
wrong(king('POST', '/users/login', { email => $name, password => $password }), 404, @LOGIN, 'the old password is gone');
is(king('PUT', '/users/password', $p->(old_password => 'abcd12!@', $both->('abcdefgh12')), $user)->[0], 200, 'ten letters and digits');
is(king('POST', '/users/login', { email => $name, password => 'abcdefgh12' })->[0], 200, 'login with it');

# --- forgotten password
my $reset = king('POST', '/users/password', { user_name => $name, email => "n$name\@test.com" });
my $new = $reset->[1]{new_password};
whole($reset, 200, qq({"status":200,"email":"n$name\@test.com","new_password":"$new"}), 'forgotten');
is(king('POST', '/users/login', { email => $name, password => $new })->[0], 200, 'it works');
wrong(king('POST', '/users/login', { email => $name, password => 'abcdefgh12' }), 404, @LOGIN, 'the old one does not');
is(get("/users/$name", $user)->[0], 200, 'sessions go on');
wrong(king('POST', '/users/password', { user_name => $name, email => $_ }), 404, 'Invalid input.', 'Username and/or e-mail does not exist.', "forgotten: $_")
    for 'no@test.com', $other->{email};
wrong(king('POST', '/users/password', {}), 400, 'Invalid data.', 'Missing username. Missing e-mail. ', 'forgotten: nothing');
wrong(king('POST', '/users/password', { user_name => $name, email => 'x' }), 400, 'Invalid data.', 'E-mail has incorrect syntax. ', 'forgotten: syntax');

# --- log out
wrong(get("/users/$other->{user_name}/logout", $user), 400, 'Logout - Error (3) logging out account',
    'Invalid data given or account does not exist.', "logout: somebody else's name");
is((request('HEAD', "$ROOT/users/$name/logout" . query($user)))[0], 405, 'HEAD does not log out');
whole(get("/users/$name/logout/", $user), 200, '{"status":200,"description":"OK"}', 'logout with //?');
wrong(get("/users/$name/logout", $user), 403, 'Invalid access.', 'User could not authenticate.', 'again', number => 1);
is(get("/users/$name", { %$user, session_id => $second })->[0], 200, 'the other session goes on');

# --- one account for all dialects
my ($button) = account();
is(king('POST', '/users/login', { email => $button, password => $PW })->[0], 200, "a Button account logs in by its name");
my @r = button('login/', { username => $other->{user_name}, password => $other->{password} });
answer(\@r, 200, { message => 'Login successful!' }, 'a Kinglet account logs in to Button, whatever its password is like');

# --- Idempotency-Key
my $once = new_name();
my $first = king('POST', '/users', { user_name => $once, email => "$once\@test.com" }, undef, headers => { 'Idempotency-Key' => 'k1' });
is(king('POST', '/users', { user_name => $once, email => "$once\@test.com" }, undef, headers => { 'Idempotency-Key' => 'k1' })->[2],
    $first->[2], 'created once, the same answer again');
wrong(king('POST', '/users', { user_name => $once, email => "x$once\@test.com" }, undef, headers => { 'Idempotency-Key' => 'k1' }), 422,
    'Invalid request.', 'This Idempotency-Key was already used for a different request.', 'the key with another request');

# --- where passwords go
site('kinglet_plain');
my $plain = king('POST', '/users', { user_name => $name, email => "$name\@test.com" });
whole($plain, 201, qq({"status":201,"user_id":"1","user_name":"$name","password":"","email":"$name\@test.com","user_digest":"","description":"Created"}),
    'no mail, not shown: empty');
whole(king('POST', '/users/password', { user_name => $name, email => "$name\@test.com" }), 200,
    qq({"status":200,"email":"$name\@test.com","new_password":""}), 'forgotten: empty');
my @codes = map { king('POST', '/users/login', { email => $name, password => 'x' })->[0] } 1 .. 12;
is("@codes", join(' ', (404) x 11, 429), 'guesses are counted');
my $thr = king('POST', '/users/login', { email => "$name\@test.com", password => 'x' });
wrong($thr, 429, 'Too many attempts, try again later!', 'Too many attempts, try again later!', 'by the address: the same counter');
ok($thr->[3]{'retry-after'} > 0, 'Retry-After');
site('kinglet_mail');
whole(king('POST', '/users', { user_name => $name, email => "$name\@test.com" }), 201,
    qq({"status":201,"user_id":"1","user_name":"$name","password":"","email":"$name\@test.com","user_digest":"","description":"Created"}), 'by mail: empty');
king('POST', '/users', { user_name => "b$name", email => "b$name\@test.com" });
is(king('POST', '/users', { user_name => "c$name", email => "c$name\@test.com" })->[0], 429, 'registrations are limited');
site('kinglet_strict');
my $strict = newcomer();
$changed = king('PUT', '/users/password', { user_id => $strict->{user_id}, user_name => $strict->{user_name},
        old_password => $strict->{password}, $both->('abcd12!@') }, $strict);
is($changed->[0], 200, 'ChatPasswordEndsSessions: change');
is(get("/users/$strict->{user_name}", $strict)->[0], 403, 'the old session ended');
is(get("/users/$strict->{user_name}", { %$strict, session_id => $changed->[1]{session_id} })->[0], 200, 'the new one is valid');
site('closed');
wrong(king('POST', '/users', { user_name => $name, email => "$name\@test.com" }), 403, 'CreateUser - Error creating account.',
    'Registration is closed.', 'ChatRegistration closed');

# --- directives
for (['ChatMailCommand sendmail', 'absolute path'], ['ChatMailCommand /nonexistent/sendmail', 'executable program'], ['ChatMailTemplates /nonexistent', 'a directory'],
    ['ChatRevealPasswords maybe', 'On or Off'], ['ChatApprovedLists 1', 'On or Off'], ['ChatPasswordEndsSessions x', 'On or Off']) {
    my ($code, $said) = configtest($_->[0]);
    isnt($code, 0, "configtest: $_->[0]");
    like($said, qr/\Q$_->[1]\E/, 'and it says what is allowed');
}
my ($code, $said) = configtest("ChatMailCommand /bin/true -t\nChatMailTemplates /tmp\nChatRevealPasswords Off\nChatApprovedLists On\nChatPasswordEndsSessions On");
is($code, 0, 'configtest: good values') or diag($said);
($code, $said) = configtest('ChatMailCommand off');
is($code, 0, 'configtest: off') or diag($said);

done_testing;
