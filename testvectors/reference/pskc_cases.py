#!/usr/bin/env python3
"""Makes the key containers of pskc_test.json that show what makers ship: faults in single packages, integers of every form, agreed
MAC keys, encodings, versions. It shares no code with camtoken.

    pip install cryptography
    python3 pskc_cases.py               writes the containers
    python3 pskc_cases.py --check       compares them with those that are there
"""

import base64
import hashlib
import hmac
import pathlib
import sys

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

FOLDER = pathlib.Path(__file__).resolve().parent.parent / 'pskc'
KEY = bytes.fromhex('12345678901234567890123456789012')
MAC = hashlib.sha1(b'mac key').digest()
NAMESPACES = ('xmlns="urn:ietf:params:xml:ns:keyprov:pskc" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"'
              ' xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"')
UTF_8 = '<?xml version="1.0" encoding="UTF-8"?>\n'


def secret(number):
    """The key of a device: 32 bytes, each 1 more than the one before."""
    return bytes((7 * number + place) % 256 for place in range(32))


def encoded(value):
    return base64.b64encode(value).decode()


def encrypted(key, number, value):
    """AES-CBC under a vector that is the same each time, which stands before the result."""
    vector = hashlib.sha256(b'iv%d' % number).digest()[:16]
    padder, cipher = padding.PKCS7(128).padder(), Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    return vector + cipher.update(padder.update(value) + padder.finalize()) + cipher.finalize()


def encrypted_data(value):
    return ('<xenc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/>'
            f'<xenc:CipherData><xenc:CipherValue>{encoded(value)}</xenc:CipherValue></xenc:CipherData>')


def sealed(name, mac_key, number, value, altered=False):
    value = encrypted(KEY, number, value)
    mac = hmac.new(mac_key, value, hashlib.sha1).digest()
    if altered:
        mac = bytes([mac[0] ^ 1]) + mac[1:]
    return (f'<{name}><EncryptedValue>{encrypted_data(value)}</EncryptedValue>'
            f'<ValueMAC>{encoded(mac)}</ValueMAC></{name}>')


def plain(name, text):
    return f'<{name}><PlainValue>{text}</PlainValue></{name}>'


def plain_secret(number):
    return plain('Secret', encoded(secret(number)))


def package(serial, data, algorithm='ocra', rest='', device='', parameters=''):
    return f'''<KeyPackage>
<DeviceInfo><Manufacturer>Example Tokens</Manufacturer><SerialNo>{serial}</SerialNo>{device}</DeviceInfo>
<Key Id="K-{serial}" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:{algorithm}">{parameters}<Data>{data}</Data>{rest}</Key>
</KeyPackage>
'''


def container(packages, head='', version='1.0', declaration=UTF_8):
    return f'{declaration}<KeyContainer Version="{version}" {NAMESPACES}>\n{head}{packages}</KeyContainer>\n'


def head(mac_key=None):
    """EncryptionKey and MACMethod; the key of the MACs is in the document unless something else is given."""
    if mac_key is None:
        mac_key = f'<MACKey>{encrypted_data(encrypted(KEY, 0, MAC))}</MACKey>'
    return ('<EncryptionKey><ds:KeyName>K1</ds:KeyName></EncryptionKey>\n'
            f'<MACMethod Algorithm="http://www.w3.org/2000/09/xmldsig#hmac-sha1">{mac_key}</MACMethod>\n')


def response_format(attributes):
    return f'<AlgorithmParameters><ResponseFormat Encoding="DECIMAL" {attributes}/></AlgorithmParameters>'


def with_faults():
    """Twelve packages; 1, 4 and 12 are without a fault."""
    policy = '<Policy><StartDate>next year</StartDate></Policy>'
    return [
        dict(data=plain_secret(1)),
        dict(data=plain('Secret', 'no base64!')),
        dict(data=plain_secret(3) + plain('Counter', 'x'), algorithm='hotp'),
        dict(data=plain_secret(4)),
        dict(data=plain_secret(5), rest='</Key><Key Id="second">'),
        dict(data=plain_secret(6), rest=policy),
        dict(data=plain_secret(7), parameters=response_format('Length="six"')),
        dict(data=plain_secret(8), parameters=response_format('Length="8" CheckDigits="FALSE"')),
        dict(data=plain('Secret', '')),
        dict(data=plain_secret(10), device='<ExpiryDate>2026-13-01T00:00:00Z</ExpiryDate>'),
        dict(data=plain_secret(11) * 2),
        dict(data=plain_secret(12)),
    ]


def integers():
    """Counters of 1 to 8 bytes: 1, 0x0102, 0x010203 and so on."""
    for width in range(1, 9):
        counter = sealed('Counter', MAC, 10 * width + 1, bytes(range(1, width + 1)))
        interval = sealed('TimeInterval', MAC, 10 * width + 2, bytes([30]))
        yield package(f'FEX00001{width:02}', sealed('Secret', MAC, 10 * width, secret(width)) + counter + interval, 'hotp')


def documents():
    numbered = enumerate(with_faults(), 1)
    yield 'delivery_with_faults', container(''.join(package(f'FEX00000{n:02}', **parts) for n, parts in numbered))
    yield 'integer_widths', container(''.join(integers()), head())
    forms = ['', 'AAAAAAAAAAc=', 'AAABAA==', ' 42\n', '<![CDATA[ ]]>']
    packages = (package(f'FEX000020{n + 1}', plain_secret(n) + plain('Counter', text), 'hotp') for n, text in enumerate(forms))
    yield 'integer_forms', container(''.join(packages))
    sealed_package = lambda serial, mac, number, n: package(serial, sealed('Secret', mac, number, secret(n)))  # noqa: E731
    reference = '<MACKeyReference>{}</MACKeyReference>'.format
    yield 'mac_key_reference', container(sealed_package('FEX0000301', KEY, 301, 1), head(reference('K1')))
    yield 'mac_key_agreed', container(sealed_package('FEX0000302', MAC, 302, 2), head(''))
    yield 'mac_key_agreed_reference', container(sealed_package('FEX0000303', MAC, 303, 3), head(reference('MAC-1')))
    packages = (
        package(f'FEX000060{n}', sealed('Secret', MAC, 600 + n, secret(n), altered=n == 2)) for n in (1, 2, 3))
    yield 'one_mac_altered', container(''.join(packages), head())
    yield 'version_leading_zero', container(package('FEX0000501', plain_secret(5)), version='01.0')
    yield 'version_minor', container(package('FEX0000502', plain_secret(6)), version='1.2')


def in_encodings():
    document = container(package('FEX0000401', plain_secret(4)).replace('Example Tokens', '東京トークン製作所'))
    declared = lambda name: document.replace('UTF-8', name)  # noqa: E731
    yield 'utf16le', b'\xff\xfe' + declared('UTF-16').encode('utf-16-le')
    yield 'utf16be', b'\xfe\xff' + declared('utf-16').encode('utf-16-be')
    yield 'shift_jis', declared('Shift_JIS').encode('cp932')
    yield 'blanks_before', b'\n ' + document.encode()


def main():
    files = [(name, text.encode()) for name, text in documents()] + list(in_encodings())
    if '--check' not in sys.argv:
        for name, content in files:
            (FOLDER / f'{name}.pskcxml').write_bytes(content)
        return 0
    same = [(FOLDER / f'{name}.pskcxml').read_bytes() == content for name, content in files]
    for (name, _), is_same in zip(files, same):
        if not is_same:
            print(f'{name}.pskcxml is another')
    print(f'{same.count(True)} passed, {same.count(False)} failed')
    return 0 if all(same) else 1


if __name__ == '__main__':
    sys.exit(main())
