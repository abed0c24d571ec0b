# 600 requests in an hour from an address: exact across children and a graceful restart; refusals count for nothing.
use strict;
use warnings;
use Test::More;
use ChatTest;
use TeenTest;
use HTTP::Tiny;

my $limit = 'You have hit the API rate limit. Contact info@teendevops.net to adjust this limit.';
my $refusal = qq({"success":false,"error":"$limit"});

# Processes side by side, each with connections of its own; how many were answered, how many refused.
sub together {
    my ($url, $processes, $each) = @_;
    my @pipes;
    for my $p (1 .. $processes) {
        my $pid = open my $out, '-|';
        die "fork: $!\n" unless defined $pid;
        if (!$pid) {
            my ($good, $bad, $other) = (0, 0, 0);
            for my $i (1 .. $each) {
                my $http = HTTP::Tiny->new(timeout => 30);
                my $path = (qw(channels/get/ auth/csrf chat/get.php?channel=1 users/get/))[$i % 4];
                my $r    = $http->get("$url/api/v1/$path");
                if    ($r->{status} != 200)          { $other++ }
                elsif ($r->{content} =~ /rate limit/) { $bad++ }
                else                                  { $good++ }
            }
            print "$good $bad $other\n";
            close STDOUT;
            require POSIX;
            POSIX::_exit(0);
        }
        push @pipes, $out;
    }
    my @sum = (0, 0, 0);
    for my $pipe (@pipes) {
        my @n = split ' ', scalar <$pipe>;
        $sum[$_] += $n[$_] for 0 .. 2;
        close $pipe;
    }
    return @sum;
}

# The default, as it is without any directive.
my $server = serve();
site($server->{url});
is(join(' ', together($server->{url}, 8, 60)), '480 0 0', '480 requests by 8 clients side by side');

# A graceful restart: new children, the same count.
my ($httpd) = slurp("$server->{state}/run/httpd.pid") =~ /(\d+)/;
my $runs = sub { my $n = () = slurp($server->{log}) =~ /resuming normal operations/g; $n };
kill 'USR1', $httpd;
ok(wait_for(sub { $runs->() == 2 }), 'a graceful restart');
is(join(' ', together($server->{url}, 4, 15)), '60 0 0', '60 more after a graceful restart');
kill 'USR1', $httpd;
is(join(' ', together($server->{url}, 8, 20)), '60 100 0', 'during another: 60 more and then no more');

# The refusal, in every format, for every endpoint and method.
for (['GET', 'channels/get/'], ['GET', 'chat/get/'], ['GET', 'users/get/'], ['GET', 'users/findsimilar/'], ['GET', 'auth/csrf'],
    ['POST', 'chat/send/'], ['POST', 'auth/login.php'], ['GET', 'chat/send'], ['PUT', 'users/get/'], ['PATCH', 'chat/get/']) {
    my ($method, $path) = @$_;
    my @r = td($method, $path);
    said(\@r, $refusal, "refused: $method $path");
    like($r[2]{'retry-after'} // '', qr/^[1-9]\d*$/, 'Retry-After');
    cmp_ok($r[2]{'retry-after'} // 9999, '<=', 3663, 'at most the window and a part of it');
}
my $dump = "Array\n(\n    [success] => \n    [error] => $limit\n)\n";
my $xml  = qq(<?xml version="1.0"?>\n<root><success/><error>$limit</error></root>\n);
said([td('GET', 'channels/get/', query => 'format=dump')], $dump, 'refused as a dump');
said([td('GET', 'channels/get/', query => 'format=xml')], $xml, 'refused as XML');
said([td('POST', 'chat/send/', form => 'format=xml')], $xml, 'refused as XML, asked for in the body');
is((td('GET', 'channels/get/'))[2]{'cache-control'}, 'no-store', 'a refusal is not kept');
is((td('GET', 'channels/get/', headers => { 'X-Forwarded-For' => '192.0.2.9', 'Client-IP' => '192.0.2.9' }))[1], $refusal,
    'a header is not believed');
is((td('OPTIONS', 'channels/get/'))[0], 204, 'OPTIONS is not counted');
is((td('GET', 'nothing/at/all'))[0], 404, 'nobody\'s path is not counted');
is((button('login/', {}))[0], 411, 'another dialect counts for itself');
is(stop_server($server, expected => qr/limit/), 0, 'stopped');

# A small limit of one's own; wrong methods, bad parameters and not-modified answers count like all.
$server = serve(conf => "ChatRateLimit teendevops 6/3600\n");
site($server->{url});
my $tag = (td('GET', 'channels/get/'))[2]{etag};
is((td('GET', 'channels/get/', headers => { 'If-None-Match' => $tag }))[0], 304, 'second request');
refused([td('PUT', 'chat/send/')], 'Request method must be POST.', 'third request');
refused([td('GET', 'chat/get/')], q(Parameter 'channel' is not set.), 'fourth request');
refused([td('GET', 'chat/get/', query => 'channel=%ff')], q(Parameter 'channel' is not valid.), 'fifth request');
is((td('HEAD', 'channels/get/'))[0], 200, 'sixth request');
said([td('GET', 'channels/get/', headers => { 'If-None-Match' => $tag })], $refusal, 'seventh request') for 1 .. 3;
is(stop_server($server, expected => qr/limit/), 0, 'stopped');

done_testing;
