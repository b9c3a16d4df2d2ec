expect: rejected Expired
comment: the second code may be answered for 600 seconds
seed: confirmed_too_late
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
enroll taro +0 left
approve taro
second taro +10
approve taro
confirm taro +610
