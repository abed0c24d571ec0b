# Reading by the teendevops API: every documented answer, whole; formats, ETags, mounts.
use strict;
use warnings;
use utf8;
use Test::More;
use ChatTest;
use TeenTest;

site('teendevops');
binmode Test::More->builder->$_, ':utf8' for qw(output failure_output);

# --- channels/get ---------------------------------------------------------------------------
my $channels = '{"success":true,"channels":[{"id":1,"title":"default","description":"A channel for 1337 h@xX0rz",'
    . '"creator":""}]}';
for my $path (qw(channels/get/ channels/get channels/get.php channels/get.php/)) {
    for my $method (qw(GET POST)) {
        my @r = td($method, $path);
        said(\@r, $channels, "$method $path");
        like(cookie_of($r[2]) // '', qr/^$ID$/, "$method $path: a cookie for a client without one");
        is($r[2]{'content-type'}, 'application/json', "$method $path: type");
    }
}
my ($private_owner, $button) = account();
channel($button);
said([td('GET', 'channels/get/')], $channels, 'private channels are not shown');
my ($id) = session();
is((td('GET', 'channels/get/', cookie => $id))[2]{'set-cookie'}, undef, 'no cookie for a client that has one');
is(join(' ', map { $_ // '' } (td('HEAD', 'channels/get/'))[0, 1]), '200 ', 'HEAD');
refused([td($_, 'channels/get/')], 'Request method must be GET.', "channels/get by $_") for qw(PUT DELETE PATCH);

# --- chat/get -------------------------------------------------------------------------------
my ($name) = account();
my ($in, $csrf) = login_as($name);
my @ids;
sub say_it {
    my ($text) = @_;
    my @r = td('POST', 'chat/send/', cookie => $in, form => { csrf => $csrf, channel => 1, message => $text });
    body_json($r[1])->{success} or die "send: $r[1]\n";
}
say_it("first $name");
say_it("se<c>ond & \"é\" / $name\n");
my @r = td('GET', 'chat/get/', query => { channel => 1, limit => 2 });
my $b = body_json($r[1]);
my @list = @{ $b->{chat} };
is(scalar @list, 2, 'limit');
my ($t1, $t2) = map { $_->{timestamp} } @list;
my ($m1, $m2) = map { $_->{message_id} } @list;
like($_, qr/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/, 'timestamp') for $t1, $t2;
cmp_ok($m1, '<', $m2, 'ascending');
my $page = sub {
    my ($limit) = @_;
    return qq({"success":true,"channel":1,"limit":$limit,"chat":[)
        . qq({"username":"$name","timestamp":"$t1","channel":1,"message":"first $name","deleted":false,"message_id":$m1},)
        . qq({"username":"$name","timestamp":"$t2","channel":1,"message":"se<c>ond & \\"\\u00e9\\" \\/ $name\\n","deleted":false,"message_id":$m2}]});
};
said(\@r, $page->(2), 'chat/get');
said([td('GET', $_, query => { channel => 1, limit => 2 })], $page->(2), $_) for qw(chat/get chat/get.php chat/get.php/);
said([td('POST', 'chat/get/', form => { channel => 1, limit => 2 })], $page->(2), 'chat/get: in a body');
said([td('GET', 'chat/get/', query => 'channel=7&limit=5', form => { channel => 1, limit => 2 })], $page->(2),
    'chat/get: the body wins, of a GET too');
said([td('GET', 'chat/get/', query => 'channel=7&channel=1&limit=2')], $page->(2), 'chat/get: the last of a name wins');
for (['', 1000], ['&limit=2500', 2500], ['&limit=2501', 2500], ['&limit=' . '9' x 40, 2500], ['&limit=007', 7], ['&limit=1', 1]) {
    my ($query, $limit) = @$_;
    is(body_json((td('GET', 'chat/get/', query => "channel=1$query"))[1])->{limit}, $limit, "limit$query");
}
refused([td('GET', 'chat/get/', query => { channel => 1, limit => $_ })], q(Parameter 'limit' is not valid.), "limit '$_'")
    for '0', '-1', 'x', '1.5', '', ' 1', '000';
refused([td('GET', 'chat/get/')], q(Parameter 'channel' is not set.), 'no channel');
refused([td('GET', 'chat/get/', query => 'channel=')], q(Parameter 'channel' is not set.), 'an empty channel');
refused([td('GET', 'chat/get/', query => { channel => $_ })], q(Parameter 'channel' is not valid.), "channel '$_'")
    for 'default', '1x', '1.0', '9' x 30, ' ';
said([td('GET', 'chat/get/', query => { channel => $_ })], qq({"success":true,"channel":$_,"limit":1000,"chat":[]}),
    "unknown channel $_") for 999999, 0, -1;
my (undef, $private) = channel($button);
said([td('GET', 'chat/get/', query => { channel => $private })], qq({"success":true,"channel":$private,"limit":1000,"chat":[]}),
    'a private channel');
refused([td('GET', 'chat/get/', query => $_->[0])], $_->[1], "broken parameters: $_->[0]")
    for ['channel=%zz', q(Parameter 'channel' is not valid.)], ['channel=1&x=%ff', q(Parameter 'x' is not valid.)],
    ['%ff=1', q(Parameter '...' is not valid.)], ['channel=1%00', q(Parameter 'channel' is not valid.)];

# A deleted message shows that it was there.
say_it("deleted $name");
my $token = token($name);
my ($gone) = grep { $_->{message} eq "deleted $name" } @{ (button('getmysentmessages/', { token => $token }))[1]{sent_messages} };
my @before = td('GET', 'chat/get/', query => { channel => 1, limit => 1 });
is((button('deletemessage/', { token => $token, message_id => $gone->{message_id} }))[0], 200, 'deleted by another dialect');
@r = td('GET', 'chat/get/', query => { channel => 1, limit => 1 }, headers => { 'If-None-Match' => $before[2]{etag} });
my $time = body_json($r[1])->{chat}[0]{timestamp} // '';
said(\@r, qq({"success":true,"channel":1,"limit":1,"chat":[{"username":"$name","timestamp":"$time","channel":1,"message":"",)
        . qq("deleted":true,"message_id":$gone->{message_id}}]}), 'a deleted message; the tag from before is stale');

# --- users/get ------------------------------------------------------------------------------
@r = td('GET', 'users/get/', query => { username => $name });
my $uid  = body_json($r[1])->{user}{id};
my $user = qq({"success":true,"user":{"id":$uid,"username":"$name","rank":0,"banned":false,)
    . '"description":"Write something about yourself here...","languages":"None","location":"cat location > \/dev\/null",'
    . '"icon":"\/assets\/user-icons\/default.png"}}';
said(\@r, $user, 'users/get by name');
said([td('GET', $_, query => { id => $uid })], $user, "$_ by id") for qw(users/get/ users/get users/get.php);
said([td('GET', 'users/get/', query => { username => uc $name })], $user, 'users/get: case does not matter');
said([td('GET', 'users/get/', query => { username => new_name(), id => $uid })], $user, 'users/get: the id wins');
said([td('GET', 'users/get/', query => { username => $name, id => '' })], $user, 'users/get: an empty id is none');
said([td('GET', 'users/get/', form => { id => $uid })], $user, 'users/get: in the body of a GET');
refused([td('GET', 'users/get/', query => $_)], q(Parameter 'id' or 'username' is not set.), "users/get: '$_'")
    for '', 'id=', 'username=', 'id=&username=';
refused([td('GET', 'users/get/', query => { id => $_ })], q(Parameter 'id' is not valid.), "users/get: id $_") for $name, '1.5', ' 1';
refused([td('GET', 'users/get/', query => { id => $_ })], 'That user does not exist.', "users/get: id $_") for 0, -1, 999999;
refused([td('GET', 'users/get/', query => { username => $_ })], 'That user does not exist.', 'users/get: nobody')
    for new_name(), "a\x{200b}", 'x' x 5000;
refused([td($_, 'users/get/', query => { id => $uid })], 'Request method must be GET.', "users/get by $_") for qw(POST PUT DELETE PATCH);
my ($closed) = account();
is((button('deleteaccount/', { username => $closed, password => $PW }))[0], 200, 'an account is closed');
refused([td('GET', 'users/get/', query => { username => $closed })], 'That user does not exist.', 'users/get: closed');

# --- users/findsimilar ----------------------------------------------------------------------
my @languages = ('None', 'Java', 'C', 'C++', 'C#', 'Python', 'PHP', 'NodeJS', 'Scratch', 'Visual Basic', 'HTML/CSS/JS', 'Assembly',
    'Ruby', 'Perl', 'Pascal', 'Scala', 'Lua', 'D', 'Swift', 'Objective-C', 'R', 'Go', 'SQL');
for my $language (@languages[1 .. $#languages]) {
    said([td('GET', 'users/findsimilar/', query => { language => $language })], '{"success":true,"users":[]}', "findsimilar: $language");
}
refused([td('GET', 'users/findsimilar/', query => { language => $_ })], q(Parameter 'language' is not valid.), "findsimilar: '$_'")
    for 'java', 'Cobol', ' C', 'C ';
refused([td('GET', 'users/findsimilar/', query => $_)], q(Parameter 'language' is not set.), "findsimilar: nothing") for '', 'language=';
my $first;
for my $path (qw(users/findsimilar/ users/findsimilar users/findsimilar.php)) {
    @r = td('GET', $path, query => { language => 'None' });
    $b = body_json($r[1]);
    my $u = $b->{users}[0];
    like($r[1], qr/^\{"success":true,"users":\[\{"id":$u->{id},"username":"$u->{username}","banned":false,"description":"Write something about yourself here\.\.\.","location":"cat location > \\\/dev\\\/null","language":"None","rank":0,"icon":"\\\/assets\\\/user-icons\\\/default\.png","languages":"None"\}/, "$path: keys in order");
    cmp_ok(scalar @{ $b->{users} }, '<=', 20, 'at most 20');
    is(scalar(grep { $_->{username} eq $closed } @{ $b->{users} }), 0, 'closed ones are left out');
}
is((td('POST', 'users/findsimilar/', form => { language => 'None' }))[1], $r[1], 'findsimilar by POST');

# --- ETag -----------------------------------------------------------------------------------
for (['channels/get/', ''], ['chat/get/', 'channel=1'], ['chat/get/', 'channel=1&format=xml'], ['chat/get/', 'channel=999999']) {
    my ($path, $query) = @$_;
    my $what = "$path?$query";
    @r = td('GET', $path, query => $query, cookie => $id);
    my $tag = $r[2]{etag} // '';
    like($tag, qr/^"[0-9a-f]{20}"$/, "$what: a tag");
    is($r[2]{'cache-control'}, 'private, no-cache', "$what: may be kept and asked for");
    (my $gzip = $tag) =~ s/"$/-gzip"/;
    for my $header ($tag, "W/$tag", qq("x", $tag), '*', $gzip) {
        my @n = td('GET', $path, query => $query, cookie => $id, headers => { 'If-None-Match' => $header });
        is($n[0] . ($n[1] // ''), 304, "$what: not modified ($header)");
        is($n[2]{etag}, $tag, "$what: the tag again");
        is($n[2]{'content-type'}, undef, "$what: nothing else");
    }
    for my $header ('"x"', 'x', '"', (substr $tag, 0, 10), '', substr($tag, 1, 20)) {
        my @n = td('GET', $path, query => $query, cookie => $id, headers => { 'If-None-Match' => $header });
        is($n[0], 200, "$what: another tag ($header)");
    }
    is((td('POST', $path, query => $query, headers => { 'If-None-Match' => $tag }))[0], 200, "$what: only for GET");
}
my $tag = (td('GET', 'chat/get/', query => 'channel=1'))[2]{etag};
for my $query ('channel=1&limit=999', 'channel=1&format=dump', 'channel=999999') {
    is((td('GET', 'chat/get/', query => $query, headers => { 'If-None-Match' => $tag }))[0], 200, "the tag is not that of $query");
}
say_it('news');
@r = td('GET', 'chat/get/', query => 'channel=1', headers => { 'If-None-Match' => $tag });
is($r[0], 200, 'a new message: modified');
is(body_json($r[1])->{chat}[-1]{message}, 'news', 'and there it is');
isnt($r[2]{etag}, $tag, 'with another tag');

# --- mounts ---------------------------------------------------------------------------------
said([td('GET', 'channels/get/', mount => '/td')], $channels, 'on another prefix');
said([td('GET', 'channels//get', mount => '/td')], $channels, 'slashes are merged');
for (['/td', 'nothing/'], ['/td', ''], ['/td', 'channels/'], ['/td', 'channels/get/x'], ['/td', 'channels/get.phpx'], ['/td', 'users/x/get']) {
    my ($mount, $path) = @$_;
    @r = td('GET', $path, mount => $mount);
    is("$r[0] $r[1]", '404 {"success":false,"error":"That endpoint does not exist."}', "$mount/$path is nobody's");
}
is((td('GET', 'nothing', mount => '/td', query => 'format=dump'))[1],
    "Array\n(\n    [success] => \n    [error] => That endpoint does not exist.\n)\n", 'in the format that was asked for');
is((td('OPTIONS', 'chat/get/'))[2]{allow}, 'GET, HEAD, POST, OPTIONS', 'OPTIONS');
is((td('OPTIONS', 'chat/send/'))[2]{allow}, 'POST, OPTIONS', 'OPTIONS of what only POST does');

done_testing;
