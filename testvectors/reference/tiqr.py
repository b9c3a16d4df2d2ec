#!/usr/bin/env python3
"""tiqr with nothing but Python's own library: codes by urllib, responses by oath.py, answers by the rules of the protocol.

    python3 tiqr.py [--check]

Reads every valid code and document of tiqr_test.json, computes every response, also of the invalid ones, and reads every answer.
"""

import json
import pathlib
import sys
from urllib.parse import parse_qs, unquote_plus, urlsplit

import oath

FILE = pathlib.Path(__file__).resolve().parent.parent / 'tiqr_test.json'
WORDS = {101: 'INVALID_RESPONSE', 201: 'INVALID_RESPONSE', 202: 'INVALID_REQUEST', 203: 'INVALID_CHALLENGE', 204: 'ACCOUNT_BLOCKED', 205: 'INVALID_USERID'}


def enrolment(test):
    scheme, _, rest = test['uri'].partition('://')
    return {'metadataUrl': rest if scheme == 'tiqrenroll' else parse_qs(urlsplit(test['uri']).query)['metadata'][0]}


def metadata(test):
    document = json.loads(test['body'])
    service, identity = document['service'], document['identity']
    return {
        'provider': service['identifier'],
        'providerName': service['displayName'],
        'user': identity['identifier'],
        'userName': identity['displayName'],
        'suite': service['ocraSuite'],
        'enrollmentUrl': service['enrollmentUrl'],
        'authenticationUrl': service['authenticationUrl'],
    }


def register(test):
    url = json.loads(test['metadata'])['service']['enrollmentUrl']
    return {'url': url, 'form': {'secret': test['key'], 'operation': 'register'}}


def login(test):
    if test['uri'].startswith('tiqrauth:'):
        authority, *parts = test['uri'].removeprefix('tiqrauth://').split('/')
        user, _, provider = authority.rpartition('@')
        names = ('provider', 'sessionKey', 'challenge', 'service', 'version')
        said = dict(zip(names, map(unquote_plus, [provider, *parts])))
        said |= {'user': unquote_plus(user)} if user else {}
    else:
        query = {name: values[0] for name, values in parse_qs(urlsplit(test['uri']).query).items()}
        names = {'u': 'user', 's': 'sessionKey', 'q': 'challenge', 'i': 'provider', 'v': 'version'}
        said = {names[name]: value for name, value in query.items()}
    suite = oath.Suite(test['suite'])
    session = bytes.fromhex(said['sessionKey']) if suite.session else None
    response = oath.ocra(suite, bytes.fromhex(test['key']), said['challenge'], session=session)
    if test['result'] == 'invalid':
        return {} if response != test['response'] else {'response': None}
    form = {'sessionKey': said['sessionKey'], 'userId': test['account'], 'response': response, 'operation': 'login'}
    return {**said, 'response': response, **({'form': form} if 'form' in test else {})}


def answer(test):
    body, said = test['body'].strip(), {}
    if test['status'] != 200:
        said['word'] = f"HTTP {test['status']}"
    elif body.startswith('{'):
        document = json.loads(body)
        code = int(document['responseCode'])
        said['word'] = None if code == 1 else WORDS.get(code, f'responseCode {code}')
        said |= {name: document[key] for name, key in (('attemptsLeft', 'attemptsLeft'), ('blockedMinutes', 'duration')) if key in document}
    else:
        word, _, left = body.partition(':')
        said['word'] = None if body == 'OK' else word if left.isdigit() or not left else body
        said |= {'attemptsLeft': int(left)} if left.isdigit() else {}
    if said['word'] is None:
        del said['word']
        return {**said, 'result': 'valid'}
    return {**said, 'result': 'invalid'}


TYPES = {'TiqrEnrolment': enrolment, 'TiqrMetadata': metadata, 'TiqrRegister': register, 'TiqrLogin': login, 'TiqrAnswer': answer}


def passes(read, test):
    said = read(test)
    differs = [name for name in said if said[name] != test.get(name)]
    if differs:
        print(f"tcId {test['tcId']} ({test['comment']}): {differs}")
    return not differs


def main():
    groups = json.loads(FILE.read_text())['testGroups']
    results = [passes(TYPES[group['type']], test) for group in groups for test in group['tests']]
    print(f'{results.count(True)} passed, {results.count(False)} failed')
    return 1 if False in results else 0


if __name__ == '__main__':
    sys.exit(main())
