#!/usr/bin/env python3
"""Reads the key containers of pskc_test.json with python-pskc, an implementation that shares no code with camtoken.

    pip install python-pskc
    python3 pskc.py                                     the vectors next to this script
    python3 pskc.py FILE_test.json ...                  other vectors
    python3 pskc.py [--key HEX | --passphrase TEXT] FILE.pskcxml ...   what a container holds
    python3 pskc.py --make DIR                          new containers, written by python-pskc

Where pskctool (OATH Toolkit) is installed, it checks the valid containers against the schema of RFC 6030 as well.
"""

import argparse
import datetime
import json
import pathlib
import re
import shutil
import subprocess
import sys

# This script has the name of the package it needs.
sys.path = [folder for folder in sys.path if pathlib.Path(folder).resolve() != pathlib.Path(__file__).resolve().parent]
from pskc import PSKC  # noqa: E402

USAGES = ['OTP', 'CR', 'Encrypt', 'Integrity', 'Verify', 'Unlock', 'Decrypt', 'KeyWrap', 'Unwrap', 'Derive', 'Generate']
# Causes of refusal on which python-pskc agrees. It takes values without a MAC, and knows no limits.
AGREED = {'Authentication', 'TruncatedDocument', 'UnsupportedAlgorithm', 'Version'}
# What python-pskc does not read: one package by itself, a later version, an encoding, blanks before the document.
UNREAD = {'OnePackage', 'LaterMinor', 'PythonXml'}


def load(path, key=None, passphrase=None, mac_key=None):
    container = PSKC(str(path))
    if mac_key is not None:
        container.mac.key = bytes.fromhex(mac_key)
    if key is not None:
        container.encryption.key = bytes.fromhex(key)
    if passphrase is not None:
        # python-pskc writes the function of PBKDF2 as text, and reads it as an attribute only.
        function = re.search(r'<PRF>(.+)</PRF>', path.read_text())
        if function:
            container.encryption.derivation.pbkdf2_prf = function[1]
        container.encryption.derive_key(passphrase)
    return container


def describe(key, at):
    """What a vector says of a key, as python-pskc has it."""
    at = datetime.datetime.fromisoformat(at.replace('Z', '+00:00'))
    said = {
        'serial': key.serial,
        'manufacturer': key.manufacturer,
        'keyId': key.id,
        'issuer': key.issuer,
        'algorithm': key.algorithm,
        'suite': key.algorithm_suite,
        'responseDigits': key.response_length,
        'counter': key.counter,
        'timeInterval': key.time_interval,
        'secret': key.secret.hex() if key.secret else None,
        'permits': [usage for usage in USAGES if key.policy.may_use(usage, at)],
    }
    return {name: value for name, value in said.items() if value is not None}


def passes(test, folder):
    path = folder / test['file']
    try:
        container = load(path, test.get('preSharedKey'), test.get('passphrase'), test.get('macKey'))
        said = [describe(key, test.get('at', '2026-01-01T00:00:00Z')) for key in container.keys]
    except Exception as error:
        if test['result'] == 'valid':
            print(f"tcId {test['tcId']} ({test['comment']}): {error}")
        return test['result'] == 'invalid'
    if test['result'] == 'invalid':
        print(f"tcId {test['tcId']} ({test['comment']}): was read")
        return False
    wanted = test['keys']
    if 'UnknownUsage' in test['flags']:
        # python-pskc passes over a usage that it does not know.
        wanted = [{name: value for name, value in key.items() if name != 'permits'} for key in wanted]
    fields = [{name: have.get(name) for name in want} for want, have in zip(wanted, said)]
    if len(said) != len(wanted) or fields != wanted:
        print(f"tcId {test['tcId']} ({test['comment']}): {fields} instead of {wanted}")
        return False
    return True


def validates(test, folder):
    run = subprocess.run(['pskctool', '--validate', folder / test['file']], capture_output=True, text=True)
    if run.stdout.strip() != 'OK':
        print(f"tcId {test['tcId']} ({test['comment']}): pskctool says {run.stdout} {run.stderr}")
    return run.stdout.strip() == 'OK'


def check(path):
    results = []
    for group in json.loads(path.read_text())['testGroups']:
        if group['type'] != 'Pskc':
            continue
        for test in group['tests']:
            if UNREAD.intersection(test['flags']):
                continue
            if test['result'] == 'valid':
                results.append(passes(test, path.parent))
                if shutil.which('pskctool') and 'Schema' not in test['flags']:
                    results.append(validates(test, path.parent))
            elif AGREED.intersection(test['flags']):
                results.append(passes(test, path.parent))
    return results


def ocra_cards(container, count=3):
    """Cards as makers deliver them: serial number, suite, response format, secret, counter."""
    for n in range(count):
        device = container.add_device(
            manufacturer='Example Cards', serial=f'EC-{n + 960:05}', model='DC-1', issue_no=f'8804{n:04}A2CA2080')
        device.add_key(
            id=f'8804{n:04}A2CA2080',
            algorithm='urn:ietf:params:xml:ns:keyprov:pskc:ocra',
            algorithm_suite='OCRA-1:HOTP-SHA1-6:C-QN08-PSHA1',
            response_encoding='DECIMAL', response_length=6,
            secret=bytes(range(n, n + 20)), counter=n)


def others(container):
    """A HOTP and a TOTP key with more said about them."""
    device = container.add_device(manufacturer='Example', serial='HT-1', device_userid='CN=アリス, O=Example & Co')
    key = device.add_key(id='hotp-1', algorithm='urn:ietf:params:xml:ns:keyprov:pskc:hotp', issuer='Example <Bank>',
                         response_encoding='DECIMAL', response_length=8, secret=b'12345678901234567890', counter=2**63 - 1)
    key.policy.key_usage = ['OTP']
    key.policy.expiry_date = datetime.datetime(2030, 12, 31, 23, 59, 59, tzinfo=datetime.timezone.utc)
    container.add_device(serial='HT-2').add_key(
        id='totp-1', algorithm='urn:ietf:params:xml:ns:keyprov:pskc:totp', response_encoding='DECIMAL',
        response_length=6, secret=b'12345678901234567890123456789012', time_interval=30, time_drift=-4)


def one_token(container):
    """A device key as a maker of camera tokens delivers it."""
    container.add_device(manufacturer='Example Tokens', serial='FEX0000701').add_key(
        id='K-FEX0000701', algorithm='urn:ietf:params:xml:ns:keyprov:pskc:ocra', secret=bytes(range(49, 81)))


def make(folder):
    """Writes containers for the vectors. Vectors and MAC keys are random in each run."""
    aes128, aes256 = bytes.fromhex('12345678901234567890123456789012'), bytes(range(32))

    def write(name, fill, protect=lambda container: None):
        container = PSKC()
        fill(container)
        protect(container)
        container.write(str(folder / f'{name}.pskcxml'))

    def preshared(key, algorithm, mac):
        def protect(container):
            container.mac.algorithm = mac
            container.encryption.setup_preshared_key(key=key, algorithm=algorithm, key_name='Pre-shared-key')
        return protect

    def passphrase(**options):
        return lambda container: container.encryption.setup_pbkdf2('correct horse 電池', **options)

    write('python_plain', others)
    write('python_aes128_sha1', ocra_cards, preshared(aes128, 'aes128-cbc', 'hmac-sha1'))
    write('python_aes192_sha224', others, preshared(aes256[:24], 'aes192-cbc', 'hmac-sha224'))
    write('python_aes256_sha512', others, preshared(aes256, 'aes256-cbc', 'hmac-sha512'))
    write('python_kw_aes128', others, preshared(aes128, 'kw-aes128', 'hmac-sha384'))
    write('python_kw_aes256', ocra_cards, preshared(aes256, 'kw-aes256', None))
    # Key wrap needs no MAC, but python-pskc writes a MACMethod nevertheless, without its algorithm.
    path = folder / 'python_kw_aes256.pskcxml'
    path.write_text(re.sub(r' <pskc:MACMethod>.*</pskc:MACMethod>\n', '', path.read_text(), flags=re.DOTALL))
    # As it is, beside a cipher that authenticates itself.
    for bits in (128, 192, 256):
        write(f'python_kw_aes{bits}_no_mac', one_token, preshared(aes256[:bits // 8], f'kw-aes{bits}', None))
    write('python_pbkdf2_sha1', others, passphrase(algorithm='aes128-cbc', iterations=12000))
    write('python_pbkdf2_sha256', ocra_cards, passphrase(algorithm='aes256-cbc', iterations=50000, prf='hmac-sha256'))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument('--check', action='store_true', help='as without: nothing is ever written but by --make')
    arguments.add_argument('--key')
    arguments.add_argument('--passphrase')
    arguments.add_argument('--make', type=pathlib.Path)
    arguments.add_argument('files', nargs='*', type=pathlib.Path)
    given = arguments.parse_args()
    if given.make:
        return make(given.make)
    results = []
    for path in given.files or [pathlib.Path(__file__).parent.parent / 'pskc_test.json']:
        if path.suffix == '.json':
            results += check(path)
            continue
        now = datetime.datetime.now(datetime.timezone.utc).isoformat()
        for key in load(path, given.key, given.passphrase).keys:
            print(json.dumps(describe(key, now), ensure_ascii=False))
        results.append(True)
    print(f'{results.count(True)} passed, {results.count(False)} failed')
    return 1 if False in results else 0


if __name__ == '__main__':
    sys.exit(main())
