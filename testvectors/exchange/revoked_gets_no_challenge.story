expect: rejected Revoked
comment: nothing is issued to a revoked activation
seed: revoked_gets_no_challenge
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
activate taro +0 left
revoke taro +20
issue one +30 taro limit-change limit=transfer old=1000000 new=5000000
