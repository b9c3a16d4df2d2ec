expect: rejected Revoked
comment: the activation is revoked behind the second code; the confirmation is right
seed: confirmation_of_a_revoked_activation
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
enroll taro +0 left
approve taro
second taro +10
approve taro
revoke taro +15
confirm taro +20
