#!/usr/bin/env python3
"""LinOTP's QRToken from the description of its bytes: X25519, AES-128-EAX and HMAC, with PyCA's `cryptography` for the primitives.

    lseqr.py            seals the challenges of the groups whose source is this script, and writes them into lseqr_test.json
    lseqr.py --check    reads and answers every code of lseqr_test.json; exit 1 on a difference

EAX is put together here from CMAC and CTR, as its authors describe it; nothing of LinOTP or of camtoken is used.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import sys
import zlib

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

FILE = pathlib.Path(__file__).resolve().parent.parent / 'lseqr_test.json'
NAME = 'testvectors/reference/lseqr.py'
P = 2**255 - 19
CONTENT = {0: 'free', 1: 'pairing', 2: 'login'}
COMPRESSED, URL, SMS, SIGNED, RESET = 1, 2, 4, 8, 16


class Bad(ValueError):
    """A code that has to be refused."""


# --- The primitives -------------------------------------------------------------------------------------------------


def omac(key, number, data):
    mac = CMAC(algorithms.AES(key))
    mac.update(bytes(15) + bytes([number]) + data)
    return mac.finalize()


def ctr(key, start, data):
    cipher = Cipher(algorithms.AES(key), modes.CTR(start)).encryptor()
    return cipher.update(data) + cipher.finalize()


def eax(key, nonce, header, text, opening):
    start = omac(key, 0, nonce)
    turned = ctr(key, start, text)
    sealed = text if opening else turned
    tag = bytes(a ^ b ^ c for a, b, c in zip(start, omac(key, 1, header), omac(key, 2, sealed)))
    return turned, tag


def exchange(private, public):
    try:
        return X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as error:
        raise Bad('a key that gives zero') from error


def public_of(private):
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def montgomery(edwards):
    """The u of RFC 7748, 4.1, from the y of an Ed25519 key."""
    y = int.from_bytes(edwards, 'little') & (2**255 - 1)
    return ((1 + y) * pow(1 - y, -1, P) % P).to_bytes(32, 'little')


def mac(key, *parts):
    return hmac.new(key, b''.join(parts), hashlib.sha256).digest()


def unb64(text):
    return base64.b64decode(text + '=' * (-len(text) % 4), altchars=b'-_', validate=True)


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


# --- The codes ------------------------------------------------------------------------------------------------------


class Reader:
    def __init__(self, data):
        self.data = data

    def take(self, count):
        if len(self.data) < count:
            raise Bad('cut off')
        taken, self.data = self.data[:count], self.data[count:]
        return taken

    def number(self, count):
        return int.from_bytes(self.take(count), 'little')

    def text(self):
        text, zero, self.data = self.data.partition(b'\0')
        if not zero:
            raise Bad('a text without its end')
        return text.decode()

    def end(self):
        if self.data:
            raise Bad('bytes behind')


def pairing(code):
    data = Reader(unb64(code.removeprefix('lseqr://pair/')))
    if data.take(2) != b'\x02\x02':
        raise Bad('version or type')
    flags = data.number(4)
    if not flags & 1 or flags & ~63:
        raise Bad('flags')
    said = {'partition': data.number(4), 'serverPublicKey': data.take(32).hex()}
    for bit, name in ((2, 'serial'), (4, 'callbackUrl'), (8, 'callbackSms')):
        if flags & bit:
            said[name] = data.text()
    said['digits'] = data.number(1) if flags & 16 else 8
    if flags & 32 and data.number(1) != 1:
        raise Bad('hash')
    data.end()
    return said


def pairing_response(test):
    said = pairing(test['uri'])
    private, ephemeral = bytes.fromhex(test['privateKey']), bytes.fromhex(test['ephemeralKey'])
    keys = hashlib.sha256(exchange(ephemeral, montgomery(bytes.fromhex(said['serverPublicKey'])))).digest()
    header = b'\x01' + said['partition'].to_bytes(4, 'little')
    text = b'\x02' + test['tokenId'].to_bytes(4, 'little') + public_of(private) + said.get('serial', '').encode() + b'\0\0'
    sealed, tag = eax(keys[:16], keys[16:], header, text, opening=False)
    return b64(header + public_of(ephemeral) + sealed + tag)


def challenge_keys(shared):
    first = hashlib.sha256(shared).digest()
    second = hashlib.sha256(first).digest()
    return first[:16], second[:16], second[16:]


def challenge(group, code):
    private = bytes.fromhex(group['privateKey'])
    said = pairing(group['pairing'])
    data = unb64(code.removeprefix('lseqr://chal/'))
    header, ephemeral, sealed, tag = data[:5], data[5:37], data[37:-16], data[-16:]
    if len(data) < 53 or header != b'\x01' + group['tokenId'].to_bytes(4, 'little'):
        raise Bad('header')
    seal_key, sign_key, nonce = challenge_keys(exchange(private, ephemeral))
    plain, expected = eax(seal_key, nonce, header, sealed, opening=True)
    if not hmac.compare_digest(tag, expected):
        raise Bad('seal')
    rest = Reader(plain)
    head = rest.take(10)
    content, flags, number = head[0], head[1], int.from_bytes(head[2:], 'little')
    if content not in CONTENT or flags & ~31:
        raise Bad('content or flags')
    signature = rest.take(32) if flags & SIGNED else b''
    if signature:
        key = exchange(private, montgomery(bytes.fromhex(said['serverPublicKey'])))
        if not hmac.compare_digest(signature, mac(key, nonce, head, rest.data)):
            raise Bad('signature')
    elif content == 1 or flags & RESET:
        raise Bad('no signature')
    if flags & COMPRESSED:
        inflater = zlib.decompressobj()
        try:
            rest.data = inflater.decompress(rest.data, 8192)
        except zlib.error as error:
            raise Bad('compressed') from error
        if not inflater.eof:
            raise Bad('compressed')
    plain = rest.data
    result = {'content': CONTENT[content], 'message': rest.text()}
    for bit, name in ((URL, 'callbackUrl'), (SMS, 'callbackSms')):
        if flags & bit:
            result[name] = rest.text()
    rest.end()
    answer = mac(sign_key, nonce, head, signature, plain)
    place = answer[31] & 15
    digits = said['digits']
    tan = int.from_bytes(answer[place : place + 4], 'big') & 0x7FFFFFFF
    result['transaction'] = str(number // 100) + (f'.{number % 100:02}' if number % 100 else '')
    result['signed'], result['resetsCallback'] = bool(signature), bool(flags & RESET)
    result['tan'] = str(tan).zfill(digits)[-digits:]
    result['signature'] = b64(answer)
    return result


def seal(group, ephemeral, content, number, message, url=None, sms=None, flags=0, server=None, data=None):
    token = public_of(bytes.fromhex(group['privateKey']))
    header = b'\x01' + group['tokenId'].to_bytes(4, 'little')
    seal_key, _, nonce = challenge_keys(exchange(ephemeral, token))
    body = message.encode() + b'\0'
    for bit, text in ((URL, url), (SMS, sms)):
        if text is not None:
            flags |= bit
            body += text.encode() + b'\0'
    if flags & COMPRESSED:
        body = zlib.compress(body, 9)
    if data is not None:
        body = data
    flags |= SIGNED if server else 0
    head = bytes([content, flags]) + number.to_bytes(8, 'little')
    signature = mac(exchange(server, token), nonce, head, body) if server else b''
    sealed, tag = eax(seal_key, nonce, header, head + signature + body, opening=False)
    return 'lseqr://chal/' + b64(header + public_of(ephemeral) + sealed + tag)


# --- The challenges that no server draws ----------------------------------------------------------------------------


def ed25519_public(scalar):
    """The y of RFC 8032 for a clamped scalar; enough to pair a token with a server of our own."""
    d = -121665 * pow(121666, -1, P) % P
    y = 4 * pow(5, -1, P) % P
    xx = (y * y - 1) * pow(d * y * y + 1, -1, P) % P
    x = pow(xx, (P + 3) // 8, P)
    x = x * pow(2, (P - 1) // 4, P) % P if (x * x - xx) % P else x
    x = P - x if x & 1 else x
    add = lambda a, b: (  # noqa: E731
        (a[0] * b[1] + b[0] * a[1]) * pow(1 + d * a[0] * b[0] * a[1] * b[1], -1, P) % P,
        (a[1] * b[1] + a[0] * b[0]) * pow(1 - d * a[0] * b[0] * a[1] * b[1], -1, P) % P,
    )
    total, point = (0, 1), (x, y)
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point, scalar = add(point, point), scalar >> 1
    return (total[1] | (total[0] & 1) << 255).to_bytes(32, 'little')


def made():
    server = bytes(range(64, 96))
    clamped = int.from_bytes(server, 'little') & ((1 << 254) - 8) | 1 << 254
    url = 'https://linotp.example.test/answer'
    head = b'\x02\x02' + (1 | 2 | 4 | 16).to_bytes(4, 'little') + (3).to_bytes(4, 'little')
    code = 'lseqr://pair/' + b64(head + ed25519_public(clamped) + b'LSQR0000000A\0' + url.encode() + b'\0\x08')
    assert montgomery(ed25519_public(clamped)) == public_of(server)
    group = {'privateKey': bytes(range(32)).hex(), 'tokenId': 0xFFFFFFFF, 'pairing': code}
    once = lambda number: bytes([number]) * 32  # noqa: E731
    other = dict(group, privateKey=bytes(range(1, 33)).hex())
    good = seal(group, once(1), 0, 1234500, 'Pay 120,000 JPY')
    data = bytearray(unb64(good.removeprefix('lseqr://chal/')))
    altered = lambda place: 'lseqr://chal/' + b64(bytes(data[:place]) + bytes([data[place] ^ 1]) + bytes(data[place + 1 :]))  # noqa: E731
    bomb = zlib.compress(b'a' * 100_000 + b'\0', 9)
    return group, [
        ('a text without a callback', 'Free', good),
        ('an empty text', 'Free', seal(group, once(2), 0, 100, '')),
        ('the largest transaction', 'Free', seal(group, once(3), 0, 2**64 - 1, '振込 120,000円\nミホン ショウジ', url)),
        ('a login, signed', 'Login', seal(group, once(4), 2, 700, 'taro@example', url, server=server)),
        ('a confirmation that resets the callback', 'Confirmation', seal(group, once(5), 1, 800, 'LSQR0000000A', url + '2', flags=RESET, server=server)),
        ('compressed and signed', 'Compressed', seal(group, once(6), 0, 900, 'abc ' * 100, url, flags=COMPRESSED, server=server)),
        ('sealed for another token', 'Seal', seal(other, once(7), 0, 1000, 'Pay')),
        ('another token number', 'Seal', altered(1)),
        ('an altered text', 'Seal', altered(40)),
        ('an altered tag', 'Seal', altered(len(data) - 1)),
        ('a one-time key of zero', 'Seal', 'lseqr://chal/' + b64(bytes(data[:5]) + bytes(32) + bytes(data[37:]))),
        ('cut off in its tag', 'Short', 'lseqr://chal/' + b64(bytes(data[:52]))),
        ('a confirmation that is not signed', 'Signature', seal(group, once(8), 1, 1100, 'LSQR0000000A')),
        ('a callback reset that is not signed', 'Signature', seal(group, once(9), 0, 1200, 'x', url, flags=RESET)),
        ('signed by another server', 'Signature', seal(group, once(10), 0, 1300, 'x', url, server=bytes(range(65, 97)))),
        ('content that is not known', 'Unknown', seal(group, once(11), 3, 1400, 'x')),
        ('a flag that is not known', 'Unknown', seal(group, once(12), 0, 1500, 'x', flags=32)),
        ('a text without its end', 'Short', seal(group, once(13), 0, 1600, '', data=b'abc')),
        ('bytes behind the last text', 'Long', seal(group, once(14), 0, 1700, '', data=b'abc\0def')),
        ('100,000 letters in 120 bytes', 'Inflated', seal(group, once(15), 0, 1800, '', flags=COMPRESSED, data=bomb)),
        ('compressed, and cut off', 'Inflated', seal(group, once(16), 0, 1900, '', flags=COMPRESSED, data=bomb[:20])),
        ('a callback that is no web address', 'Url', seal(group, once(17), 0, 2000, 'x', 'javascript:alert(1)')),
        ('a callback with a user name', 'Url', seal(group, once(18), 0, 2100, 'x', 'https://linotp.example.test@evil.example/')),
    ]


NOTES = {
    'Seal': ('MODIFIED_PARAMETER', 'Made for another key, or altered.'),
    'Signature': ('AUTH_BYPASS', 'What changes an account, or says that it is signed, has to be signed by the server of the pairing.'),
    'Short': ('MODIFIED_PARAMETER', 'A part is cut off.'),
    'Long': ('MODIFIED_PARAMETER', 'More bytes than there are parts.'),
    'Unknown': ('MODIFIED_PARAMETER', 'Contents 0 to 2 and flags 1 to 16, no other.'),
    'Inflated': ('DENIAL_OF_SERVICE', 'A compressed text becomes 8,192 bytes at most.'),
    'Url': ('CONFUSION', 'A callback is http or https, without a user name before the host.'),
}
URL_RULE = ('javascript:', '@')


def expected(group, code):
    """What a test of this code says: the parts, or that it is refused."""
    try:
        result = challenge(group, code)
    except Bad:
        return {'result': 'invalid'}
    if any(rule in result.get('callbackUrl', '') for rule in URL_RULE):
        return {'result': 'invalid'}
    return {**result, 'result': 'valid'}


def write(document):
    groups = [group for group in document['testGroups'] if group['source']['name'] != NAME]
    number = sum(len(group['tests']) for group in groups)
    own, cases = made()
    group = {'type': 'LseqrChallenge', 'source': {'name': NAME, 'version': '1'}, **own, 'tests': []}
    for number, (comment, flag, code) in enumerate(cases, number + 1):
        said = expected(own, code)
        group['tests'].append({'tcId': number, 'comment': comment, 'flags': [flag], 'uri': code, **said})
    document['testGroups'] = [*groups, group]
    document['numberOfTests'] = number
    document['notes'].update({name: {'bugType': kind, 'description': text} for name, (kind, text) in NOTES.items()})
    return document


def passes(group, test):
    if group['type'] == 'LseqrPairing':
        said = {**pairing(test['uri']), 'result': 'valid'}
    elif group['type'] == 'LseqrPairingResponse':
        said = {'pairingResponse': pairing_response(test), 'result': 'valid'}
    else:
        said = expected(group, test['uri'])
    differs = [name for name in said if said[name] != test.get(name)]
    if differs:
        print(f"tcId {test['tcId']} ({test['comment']}): {differs}")
    return not differs


def main():
    document = json.loads(FILE.read_text())
    if '--check' not in sys.argv[1:]:
        FILE.write_text(json.dumps(write(document), indent=1, ensure_ascii=False) + '\n')
        return 0
    results = [passes(group, test) for group in document['testGroups'] for test in group['tests']]
    print(f'{results.count(True)} passed, {results.count(False)} failed')
    return 1 if False in results else 0


if __name__ == '__main__':
    sys.exit(main())
