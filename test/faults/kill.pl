# Kills random httpd children under load: no acknowledged message is missing, none that was
# sent with an Idempotency-Key is there twice.
use strict;
use warnings;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);
use ChatTest;

my $kills   = $ENV{CHAT_KILLS} || 200;
my $workers = 6;
my @ids;    # numbers of all messages, oldest first
my $server  = httpd(stage() . '/site', <<'END');
StartServers 6
ServerLimit 24
ThreadsPerChild 4
MaxRequestWorkers 40
MinSpareThreads 24
MaxSpareThreads 40
KeepAlive On
MaxKeepAliveRequests 0
ChatRateLimit button:sends off
ChatRateLimit button:kilobytes off
END
my $parent  = $server->{pid};
site($server->{url});
my (undef, $token) = account();
my ($room) = channel($token);

my $stop = stage() . '/stop';
my @pids = map { worker($_) } 1 .. $workers;
my $done = kill_children();
spew($stop, '');
waitpid $_, 0 for @pids;
cmp_ok($done, '>=', $kills, "$done children killed");

my (%acked, %tried, @odd, $retries);
for my $n (1 .. $workers) {
    for (split /^/, slurp(stage() . "/worker.$n")) {
        my ($what, $text) = /^(\w+) (.*)$/;
        $tried{$text}++ if $what eq 'try';
        $acked{$text}++ if $what eq 'ack';
        $retries++      if $what eq 'again';
        push @odd, $text if $what eq 'odd';
    }
}
is(join("\n", @odd[0 .. ($#odd > 9 ? 9 : $#odd)]), '', 'nothing but broken connections and 503');
my %there  = read_all();
my $acked  = keys %acked;
my @lost   = grep { !$there{$_} } keys %acked;
my @twice  = grep { /^key/ && $there{$_} > 1 } keys %there;
my @alien  = grep { !$tried{$_} } keys %there;
cmp_ok($acked, '>', $kills, "$acked messages acknowledged, " . ($retries || 0) . ' tried again');
is("@lost",  '', 'no acknowledged message is missing');
is("@twice", '', 'none with a key is there twice');
is("@alien", '', 'none that nobody sent');
is(scalar(grep { $_->[0] >= $_->[1] } order()), 0, 'numbers only grow');

stop_httpd($server, qr/AH10392|AH00045|AH10159|AH00484|CHAT0602/);
done_testing;

sub order { map { [$ids[$_ - 1], $ids[$_]] } 1 .. $#ids }

# Sends until told to stop; every second message has a key and is tried until it is acknowledged.
sub worker {
    my ($n) = @_;
    my $pid = fork // die "fork: $!\n";
    return $pid if $pid;
    open my $out, '>', stage() . "/worker.$n" or die;
    for (my $i = 0; !-e $stop; $i++) {
        my $text = ($i % 2 ? 'key' : 'plain') . " $n $i";
        my %o    = $i % 2 ? (headers => { 'Idempotency-Key' => $text }) : ();
        print $out "try $text\n";
        for my $try (1 .. 200) {
            my @r = button('sendmessage/', { token => $token, channel => $room, message => $text }, %o);
            if ($r[0] == 200 && canonical($r[1]) eq '{"message":"Message sent!"}') {
                print $out "ack $text\n";
                last;
            }
            print $out "odd $text: $r[0] " . canonical($r[1]) . "\n" if $r[0] != 599 && $r[0] != 503;
            last if !%o;
            print $out "again $text\n";
            sleep 0.02;
        }
    }
    close $out;
    POSIX::_exit(0);
}

# The children of httpd's parent, without those that are gone already.
sub children {
    my @all;
    for my $file (glob '/proc/[0-9]*/stat') {
        open my $in, '<', $file or next;
        my $line = <$in> // '';
        push @all, $1 if $line =~ /^(\d+) \(.*\) (\S) (\d+)/ && $3 == $parent && $2 ne 'Z';
    }
    return @all;
}

sub kill_children {
    my $n = 0;
    my $until = time + 300;
    while ($n < $kills && time < $until) {
        my @all = children();
        $n += kill 'KILL', $all[rand @all] if @all > 1;
        sleep 0.05 + rand 0.2;
    }
    return $n;
}

# Every message of the channel with how often it is there; @ids gets the numbers, oldest first.
sub read_all {
    my (%count, $before);
    while (1) {
        my @r = button('readmessagesfromchannel/', { token => $token, name => $room, count => 1000,
            $before ? (before => $before) : () });
        if ($r[0] != 200) {    # a child may still be starting
            sleep 0.2;
            redo if ++$count{failed} < 50;
            die "read: $r[0] " . canonical($r[1]) . "\n";
        }
        delete $count{failed};
        my @page = @{ $r[1]{messages} } or return %count;
        $count{ $_->{message} }++ for @page;
        unshift @ids, map { $_->{message_id} } @page;
        $before = $page[0]{message_id};
    }
}
