# chatd --help, the manual's page and chatd(8), which is made from it, name the same options with the same words; chatd takes each of them.
use strict;
use warnings;
use Test::More;
use ChatTest;

sub chatd {
    my $said = qx(@{[stage()]}/bin/chatd @_ 2>&1);
    return ($? >> 8, $said);
}
my ($code, $help) = chatd('--help');
is($code, 0, '--help');
my %option = $help =~ /^  (--[a-z-]+(?: [A-Z]+)?) {2,}(.*)$/mg;
cmp_ok(scalar keys %option, '>=', 8, 'options');

my $page = slurp(stage() . '/docs/chatd.md');
my ($table) = $page =~ /^## Options\n(.*?)^## /ms;
my %written = $table =~ /^\| `(--[^`]+)` \| (.*) \|$/mg;
is_deeply([sort keys %written], [sort keys %option], 'the page has the options of --help, and no others');
like($written{$_}, qr/^\Q$option{$_}\E/, "... with the same words: $_") for sort keys %option;
my ($synopsis) = $page =~ /^```text\n(.*?)^```/ms;
my ($usage)    = $help =~ /^usage: (.*?)\n\n/ms;
is($synopsis =~ s/\s+/ /gr =~ s/ $//r, $usage =~ s/\s+/ /gr, '... and the same synopsis');

for my $option (sort grep { / / } keys %option) {
    my $name = $option =~ s/ .*//r;
    my $line = join ' ', $name eq '--config' ? () : ('--config', '/nowhere/chatd.conf'), $name, $option =~ / FD$/ ? 9 : '/nowhere/chatd.conf';
    my ($rc, $said) = chatd($line);
    is($rc, 1, "$name is taken");
    like($said, qr{/nowhere/chatd\.conf: cannot be read}, '... and the file is asked for');
}
is((chatd($_))[0], 2, "'$_' is refused") for '', '--config', '--intake 3', '--config x --intake', '--config x --intake three', '--config x --fork 1', '--config x --help y';
is((chatd('--version'))[1], (chatctl('--version'))[1] =~ s/chatctl/chatd/r, '--version');
done_testing();
