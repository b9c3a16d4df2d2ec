expect: error Revoked
comment: revoking is final
seed: revoked_is_not_reset
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
activate taro +0 left
revoke taro +20
reset taro +30
