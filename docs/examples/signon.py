"""What a site says of its user to mod_chat (ChatSignOnKey): a JSON Web Token, signed with HS256.

Import chat_assertion(), or run: CHAT_KEY=... python3 signon.py SITE USER
"""
import base64
import hashlib
import hmac
import json
import os
import secrets
import sys
import time


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def chat_assertion(key, site, user, **more):
    now = int(time.time())
    claims = {
        'sub': user,                       # the site's own id of the user
        'aud': site,                       # the host name of the chat
        'iat': now,
        'exp': now + 60,
        'jti': secrets.token_urlsafe(16),  # counts once
        **more,
    }
    text = '.'.join(base64url(json.dumps(part).encode()) for part in ({'alg': 'HS256', 'typ': 'JWT'}, claims))
    return text + '.' + base64url(hmac.digest(key.encode(), text.encode(), hashlib.sha256))


if __name__ == '__main__':
    print(chat_assertion(os.environ['CHAT_KEY'], *sys.argv[1:]))
