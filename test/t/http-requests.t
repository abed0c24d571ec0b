# What every request meets, whatever its endpoint: methods, headers, bodies of every kind.
use strict;
use warnings;
use Test::More;
use ChatTest;

site('button');
my ($name, $token) = account();
my ($room) = channel($token);
my $login = { username => $name, password => $PW };
my $ok    = { message => 'Login successful!' };

# Headers of every answer, good or bad.
sub headers_ok {
    my ($h, $what) = @_;
    like($h->{'content-type'} // '', qr{^application/json; ?charset=utf-8$}i, "$what: Content-Type");
    is($h->{'x-content-type-options'}, 'nosniff', "$what: nosniff");
    like($h->{'cache-control'} // '', qr/\bno-store\b/, "$what: no-store");
    ok(!exists $h->{location}, "$what: no redirect");
}
headers_ok((button('login/', $login))[2], '200');
headers_ok((button('login/', { %$login, password => 'Wr0ngPass!' }))[2], '401');
headers_ok((button('login/', {}))[2], '411');
headers_ok((button('login/', 'x'))[2], '400');
headers_ok((button('nothing/', {}))[2], '404');
headers_ok((button('login/', undef, method => 'GET'))[2], '405');

# Paths.
answer([button($_, $login)], 200, $ok, "path $_") for 'login/', 'login', 'login//', '/login/', 'log%69n/', 'login/?a=b';
answer([button('login/', $login, mount => $_)], 200, $ok, "mount $_") for '/api//v3', '//api/v3';
answer_like([button($_, $login)], 404, "path $_") for '', 'nothing/', 'login/more', 'LOGIN/', 'login.', 'x/%2e%2e/nothing';
is((request('POST', '/api/v3/login%00/', body => '{}'))[0], 404, 'path login%00/');
for ('%00', '%2f', 'x') {
    my @r = request('GET', "/socket.io/$_?EIO=4&transport=polling");
    is("$r[0] $r[1]", '404 Not Found', "path /socket.io/$_");
}

# Methods.
for my $method (qw(GET PUT DELETE PATCH HEAD FOO)) {
    my ($status, $body, $h) = button('login/', undef, method => $method);
    is($status, 405, "$method: 405");
    is(join(' ', sort split /[,\s]+/, $h->{allow} // ''), 'OPTIONS POST', "$method: Allow");
    answer_like([$status, $body], 405, "$method: a message") if $method ne 'HEAD';
}
{
    my ($status, $text, $h) = request('HEAD', '/api/v3/login/');
    is($text // '', '', 'HEAD: no body');
}
{
    my ($status, $text, $h) = request('OPTIONS', '/api/v3/login/');
    like($status, qr/^20[04]$/, 'OPTIONS');
    is(join(' ', sort split /[,\s]+/, $h->{allow} // ''), 'OPTIONS POST', 'OPTIONS: Allow');
    ok(!exists $h->{'access-control-allow-origin'}, 'OPTIONS: no CORS unless configured');
}

# Any Content-Type is taken for JSON.
answer([button('login/', $login, headers => { 'Content-Type' => $_ })], 200, $ok, "Content-Type $_")
    for 'application/json; charset=UTF-8', 'text/plain', 'application/x-www-form-urlencoded', 'nonsense';

# Bodies.
my $n = 20000;
my %bad = (
    'empty'                       => '',
    'blank'                       => " \n ",
    'not JSON'                    => 'username=a&password=b',
    'half an object'              => '{"username":"abc"',
    'a list'                      => '[]',
    'a string'                    => '"text"',
    'a number'                    => '5',
    'null'                        => 'null',
    'two objects'                 => '{}{}',
    'two trailing commas'         => '{"username":"abc",,}',
    'single quotes'               => "{'username':'abc'}",
    'a comment'                   => '{} // x',
    'a byte order mark'           => "\xef\xbb\xbf{}",
    'UTF-16'                      => "{\0}\0",
    'a NUL byte'                  => "{\"username\":\"a\0bc\"}",
    'a NUL byte at the end'       => "{}\0",
    'an escaped NUL'              => '{"username":"a\\u0000bc","password":"Passw0rd!"}',
    'an escaped NUL in a key'     => '{"a\\u0000b":1}',
    'a lone surrogate'            => '{"username":"\\ud800abc","password":"Passw0rd!"}',
    'a raw line break in a string' => "{\"username\":\"a\nbc\"}",
    'invalid UTF-8'               => "{\"username\":\"a\xffbc\"}",
    'overlong UTF-8'              => "{\"username\":\"a\xc0\xafbc\"}",
    'UTF-8 of a surrogate'        => "{\"username\":\"a\xed\xa0\x80bc\"}",
    'cut UTF-8'                   => "{\"username\":\"abc\xc3\"}",
    'invalid UTF-8 nobody reads'  => "{\"other\":\"a\xffbc\",\"username\":\"abc\",\"password\":\"Passw0rd!\"}",
    'deep lists'                  => '{"a":' . '[' x $n . ']' x $n . '}',
    'deep objects'                => '{"a":' x $n . '1' . '}' x $n,
    'deep and open'               => '[' x $n,
    'very many members'           => '{' . join(',', map {"\"k$_\":1"} 1 .. 30000) . '}',
    'a huge number'               => '{"a":1' . '0' x 5000 . '}',
);
for my $what (sort keys %bad) {
    my @r = button('login/', $bad{$what});
    $r[0] = 400 if $r[0] == 413 && length $bad{$what} > 65536;    # above the limit of a body: as good
    answer_like(\@r, 400, "body: $what");
}
answer([button('login/', '{"username":"' . $name . '","username":"' . $name . '","password":"' . $PW . '"}')], 200, $ok,
    'body: a key twice');
answer([button('login/', " \t\r\n{ \"username\" : \"$name\" , \"password\" : \"$PW\" , \"more\" : [ { } ] } \n")], 200, $ok,
    'body: blanks and other members');

# Large ones: refused, and the connection's end is no surprise for the client.
my $big = 10 * 1024 * 1024;
sub big_ok {
    my ($bytes, $what) = @_;
    my @r = button_raw(raw($bytes));
    answer_like(\@r, 413, $what);
}
sub head { "POST /api/v3/$_[0]/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n$_[1]\r\n\r\n" }
big_ok(head('login', "Content-Length: $big") . '{"username":"' . 'x' x ($big - 16) . '"}}}', '10 MB body');
big_ok(head('sendmessage', "Content-Length: $big") . ' ' x $big, '10 MB of blanks');
big_ok(head('login', 'Transfer-Encoding: chunked') . join('', map { sprintf "%x\r\n%s\r\n", 65536, 'x' x 65536 } 1 .. 160)
        . "0\r\n\r\n", '10 MB in chunks');

# Chunks, a client that waits for 100 Continue, two requests on one connection.
my $body = '{"username":"' . $name . '","password":"' . $PW . '"}';
answer([button_raw(raw(head('login', 'Transfer-Encoding: chunked')
            . join('', map { sprintf "1\r\n%s\r\n", $_ } split //, $body) . "0\r\n\r\n"))], 200, $ok, 'a chunk for every byte');
answer_like([button_raw(raw(head('login', 'Transfer-Encoding: chunked') . "zz\r\n"))], 400, 'a broken chunk');
like(raw(head('login', "Expect: 100-continue\r\nContent-Length: " . length $body) . $body), qr{^HTTP/1\.1 (100|200) },
    'Expect: 100-continue');
{
    my $one = "POST /api/v3/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: " . length($body) . "\r\n\r\n$body";
    (my $last = $one) =~ s/\r\n\r\n/\r\nConnection: close\r\n\r\n/;
    my $count = () = raw($one . $one . $last) =~ /Login successful!/g;
    is($count, 3, 'three requests in one go on one connection');
}
like(raw("POST /api/v3/login/ HTTP/1.0\r\nContent-Length: " . length($body) . "\r\n\r\n$body"), qr{^HTTP/1\.[01] 200 .*Login}s,
    'HTTP/1.0 without Host');

# A body that stalls, and one that ends too early: an answer, and others are served meanwhile.
site('limits');
for (['', 'before its first byte'], ['{"username":"abc', 'in the middle']) {
    # within 40 seconds: without the limit of 2 it would take Timeout's 60
    my @r = button_raw(raw(head('login', 'Content-Length: 100') . $_->[0], 40));
    answer_like(\@r, 408, "a body that stalls $_->[1]");
}

# Other requests are not harmed.
site('button');
answer([button('login/', $login)], 200, $ok, 'the server is well');

# An ErrorDocument of the site does not replace what the API says: see http-hosts.t.
done_testing;
