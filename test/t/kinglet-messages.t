# Messages of the Kinglet API: streams, replies, threads, paths, credentials; and Button's view of them.
use strict;
use warnings;
use utf8;
use Test::More;
use ChatTest;
use KingletTest;

site('kinglet');
binmode Test::More->builder->$_, ':utf8' for qw(output failure_output);

my ($ann, $bob, $carl) = map { newcomer() } 1 .. 3;
my ($A, $B, $C) = map { $_->{user_name} } $ann, $bob, $carl;
my $ago = qr/\d+ secs ago/;

sub item { # one list item as JSON, its date taken out
    my ($m, $reader) = @_;
    return qq({"message_id":"$m->{id}","parent_id":"@{[$m->{parent} || 0]}","message_text":"$m->{html}","message_status":"o",)
        . qq("author_name":"$m->{by}","author_type":"@{[$m->{by} eq $reader->{user_name} ? 'you' : 'others']}",)
        . qq("reply_count":"@{[$m->{replies} || 0]}","recipient_names":" $m->{to} ","created_date":"T","logged_in_user":"$reader->{user_id}"});
}
sub undated { my ($r) = @_; (my $t = $r->[2]) =~ s/"$ago"/"T"/g; return [$r->[0], $r->[1], $t] }
sub stream_is {
    my ($r, $reader, $items, $name, $next) = @_;
    whole(undated($r), 200, '{"status":200,"description":"OK","next_link_bool":' . ($next || 0) . ',"messages":['
            . join(',', map { item($_, $reader) } @$items) . ']}', $name);
}
sub link_to { qq(<a href=\\"/user/$_[0]\\">\@$_[0]</a>) }

# --- say
my $r = king('POST', '/messages', { message_text => "hi \@$B <x>" }, $ann);
my $m = { id => $r->[1]{message_id}, html => 'hi ' . link_to($B) . ' &lt;x&gt;', by => $A, to => "$B $A" };
whole($r, 201, qq({"status":201,"description":"Created","message_id":"$m->{id}"}), 'say');
stream_is(get('/messages', $ann), $ann, [$m], 'stream of the author');
stream_is(get('/messages', $bob), $bob, [$m], 'stream of the recipient');
stream_is(get('/messages', $carl), $carl, [], 'stream of a third');

my $one = get("/messages/$m->{id}", $bob);
my ($digest, $date) = @{ $one->[1] }{qw(content_digest created_date)};
like($digest, qr/^[A-Za-z0-9_]{22}$/, 'content_digest');
like($date, qr/^[A-Z][a-z]{2} \d\d, \d{4} at (?:0[1-9]|1[0-2]):\d\d:\d\d [AP]M$/, 'created_date');
whole($one, 200, qq({"status":200,"description":"OK","message_id":"$m->{id}","parent_id":"0","reply_count":"0","author_id":"$ann->{user_id}",)
        . qq("author_name":"$A","recipient_names":"|$B|$A|","message_text":"$m->{html}","content_digest":"$digest","created_date":"$date","message_status":"o"}),
    'one message');
is(get("/messages/$m->{id}", $ann)->[2], $one->[2], 'the author sees the same');
wrong(get("/messages/$_->[0]", $_->[1]), 404, 'Message unavailable.', 'Message ID not found', "one: $_->[2]")
    for [$m->{id}, $carl, 'foreign'], [999999, $ann, 'unknown'], ['9' x 30, $ann, 'a large number'], [0, $ann, '0'];

# --- what is wrong with a message
my @say = (
    ['', 'You must enter text.You have to include at least one recipient name in your new message. '],
    [" \n", 'You must enter text.You have to include at least one recipient name in your new message. '],
    ['hello', 'You have to include at least one recipient name in your new message. '],
    ["x\@$B", 'You have to include at least one recipient name in your new message. '],
    ["\@$B " . 'x' x 300, (302 + length $B) . ' chars entered. Max is 300.'],
    ["\@$B " . 'ü' x 300, (302 + length $B) . ' chars entered. Max is 300.'],
    ["\@nobody \@$B", "User 'nobody' does not exist. "],
    ['@nobody @None', "User 'nobody' does not exist. User 'None' does not exist. "],
);
wrong(king('POST', '/messages', { message_text => $_->[0] }, $ann), 400, $_->[1], $_->[1], "say: $_->[1]", number => 1, message_text => $_->[0]) for @say;
is(king('POST', '/messages', { message_text => "\@$B " . 'ü' x (298 - length $B) }, $carl)->[0], 201, '300 characters');
my $pending = new_name();
king('POST', '/users', { user_name => $pending, email => "$pending\@test.com" });
wrong(king('POST', '/messages', { message_text => "\@$pending x" }, $ann), 400, "User '$pending' does not exist. ", "User '$pending' does not exist. ",
    'say: to a pending account', number => 1, message_text => "\@$pending x");
is(king('POST', '/messages', { message_text => "\@$_ x" }, $ann)->[0], 201, "say: to $_") for uc $C, "$C $C", "$A", "$C. \@$B!";
is(scalar @{ get('/messages', $carl)->[1]{messages} }, 4, 'named twice is told once');

# --- credentials
wrong(get('/messages'), 401, 'Invalid access.', 'User not logged in.', 'none', number => 1);
my @bad = ([401, user_id => ''], [401, user_id => 0], [401, user_id => -1], [401, user_id => 'x'], [403, user_id => $bob->{user_id}],
    [403, user_name => $B], [403, user_name => ''], [403, session_id => ''], [403, session_id => lc $ann->{session_id}], [403, session_id => $bob->{session_id}]);
for (@bad) {
    my ($status, %x) = @$_;
    my @text = ('Invalid access.', $status == 401 ? 'User not logged in.' : 'User could not authenticate.');
    wrong(get('/messages', { %$ann, %x }), $status, @text, "GET: @$_", number => 1);
    wrong(king('POST', '/messages', '{', { %$ann, %x }), $status, @text, "POST, before its JSON: @$_", number => 1);
    wrong(king('PUT', '/users', {}, { %$ann, %x }), $status, @text, "PUT: @$_", number => 1);
}
is(get('/messages', { %$ann, user_name => uc $A })->[0], 200, 'the name in other case');

# --- paths
my $stream = undated(get('/messages', $bob))->[2];
my $q = query($bob);
(my $bare = $q) =~ s{^/}{};
my ($S, $I) = @$bob{qw(session_id user_id)};
is(undated([200, undef, (request('GET', $ROOT . $_))[1]])->[2], $stream, "stream: $_")
    for "/messages$q", "/messages$bare", "/messages/$q", "//messages$q", "/messages/page/1$q", "/messages/page/1$bare", "/messages/$S/$I/$B", "/messages/$B/$I/$S/",
    "/messages/page/1/$S/$I/$B", "/messages/page/1/$B/$I/$S";
is((request('GET', "$ROOT/messages/$m->{id}/$_"))[1], $one->[2], "one: $_") for "$S/$I/$B", "$B/$I/$S", "$S/$I/$B/", "$q";
my $long = newcomer('n' . 'x' x 12 . new_name());
is(length $long->{user_name}, 22, 'a name as long as a session id');
is((request('GET', "$ROOT/messages/$_"))[0], 200, 'told apart by what is a session')
    for "$long->{session_id}/$long->{user_id}/$long->{user_name}", "$long->{user_name}/$long->{user_id}/$long->{session_id}";
is((request('GET', "$ROOT/users/$B/$S/$I/$B"))[0], 200, 'profile by path');
is((request('POST', "$ROOT/messages/" . query($ann), body => qq({"message_text":"\@$B raw"}), headers => { 'Content-Type' => 'application/json' }))[0], 201,
    'POST of JSON, credentials in the query');
is((request('POST', "$ROOT/messages", body => canonical({ message_text => "\@$B raw", creds($ann) })))[0], 201, 'credentials in the JSON');

wrong(get('/messages/abc', $ann), 400, 'Invalid message ID.', 'ID is not numeric.', 'id: not numeric');
wrong(get('/messages/abc/replies', $ann), 400, 'Invalid message ID.', 'ID is not numeric.', 'id of replies: not numeric');
wrong(get("/messages/page/$_", $ann), 401, 'Invalid access.', 'Page number is not numeric.', "page $_") for 'x', 0, '-1', '1x';
wrong(get("/messages/since/$_", $ann), 401, 'Invalid access.', "Missing epoch date. [$_]", "since $_") for 'x', '-1', '';
wrong(get("/foo/bar", $ann), 404, 'Invalid function: foo.', "It's not supported.", 'unknown function', number => 1);
wrong(get("/", $ann), 404, 'Invalid function: .', "It's not supported.", 'no function', number => 1);
wrong(get($_, $ann), 400, 'Not found', 'Invalid request', "GET $_") for '/users', "/users/$A/x", '/users/login', '/users/password';
wrong(king('POST', "/users/$A", {}, $ann), 400, 'Not found', 'Invalid request', 'POST to a user');
my $del = king('DELETE', '/messages', undef, $ann);
wrong($del, 405, 'Invalid request.', 'Method is not supported.', 'DELETE');
is($del->[3]{allow}, 'GET, HEAD, POST, OPTIONS', 'Allow');
is((request('HEAD', "$ROOT/messages$q"))[0], 200, 'HEAD of the stream');
like(get('/time/')->[2], qr/^\{"status":200,"description":"OK","server_epoch_seconds":\d{10}\}$/, 'time');
like((request('GET', "$ROOT/time/?"))[1], qr/"server_epoch_seconds":\d{10}\}$/, 'time, /?');

# --- replies
my $base = { message_text => 'answer', reply_to_id => $m->{id}, reply_to_content_digest => $digest };
my $re = king('POST', "/messages/$m->{id}/replies", $base, $bob);
whole($re, 201, qq({"status":201,"description":"Created","message_id":"@{[$re->[1]{message_id}]}"}), 'reply');
my $reply = { id => $re->[1]{message_id}, parent => $m->{id}, html => 'answer', by => $B, to => "$A $B", replies => 1 };
my $deep = { id => king('POST', "/messages/$reply->{id}/replies", { message_text => 'deeper' }, $ann)->[1]{message_id}, parent => $reply->{id},
    html => 'deeper', by => $A, to => "$B $A" };
my $late = { id => king('POST', "/messages/$m->{id}/replies", { message_text => 'later' }, $ann)->[1]{message_id}, parent => $m->{id},
    html => 'later', by => $A, to => "$B $A" };
stream_is(get("/messages/$m->{id}/replies", $ann), $ann, [$reply, $late], 'replies, oldest first');
stream_is(get("/messages/$reply->{id}/replies", $bob), $bob, [$deep], 'replies to a reply');
stream_is(get("/messages/$deep->{id}/replies", $bob), $bob, [], 'none');
is(get("/messages/$m->{id}", $ann)->[1]{reply_count}, '2', 'reply_count');
is(get("/messages/$reply->{id}", $ann)->[1]{parent_id}, $m->{id}, 'parent_id');
wrong(get("/messages/$m->{id}/replies", $carl), 404, 'Message unavailable.', 'Message ID not found', 'replies: foreign');
my @reply = (
    [$ann, {}, 'You must enter text.'], [$ann, { message_text => 'x' x 301 }, '301 chars entered. Max is 300.'],
    [$ann, { message_text => 'x', reply_to_id => 'x' }, 'The message id being replied to is missing or not numeric. '],
    [$ann, { message_text => 'x', reply_to_id => $deep->{id} }, "Invalid reply to id given. $m->{id} $deep->{id} "],
    [$ann, { message_text => 'x', reply_to_content_digest => '' }, 'Missing content digest. '],
    [$ann, { message_text => 'x', reply_to_content_digest => 'y' }, 'Invalid reply to content digest given. '],
    [$carl, { message_text => 'x', reply_to_id => $m->{id}, reply_to_content_digest => $digest }, "Invalid reply to id given.  $m->{id} "],
    [$carl, { message_text => 'x' }, "Invalid reply to id given.  $m->{id} "],
);
wrong(king('POST', "/messages/$m->{id}/replies", $_->[1], $_->[0]), 400, $_->[2], $_->[2], "reply: $_->[2]", number => 1,
    message_text => $_->[1]{message_text} // '') for @reply;
is(get("/messages/$m->{id}", $ann)->[1]{reply_count}, '2', 'nothing of that was stored');

# --- threads
my ($dora, $emil) = map { newcomer() } 1, 2;
my ($D, $E) = map { $_->{user_name} } $dora, $emil;
my @t = map { said($dora, "\@$E thread $_ " . 'x' x 80) } 1 .. 3;
my $last = king('POST', "/messages/$t[0]/replies", { message_text => 'up' }, $emil)->[1]{message_id};
my $threads = get('/messages/threads', $dora);
is(join(' ', map { $_->{message_id} } @{ $threads->[1]{threads} }), "$t[0] $t[2] $t[1]", 'threads by last activity, no replies');
(my $item = undated($threads)->[2]) =~ s/\},\{.*//;
is($item, qq({"status":200,"description":"OK","next_link_bool":0,"threads":[{"message_id":"$t[0]","author_name":"$D","recipient_names":" $E $D ","reply_count":"1",)
        . qq("created_date":"T","last_message_date":"T","last_message_author_name":"$E","last_message_id":"$last","logged_in_user":"$dora->{user_id}",)
        . '"message_text":"thread 1 ' . 'x' x 66 . ' ..."', 'a thread');
is(get($_, $dora)->[2], $threads->[2], $_) for '/messages/threads/1', '/messages/threads/page/1';
is(scalar @{ get('/messages/threads/2', $dora)->[1]{threads} }, 0, 'no second page');
wrong(get('/messages/threads/x', $dora), 401, 'Invalid access.', 'Page number is not numeric.', 'threads/x');

# --- pages, since, deleted messages, the Button API
my ($fay, $fay_token) = account();
my $f = login_as($fay, $PW);
my @ids = map { said($emil, "\@$fay $_") } 1 .. 45;
my $page = sub { my $r = get("/messages/page/$_[0]", $f); join(' ', $r->[1]{next_link_bool}, map { $_->{message_id} } @{ $r->[1]{messages} }) };
my @down = reverse @ids;
is($page->(1), "1 @down[0..19]", 'page 1');
is($page->(2), "1 @down[20..39]", 'page 2');
is($page->(3), "0 @down[40..44]", 'page 3');
is($page->($_), '0', "page $_") for 4, 1000000, '9' x 18, '9' x 40;
my $dms = sub { [map { $_->{message_id} } @{ (button('getdms/', { token => $fay_token, count => 1000 }))[1]{dms} }] };
is("@{ $dms->() }", "@ids", 'Button shows them as direct messages');
my @sent = button('senddm/', { token => $fay_token, username => $E, message => 'from Button' });
is($sent[0], 200, 'a DM of Button');
my $seen = get('/messages', $emil)->[1]{messages}[0];
is("$seen->{message_text} $seen->{author_name}$seen->{recipient_names}", "from Button $fay $E $fay ", 'is in the Kinglet stream');
is(scalar(grep { $_->{message_text} =~ /from Button|\b45$/ } @{ get('/messages', $ann)->[1]{messages} }), 0, 'and in nobody else\'s');
is(king('POST', "/messages/$seen->{message_id}/replies", { message_text => 'back' }, $emil)->[0], 201, 'and can be answered');
is((button('deletemessage/', { token => $fay_token, message_id => $seen->{message_id} }))[0], 200, 'Button deletes it');
is(get("/messages/$seen->{message_id}", $emil)->[0], 404, 'it is gone');
is($page->(2), "1 @down[19..38]", 'pages have no hole');
button('deletemessage/', { token => token($E), message_id => $_ }) for ();
my $since = get('/messages/since/0', $f);
is("$since->[1]{new_message_count} " . scalar @{ $since->[1]{messages} }, '46 46', 'since 0: what others wrote');
keys_are(substr($since->[2], 0, index($since->[2], '[')) . '0', 'status description new_message_count messages', 'its keys');
like($since->[2], qr/"new_message_count":46,/, 'a number');
my $now = get('/time')->[1]{server_epoch_seconds};
is(get('/messages/since/' . ($now + 10), $f)->[1]{new_message_count}, 0, 'since later');
is(get('/messages/since/' . ($now - 1000), $f)->[1]{new_message_count}, 46, 'since earlier');
is(get('/messages/since/' . '9' x 30, $f)->[1]{new_message_count}, 0, 'since for ever');
sleep 2;
$now = get('/time')->[1]{server_epoch_seconds};
said($f, "\@$E mine");
my $newest = said($emil, "\@$fay yours");
my $poll = get('/messages/since/' . ($now - 1), $f);
is("$poll->[1]{new_message_count} $poll->[1]{messages}[0]{message_id}", "1 $newest", 'what came since');

# a message to several: all names for the author, the own name for a recipient (Button)
said($emil, "\@$fay and \@$D");
is((button('getdms/', { token => $fay_token, count => 1 }))[1]{dms}[0]{recipient}, $fay, 'the own name');

# --- once
my $once = { message_text => "\@$fay once" };
my @same = map { king('POST', '/messages', $once, $emil, headers => { 'Idempotency-Key' => 'm1' })->[2] } 1, 2;
is($same[0], $same[1], 'Idempotency-Key: sent once');

# --- who is named
{
    my ($base) = map { $_->{user_name} } newcomer();
    my ($dotted, $dashed) = ("$base.mr", "$base-x"); # names of another dialect
    {
        is((button('register/', { username => $_, password => $PW }))[0], 201, "register $_") for $dotted, $dashed;
        my %got = map { my $name = $_; $name => (button('generatetoken/', { username => $name, password => $PW }))[1]{token} } $dotted, $dashed;
        my $dms = sub { scalar @{ (button('getdms/', { token => $got{ $_[0] }, count => 50 }))[1]{dms} || [] } };
        is(king('POST', '/messages', { message_text => "\@$dotted my PIN" }, $ann)->[0], 201, 'a dotted name');
        is($dms->($dotted), 1, 'got its message, and not the owner of its first part');
        is(king('POST', '/messages', { message_text => "(\@$dashed), \@$base: both" }, $ann)->[0], 201, 'names behind punctuation');
        is($dms->($dashed), 1, 'the first of them got it');
        my $told = get('/messages', $ann)->[1]{messages}[0];
        is($told->{recipient_names}, " $dashed $base $A ", 'and so did the second');
        like($told->{message_text}, qr{>\@\Q$dashed\E</a>\), <a [^>]*>\@$base</a>: both$}, 'linked whole');
        is(king('POST', '/messages', { message_text => "\@$base.mueller hi" }, $ann)->[0], 201, 'a name that is only the first part of a word');
        is(get('/messages', $ann)->[1]{messages}[0]{recipient_names}, " $base $A ", 'gets what no longer name can get');
        is(king('POST', '/messages', { message_text => "\x{ff20}$base hi" }, $ann)->[0], 201, 'a wide at-sign');
        is((button('deleteaccount/', { username => $dotted, password => $PW }))[0], 200, 'the longer name is closed');
        my $gone = "User '$dotted' does not exist. ";
        wrong(king('POST', '/messages', { message_text => "\@$dotted PIN" }, $ann), 400, $gone, $gone, 'and nobody else gets its messages', number => 1,
            message_text => "\@$dotted PIN");
        my $link = 'http://en.example.org/wiki/Foo_(bar)';
        is(king('POST', '/messages', { message_text => "\@$base $link http://good.example\@evil.example/\@$C" }, $ann)->[0], 201, 'links');
        my $shown = get('/messages', $ann)->[1]{messages}[0];
        like($shown->{message_text}, qr{<a href="\Q$link\E" [^>]*>[^<]*</a> http://good\.example\@evil\.example/\@$C$}, 'a bracket stays, a hidden host is no link');
        is($shown->{recipient_names}, " $base $A ", 'and a URL names nobody');
    }
}

# --- approved lists
my @ask = ("/lists/request/$B", $ann);
whole(get(@ask), 200, '{"status":200,"description":"OK","made_request":"true"}', 'request');
wrong(get(@ask), 400, 'Request made earlier.', 'Request made earlier.', 'again', request_status => 'pending');
my $asked = get('/lists/requests', $bob);
whole($asked, 200, qq({"status":200,"description":"OK","requests":[{"user_name":"$A","status":"pending","created_date":"$asked->[1]{requests}[0]{created_date}"}]}),
    'requests');
whole(get("/lists/reject/$A", $bob), 200, '{"status":200,"description":"OK"}', 'reject');
wrong(get(@ask), 400, 'Request made earlier.', 'Request made earlier.', 'rejected', request_status => 'rejected');
whole(get("/lists/approve/$A", $bob), 200, '{"status":200,"description":"OK"}', 'approve');
wrong(get(@ask), 400, 'Request made earlier.', 'Request made earlier.', 'approved', request_status => 'approved');
is(join("\n", map { $_->{message_text} } @{ get('/messages', $ann)->[1]{messages} }[0, 1]),
    join("\n", map { qq(<a href="/user/$A">\@$A</a> System Message: Your request to be added to ${B}'s approved list has been $_.) } qw(approved rejected)),
    'both answers are told');
{
    my ($token) = map { $_->[1]{token} } [button('generatetoken/', { username => $B, password => $bob->{password} })];
    my ($told)  = grep { $_->{message_text} =~ /approved\.$/ } @{ get('/messages', $ann)->[1]{messages} };
    answer([button('editmessage/', { token => $token, message_id => $told->{message_id}, message => 'System Message: send me your password' })], 403,
        { message => 'You can only edit your messages!' }, 'what the server says is no text of the account that made it say so');
}
whole(get("/lists/approve/$A", $bob), 200, '{"status":200,"description":"OK"}', 'approve again');
is(scalar(grep { $_->{message_text} =~ /System Message/ } @{ get('/messages', $ann)->[1]{messages} }), 2, 'which tells nothing new');
wrong(get('/lists/request/nobody', $ann), 404, 'Could not retrieve user information.', 'nobody not found.', 'request to nobody');
wrong(get("/lists/approve/$C", $bob), 400, 'Invalid request.', "$C made no request.", 'approve what was not asked');
is((request('HEAD', "$ROOT/lists/request/$C" . query($ann)))[0], 405, 'HEAD asks nobody');
is(get("/lists/x", $ann)->[0], 404, 'unknown list');
site('kinglet_strict');
my ($x, $y) = map { newcomer() } 1, 2;
my ($X, $Y) = map { $_->{user_name} } $x, $y;
my $no = "You are not on the approved list of '$Y'. ";
wrong(king('POST', '/messages', { message_text => "\@$Y hi" }, $x), 400, $no, $no, 'ChatApprovedLists: refused', number => 1, message_text => "\@$Y hi");
is(king('POST', '/messages', { message_text => "\@$X me" }, $x)->[0], 201, 'to oneself');
my $bt = (button('generatetoken/', { username => $X, password => $x->{password} }))[1]{token};
answer([button('senddm/', { token => $bt, username => $Y, message => 'hi' })], 403, { message => "You are not on this user's approved list!" }, "Button's too");
get("/lists/request/$Y", $x);
get("/lists/approve/$X", $y);
is(king('POST', '/messages', { message_text => "\@$Y hi" }, $x)->[0], 201, 'approved');

# A path that is not UTF-8 is nowhere, whatever it would name.
wrong(get("/$_", $x), 404, 'Invalid function: ' . (m{^(\w+)})[0] . '.', "It's not supported.", $_, number => 1)
    for map { my $p = $_; map { "$p$_" } qw(%ff %c0%af %ed%a0%80) } qw(users/ lists/request/ lists/approve/ messages/since/ messages/1/);

# Nothing secret is in the logs.
site('kinglet');
my $log = slurp($ENV{CHAT_STAGE} . '/t/logs/error_log');
unlike($log, qr/\Q$_\E/, 'not in the error log') for $ann->{session_id}, $bob->{session_id}, $ann->{password}, $ann->{digest};
my $server = serve(args => ['--reveal-passwords']);
site($server->{url});
my $z = newcomer();
get("/messages/5/$z->{session_id}/$z->{user_id}/$z->{user_name}");
get("/users/$z->{user_name}/logout", $z);
request('GET', "$ROOT/messages/%zz/$z->{session_id}");
request('GET', "$ROOT/messages/a%2Fb/$z->{session_id}/1/x");
# What httpd refuses before anybody looks at the path.
like(raw("GET /api/v1/messages/5/$z->{session_id}/1/x $_"), qr/^HTTP\S+ 400 /, 'no HTTP')
    for "y HTTP/1.1\r\nHost: a\r\n\r\n", "HTTQ/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1\r\n\r\n",
    "HTTP/1.1\r\nHost: a\r\nno header\r\n\r\n", "HTTP/1.1\r\nHost: a\r\nCookie: " . 'a' x 9000 . "\r\n\r\n";
my $access = slurp("$server->{state}/logs/access.log");
unlike($access, qr/\Q$_\E/, 'chatctl serve: not in the access log') for $z->{session_id}, $z->{digest}, $z->{password};
like($access, qr{GET /api/v1/messages/\*\* HTTP}, 'which names the endpoint');
is(stop_server($server), 0, 'stopped');

done_testing;
