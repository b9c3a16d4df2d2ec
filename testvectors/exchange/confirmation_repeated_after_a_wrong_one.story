expect: done
comment: the same wrong confirmation sent three times is charged once
seed: confirmation_repeated_after_a_wrong_one
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
enroll taro +0 left
approve taro
second taro +10
approve taro
confirm taro +20 as wrong attempt a -> rejected Wrong, 2 left
confirm taro +21 as wrong attempt a -> rejected Wrong, 2 left
confirm taro +22 as wrong attempt a -> rejected Wrong, 2 left
confirm taro +23 as wrong attempt b -> rejected Wrong, 1 left
confirm taro +24 attempt c
