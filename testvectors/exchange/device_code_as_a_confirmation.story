expect: rejected Malformed
comment: the device code is typed where the response to the second code belongs
seed: device_code_as_a_confirmation
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
enroll taro +0 left
approve taro
second taro +10
confirm taro +20
