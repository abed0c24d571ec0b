# The administrator's endpoints of the Button API: every answer whole, who may, who may not, and where they are not.
use strict;
use warnings;
use IO::Socket::UNIX;
use Test::More;
use ChatTest;

use constant {
    NOT_ALLOWED => { message => 'You are not allowed to do this!' },
    NOT_FOUND   => { message => 'Endpoint not found!' },
    SELF        => { message => 'You cannot change your own account!' },
    NO_USER     => { message => 'User not found!' },
};
my %paths = (
    adminoverview     => {},
    adminlistrooms    => {},
    adminlistaccounts => {},
    adminsetaccount   => { id => 1, rank => 0 },
    adminlistoutbox   => {},
    adminretryoutbox  => { id => 1 },
);
my $none = '00000000-0000-4000-8000-000000000000';
my $json = JSON::PP->new->canonical;
my ($true, $false) = (JSON::PP::true(), JSON::PP::false());

# Where it is off, in a directory of somebody else, and where it is on.
sub is_unknown {
    my ($mount, $what) = @_;
    my @other = button('nothing/', { token => $none }, mount => $mount);
    for my $path (sort keys %paths) {
        for my $method (qw(POST GET PUT OPTIONS)) {
            my ($status, $text, $h) = request($method, "$mount/$path/", body => $json->encode({ token => $none }));
            my ($s, $t, $o) = request($method, "$mount/nothing/", body => $json->encode({ token => $none }));
            delete $_->{date} for $h, $o;
            is("$status $text " . canonical($h), "$s $t " . canonical($o), "$what: $method $path is as unknown as nothing");
        }
    }
    answer(\@other, 404, NOT_FOUND, "$what: nothing");
}
site('button');
is_unknown('/api/v3', 'off');
site('tenant');
is_unknown('/plain', 'a directory of a site with ChatAdmin');
answer([button("$_/", { %{ $paths{$_} }, token => $none })], 401, BAD_TOKEN, "on: $_ is there") for sort keys %paths;
is((request('GET', '/api/v3/adminoverview/'))[0], 405, 'on: only POST');

# A server with two chatrooms; the second one is served at /two.
my $conf = "ChatRateLimit button:registrations off\nChatRateLimit button:requests 100000/60\nChatRateLimit kinglet:sends off\n"
    . "ChatAPI button /two\n<Location \"/two\">\nChatRoom 2\n</Location>\n";
my $server = serve(conf => $conf);
my @ctl = ('--state', $server->{state});
site($server->{url});
is((chatctl(@ctl, 'room', 'add', 'Second'))[0], 0, 'a second chatroom');

my ($root, $root_token) = account('root');
my ($anna, $anna_token) = account('anna');
my ($mod,  $mod_token)  = account('mod');
is((chatctl(@ctl, 'account', 'rank', $root, 2))[0], 0, 'the first administrator');
is((chatctl(@ctl, 'account', 'rank', $mod,  1))[0], 0, 'a moderator');
button('register/', { username => 'chef', password => $PW }, mount => '/two');
my $chef_token = (button('generatetoken/', { username => 'chef', password => $PW }, mount => '/two'))[1]{token};
is((chatctl(@ctl, 'account', 'rank', 'chef', 2, '--room', 2))[0], 0, 'an administrator of the second chatroom');

sub admin { my ($path, $data, %o) = @_; return [button("admin$path/", { token => $root_token, %$data }, %o)] }

# Who may.
for my $path (sort keys %paths) {
    my %body = %{ $paths{$path} };
    answer([button("$path/", { %body, token => $none })],       401, BAD_TOKEN,   "$path: unknown token");
    answer([button("$path/", {%body})],                         401, BAD_TOKEN,   "$path: no token");
    answer([button("$path/", { %body, token => $anna_token })], 403, NOT_ALLOWED, "$path: rank 0");
    answer([button("$path/", { %body, token => $mod_token })],  403, NOT_ALLOWED, "$path: rank 1");
    answer([button("$path/", { %body, token => $chef_token })], 401, BAD_TOKEN,   "$path: of another chatroom");
    answer([button("$path/", { %body, token => $root_token }, mount => '/two')], 401, BAD_TOKEN, "$path: in another chatroom");
    answer_like([button("$path/", 'x')], 400, "$path: no JSON");
    answer_like([button("$path/", '[]')], 400, "$path: a list");
    # what else is wrong is not told to everybody
    answer([button("$path/", { id => {}, count => 'x', rank => 9, state => 5, prefix => [], token => $_->[0] })], $_->[1], $_->[2],
        "$path: nonsense, $_->[3]")
        for [$none, 401, BAD_TOKEN, 'unknown token'], [$anna_token, 403, NOT_ALLOWED, 'rank 0'];
}
is((button('adminoverview/', { token => $chef_token }, mount => '/two'))[0], 200, 'of the chatroom that is served');

# Only an administrator is told that there is something to administer.
for ([$root_token, 'admin channels', 'rank 2'], [$mod_token, 'channels', 'rank 1'], [$anna_token, 'channels', 'rank 0']) {
    my @listed = button('listchannels/', { token => $_->[0] });
    is(join(' ', $listed[0], sort keys %{ $listed[1] }), "200 $_->[1]", "listchannels: $_->[2]");
}

# Chatrooms.
my $got   = admin('listrooms', {});
my $stamp = sub { my ($list) = @_; like($_->{created_at}, qr/^1\d{9}$/, "$_->{id}: created_at") for @$list;
    abs($_->{created_at} - time) < 3600 && ($_->{created_at} = 'now') for @$list; return };
$stamp->($got->[1]{rooms});
my @rooms = ({ id => 1, name => 'default', owner => undef, accounts => 3, channels => 1, created_at => 'now', sockets => 0 },
    { id => 2, name => 'Second', owner => undef, accounts => 1, channels => 1, created_at => 'now', sockets => 0 });
answer($got, 200, { rooms => \@rooms, more => $false }, 'listrooms');
is((chatctl(@ctl, 'room', 'owner', $anna))[0], 0, 'an owner');
$rooms[0]{owner} = $anna;
for ([{ count => 1 }, 0, $true], [{ count => '1', after => '1' }, 1, $false]) {
    my ($ask, $i, $more) = @$_;
    $got = admin('listrooms', $ask);
    $stamp->($got->[1]{rooms});
    answer($got, 200, { rooms => [$rooms[$i]], more => $more }, 'listrooms: page ' . ($i + 1));
}
answer(admin('listrooms', { after => 2 }), 200, { rooms => [], more => $false }, 'listrooms: behind the last');
answer(admin('listrooms', { count => $_ }), 400, { message => 'count is not valid!' }, 'listrooms: count ' . canonical($_))
    for 0, -1, 'x', undef, [], 1.5;
answer(admin('listrooms', { after => $_ }), 400, { message => 'after is not valid!' }, 'listrooms: after ' . canonical($_))
    for -1, 'x', undef, {};

# Accounts.
sub accounts {
    my ($ask) = @_;
    my $r = admin('listaccounts', $ask);
    $stamp->($r->[1]{accounts}) if $r->[0] == 200;
    return $r;
}
my %row = map { my ($id, $name, $rank) = @$_;
    ($name => { id => $id, username => $name, rank => $rank, banned => $false, created_at => 'now', sockets => 0 }) }
    [1, $root, 2], [2, $anna, 0], [3, $mod, 1], [4, 'chef', 2];
answer(accounts({}), 200, { accounts => [@row{ $root, $anna, $mod }], more => $false }, 'listaccounts');
answer(accounts({ room => 2 }), 200, { accounts => [$row{chef}], more => $false }, 'listaccounts of another chatroom');
answer(accounts({ room => '2', after => 4 }), 200, { accounts => [], more => $false }, 'listaccounts: behind the last');
answer(accounts({ room => 3 }), 404, { message => 'Chatroom not found!' }, 'listaccounts: no such chatroom');
answer(accounts({ count => 2 }), 200, { accounts => [@row{ $root, $anna }], more => $true }, 'listaccounts: a page');
answer(accounts({ count => 2, after => 2 }), 200, { accounts => [$row{$mod}], more => $false }, 'listaccounts: the next');
answer(accounts({ prefix => $_->[0] }), 200, { accounts => [@row{ @{ $_->[1] } }], more => $false }, "listaccounts: prefix '$_->[0]'")
    for ['an', [$anna]], ['AN', [$anna]], ['anna', [$anna]], ['annab', []], ['', [$root, $anna, $mod]], ['_', []], ['%', []], ['o', []];
answer(accounts({ prefix => $_ }), 400, { message => 'prefix is not valid!' }, 'listaccounts: prefix ' . canonical($_)) for 5, undef, [];
answer(accounts({ room => $_ }), 400, { message => 'room is not valid!' }, 'listaccounts: room ' . canonical($_)) for 0, 'x', undef, [];
{
    my @more = map { (account())[0] } 1 .. 101;
    my @first = @{ accounts({ count => 1000 })->[1]{accounts} };
    is(scalar @first, 100, 'never more than 100');
    my $rest = accounts({ count => 100, after => $first[-1]{id} });
    is(scalar(@first) + scalar(@{ $rest->[1]{accounts} }), 104, 'every account on one of the two pages');
    ok(!$rest->[1]{more}, 'and that is all');
    is((chatctl(@ctl, 'account', 'delete', $_))[0], 0, 'an account less') for @more[0, 1];
    is(scalar @{ accounts({ after => $first[-1]{id} })->[1]{accounts} } + scalar @{ accounts({ count => 100 })->[1]{accounts} },
        104, 'closed ones are not there') or diag('the page begins two accounts earlier');
    is(admin('listrooms', { count => 1 })->[1]{rooms}[0]{accounts}, 102, 'nor counted');
    answer(admin('setaccount', { id => $first[3]{id}, rank => 1 }), 404, NO_USER, 'setaccount: a closed account');
}

# Rank and ban.
sub set {
    my ($ask, %o) = @_;
    my $r = admin('setaccount', $ask, %o);
    $stamp->([$r->[1]{account}]) if $r->[0] == 200;
    return $r;
}
answer(set({ id => 2, rank => 1 }), 200, { account => { %{ $row{$anna} }, rank => 1 } }, 'a rank');
answer(set({ id => '2', rank => '0' }), 200, { account => $row{$anna} }, 'and back, as text');
answer(set({ id => 2, rank => 2, banned => $false }), 200, { account => { %{ $row{$anna} }, rank => 2 } }, 'an administrator more');
is((button('adminoverview/', { token => $anna_token }))[0], 200, 'which may at once');
answer(set({ id => 2, rank => 0, banned => $true }), 200, { account => { %{ $row{$anna} }, banned => $true } }, 'a ban');
answer([button('adminoverview/', { token => $anna_token })], 401, BAD_TOKEN, 'the banned one may no more');
answer([button('getchannels/', { token => $anna_token })], 401, BAD_TOKEN, 'nor anything else');
answer([button('generatetoken/', { username => $anna, password => $PW })], 401, BAD_LOGIN, 'nor come in again');
answer(set({ id => 2, banned => $true }), 200, { account => { %{ $row{$anna} }, banned => $true } }, 'banned twice');
answer(set({ id => 2, banned => $false }), 200, { account => $row{$anna} }, 'open again');
$anna_token = token($anna);
answer(set({ id => 4, banned => $true }), 200, { account => { %{ $row{chef} }, banned => $true } }, 'in another chatroom');
answer([button('adminoverview/', { token => $chef_token }, mount => '/two')], 401, BAD_TOKEN, 'a banned administrator');
answer(set({ id => 4, banned => $false }), 200, { account => $row{chef} }, 'and open again');
for ({ rank => 0 }, { rank => 2 }, { banned => $true }, { banned => $false }, { rank => 1, banned => $true }) {
    answer(set({ id => 1, %$_ }), 409, SELF, 'oneself: ' . canonical($_));
}
is((button('adminoverview/', { token => $root_token }))[0], 200, 'the administrator is still there');
answer(set({ id => 999999, rank => 0 }), 404, NO_USER, 'nobody');
answer(set({ rank => 0 }), 400, { message => 'id is missing!' }, 'no id');
answer(set({ id => 2 }), 400, { message => 'rank is missing!' }, 'nothing to change');
answer(set({ id => $_, rank => 0 }), 400, { message => 'id is not valid!' }, 'id ' . canonical($_)) for 0, -1, 'anna', undef, [2];
answer(set({ id => 2, rank => $_ }), 400, { message => 'rank is not valid!' }, 'rank ' . canonical($_)) for -1, 3, 'x', undef, $true, 1.5;
answer(set({ id => 2, banned => $_ }), 400, { message => 'banned is not valid!' }, 'banned ' . canonical($_)) for 0, 1, 'true', undef;
answer(accounts({ prefix => 'anna' }), 200, { accounts => [$row{$anna}], more => $false }, 'nothing of that changed anything');

# The outbox: nothing is configured, so that items have no target.
answer(admin('listoutbox', {}), 200, { items => [], more => $false }, 'an empty outbox');
button('senddcmsgwithtoken/', { token => $anna_token, message => "top secret $_" }) for 1 .. 3;
sub outbox {
    my ($ask) = @_;
    my $r = admin('listoutbox', $ask);
    for my $item (@{ $r->[1]{items} || [] }) {
        $item->{$_} && abs($item->{$_} - time) < 3600 && ($item->{$_} = 'now') for qw(created_at done_at next_at);
    }
    return $r;
}
my %item = (room => 1, kind => 'discord', state => 'no_target', attempts => 0, next_at => undef, reason => undef,
    created_at => 'now', done_at => 'now');
my @items = map { { %item, id => $_ } } 3, 2, 1;
answer(outbox({}), 200, { items => \@items, more => $false }, 'listoutbox, the newest first');
answer(outbox({ count => 2 }), 200, { items => [@items[0, 1]], more => $true }, 'listoutbox: a page');
answer(outbox({ count => 2, before => 2 }), 200, { items => [$items[2]], more => $false }, 'listoutbox: the next');
answer(outbox({ before => 1 }), 200, { items => [], more => $false }, 'listoutbox: before the first');
answer(outbox({ state => 'no_target', count => '1' }), 200, { items => [$items[0]], more => $true }, 'listoutbox: by state');
answer(outbox({ state => $_ }), 200, { items => [], more => $false }, "listoutbox: $_") for qw(waiting delivered given_up);
answer(outbox({ state => $_ }), 400, { message => 'state is not valid!' }, 'listoutbox: state ' . canonical($_))
    for 'gone', '', 0, undef, [];
answer(outbox({ before => $_ }), 400, { message => 'before is not valid!' }, 'listoutbox: before ' . canonical($_)) for 0, 'x', undef;
$got = admin('retryoutbox', { id => 2 });
abs($got->[1]{item}{$_} - time) < 3600 && ($got->[1]{item}{$_} = 'now') for qw(created_at next_at);
my %again = (%{ $items[1] }, state => 'waiting', next_at => 'now', done_at => undef);
answer($got, 200, { item => \%again }, 'retryoutbox');
answer(admin('retryoutbox', { id => 2 }), 409, { message => 'Only failed items can be retried!' }, 'retryoutbox: it waits');
answer(admin('retryoutbox', { id => 99 }), 404, { message => 'Item not found!' }, 'retryoutbox: none');
answer(admin('retryoutbox', { id => $_ }), 400, { message => 'id is not valid!' }, 'retryoutbox: ' . canonical($_)) for 0, 'x', undef;
answer(admin('retryoutbox', {}), 400, { message => 'id is missing!' }, 'retryoutbox: no id');
answer(outbox({ state => 'waiting' }), 200, { items => [\%again], more => $false }, 'what waits');

# Sockets: one that polls and has logged in, one that has not.
sub open_socket {
    my ($auth) = @_;
    my $path = '/socket.io/?EIO=4&transport=polling';
    my ($sid) = (request('GET', $path))[1] =~ /"sid":"([^"]+)"/ or die "no session\n";
    request('POST', "$path&sid=$sid", body => '40' . $json->encode($auth), headers => { 'Content-Type' => 'text/plain' });
    my $said = '';
    for (1 .. 5) { last if ($said .= (request('GET', "$path&sid=$sid"))[1]) =~ ($auth->{token_api_v3} ? qr/ready/ : qr/40\{/) }
    return $said;
}
# The status that the daemon answers on its own socket.
sub daemon_says {
    my ($proof) = @_;
    my ($path) = glob "$server->{state}/run/*http*";
    my $socket = IO::Socket::UNIX->new(Peer => $path) or die "$path: $!\n";
    print $socket "GET /.counts?room=0&ids=1 HTTP/1.1\r\nHost: localhost\r\nX-Chat-Counts: $proof\r\nConnection: close\r\n\r\n";
    my ($status) = (<$socket> // '') =~ m{^HTTP/1\.1 (\d+)};
    return $status;
}

like(open_socket({ token_api_v3 => $anna_token }), qr/registered you as : anna/, 'a client that polls');
like(open_socket({}), qr/40\{"sid"/, 'a stranger');
$got = admin('overview', {});
my $limits = delete $got->[1]{limits};
my $bytes  = delete $got->[1]{database_bytes};
cmp_ok($bytes, '>', 10_000, 'a database has some pages');
answer($got, 200, { version => (chatctl('--version'))[1] =~ /^chatctl (\S+)$/, account => 1, rooms => 2, accounts => 103, messages => 0,
    outbox => { waiting => 1, delivered => 0, given_up => 0, no_target => 2 },
    sockets => { running => $true, total => 2, websocket => 0, polling => 2, strangers => 1 } }, 'overview');
is(join(' ', map { $_->{name} } @$limits),
    join(' ', map { my $d = $_; map { "$d:$_" } qw(requests sends registrations logins changes kilobytes) } qw(button chatroom teendevops kinglet)),
    'overview: all limits') or diag(canonical($limits));
my %limit = map { ($_->{name} => $_) } @$limits;
is(canonical($limit{'button:requests'}), canonical({ name => 'button:requests', count => 100000, seconds => 60, off => $false }), 'a limit');
is(canonical($limit{'button:logins'}), canonical({ name => 'button:logins', count => 11, seconds => 3600, off => $false }), 'a default');
ok($limit{'kinglet:sends'}{off}, 'one that is off');
ok($limit{'button:registrations'}{off}, 'another one');
$row{$anna}{sockets} = 1;
answer(accounts({ prefix => 'anna' }), 200, { accounts => [$row{$anna}], more => $false }, 'sockets of an account');
is(admin('listrooms', {})->[1]{rooms}[0]{sockets}, 1, 'sockets of a chatroom');
is(admin('listrooms', {})->[1]{rooms}[1]{sockets}, 0, 'and of another one');

# The daemon tells nobody else.
is((request('GET', '/.counts?room=0&ids=1', headers => { 'X-Chat-Counts' => '0 ' . '0' x 64 }))[0], 404, 'counts for nobody');
is(daemon_says('0 ' . '0' x 64), 404, 'nor on its own socket without the proof');

# Everything that was changed stands in the log, and nothing that was only asked for.
my @log = grep { /CHAT021/ } split /^/, slurp($server->{log});
my @expected = (
    'changed anna (account 2, chatroom 1): rank 1, was 0; open, was open',
    'changed anna (account 2, chatroom 1): rank 0, was 1; open, was open',
    'changed anna (account 2, chatroom 1): rank 2, was 0; open, was open',
    'changed anna (account 2, chatroom 1): rank 0, was 2; banned, was open',
    'changed anna (account 2, chatroom 1): rank 0, was 0; open, was banned',
    'changed chef (account 4, chatroom 2): rank 2, was 2; banned, was open',
    'changed chef (account 4, chatroom 2): rank 2, was 2; open, was banned',
    'retried outbox item 2',
);
is(join("\n", map { /CHAT021[01]: administrator root \(account 1\) at 127\.0\.0\.1 (.*)$/ ? $1 : $_ } @log), join("\n", @expected),
    'the log');
unlike(join('', @log), qr/\Q$root_token\E|top secret/, 'no secrets');
is(stop_server($server), 0, 'the end');

# Without a daemon there is nothing to count. Off, chatctl's server has no such endpoint.
$server = serve(state => $server->{state}, conf => "${conf}ChatDaemon off\n");
site($server->{url});
answer([200, admin('overview', {})->[1]{sockets}], 200,
    { running => $false, total => 0, websocket => 0, polling => 0, strangers => 0 }, 'no daemon');
is(admin('listrooms', {})->[1]{rooms}[0]{sockets}, undef, 'no daemon: sockets of a chatroom');
is(stop_server($server), 0, 'the end');
$server = serve(state => $server->{state}, conf => "${conf}ChatAdmin Off\n");
site($server->{url});
is_unknown('/api/v3', 'ChatAdmin Off');
is(stop_server($server), 0, 'the end');

done_testing();
