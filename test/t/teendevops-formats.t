# The three formats of the teendevops API say the same: XML to a real parser, dump as a real PHP prints it.
use strict;
use warnings;
use utf8;
use Test::More;
use ChatTest;
use TeenTest;

site('teendevops');
binmode Test::More->builder->$_, ':utf8' for qw(output failure_output);

my $php = grep { -x "$_/php" } split /:/, $ENV{PATH};
my ($name) = account();
my ($in, $csrf) = login_as($name);

sub pipe_through {
    my ($input, @command) = @_;
    my $file = spew(stage() . "/piped.$$", $input);
    open my $out, '-|', 'sh', '-c', 'exec "$@" <"$0"', $file, @command or die "$command[0]: $!\n";
    local $/;
    my $text = <$out>;
    close $out;
    return ($? >> 8, $text // '');
}

# The text at PATH of an XML answer, as a real parser reads it.
sub xml_text {
    my ($xml, $path) = @_;
    my ($code, $text) = pipe_through($xml, 'xmllint', '--nonet', '--xpath', "string($path)", '-');
    is($code, 0, "well-formed: $path");
    chomp $text;
    return $text;
}

my @texts = ('plain', 'a & b < c > d', ']]> <![CDATA[ &amp; <!-- -->', "tab\tand\nline\r\nends ", "control \x01\x08\x0b\x1f\x7f here",
    "é ü \x{4e2d}\x{6587} \x{1F600}\x{10FFFF}", "\x{fffe}\x{ffff}", '"quotes" \'and\' \\ /', '</message></item0></root>',
    '0', ' x', "x\x{85}\x{2028}");
for my $i (0 .. $#texts) {
    my $text = $texts[$i];
    my %form = (csrf => $csrf, channel => 1, message => $text);
    my @r = td('POST', 'chat/send/', cookie => $in, form => { %form, format => 'xml' });
    (my $shown = $text) =~ s/[^\t\n\r\x20-\x{d7ff}\x{e000}-\x{fffd}\x{10000}-\x{10ffff}]/\x{fffd}/g;
    utf8::encode($shown);
    (my $expected = $shown) =~ s/\n\z//;
    is($r[2]{'content-type'}, 'application/xml', 'type of XML');
    is(xml_text($r[1], '/root/message'), $expected, "text $i in XML");
    is(xml_text($r[1], '/root/username'), $name, "user $i in XML");
    @r = td('GET', 'chat/get/', query => 'channel=1&limit=1&format=xml');
    is(xml_text($r[1], '/root/chat/item0/message'), $expected, "text $i in the list in XML");
    is(xml_text($r[1], '/root/success'), '1', 'true is 1');
    is(xml_text($r[1], '/root/chat/item0/deleted'), '', 'false is nothing');
    @r = td('GET', 'chat/get/', query => 'channel=1&limit=1');
    is(body_json($r[1])->{chat}[0]{message}, $text, "text $i in JSON");
    unlike($r[1], qr/[^\x20-\x7f]/, "text $i in JSON on one line of ASCII");
}

# Every answer and every error, in three formats: what PHP prints of the JSON is the dump.
my %send = (csrf => $csrf, channel => 1, message => 'x');
my @calls = (
    ['GET', 'channels/get/', ''], ['GET', 'chat/get/', 'channel=1'], ['GET', 'chat/get/', 'channel=999999'],
    ['GET', 'users/get/', "username=$name"], ['GET', 'users/findsimilar/', 'language=None'],
    ['GET', 'users/findsimilar/', 'language=Java'], ['GET', 'auth/csrf/', ''], ['POST', 'chat/send/', td_form(%send)],
    ['POST', 'users/get/', ''], ['GET', 'chat/send/', ''], ['POST', 'auth/login/', ''], ['GET', 'users/get/', 'id=0'],
    ['POST', 'auth/login/', 'username=a&password=b'], ['GET', 'chat/get/', 'channel=%ff'], ['GET', 'nothing', '', '/td'],
);
for (@calls) {
    my ($method, $path, $query, $mount) = @$_;
    my $what = "$method $path?$query";
    my %o = (cookie => $in, mount => $mount // $MOUNT);
    my @j = td($method, $path, %o, query => $query);
    my ($pairs, $first) = ($query ? "$query&" : '');
    for my $format (qw(dump xml)) {
        my @q = td($method, $path, %o, query => "${pairs}format=$format");
        my @f = td($method, $path, %o, query => $query, form => "format=$format");
        is($q[0], $j[0], "$what: the same status as $format");
        is("$q[0] $q[1]", "$f[0] $f[1]", "$what: $format asked for in the body") if $path ne 'nothing';
        if ($format eq 'dump') {
            is($q[2]{'content-type'}, 'text/plain;charset=UTF-8', "$what: type of the dump");
            if ($php) {
                my ($code, $text) = pipe_through($j[1], 'php', '-r', 'print_r(json_decode(stream_get_contents(STDIN), true));');
                is($q[1], $text, "$what: as PHP prints it");
            }
            like($q[1], qr/\AArray\n\(\n    \[success\] => 1?\n/, "$what: a dump");
        }
        else {
            is($q[2]{'content-type'}, 'application/xml', "$what: type of XML");
            my $good = body_json($j[1])->{success} ? '1' : '';
            is(xml_text($q[1], '/root/success'), $good, "$what: success in XML");
            like($q[1], qr/\A<\?xml version="1\.0"\?>\n<root>.*<\/root>\n\z/s, "$what: XML");
        }
    }
}
for my $format ('json', 'JSON', 'xmlx', '', 'Dump', 'x' x 5000) {
    like((td('GET', 'channels/get/', query => { format => $format }))[1], qr/^\{"success":true/, 'any other format is JSON');
}
like((td('GET', 'channels/get/', query => 'format=xml', form => 'format=dump'))[1], qr/^Array/, 'the body wins');
like((td('GET', 'channels/get/', query => 'format=xml&format=dump'))[1], qr/^Array/, 'the last wins');
like((td('GET', 'channels/get/', query => 'xformat=xml'))[1], qr/^\{/, 'another parameter');

done_testing;
