<?php
// What a site says of its user to mod_chat (ChatSignOnKey): a JSON Web Token, signed with HS256.
// Include this file and call chat_assertion(), or run: CHAT_KEY=... php signon.php SITE USER

function chat_assertion(string $key, string $site, string $user, array $more = []): string
{
    $base64url = fn (string $bytes) => rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
    $claims = [
        'sub' => $user,                       // the site's own id of the user
        'aud' => $site,                       // the host name of the chat
        'iat' => time(),
        'exp' => time() + 60,
        'jti' => bin2hex(random_bytes(16)),   // counts once
    ];
    $text = $base64url(json_encode(['alg' => 'HS256', 'typ' => 'JWT'])) . '.' . $base64url(json_encode($claims + $more));
    return $text . '.' . $base64url(hash_hmac('sha256', $text, $key, true));
}

if (PHP_SAPI === 'cli' && realpath($argv[0]) === __FILE__) {
    echo chat_assertion(getenv('CHAT_KEY'), $argv[1], $argv[2]), "\n";
}
