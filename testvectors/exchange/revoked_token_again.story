expect: error TokenRevoked
comment: a revoked token is never registered again
seed: revoked_token_again
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
activate taro +0 left
revoke-token left +20
enroll hana +30 left
