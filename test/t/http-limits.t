# Limits that hold whatever child answers: logins, registrations, sends, requests, the size of a message.
# expected-log: CHAT0\d+.*(?:attempts|limit)
use strict;
use warnings;
use Test::More;
use ChatTest;

# The vhost has registrations 3, logins 3, sends 5 in an hour, and messages of 100 bytes.
site('limits');
my $busy = { message => 'Too many attempts, try again later!' };
my @names = map { new_name() } 1 .. 4;
for my $i (0 .. 3) {
    my @r = button('register/', { username => $names[$i], password => $PW });
    if ($i < 3) { answer(\@r, 201, { message => 'User registered successfully!' }, "registration $i") }
    else        { answer_like(\@r, 429, 'one too many'); retry_after($r[2], 'registration') }
}

sub retry_after {
    my ($h, $what) = @_;
    like($h->{'retry-after'} // '', qr/^[1-9]\d*$/, "$what: Retry-After");
    cmp_ok($h->{'retry-after'} // 0, '<=', 3662, "$what: the window and a part of it");
}

# Right credentials get in whatever happened before; a success clears the account's counter.
sub try_login { [button('login/', { username => $_[0], password => $_[1] })] }
my $wrong = 'Wr0ngPass!';
answer(try_login($names[0], $wrong), 401, BAD_LOGIN, "failed login $_") for 1, 2;
answer(try_login($names[0], $PW), 200, { message => 'Login successful!' }, 'a success');
answer(try_login($names[0], $wrong), 401, BAD_LOGIN, "failed login $_ after it") for 1 .. 3;
my $r = try_login($names[0], $wrong);
answer($r, 429, $busy, 'too many');
retry_after($r->[2], 'login');
answer([button("$_/", { username => $names[0], password => $wrong })], 429, $busy, "$_ counts the same")
    for qw(generatetoken gettoken);
answer(try_login($names[1], $wrong), 401, BAD_LOGIN, 'another account has its own counter');

my $token = token($names[1]);
my ($room) = channel($token);
my $send = sub { [button('sendmessage/', { token => $token, channel => $room, message => $_[0] })] };
answer_like($send->('x' x 101), 413, 'ChatMaxMessage');
answer_like($send->("\xc3\xa4" x 51), 413, 'ChatMaxMessage counts bytes');
answer($send->('x' x 100), 200, { message => 'Message sent!' }, "message $_") for 1 .. 5;
$r = $send->('x');
answer_like($r, 429, 'too many messages');
retry_after($r->[2], 'sends');
my $other = token($names[2]);
my ($its) = channel($other);
answer([button('sendmessage/', { token => $other, channel => $its, message => 'x' })], 200, { message => 'Message sent!' },
    'another account has its own counter');
answer([button('senddm/', { token => $token, username => $names[2], message => 'x' })], 429,
    (button('senddm/', { token => $token, username => $names[2], message => 'x' }))[1], 'direct messages count too');

# Requests of an address.
site('requests');
for my $i (1 .. 7) {
    my @r = button('login/', {});
    if ($i <= 5) { answer(\@r, 411, PW, "request $i") }
    else         { answer_like(\@r, 429, "request $i"); retry_after($r[2], 'requests') }
}
done_testing;
