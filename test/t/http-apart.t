# What goes wrong around one child: the shared limits are out of its reach, the daemon does not stay.
use strict;
use warnings;
use Test::More;
use ChatTest;

my $dir = stage() . "/apart.$$";
mkdir $dir;
mkdir "$dir/mutex";
my $program = spew("$dir/daemon", "#!/bin/sh\nexit 200\n");
chmod 0755, $program;
my $server = httpd($dir, <<"END");
StartServers 1
ServerLimit 2
ThreadsPerChild 8
MaxRequestWorkers 8
MinSpareThreads 1
MaxSpareThreads 8
Mutex flock:$dir/mutex chat-limit
ChatDaemon auto $program
ChatRateLimit button:requests 4/3600
END
sub said { slurp($server->{log}) =~ $_[0] }
sub ask  { (button('login/', {}))[0] }
# The processes of httpd below its parent.
sub children { return grep { (eval { slurp("/proc/$_/comm") } // '') !~ /^(?:daemon|sh)$/ } split ' ', slurp("/proc/$server->{pid}/task/$server->{pid}/children") }

# The exit code is the program's own, also one that a signal's number could be mistaken for.
ok(wait_for(sub { said(qr/CHAT0602: .*ended with exit code 200;/) }), 'the daemon\'s exit code is in the log');

site($server->{url});
is(join(' ', map { ask() } 1 .. 3), '411 411 411', 'three of four requests');

# Without the mutex's file the next child cannot join the others: it counts by itself, and still counts.
is(unlink(glob "$dir/mutex/*chat-limit*"), 1, 'the file of the mutex goes away');
my @old = children();
kill 'USR1', $server->{pid};
ok(wait_for(sub { said(qr/CHAT0146: this process cannot use the shared limits and counts by itself/) }),
    'a child without the shared limits says so');
# until the old child has gone, a request may be one of its
ok(wait_for(sub { my %is = map { $_ => 1 } children(); !grep { $is{$_} } @old }), 'the old child ends');
site($server->{url});
my @r = map { ask() } 1 .. 7;
is($r[-1], 429, 'and limits all the same') or diag("@r");
is(scalar(grep { $_ == 411 } @r), 4, 'by the same rule') or diag("@r");
is(scalar(grep { $_ != 411 && $_ != 429 } @r), 0, 'nothing else happens') or diag("@r");
stop_httpd($server, qr/CHAT0602|CHAT0146|CHAT0\d+.*limit|AH00045/);
done_testing;
