# teendevops and Kinglet on one prefix, the chatroom API at / beside the site's own files, over TLS and not.
use strict;
use warnings;
use Test::More;
use ChatTest;
use KingletTest;

my $server = serve(conf => "ChatRateLimit button:registrations off\n", args => ['--tls-port', 0]);
site($server->{url});
my ($name) = account();

# --- what both could claim
sub text { return (request('GET', "/api/v1/$_[0]"))[0, 1] }
my ($status, $text) = text("users/get/?username=$name");
is($status, 200, 'users/get is teendevops\'');
like($text, qr/^\{"success":true,"user":\{"id":\d+,"username":"\Q$name\E"/, '... in its form');
($status, $text) = text('users/findsimilar/?language=Nonsense');
is("$status $text", qq(200 {"success":false,"error":"Parameter 'language' is not valid."}), 'users/findsimilar too');
($status, $text) = text('channels/get.php?format=dump');
is($status, 200, 'channels/get is there');
like($text, qr/^Array\n\(\n    \[success\] => 1\n/, '... in its formats');
($status, $text) = text('time/');
like("$status $text", qr/^200 \{"status":200,"description":"OK","server_epoch_seconds":\d+\}\z/, 'Kinglet\'s time is there');
my $login = king('POST', '/users/login', { email => $name, password => $PW });
is($login->[0], 200, 'Kinglet logs in');
is(get("/users/$name", { %{ $login->[1] } })->[1]{user_name}, $name, 'and shows an account by its name');
($status, $text) = text('nothing/of/that');
is($status, 404, 'what is nobody\'s');
like($text, qr/^\{"status":404,"description":"Not Found","user_message":"Invalid function: nothing\."/, '... is Kinglet\'s 404');
for my $reserved (qw(get findsimilar login password activate)) {
    answer([button('register/', { username => $reserved, password => $PW })], 401, { message => 'User exists!' },
        "nobody can be called $reserved");
}

# --- at the root only the endpoints' names are claimed
spew("$server->{state}/htdocs/channels.txt", "mine\n");
is(join(' ', (request('GET', '/channels.txt'))[0, 1]), "200 mine\n", 'a file of the site\'s own');
is((request('GET', '/chatroomx/'))[0], 404, 'a name that only begins like an endpoint is the site\'s');
unlike((request('GET', '/chatroomx/'))[2]{'content-type'}, qr/json/, '... with the site\'s own answer');

# --- cookies of all that have some, by TLS
sub cookies {
    my ($base, $path, @more) = @_;
    open my $curl, '-|', 'curl', '-ski', '-m', 60, @more, "$base$path" or die "curl: $!\n";
    return join '', grep { /^set-cookie:/i } <$curl>;
}
my @room = ('-d', qq({"username":"owner","password":"$PW-long","chatroom_name":"r"}));
for my $case ([$server->{url}, 0], [$server->{tls}, 1]) {
    my ($base, $tls) = @$case;
    for my $made (cookies($base, '/chatroom/', @room), cookies($base, '/api/v1/auth/csrf/')) {
        like($made, qr/^Set-Cookie: [\w-]+=[\w-]+;.*\bHttpOnly\b/i, "$base: a session cookie");
        like($made, qr/SameSite=Lax/i, '... of this site');
        is(($made =~ /;\s*Secure\b/i) ? 1 : 0, $tls, '... Secure by TLS alone');
    }
}
is(stop_server($server), 0, 'stopped');
done_testing;
