#!/usr/bin/env python3
"""Reads the URIs of otpauth_test.json with nothing but Python's own library.

    python3 otpauth.py [FILE_test.json ...]

Only valid URIs are read: the refusals are rules of camtoken's.
"""

import base64
import json
import pathlib
import sys
from urllib.parse import parse_qsl, quote, unquote, urlsplit


def read(uri):
    parts = urlsplit(uri.strip())
    label = unquote(parts.path.removeprefix('/'))
    issuer, _, account = label.rpartition(':')
    query = {name.lower(): value for name, value in parse_qsl(parts.query)}
    digits = ''.join(it for it in query['secret'] if it not in ' -').rstrip('=').upper()
    name = query.get('algorithm', 'SHA1').upper().replace('-', '').removeprefix('HMAC')
    said = {
        'account': account.lstrip(' '),
        'issuer': query.get('issuer', issuer),
        'secret': base64.b32decode(digits + '=' * (-len(digits) % 8)).hex(),
        'hash': name,
        'digits': int(query.get('digits', 6)),
    }
    if parts.netloc.lower() == 'hotp':
        said['counter'] = int(query['counter'])
    else:
        said['period'] = int(query.get('period', 30))
    return {name: value for name, value in said.items() if value != ''}


def write(said):
    encode = lambda text: quote(text, safe='')  # noqa: E731
    secret = base64.b32encode(bytes.fromhex(said['secret'])).decode().rstrip('=')
    kind, moving = ('hotp', 'counter') if 'counter' in said else ('totp', 'period')
    issuer = encode(said['issuer']) if 'issuer' in said else None
    label = f"{issuer}:{encode(said['account'])}" if issuer else encode(said['account'])
    parameters = f'secret={secret}' + (f'&issuer={issuer}' if issuer else '')
    return f"otpauth://{kind}/{label}?{parameters}&algorithm={said['hash']}&digits={said['digits']}&{moving}={said[moving]}"


def passes(test):
    said = read(test['uri'])
    wanted = {name: test[name] for name in ('account', 'issuer', 'secret', 'hash', 'digits', 'counter', 'period') if name in test}
    if said != wanted or test.get('canonical', write(said)) != write(said):
        print(f"tcId {test['tcId']} ({test['comment']}): {said}, {write(said)}")
        return False
    return True


def main():
    files = [pathlib.Path(name) for name in sys.argv[1:] if name != '--check'] or [pathlib.Path(__file__).parent.parent / 'otpauth_test.json']
    groups = [group for file in files for group in json.loads(file.read_text())['testGroups']]
    tests = [test for group in groups if group['type'] == 'Otpauth' for test in group['tests']]
    results = [passes(test) for test in tests if test['result'] == 'valid']
    print(f'{results.count(True)} passed, {results.count(False)} failed')
    return 1 if False in results else 0


if __name__ == '__main__':
    sys.exit(main())
