expect: rejected NotActivated
comment: the token has answered the second code, and nobody has told the bank
seed: not_confirmed
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
enroll taro +0 left
approve taro
second taro +10
approve taro
keep taro
issue one +30 taro limit-change limit=transfer old=1000000 new=5000000
