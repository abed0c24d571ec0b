# Chatroom API: chatrooms, logins, users, channels, invites; every documented answer, whole.
use strict;
use warnings;
use utf8;
use Test::More;
use ChatTest;
use ChatroomTest;

site('chatroom');
my $none = '00000000-0000-4000-8000-000000000000';
my $SHORT = 'Password too short. According to chatroom settings your password has to be at least 10 characters long.';
my $owns  = { r => JSON::PP::true, w => JSON::PP::true, x => JSON::PP::true };
my $uses  = { r => JSON::PP::true, w => JSON::PP::true, x => JSON::PP::false };
sub required { "No value supplied for required field: $_[0]" }

# Making a chatroom: the whole answer, in order, and the cookie.
my $name = new_name();
my %new  = (username => $name, password => $PASS, chatroom_name => 'Löwen & Co');
my @r    = call('POST', '/api/v0/chatroom/', \%new);
utf8::decode(my $text = $r[3]);
like($text, qr/\A\{"chatroom_name":"Löwen & Co","chatroomID":"$UUID","channels":\[\{"channel_name":"default","channelID":"$UUID","public":true,"permissions":\{"r":true,"w":true,"x":true\}\}\],"userID":"0"\}\z/,
    'a chatroom is made: keys in order');
my $owner = ChatroomTest::person(\@r, $name);
answers(\@r, 200, { chatroom_name => 'Löwen & Co', chatroomID => $owner->{room}, userID => '0', channels => [
    { channel_name => 'default', channelID => $owner->{channels}[0]{channelID}, public => JSON::PP::true, permissions => $owns }] },
    'a chatroom is made');
like($owner->{room}, qr/^$UUID$/, 'its id is a UUID');
is($r[2]{'content-type'}, 'application/json', 'Content-Type');
is($r[2]{'cache-control'}, 'no-store', 'Cache-Control');
ok(!ref $r[2]{'set-cookie'}, 'one cookie');
like($r[2]{'set-cookie'}, qr/^$owner->{room}=$UUID; Path=\/; HttpOnly; SameSite=Lax$/, 'the cookie and its attributes');

# What a bad request to make one gets, and that it makes nothing.
my $rooms = () = admin(undef, 'room', 'list', '--json') =~ /"uuid"/g;
for my $field (qw(username password chatroom_name)) {
    for my $value (undef, '', [], {}) {
        begins([call('POST', '/api/v0/chatroom/', { %new, $field => $value })], 400, required($field),
            "$field " . canonical($value));
    }
    my %less = %new;
    delete $less{$field};
    begins([call('POST', '/api/v0/chatroom/', \%less)], 400, required($field), "no $field");
}
begins([call('POST', '/api/v0/chatroom/', { chatroom_name => '' })], 400, required('username'), 'the first missing one');
answers([call('POST', '/api/v0/chatroom/', { %new, password => '123456789' })], 400, $SHORT, '9 characters of password');
answers([call('POST', '/api/v0/chatroom/', { %new, password => 'ä' x 9 })], 400, $SHORT, 'characters are counted, not bytes');
begins([call('POST', '/api/v0/chatroom/', { %new, password => 'x' x 1025 })], 400, 'Password too long', '1025 bytes of password');
begins([call('POST', '/api/v0/chatroom/', { %new, username => $_ })], 400, 'Invalid username', 'username ' . canonical($_))
    for 'two  blanks', ' first', 'last ', "no\x{a0}break", "a\nb", 'x' x 65, '@', 'a/b', "\x{430}bc", ' ';
begins([call('POST', '/api/v0/chatroom/', { %new, username => 'login' })], 400, 'Username already in use', 'a reserved name');
begins([call('POST', '/api/v0/chatroom/', { %new, chatroom_name => $_ })], 400, 'Invalid chatroom_name',
    'chatroom_name ' . canonical($_)) for 'x' x 65, "a\nb", ' ';
my $after = () = admin(undef, 'room', 'list', '--json') =~ /"uuid"/g;
is($after, $rooms, 'nothing was made by these');
{   # a name with spaces, as the original's own client sends it
    my @r = call('POST', '/api/v0/chatroom/', { username => 'consumer of tea', password => 'slkdjflksdjfkl', chatroom_name => 'conv1' });
    is($r[0], 200, 'a user name with single spaces inside') or diag($r[1]);
}

# Bodies that are no JSON object, on every POST.
for my $path ('chatroom/', "login/$owner->{room}", "channels/$owner->{room}", "messages/$owner->{room}",
    "invites/$owner->{room}") {
    my $url = "/api/v0/$path";
    answers([call('POST', $url, '{}')], 401, 'no data sent', "$path: {}");
    answers([call('POST', $url)], 401, 'no data sent', "$path: no body");
    for my $bad ('{', 'x=1', '[1]', '5', '"text"', "{\"userID\":\"\\u0000\"}", "{\"userID\":\"\xff\"}",
        '{"userID":"\ud800"}', '[' x 1000, '{"a":' x 20000) {
        my @r = call('POST', $url, $bad);
        ok($r[0] == 400 && ref $r[1] eq 'HASH' && join(',', keys %{ $r[1] }) eq 'message',
            "$path: " . substr($bad, 0, 20)) || diag("$r[0] $r[3]");
    }
    my @r = call('POST', $url, '{"data":"' . 'x' x 1000000 . '"}');
    begins(\@r, 413, 'Message too long, the limit is ', "$path: a body above every limit");
}

# Mounts and paths.
my $cookie = "$owner->{room}=$owner->{cookie}";
for my $mount ('', '/api/v0') {
    my %h = (userID => '0', Cookie => $cookie);
    for my $slash ('', '/') {
        for my $double ('', '/') {
            answers([call('GET', "$double$mount/login/$owner->{room}$slash", undef, %h)], 200, 'Already logged in',
                "GET $double$mount/login/ID$slash");
        }
        is((call('POST', "$mount/chatroom$slash", {%new, username => 'a  b'}))[1] =~ /^Invalid username/, 1, "POST $mount/chatroom$slash");
    }
    answers([call('GET', "$mount/login//$owner->{room}", undef, %h)], 200, 'Already logged in', "GET $mount/login//ID");
    answers([call('GET', "$mount/login/" . uc $owner->{room}, undef, %h)], 200, 'Already logged in', 'the id in capitals');
    answers([call('GET', "$mount/login/" . ($owner->{room} =~ s/-//gr), undef, %h)], 200, 'Already logged in', 'without dashes');
    my %methods = (
        "chatroom/" => 'POST, OPTIONS', "chatroom/$owner->{room}" => 'GET, HEAD, OPTIONS',
        "login/$owner->{room}" => 'GET, HEAD, POST, OPTIONS', "users/$owner->{room}" => 'GET, HEAD, OPTIONS',
        "channels/$owner->{room}" => 'GET, HEAD, POST, OPTIONS', "messages/$owner->{room}" => 'GET, HEAD, POST, OPTIONS',
        "invites/$owner->{room}" => 'GET, POST, OPTIONS');
    for my $path (sort keys %methods) {
        for my $method (qw(PUT DELETE PATCH GET HEAD POST PROPFIND)) {
            next if $methods{$path} =~ /\b$method\b/;
            my @r = call($method, "$mount/$path", undef, %h);
            is($r[0], 405, "$method $mount/$path");
            is($r[2]{allow}, $methods{$path}, 'Allow');
            answers(\@r, 405, { message => 'The method is not allowed for the requested URL.' }, 'an object')
                if $method ne 'HEAD';
        }
    }
}
for my $path ('/login', '/login/', '/users', '/messages/', "/login/$none/more", '/chatrooms/', '/') {
    my @r = request('GET', $path);
    like($r[2]{'content-type'} // '', qr{^text/html}, "the site's own: $path");
    next if $path eq '/';
    @r = call('GET', "/api/v0$path");
    answers(\@r, 404, { message => 'The requested URL was not found on the server.' }, "no endpoint: /api/v0$path");
}

# The chatroom comes before everything else.
for my $id ($none, 'x', "$none-", substr($none, 1), '..%2f', "%c3%a4") {
    for my $what (qw(login users channels messages invites chatroom)) {
        my @r = call('GET', "/api/v0/$what/$id", undef, userID => '0', Cookie => $cookie);
        next if $id =~ /%2f/ && $r[0] == 404;
        answers(\@r, 404, NO_ROOM, "GET $what/$id");
        next if $what =~ /users|chatroom/;
        answers([call('POST', "/api/v0/$what/$id", { userID => '0' }, Cookie => $cookie)], 404, NO_ROOM, "POST $what/$id");
    }
}

# Logging in: by id, by name, by the alias, in any spelling.
my $ann = join_room($owner);
for my $who ([$owner, '0'], [$ann, $ann->{id}]) {
    my ($me, $id) = @$who;
    for my $by ({ userID => $id }, { userID => $me->{name} }, { username => $me->{name} }, { username => uc $me->{name} },
        { userID => uc $id }, { userID => $id, username => 'ignored' }) {
        @r = call('POST', "/api/v0/login/$me->{room}", { %$by, password => $PASS });
        answers(\@r, 200, { chatroomID => $me->{room}, userID => $id, channels => [{ channel_name => 'default', public => JSON::PP::true,
            channelID => $owner->{channels}[0]{channelID}, permissions => $id ? $uses : $owns }] }, 'login as ' . canonical($by));
        like($r[2]{'set-cookie'}, qr/^$me->{room}=$UUID; Path=\/; HttpOnly; SameSite=Lax$/, 'its cookie');
    }
}
my $second = login($ann);
isnt($second->{cookie}, $ann->{cookie}, 'another login, another cookie');
answers([get($_, 'login')], 200, 'Already logged in', 'both are valid') for $ann, $second;
begins([call('POST', "/api/v0/login/$ann->{room}", { password => $PASS })], 400, required('userID'), 'login: no userID');
begins([call('POST', "/api/v0/login/$ann->{room}", { userID => $ann->{id} })], 400, required('password'), 'login: no password');
begins([call('POST', "/api/v0/login/$ann->{room}", { userID => '', password => '' })], 400, required('userID'), 'login: both empty');
answers([call('POST', "/api/v0/login/$ann->{room}", { userID => $_, password => $PASS })], 404, 'User does not exist',
    "login as $_") for $none, 'nobody', 'a b', '1';
for my $wrong ('wrong', $PASS . ' ', 'x' x 5000) {
    answers([call('POST', "/api/v0/login/$ann->{room}", { userID => $ann->{id}, password => $wrong })], 401, 'Password is incorrect',
        'a wrong password');
}
login($ann);

# Whether one is logged in: cookie and userID must belong together.
for my $case (
    ['no cookie', { Cookie => 'a=b' }], ['no userID', { userID => '' }], ["the owner's id", { userID => '0' }],
    ['an unknown id', { userID => $none }], ["the owner's cookie", { Cookie => $cookie }], ["the owner's name", { userID => $name }],
    ['a cookie of another name', { Cookie => "$none=$ann->{cookie}" }], ['an empty cookie', { Cookie => "$ann->{room}=" }],
    ['a longer cookie', { Cookie => "$ann->{room}=$ann->{cookie}0" }], ['junk', { Cookie => ';;;==;' . "$ann->{room}" }]) {
    my ($what, $h) = @$case;
    answers([get($ann, $_, 'get-method' => 'count', %$h)], 401, LOGGED_OUT, "GET $_: $what") for qw(login users channels messages invites chatroom);
    my %data = exists $h->{userID} ? (userID => $h->{userID}) : ();
    my %more = exists $h->{Cookie} ? (Cookie => $h->{Cookie}) : ();
    answers([post($ann, $_, { channel_name => 'x', channelID => $none, data => 'x', %data }, %more)], 401, LOGGED_OUT, "POST $_: $what")
        for qw(channels messages);
}
answers([get($ann, 'login', Cookie => "other=1; $ann->{room}=$ann->{cookie}; more=2")], 200, 'Already logged in', 'among other cookies');
answers([get($ann, 'login', Cookie => "$ann->{room}=\"$ann->{cookie}\"")], 200, 'Already logged in', 'in quotes');
answers([get($ann, 'login', userID => '', username => $ann->{name})], 200, 'Already logged in', 'username for userID');
answers([get($ann, 'login', userID => '', username => uc $ann->{name})], 200, 'Already logged in', 'in capitals');
answers([call('GET', "/login/$ann->{room}?userID=$ann->{id}", undef, Cookie => "$ann->{room}=$ann->{cookie}")], 200,
    'Already logged in', 'userID in the query');
answers([call('GET', "/login/$ann->{room}", { userID => $ann->{id} }, Cookie => "$ann->{room}=$ann->{cookie}")], 200,
    'Already logged in', 'userID in the body');
answers([call('GET', "/login/$ann->{room}?userID=0", { userID => '0' }, userID => $ann->{id}, Cookie => "$ann->{room}=$ann->{cookie}")],
    200, 'Already logged in', 'the header goes first');
answers([call('GET', "/login/$ann->{room}?userID=$ann->{id}", { userID => '0' }, Cookie => "$ann->{room}=$ann->{cookie}")],
    200, 'Already logged in', 'then the query');
my $zoe = join_room($owner, "Zo\x{eb}" . new_name());
my $latin = $zoe->{name};
utf8::encode(my $bytes = $latin);
utf8::downgrade($latin);
for my $sent ($bytes, $latin) {
    my $raw = raw("GET /login/$zoe->{room} HTTP/1.0\r\nHost: x\r\nusername: $sent\r\nCookie: $zoe->{room}=$zoe->{cookie}\r\n\r\n");
    like($raw, qr{^HTTP/1.1 200 .*"Already logged in"}s, 'a name with a diaeresis in a header, in UTF-8 and in Latin-1');
}
like((call('HEAD', "/login/$ann->{room}", undef, userID => $ann->{id}, Cookie => "$ann->{room}=$ann->{cookie}"))[0], qr/^200$/, 'HEAD');

# Users.
my @users = map { $_->{userID} } @{ (get($ann, 'users'))[1] };
is_deeply(\@users, ['0', $ann->{id}, $zoe->{id}], 'all users, in the order of their coming');
for my $u (@{ (get($owner, 'users'))[1] }) {
    is(join(',', sort keys %$u), 'color,colour,userID,username', "keys of $u->{username}");
    my @rgb = map { $u->{color}{$_} } qw(r g b);
    is(scalar(grep { /^\d+$/ && $_ <= 255 } @rgb), 3, 'a colour of integers');
    is(canonical($u->{color}), canonical($u->{colour}), 'and its other spelling');
}
unlike((get($owner, 'users'))[3], qr/"[rgb]":"/, 'numbers, no strings');

# Channels.
my $default = $owner->{channels}[0]{channelID};
@r = post($owner, 'channels', { channel_name => 'Zweiter' });
my $made = ref $r[1] eq 'HASH' ? $r[1]{channelID} : '';
answers(\@r, 200, { channel_name => 'Zweiter', channelID => $made, public => JSON::PP::true, permissions => $owns }, 'a channel is made');
my @list = map { { channel_name => $_->[0], channelID => $_->[1], public => JSON::PP::true, permissions => $uses } }
    ['default', $default], ['Zweiter', $made];
answers([get($ann, 'channels')], 200, \@list, 'channels of a member');
answers([get($owner, 'channels')], 200, [map { { %$_, permissions => $owns } } @list], 'channels of the owner');
answers([post($ann, 'channels', { channel_name => 'mine' })], 403, 'You do not have permission to perform this action.',
    'a member makes no channel');
answers([post($owner, 'channels', { channel_name => $_ })], 400, 'You must specify a channel_name!', 'channel_name ' . canonical($_))
    for undef, '', [];
begins([post($owner, 'channels', { channel_name => 'ZWEITER' })], 400, 'Channel name already in use', 'a name that is taken');
begins([post($owner, 'channels', { channel_name => $_ })], 400, 'Invalid channel_name', 'channel_name ' . canonical($_))
    for 'x' x 65, "a\nb", ' ';
my $hidden = channel_of($owner, 'hidden', public => JSON::PP::false);
answers([get($ann, 'channels')], 200, \@list, 'a private one is not shown to others');
is(scalar @{ (get($owner, 'channels'))[1] }, 3, 'but to its maker');
channel_of($owner, 'shown', public => 'x');
is(scalar(grep { $_->{channel_name} eq 'shown' && $_->{public} } @{ (get($ann, 'channels'))[1] }), 1, 'public by default');

# The room, an extension.
answers([get($ann, 'chatroom')], 200, { chatroomID => $owner->{room}, chatroom_name => 'Löwen & Co', channels => (get($ann, 'channels'))[1],
    settings => [{ sname => 'chat_name', stype => 'str', svalue => 'Löwen & Co' },
        { sname => 'min_password_length', stype => 'int', svalue => 10 }] }, 'GET /chatroom/ID');

# Idempotency-Key.
my %once = ('Idempotency-Key' => 'k1' . new_name());
my @first = call('POST', '/chatroom/', { %new, username => new_name() }, %once);
is($first[0], 200, 'a chatroom with a key');
my %again = %new;
@first = call('POST', '/chatroom/', \%again, %once, 'Idempotency-Key' => 'k2' . $name);
my @same = call('POST', '/chatroom/', \%again, %once, 'Idempotency-Key' => 'k2' . $name);
is(canonical($same[1]), canonical($first[1]), 'the same request again: the same chatroom');
isnt($same[2]{'set-cookie'}, $first[2]{'set-cookie'}, 'with a cookie of its own');
answers([get(ChatroomTest::person(\@same, $name), 'login')], 200, 'Already logged in', 'that works');
answers([call('POST', '/chatroom/', { %again, chatroom_name => 'x' }, 'Idempotency-Key' => 'k2' . $name)], 422,
    'This Idempotency-Key was already used for a different request', 'another request under it');
my @keyed = post($owner, 'channels', { channel_name => 'keyed' }, %once);
answers([post($owner, 'channels', { channel_name => 'keyed' }, %once)], 200, $keyed[1], 'a channel twice');
my @invited = get($owner, 'invites', %once);
answers([get($owner, 'invites', %once)], 200, $invited[1], 'an invite twice');
my %by = (inviteID => $invited[1]{inviteID}, username => new_name(), password => $PASS);
@first = call('POST', "/invites/$owner->{room}", \%by, %once);
answers([call('POST', "/invites/$owner->{room}", \%by, %once)], 200, $first[1], 'an invite of one use, used twice by one request');
begins([call('POST', "/invites/$owner->{room}", { %by, username => new_name() }, 'Idempotency-Key' => 'k9')], 403,
    'There are no more uses left', 'and not by another');

# Cookies for other origins.
@r = call('POST', "/login/$ann->{room}", { userID => $ann->{id}, password => $PASS }, Origin => 'https://app.example');
like($r[2]{'set-cookie'}, qr/^$ann->{room}=$UUID; Path=\/; HttpOnly; SameSite=None; Secure$/, 'SameSite for a listed origin');
is($r[2]{'access-control-allow-origin'}, 'https://app.example', 'and CORS');
@r = call('OPTIONS', "/messages/$ann->{room}", undef, Origin => 'https://app.example', 'Access-Control-Request-Method' => 'GET');
like($r[2]{'access-control-allow-headers'} // '', qr/\b$_\b/i, "preflight allows $_")
    for qw(userID username get-method count time channelID uses expiration-time Idempotency-Key Content-Type);

# Pages of others: what a browser sends for them counts without its cookie.
my $said = { %{ $ann }, channel => (get($ann, 'channels'))[1][0]{channelID} };
for my $site (qw(cross-site same-site)) {
    my %from = ('Sec-Fetch-Site' => $site);
    for my $origin ('https://evil.example', 'null', undef) {
        my %h = (%from, $origin ? (Origin => $origin) : ());
        begins([post($ann, 'messages', { channelID => $said->{channel}, data => 'forged' }, %h)], 401, 'Client not logged in.',
            "$site, " . ($origin // 'no origin') . ': POST');
        begins([get($owner, 'invites', %h)], 401, 'Client not logged in.', "$site, " . ($origin // 'no origin') . ': GET');
    }
    is((get($ann, 'login', %from, Origin => 'https://app.example'))[0], 200, "$site, a listed origin");
}
is((get($ann, 'login', 'Sec-Fetch-Site' => $_))[0], 200, "Sec-Fetch-Site: $_") for qw(same-origin none);

# Who may come in.
answers([call('POST', '/closed/chatroom/', { %new, username => new_name() })], 403, 'Registration is closed', 'ChatRegistration closed');
is((call('POST', '/invited/chatroom/', { %new, username => new_name() }))[0], 200, 'ChatRegistration invite leaves it to ChatRoomCreation');
my $ticket = invite($owner, uses => 5);
answers([call('POST', "/closed/invites/$owner->{room}", { inviteID => $ticket, username => new_name(), password => $PASS })], 403,
    'Registration is closed', 'closed: no invite helps');
is((call('POST', "/invited/invites/$owner->{room}", { inviteID => $ticket, username => new_name(), password => $PASS }))[0], 200,
    'ChatRegistration invite: an invite does');
is((call('POST', '/small/chatroom/', { %new, username => new_name() }))[0], 200, 'one chatroom an hour');
@r = call('POST', '/small/chatroom/', { %new, username => new_name() });
begins(\@r, 429, 'Too many requests', 'and no second');
like($r[2]{'retry-after'} // '', qr/^[1-9]\d*$/, 'Retry-After');
is((call('POST', "/small/invites/$owner->{room}", { inviteID => $ticket, username => new_name(), password => $PASS }))[0], 429,
    'redeemed invites count, too');

# Banned and deleted accounts, changed passwords.
admin($owner, 'account', 'ban', $ann->{name});
answers([get($ann, 'login')], 401, LOGGED_OUT, 'banned: logged out');
answers([call('POST', "/login/$ann->{room}", { userID => $ann->{id}, password => $PASS })], 401, 'Password is incorrect', 'banned: no login');
ok((grep { $_->{userID} eq $ann->{id} } @{ (get($owner, 'users'))[1] }), 'banned: still a name for what was said');
admin($owner, 'account', 'unban', $ann->{name});
answers([get(login($ann), 'login')], 200, 'Already logged in', 'unbanned');
admin($owner, 'account', 'delete', $bytes);
answers([get($zoe, 'login')], 401, LOGGED_OUT, 'deleted: logged out');
ok(!(grep { $_->{userID} eq $zoe->{id} } @{ (get($owner, 'users'))[1] }), 'deleted: no user any more');

# Failed logins meet the limit of all dialects.
my $carl = join_room($owner);
my @tries = map { (call('POST', "/login/$carl->{room}", { userID => $carl->{id}, password => 'wrong' }))[0] } 1 .. 12;
is("@tries", join(' ', (401) x 11, 429), 'eleven attempts, then none');
@r = call('POST', "/login/$carl->{room}", { userID => $carl->{id}, password => 'wrong' });
answers(\@r, 429, 'Too many attempts, try again later!', 'said so');
like($r[2]{'retry-after'} // '', qr/^[1-9]\d*$/, 'Retry-After');

site('roomless');
answers([call('POST', '/api/v0/chatroom/', { %new, username => new_name() })], 403,
    'Creating chatrooms is disabled on this server', 'ChatRoomCreation Off');
# public unless told otherwise, in whatever type
site('chatroom');
my $other = new_room();
my $number = 0;
for ([JSON::PP::true, 1], [1, 1], ['yes', 1], [undef, 1], [JSON::PP::false, 0], [0, 0], ['0', 0], ['false', 0]) {
    my ($said, $public) = @$_;
    my @c = post($other, 'channels', { channel_name => 'c' . ++$number, public => $said });
    is($c[1]{public} ? 1 : 0, $public, 'a channel is made: public ' . canonical([$said]));
}
done_testing;
