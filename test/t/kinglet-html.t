# Texts as HTML: what clients put into their pages as it is. A real parser (HTML::Parser) must find the
# links that we make, and nothing else.
use strict;
use warnings;
use utf8;
use HTML::Parser;
use Test::More;
use ChatTest;
use KingletTest;

site('kinglet');
binmode Test::More->builder->$_, ':utf8' for qw(output failure_output);
my $ann = newcomer();
my $A = $ann->{user_name};

# Elements with their attributes, anything else that is no text, and the text.
sub parse {
    my ($html) = @_;
    my (@tags, @other, $text);
    my $p = HTML::Parser->new(api_version => 3,
        start_h => [sub { push @tags, [@_] }, 'tagname,attr'],
        end_h => [sub { push @other, "/$_[0]" if $_[0] ne 'a' }, 'tagname'],
        text_h => [sub { $text .= $_[0] }, 'dtext'],
        default_h => [sub { push @other, $_[0] if length $_[0] }, 'text']);
    $p->unbroken_text(1);
    $p->strict_comment(0);
    $p->parse($html);
    $p->eof;
    return (\@tags, \@other, $text // '');
}

my @hostile = (
    '<script>alert(1)</script>', '<img src=x onerror=alert(1)>', '<a href="javascript:alert(1)">x</a>', '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)", '" onmouseover="alert(1)', '<!-- comment -->', '<!DOCTYPE x>', '<?php x ?>', '<![CDATA[x]]>', '</a><b>', '<', '<<', '&', '&lt;script&gt;',
    '&#60;script&#62;', '&amp;lt;', '&#x3c;b&#x3e;', '<scr<script>ipt>', "<b\n>", "<\0b>", '<iframe src=//evil.example>', '<style>*{}</style>',
    'http://a.b/"><script>alert(1)</script>', "http://a.b/'onclick='alert(1)", 'http://a.b/<b>', 'http://a.b/&quot;onclick=&quot;x', 'http://a.b/?a=1&lt=2&copy=3',
    'http://javascript:alert(1)', 'javascript:http://a.b', 'data:text/html,<b>', 'http://a.b@evil.example/', 'http://a.b/#"x', 'http://a.b/`x`', 'http://a.b/\\x',
    'http://a.b/%22%3E%3Cb%3E', 'HTTP://A.B/', 'http://a.b/http://c.d', 'xhttp://a.b', 'http://', 'http:///x', 'http://ä.b', 'http://a.b/ä', 'https://[::1]/',
    '@<b>', "\@$A<b>", "\@$A\"x", "\@${A}'x", "\@\@$A", "\@$A\@$A", "<\@$A>", "\t\@$A", "\x{a0}\@$A", "\x{2028}\@$A", 'x@y.co', 'mailto:x@y.co',
    "\x{7f}\x{80}\x{9f}", "\x{feff}x", "\x{202e}txt", "\x{ffff}", "\x{1f600}", 'ümläut', "a\rb\nc\r\nd", "\x{1}\x{8}\x{1b}[31m", '{{7*7}}', '<%= x %>',
    '<a href=x', '<a', '&#0;', '&#xD800;', '+ADw-script+AD4-', "\x{ff1c}script\x{ff1e}", "\x{b}\@$A", '%3Cscript%3E',
);
push @hostile, map { "http://a.b/" . chr($_) . "x" } 33 .. 47, 58 .. 64, 91 .. 96, 123 .. 126;

sub safe {
    my ($html, $plain, $name, %o) = @_;
    my ($tags, $other, $text) = parse($html);
    my @bad = @$other;
    for (@$tags) {
        my ($tag, $attr) = @$_;
        next if $o{breaks} && $tag eq 'br';
        my $href = $attr->{href} // '';
        my $names = join ',', sort keys %$attr;
        push @bad, $_ if $tag ne 'a'
            || !($names eq 'href' && ($href =~ m{^/user/[A-Za-z0-9_%]+$} || $o{mails} && $href =~ m{^mailto:[A-Za-z0-9._%\@+~-]+$})
                || $names eq 'href,title' && $href =~ m{^https?://[A-Za-z0-9]}i && $href eq $attr->{title} && index($plain, $href) >= 0);
    }
    ok(!@bad, "$name: only our links") or diag("$html\n", canonical(\@bad));
    ok($html !~ /[^\x00-\x9f\x{ffff}]/, "$name: entities for what is not ASCII") or diag($html);
    return $text;
}

for my $text (@hostile) {
    (my $shown = $text) =~ s/([^ -~])/sprintf '\\x{%x}', ord $1/ge;
    if ($text =~ /\0/) {
        is(king('POST', '/messages', { message_text => "\@$A $text" }, $ann)->[0], 400, 'NUL is refused');
        next;
    }
    my $plain = "\@$A $text";
    my $id = said($ann, $plain);
    my $html = get("/messages/$id", $ann)->[1]{message_text};
    my $back = safe($html, $plain, $shown);
    # labels of URLs are without the scheme and cut: everything else comes back as it was
    is($back, $plain, "$shown: the text comes back") unless $plain =~ m{https?://[a-z0-9]}i;
    my ($thread) = grep { $_->{message_id} eq $id } @{ get('/messages/threads', $ann)->[1]{threads} };
    my ($tags, $other) = parse($thread->{message_text});
    ok(!@$tags && !@$other, "$shown: a thread's text has no element") or diag($thread->{message_text});
    is(king('PUT', '/users', { email => $ann->{email}, desc_markup => $text }, $ann)->[0], 200, "$shown: as description");
    my $profile = get("/users/$A", $ann);
    is($profile->[1]{desc_markup}, $text, "$shown: desc_markup is what was sent");
    safe($profile->[1]{desc_format}, $text, "$shown: desc_format", mails => 1, breaks => 1);
}

# The examples of the manual, to the letter.
my %exact = (
    "\@$A" => qq(<a href="/user/$A">\@$A</a>),
    'a<b>&"c"' => 'a&lt;b&gt;&amp;"c"',
    'ü€' => '&#252;&#8364;',
    'http://example.org/a?b=1&c=2.' => '<a href="http://example.org/a?b=1&amp;c=2" title="http://example.org/a?b=1&amp;c=2">example.org/a?b=1&amp;c=2</a>.',
    'https://example.org/' . 'x' x 40 => '<a href="https://example.org/' . 'x' x 40 . '" title="https://example.org/' . 'x' x 40 . '">example.org/' . 'x' x 18 . '...</a>',
);
for (sort keys %exact) {
    my $id = said($ann, "\@$A $_");
    is(get("/messages/$id", $ann)->[1]{message_text}, qq(<a href="/user/$A">\@$A</a> $exact{$_}), "exactly: $_");
}

done_testing;
