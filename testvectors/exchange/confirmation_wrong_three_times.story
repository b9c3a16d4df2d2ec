expect: rejected NotActivated
comment: three wrong confirmations end the registration
seed: confirmation_wrong_three_times
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
enroll taro +0 left
approve taro
second taro +10
approve taro
confirm taro +20 as wrong -> rejected Wrong, 2 left
confirm taro +21 as wrong -> rejected Wrong, 1 left
confirm taro +22 as wrong -> rejected Wrong, 0 left
confirm taro +23
