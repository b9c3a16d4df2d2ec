expect: refused T09
comment: the bank has confirmed, and the person has not told the token
seed: half_activated
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
enroll taro +0 left
approve taro
second taro +10
approve taro
confirm taro +20
issue one +30 taro limit-change limit=transfer old=1000000 new=5000000
approve one
