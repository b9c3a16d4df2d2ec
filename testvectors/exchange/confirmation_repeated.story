expect: done
comment: the answer to a confirmation was lost on the way; the same attempt gets the same answer
seed: confirmation_repeated
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
enroll taro +0 left
approve taro
second taro +10
approve taro
confirm taro +20 attempt a
restart
confirm taro +25 attempt a
