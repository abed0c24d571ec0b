# Kinglet's mails on their whole way: outbox, daemon, a program that takes them as sendmail does.
use strict;
use warnings;
use Test::More;
use JSON::PP;
use ChatTest;
use KingletTest;

my $box = stage() . "/mailbox$$";
my $program = "$box.sh";
# it fails until it is told to go on: nothing may be lost by it
spew($program, "#!/bin/sh\n[ -e $box.go ] || exit 75\n"
    . "{ cat; echo; echo \"ARGS \$*\"; } >>$box.part && mv $box.part $box\n");
chmod 0755, $program;
my $server = serve(conf => "ChatMailCommand $program -t -i\n");
site($server->{url});

my $name = new_name();
my $made = king('POST', '/users', { user_name => $name, email => "$name\@example.org" });
is($made->[0], 201, 'an account is made');
is($made->[1]{password}, '', 'its password is not shown');
is($made->[1]{user_digest}, '', 'nor its digest');

sub outbox {
    my (undef, $text) = chatctl('--state', $server->{state}, '--json', 'outbox', 'list');
    return decode_json($text)->[-1] || {};
}
wait_for(sub { outbox()->{reason} });
is(outbox()->{state}, 'waiting', 'a program that fails is tried again');
like(outbox()->{reason}, qr/75/, 'the reason is kept');
is((chatctl('--state', $server->{state}, 'outbox', 'retry', outbox()->{id}))[0], 0, 'an administrator may hurry');
spew("$box.go", '');
wait_for(sub { -e $box });
my $mail = -e $box ? slurp($box) : '';
like($mail, qr/^To: \Q$name\E\@example\.org$/m, 'the mail came');
like($mail, qr/^ARGS -t -i$/m, 'with the arguments of the directive');
my ($digest)   = $mail =~ m{/users/activate/(\w+)};
my ($password) = $mail =~ m{Password:\s+(\S+)};
is(king('POST', '/users/login', { email => "$name\@example.org", password => $password })->[0], 404, 'pending: no login');
my @ban = chatctl('--state', $server->{state}, 'account', 'ban', $name);
is("$ban[0]$ban[1]", 1, 'pending: no ban');
is($ban[2], "chatctl: $name is not activated yet and cannot be banned; use `account unban` to activate it\n", 'the sentence');
is(get("/users/activate/$digest")->[0], 200, 'the mailed address activates');
is(king('POST', '/users/login', { email => "$name\@example.org", password => $password })->[0], 200, 'the mailed password is right');
my $late = new_name();
king('POST', '/users', { user_name => $late, email => "$late\@example.org" });
my ($code, $text) = chatctl('--state', $server->{state}, '--json', 'account', 'passwd', $late);
my $other = decode_json($text)->{password};
is((chatctl('--state', $server->{state}, 'account', 'unban', $late))[0], 0, 'an administrator opens an account whose mail was lost');
is(king('POST', '/users/login', { email => "$late\@example.org", password => $other })->[0], 200, 'and gives it a password');
wait_for(sub { outbox()->{state} eq 'delivered' });
is(outbox()->{state}, 'delivered', 'and the outbox knows');
unlike(slurp("$server->{state}/logs/error.log") . slurp("$server->{state}/logs/access.log"), qr/\Q$digest\E|\Q$password\E/,
    'no log shows digest or password');
is(stop_server($server, expected => qr{CHAT0804}), 0, "stopped");
done_testing;
