expect: rejected Revoked
comment: the activation is revoked between the codes; the device code is right
seed: device_code_of_a_revoked_activation
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
enroll taro +0 left
approve taro
revoke taro +5
second taro +10
