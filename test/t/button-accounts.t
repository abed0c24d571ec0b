# Accounts and tokens of the Button API: every documented answer, whole.
use strict;
use warnings;
use utf8;
use Test::More;
use ChatTest;

site('button');
binmode Test::More->builder->$_, ':utf8' for qw(output failure_output);

my $name = new_name();
my $uuid = qr/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

answer([button('register/', { username => $name, password => $PW })], 201,
    { message => 'User registered successfully!' }, 'register');
answer([button('register/', { username => $name, password => $PW })], 401, { message => 'User exists!' },
    'register the same name');
answer([button('register/', { username => uc $name, password => $PW })], 401, { message => 'User exists!' },
    'register the same name in capitals');
answer([button('register', { username => $name, password => $PW })], 401, { message => 'User exists!' },
    'without the slash at the end');

# Passwords: 8-20 characters, one digit, one capital letter, one symbol, no blanks.
my @passwords = (
    ['Aa1!aaaa',             1, 'the shortest'],
    ['Aa1!aaa',              0, 'one too short'],
    ['Aa1!' . 'a' x 16,      1, 'the longest'],
    ['Aa1!' . 'a' x 17,      0, 'one too long'],
    ['aa1!aaaa',             0, 'no capital letter'],
    ['Aaa!aaaa',             0, 'no digit'],
    ['Aa1aaaaa',             0, 'no symbol'],
    ['Aa1! aaaa',            0, 'a blank'],
    ["Aa1!\taaaa",           0, 'a tab'],
    ["Aa1!\x{a0}aaaa",       0, 'a no-break space'],
    ['',                     0, 'empty'],
    ['Éa1!aaaa',             1, 'a capital letter beyond ASCII'],
    ['Aa1€aaaa',             1, 'a symbol beyond ASCII'],
    ['Aa1!äää',              0, '7 characters in 10 bytes'],
    ['Aa1!' . 'ä' x 16,      1, '20 characters in 36 bytes'],
    ['Aa1!' . "\x{1F600}" x 16, 1, '20 characters in 68 bytes'],
    ['AAAA1111!',            1, 'no small letter'],
);
for (@passwords) {
    my ($password, $good, $what) = @$_;
    my $user = new_name();
    answer([button('register/', { username => $user, password => $password })],
        $good ? (201, { message => 'User registered successfully!' }) : (411, PW), "password: $what");
    next unless $good;
    answer([button('login/', { username => $user, password => $password })], 200,
        { message => 'Login successful!' }, "password: $what, login");
}
answer([button('register/', { username => new_name(), password => $_->[0] })], 411, PW, "password: $_->[1]")
    for [undef, 'null'], [12345678, 'a number'], [[$PW], 'a list'], [{}, 'an object'];
answer([button('register/', { username => new_name() })], 411, PW, 'password: missing');

# User names: 3-20 characters.
my @users = (
    ['ab',               0, 'too short'],
    ['a' x 21,           0, 'too long'],
    ['',                 0, 'empty'],
    ['a b c', 'a character that is not allowed', 'with blanks'],
    ["abc\n", 'a character that is not allowed', 'with a line break'],
    ['a/b/c', 'a character that is not allowed', 'with slashes'],
    ['äö',               0, '2 characters in 4 bytes'],
    ["p\x{430}ypal", 'letters of several scripts in one word', 'letters of two scripts'],
    ["abc\x{200b}", 'a character that is not allowed', 'an invisible character'],
    ['äöü' . lc new_name(), 1, 'beyond ASCII'],
    ['a.b_c-' . new_name(), 1, 'with the symbols that names may have'],
);
for (@users) {
    my ($user, $good, $what) = @$_;
    answer([button('register/', { username => $user, password => $PW })],
        $good eq '1' ? (201, { message => 'User registered successfully!' })
        : (411, $good ? { message => "Username may have letters and digits of one script and _ . -, but it has $good!" } : UN), "user name: $what");
}
answer([button('register/', { username => $_->[0], password => $PW })], 411, UN, "user name: $_->[1]")
    for [undef, 'null'], [12345, 'a number'], [['abc'], 'a list'], [{}, 'an object'];
answer([button('register/', { password => $PW })], 411, UN, 'user name: missing');
answer([button('register/', { username => 'a', password => 'b' })], 411, PW, 'both wrong: the password is first');
answer([button('register/', {})], 411, PW, 'both missing');

# Credentials, the same three answers of three endpoints.
for my $path (qw(login generatetoken gettoken)) {
    answer([button("$path/", { username => $name, password => 'Wr0ngPass!' })], 401, BAD_LOGIN,
        "$path: wrong password");
    answer([button("$path/", { username => new_name(), password => $PW })], 401, BAD_LOGIN, "$path: unknown user");
    answer([button("$path/", { username => $name, password => 'short' })], 411, PW, "$path: password of no such form");
    answer([button("$path/", { username => 'ab', password => $PW })], 411, UN, "$path: user name of no such form");
    answer([button("$path/", { username => $name })], 411, PW, "$path: no password");
    answer([button("$path/", { password => $PW })], 411, UN, "$path: no user name");
    answer([button("$path/", { username => 1, password => 2 })], 411, PW, "$path: numbers");
}
# those were many failures: a right password clears them
answer([button('login/', { username => $name, password => $PW })], 200, { message => 'Login successful!' }, 'login');
answer([button('login', { username => uc $name, password => $PW })], 200, { message => 'Login successful!' },
    'login in capitals, without the slash');

# Tokens: one per account.
answer([button('gettoken/', { username => $name, password => $PW })], 401, { message => 'No token!' },
    'gettoken before there is one');
my @made = button('generatetoken/', { username => $name, password => $PW });
my $first = $made[1]{token} // '';
like($first, $uuid, 'a version-4 UUID');
answer(\@made, 200, { message => 'Made token!', token => $first }, 'generatetoken');
answer([button('gettoken/', { username => $name, password => $PW })], 200,
    { message => 'Returning token!', token => $first }, 'gettoken');
answer([button('getchannels/', { token => $first })], 404, { message => 'You are not in any channels!' },
    'the token works');
my @changed = button('generatetoken/', { username => $name, password => $PW });
my $second = $changed[1]{token} // '';
answer(\@changed, 200, { message => 'Changed token!', token => $second }, 'generatetoken again');
like($second, $uuid, 'a version-4 UUID again');
isnt($second, $first, 'another token');
answer([button('getchannels/', { token => $first })], 401, BAD_TOKEN, 'the old token stopped working');
answer([button('getchannels/', { token => $second })], 404, { message => 'You are not in any channels!' },
    'the new one works');
answer([button('gettoken/', { username => $name, password => $PW })], 200,
    { message => 'Returning token!', token => $second }, 'gettoken gives the new one');

# Extensions: changepassword and deleteaccount.
my ($user, $token) = account();
my $new = 'An0ther!Word';
answer([button('changepassword/', { username => $user, password => 'Wr0ngPass!', new_password => $new })], 401,
    BAD_LOGIN, 'changepassword: wrong password');
answer([button('changepassword/', { username => $user, password => $PW, new_password => 'weak' })], 411, PW,
    'changepassword: weak new password');
answer([button('changepassword/', { username => $user, password => $PW })], 411, PW,
    'changepassword: no new password');
my @r = button('changepassword/', { username => $user, password => $PW, new_password => $new });
is($r[0], 200, 'changepassword') or diag(canonical($r[1]));
answer([button('login/', { username => $user, password => $PW })], 401, BAD_LOGIN, 'the old password is gone');
answer([button('login/', { username => $user, password => $new })], 200, { message => 'Login successful!' },
    'the new one works');
answer([button('getchannels/', { token => $token })], 401, BAD_TOKEN, 'changepassword ends the token');
answer([button('deleteaccount/', { username => $user, password => $PW })], 401, BAD_LOGIN,
    'deleteaccount: wrong password');
@r = button('generatetoken/', { username => $user, password => $new });
$token = $r[1]{token};
@r = button('deleteaccount/', { username => $user, password => $new });
is($r[0], 200, 'deleteaccount') or diag(canonical($r[1]));
answer([button('login/', { username => $user, password => $new })], 401, BAD_LOGIN, 'the account is gone');
answer([button('getchannels/', { token => $token })], 401, BAD_TOKEN, 'and its token');

# Another normal form is the same text.
{
    my $who = "r" . (account())[0];
    my ($typed, $again) = ("P\x{e9}ss-w0rd!", "Pe\x{301}ss-w0rd!");
    is((button('register/', { username => $who, password => $typed }))[0], 201, 'a password with a letter of two spellings');
    answer([button('login/', { username => $who, password => $again })], 200, { message => 'Login successful!' }, 'spelled the other way');
}

# The document's own samples have a comma at the end.
is((request('POST', '/api/v3/login/', body => $_))[0], 411, "a comma at the end: $_")
    for qq({\n  "username" : "x",\n  "password" : "y",\n}), qq({"username":"x","password":"y",} \n);
is((request('POST', '/api/v3/login/', body => $_))[0], 400, "no sample: $_")
    for '{,}', '{"username":"x",,}', '{"a":[1,]}', '{"username":"x",', '[1,]';

# Names: what cannot be in one is said.
for (["\x{639}\x{644}\x{6cc}\x{200c}\x{631}\x{636}\x{627}", 'a joiner where letters join'], ["Gal\x{b7}la", 'l, middle dot, l'], ["\x{5d2}\x{5f3}\x{5d5}\x{5df}", 'geresh']) {
    my ($who, $what) = @$_;
    my @r = button('register/', { username => $who, password => $PW });
    is($r[0], 201, "register: $what") or diag(canonical($r[1]));
}
for (["O'Brien", 'a character that is not allowed'], ["\x{645}\x{640}\x{62d}\x{645}", 'a character that is not allowed'], ["p\x{430}ypal", 'letters of several scripts in one word'],
    ["bob" . "\x{316}\x{317}\x{318}\x{319}\x{31c}" x 3, 'too many marks on one letter'], ['ab cd', 'a character that is not allowed']) {
    my ($who, $why) = @$_;
    answer([button('register/', { username => $who, password => $PW })], 411,
        { message => "Username may have letters and digits of one script and _ . -, but it has $why!" }, "register: $why");
}

# An account's messages can go with it.
{
    my ($who, $token) = account();
    my ($friend, $theirs) = account();
    is((button('makechannel/', { token => $theirs, name => "of $friend" }))[0], 200, 'a channel');
    is((button('addusertochannel/', { token => $theirs, name => "of $friend", username => $who }))[0], 200, 'with both');
    is((button('sendmessage/', { token => $token, channel => "of $friend", message => "n $_" }))[0], 200, "message $_") for 1 .. 3;
    is((button('senddm/', { token => $token, username => $friend, message => 'direct' }))[0], 200, 'a direct one');
    is((button('senddm/', { token => $theirs, username => $who, message => 'back' }))[0], 200, 'and back');
    answer([button('deleteaccount/', { username => $who, password => $PW, delete_messages => 'yes' })], 400, { message => 'delete_messages is not valid!' }, 'not a boolean');
    is((button('deleteaccount/', { username => $who, password => $PW, delete_messages => JSON::PP::true }))[0], 200, 'deleteaccount with its messages');
    answer([button('readmessagesfromchannel/', { token => $theirs, name => "of $friend", count => 50 })], 200, { messages => [] }, 'nothing is left in the channel');
    is(join(' ', map { $_->{message} } @{ (button('getdms/', { token => $theirs, count => 50 }))[1]{dms} }), 'back', 'of direct ones what others sent is left');
}

done_testing;
