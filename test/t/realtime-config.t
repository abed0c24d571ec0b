# Mistakes in the realtime directives are named before the server starts.
use strict;
use warnings;
use Test::More;
use ChatTest;

my $dir = stage() . "/rtdbs.$$";
mkdir $dir;
my $db   = "DBDriver sqlite3\nDBDParams $dir/chat.db\n";
my $site = "${db}ChatEngine On\n";
my @worker = qw(mpm_worker unixd log_config authz_core mime dbd);

# [what, snippet, expression that httpd's answer must match, modules]
my @mistakes = (
    ['ChatRealtime, a word',    "${site}ChatRealtime tunnel",             qr/ChatRealtime tunnel: must be auto, plain, proxy, handover, park or off/],
    ['ChatRealtime, no slash',  "${site}ChatRealtime auto socket.io",     qr/ChatRealtime auto socket\.io: the path must be/],
    ['ChatRealtime, the root',  "${site}ChatRealtime auto /",             qr/ChatRealtime auto \/: the path must be/],
    ['ChatRealtime, dots',      "${site}ChatRealtime auto /a/../b/",      qr/ChatRealtime auto \/a\/\.\.\/b\/: the path/],
    ['ChatRealtime, an escape', "${site}ChatRealtime auto /a%20b/",       qr/ChatRealtime auto \/a%20b\/: the path/],
    ['ChatRealtime park, on worker', "${site}ChatRealtime park",          qr/ChatRealtime park: needs the event MPM/, \@worker],
    ['ChatRealtime proxy, without mod_proxy', "${site}ChatRealtime proxy", qr/ChatRealtime proxy: needs mod_proxy and mod_proxy_http/],
    ['ChatRealtimePing, one',   "${site}ChatRealtimePing 25s",            qr/ChatRealtimePing takes two arguments/],
    ['ChatRealtimePing, a word', "${site}ChatRealtimePing soon 20s",      qr/ChatRealtimePing soon 20s: must be two times/],
    ['ChatRealtimePing, too short', "${site}ChatRealtimePing 25s 5ms",    qr/ChatRealtimePing 25s 5ms: must be two times/],
    ['ChatRealtimePing, too long', "${site}ChatRealtimePing 2h 20s",      qr/ChatRealtimePing 2h 20s: must be two times/],
    ['ChatDaemon, a word',      "${site}ChatDaemon manual",               qr/ChatDaemon manual: must be `auto`/],
    ['ChatDaemon off, a path',  "${site}ChatDaemon off /x",               qr/ChatDaemon off \/x: must be/],
    ['ChatDaemon external, no directory', "${site}ChatDaemon external",   qr/ChatDaemon external: the directory/],
    ['ChatDaemon auto, no such program', "${site}ChatDaemon auto $dir/none", qr/ChatDaemon auto .*none: there is no such program/],
    ['two daemons', "${site}ChatDaemon external $dir\n<VirtualHost *:9>\nChatDaemon auto\n</VirtualHost>",
        qr/ChatDaemon: hosts that serve chat must have the same daemon/],
    ['ChatDaemon in a directory', "${site}<Directory $dir>\nChatDaemon off\n</Directory>", qr/ChatDaemon/],
);
for (@mistakes) {
    my ($what, $snippet, $pattern, $modules) = @$_;
    my ($code, $said) = configtest($snippet, $modules ? (modules => $modules) : ());
    isnt($code, 0, "$what: refused") or diag($said);
    like($said, $pattern, "$what: named");
}

# httpd's event MPM can park since 2.4.63; an older one says so.
my ($parks, $why) = configtest("${site}ChatRealtime park");
like($why, $parks ? qr/ChatRealtime park: needs the event MPM of httpd 2\.4\.63/ : qr/Syntax OK/, 'park is accepted, or refused with the reason');
my $park = $parks ? '' : "<VirtualHost *:9>\nServerName b\nChatRealtime park\n</VirtualHost>\n";

for (
    ['defaults',      $site],
    ['every way',     "${site}ChatRealtime auto /rt\n<VirtualHost *:9>\nChatRealtime handover /x/\n</VirtualHost>\n"
        . "$park<VirtualHost *:9>\nServerName c\nChatRealtime off\n</VirtualHost>"],
    ['heartbeat',     "${site}ChatRealtimePing 300ms 200ms"],
    ['heartbeat, plain numbers', "${site}ChatRealtimePing 25 20"],
    ['no daemon',     "${site}ChatDaemon off"],
    ['external',      "${site}ChatDaemon external $dir"],
    ['one host without', "${site}ChatDaemon external $dir\n<VirtualHost *:9>\nChatDaemon off\n</VirtualHost>"],
) {
    my ($what, $snippet) = @$_;
    my ($code, $said) = configtest($snippet);
    is($code, 0, "$what: accepted") or diag($said);
}

done_testing;
