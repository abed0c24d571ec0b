# chatctl help: every command and option stands in the manual's page, which chatctl(1) is made from, and every command of the page is one.
use strict;
use warnings;
use Test::More;
use ChatTest;

my $page = slurp(stage() . '/docs/chatctl.md') =~ s/\\\|/ /gr;
my ($code, $help) = chatctl('help');
is($code, 0, 'help');
my @commands = $help =~ /^  (?:chatctl )?([a-z]+(?: [a-z]+)?)(?= |$)/mg;
cmp_ok(scalar @commands, '>', 30, 'commands');
my %noun;
for my $command (@commands) {
    my ($noun, $verb) = split ' ', $command;
    $noun{$noun}++;
    like($page, defined $verb ? qr/^\| [^\n]*`$noun [^|\n]*\b$verb\b/m : qr/^(?:\| [^\n]*`$noun\b|chatctl $noun\b)/m, "the page has `$command`");
    my ($rc, $more) = chatctl(split(' ', $command), '--help');
    is($rc, 0, "$command --help");
    like($page, qr/\Q$_\E(?![a-z-])/, "$command: the page has $_") for grep { !/^--(?:help|version|json|state|conf|database)$/ } $more =~ /(--[a-z-]+)/g;
}
my %known = map { $_ => 1 } keys %noun;
for my $cell ($page =~ /^\| (`[a-z][^|\n]*) \|/mg) {
    my ($noun) = $cell =~ /^`([a-z]+)/;
    ok($known{$noun}, "`$noun` is a command");
}
done_testing();
