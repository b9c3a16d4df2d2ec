expect: rejected AlreadySettled
comment: a finished registration is not confirmed again
seed: confirmed_twice
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
enroll taro +0 left
approve taro
second taro +10
approve taro
confirm taro +20
confirm taro +21
