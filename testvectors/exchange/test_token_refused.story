expect: error TestToken
comment: a token made for tests, and a verifier that was not told to take it
seed: test_token_refused
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001 test
