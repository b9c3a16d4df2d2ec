expect: rejected Malformed
comment: eleven digits
seed: device_code_malformed
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
enroll taro +0 left
approve taro
second taro +10 as shortened
