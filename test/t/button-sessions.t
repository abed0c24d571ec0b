# Where an account is signed in, and out of it.
use strict;
use warnings;
use Test::More;
use ChatTest;
use KingletTest;

my $server = serve();
site($server->{url});
my ($ann, $token) = account();
my ($bob, $other) = account();

sub sessions { my ($of) = @_; return @{ (button('listsessions/', { token => $of }))[1]{sessions} } }
sub finish { my ($of, %what) = @_; return [button('endsession/', { token => $of, %what })] }
sub in {
    my ($name) = @_;
    my $in = king('POST', '/users/login', { email => $name, password => $PW });
    is($in->[0], 200, 'signed in through another dialect');
    return { %{ $in->[1] } };
}
my $time = qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

is_deeply([sessions($token)], [{ session_id => 'token', dialect => 'button', since => undef, last_used => undef, address => undef }], 'the token');
my ($one, $two) = (in($ann), in($ann));
my (undef, @more) = sessions($token);
is(scalar @more, 2, 'two more');
is_deeply([map { $_->{dialect}, $_->{address} } @more], [('kinglet', '127.0.0.1') x 2], 'which, and from where');
like($_, $time, 'since and last used') for map { @$_{qw(since last_used)} } @more;
is(get("/users/$ann", $_)->[0], 200, 'both are in') for $one, $two;

my $gone = { message => 'Session not found!' };
answer(finish($other, session_id => $more[0]{session_id}), 404, $gone, 'not one of other people');
answer(finish($token, session_id => $_), 404, $gone, "no session: $_") for 'nothing', '0123456789abcdef', '%', $more[0]{session_id} . '0';
answer_like(finish($token), 400, 'no session named');
answer(finish($token, session_id => $more[0]{session_id}), 200, { message => 'Session ended!' }, 'one ends');
is_deeply([map { $_->{session_id} } sessions($token)], ['token', $more[1]{session_id}], 'the other stays');
is(scalar(grep { get("/users/$ann", $_)->[0] == 200 } $one, $two), 1, 'and works');
in($ann);
answer(finish($token, all_others => JSON::PP::true()), 200, { message => 'Session ended!' }, 'all others end');
is_deeply([map { $_->{session_id} } sessions($token)], ['token'], 'but not the token');
is(get("/users/$ann", $_)->[0], 403, 'no session is left') for $one, $two;
answer(finish($token, session_id => 'token'), 200, { message => 'Session ended!' }, 'the token ends');
answer([button('listsessions/', { token => $token })], 401, { message => 'Invalid token!' }, 'and is no longer valid');

is(stop_server($server), 0, 'stopped');
done_testing;
