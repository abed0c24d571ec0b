# The longest body that is let in, to every route of every dialect: with and without credentials it costs a small
# multiple of the shortest request's processor time, and no memory stays.
use strict;
use warnings;
use JSON::PP;
use Test::More;
use ChatTest;

use constant {
    MANY     => 200,           # times the shortest request of that route
    SHORTEST => 0.0005,        # ... which takes at least so many seconds
    BODY     => 98304,         # of the longest text; with ChatMaxMessage 16384 hardly more is let in
    MEMORY   => 96 * 1024,     # kB that the process may grow by
};
my $dir  = stage() . '/longest';
my $off  = join "\n", map { my $d = $_; map { "ChatRateLimit $d:$_ off" } qw(requests sends registrations logins changes kilobytes) }
    qw(button chatroom teendevops kinglet);
my $server = httpd($dir, <<"END");
ThreadsPerChild 4
ServerLimit 1
StartServers 1
MaxRequestWorkers 4
MinSpareThreads 1
MaxSpareThreads 4
ChatRealtime off
ChatMaxMessage 16384
ChatAdmin On
ChatRevealPasswords On
$off
END
site($server->{url});

# The routes and the names of parameters, as the sources have them.
my $source = join '', map { slurp($_) } glob(stage() . '/src/api/*.c');
my (@routes, %fields);
my %prefix = (button => '/api/v3', chatroom => '/api/v0', teendevops => '/api/v1', kinglet => '/api/v1');
for my $dialect (sort keys %prefix) {
    my $header = slurp(stage() . "/src/api/$dialect.h");
    push @routes, "$prefix{$dialect}/$1" while $header =~ m{^R\("/?([^"]+)"}mg;
}
$fields{$1}++ while $source =~ /(?:chat_json_member|chat_kinglet_field|chat_button_\w+|chat_visit_param|chat_teendevops_\w+|apr_table_get)\([^;"]*"([a-z_A-Z]+)"/g;
delete @fields{ grep { !/name|text|message$|data|email|password|token|session|channel$|desc|invite/i } keys %fields };
cmp_ok(scalar @routes, '>=', 45, 'the routes are found');
cmp_ok(scalar keys %fields, '>=', 15, 'the parameters are found');

# Somebody in each dialect.
my ($name, $token) = account();
my ($room, $cookie, $csrf);
{
    my ($code, $body, $h) = request('POST', '/api/v0/chatroom/', headers => { 'Content-Type' => 'application/json' },
        body => qq({"username":"$name","password":"Tiger42!\$word","chatroom_name":"x"}));
    ($room)   = $body =~ /"chatroomID":"([^"]+)"/;
    ($cookie) = $h->{'set-cookie'} =~ /^([^;]+)/;
    (undef, $body, $h) = request('GET', '/api/v1/auth/csrf/');
    ($csrf) = $body =~ /"csrf":"([^"]+)"/;
    $cookie .= '; ' . ($h->{'set-cookie'} =~ /^([^;]+)/)[0];
}
my $made = body_json((request('POST', '/api/v1/users/login', headers => { 'Content-Type' => 'application/json' },
    body => qq({"email":"$name","password":"$PW"})))[1]);
my %own = (token => $token, user_id => $made->{user_id}, user_name => $name, session_id => $made->{session_id}, userID => 0, csrf => $csrf);
ok($own{session_id} && $csrf && $room, 'credentials of each dialect');

# Texts that cost much to look through: names, and letters that unfold to 18.
sub distinct {
    my ($bytes, $n, $text) = ($_[0], 0, '');
    while (length $text < $bytes) {
        my ($k, $word) = ($n++, '');
        for (1 .. 4) { $word .= chr(97 + $k % 26); $k = int($k / 26) }
        $text .= "\@$word ";
    }
    return $text;
}
my %filler = (
    mentions => distinct(BODY),
    unfolds  => "\xef\xb7\xba" x (BODY / 3),
);

sub seconds {    # of processor time that the children have used
    my $sum = 0;
    for my $file (map { glob "/proc/$_/task/*/schedstat" } children()) {
        open my $in, '<', $file or next;
        $sum += (split ' ', <$in>)[0];
    }
    return $sum / 1e9;
}

my @children;
sub children {
    return @children if @children;
    return @children = grep { (eval { slurp("/proc/$_/stat") } // '') =~ /\) \w $server->{pid} / } map { m{/(\d+)$} } glob '/proc/[0-9]*';
}

sub memory {
    my ($most) = sort { $b <=> $a } map { slurp("/proc/$_/status") =~ /VmRSS:\s+(\d+)/ ? $1 : 0 } children();
    return $most;
}

sub cost {
    my ($method, $path, $data, $known) = @_;
    my $json = $path =~ m{^/api/v1/(?:channels|chat|auth)/|users/(?:get|findsimilar)/}
        ? join('&', map { "$_=$data->{$_}" } sort keys %$data)
        : '{' . join(',', map { qq("$_":"$data->{$_}") } sort keys %$data) . '}';
    my %h = ('Content-Type' => $json =~ /^\{/ ? 'application/json' : 'application/x-www-form-urlencoded');
    $h{Cookie} = $cookie if $known;
    my $before = seconds();
    my ($status) = request($method, $path, headers => \%h, body => $json);
    my $used = seconds() - $before;
    return ($used, $status);
}

SKIP: {
    skip 'the kernel does not count the time of threads', 1 unless -e "/proc/$$/task/$$/schedstat";
    my (@dear, $requests, $failed);
    my $memory;
    for my $route (@routes) {
        (my $path = $route) =~ s{\*\*}{x};
        $path =~ s{/\*}{/$room}g;
        for my $known (0, 1) {
            my %base = $known ? %own : ();
            my ($least) = sort { $a <=> $b } map { (cost('POST', $path, \%base, $known))[0] } 1 .. 3;
            $least = SHORTEST if $least < SHORTEST;
            for my $field (sort keys %fields) {
                next if $known && exists $own{$field};
                for my $kind ($known ? 'mentions' : qw(mentions unfolds)) {
                    my ($used, $status) = cost('POST', $path, { %base, $field => $filler{$kind} }, $known);
                    $requests++;
                    $failed++ if $status == 599 || $status == 500;
                    push @dear, sprintf('%s %s %s %d: %.3f s, shortest %.4f s', $path, $field, $kind, $status, $used, $least)
                        if $used > MANY * $least;
                }
            }
        }
        $memory //= memory();
    }
    is(join("\n", @dear), '', "none of $requests requests costs more than " . MANY . ' times the shortest');
    is($failed // 0, 0, 'each was answered');
    # AddressSanitizer keeps for a while what is freed
    cmp_ok(memory() - $memory, '<', MEMORY, 'no memory stays') unless $ENV{CHAT_PRELOAD};
}
stop_httpd($server);
done_testing;
