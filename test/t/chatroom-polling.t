# Chatroom API: clients that poll `since` with their own clock while others send, in other processes
# and through several children of the server: nothing is lost, and the order is that of sending.
use strict;
use warnings;
use Test::More;
use IO::Handle;
use Time::HiRes qw(time sleep);
use ChatTest;
use ChatroomTest;

site('chatroom');
my $owner   = new_room();
my $channel = $owner->{channels}[0]{channelID};
my @senders = map { join_room($owner) } 1 .. 3;
my $ROUND   = 16;
my $ROUNDS  = 9;
my $EACH    = $ROUND * $ROUNDS;

# Senders say s.1, s.2, ... as fast as they can, so that polls fall into commits. An answer has the
# newest 100, so they wait after each round until every poller has seen it, however slow it is: two
# rounds fit into one answer.
my @senders_at;
for my $s (0 .. $#senders) {
    pipe my $go, my $tell or die "pipe: $!\n";
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        close $tell;
        site('chatroom');
        for my $n (1 .. $EACH) {
            readline $go // POSIX::_exit(2) if $n % $ROUND == 1;
            my @r = post($senders[$s], 'messages', { channelID => $channel, data => "$s.$n" });
            POSIX::_exit(1) if $r[0] != 200;
            sleep 0.002;
        }
        POSIX::_exit(0);
    }
    close $go;
    $tell->autoflush(1);
    push @senders_at, [$tell, $pid];
}

# Each poller asks for what was said since the moment at which it asked before; what it has seen it
# drops, by id, and never looks back.
sub poller {
    my ($write, $pause, %h) = @_;
    site('chatroom');
    my ($last, $end, %seen, @got) = (0, time + 300);
    my ($full, $round) = (0, 1);
    while (@got < @senders * $EACH && time < $end) {
        my $asked = time;
        my @r = get($owner, 'messages', 'get-method' => 'since', time => sprintf('%.6f', $last), %h);
        return "status $r[0]" if $r[0] != 200;
        my @new = sort { $a->{send_time} <=> $b->{send_time} } grep { !$seen{ $_->{messageID} }++ && $_->{type} eq 'text' } @{ $r[1] };
        $full++ if @new >= 100;
        push @got, map { $_->{data} } @new;
        if (@got >= @senders * $ROUND * $round) {
            print $write "round $round\n";
            $round++;
        }
        $last = $asked;
        sleep $pause;
    }
    my @order = map { 0 } @senders;
    for (@got) {
        my ($s, $n) = split /\./;
        return "sender $s: $n after $order[$s]" . ($full ? ' (a full page)' : '') if $n != $order[$s] + 1;
        $order[$s] = $n;
    }
    return @got == @senders * $EACH ? 'all' : scalar(@got) . ' messages';
}
my @pollers;
for my $pause (0, 0.003, 0.01, 0.03) {
    for my $h ({}, { channelID => $channel }) {
        pipe my $read, my $write or die "pipe: $!\n";
        my $pid = fork // die "fork: $!\n";
        if (!$pid) {
            $_->[0]->close for @senders_at;
            $write->autoflush(1);
            print $write poller($write, $pause, %$h) . "\n";
            close $write;
            POSIX::_exit(0);
        }
        close $write;
        push @pollers, [$read, $pid, "a poller every ${pause}s" . (%$h ? ' of one channel' : '')];
    }
}
# a poller that has lost something says so instead of the round, and is asked no more
$SIG{PIPE} = 'IGNORE';
my %said;
for my $round (1 .. $ROUNDS) {
    print { $_->[0] } "go\n" for @senders_at;
    for my $p (grep { !defined $said{$_} } @pollers) {
        my $line = readline($p->[0]) // "nothing\n";
        $said{$p} = $line if $line !~ /^round /;
    }
}
for (@senders_at) { close $_->[0]; waitpid $_->[1], 0; is($?, 0, 'a sender sent all') }
for my $p (@pollers) {
    my $line = $said{$p} // readline($p->[0]) // "nothing\n";
    waitpid $p->[1], 0;
    chomp $line;
    is($line, 'all', "$p->[2] sees everything in order");
}

# The client's own test: 50 messages in a row come back in sending order within a second.
{
    my $start = time;
    my @sent = map { (post($owner, 'messages', { channelID => $channel, data => "row $_" }))[1] } 1 .. 50;
    my @got = @{ (get($owner, 'messages', 'get-method' => 'since', time => sprintf('%.6f', $start)))[1] };
    is(canonical([sort { $a->{send_time} <=> $b->{send_time} } @got]), canonical(\@sent), '50 in a row');
}
done_testing;
