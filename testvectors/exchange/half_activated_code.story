expect: refused T09
comment: the second code is read by a token that never read the first
seed: half_activated_code
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
enroll taro +0 left
approve taro
second taro +10
approve taro
discard taro
approve taro
