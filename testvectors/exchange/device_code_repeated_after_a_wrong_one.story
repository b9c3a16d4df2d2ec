expect: done
comment: the same wrong device code sent three times is charged once
seed: device_code_repeated_after_a_wrong_one
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
enroll taro +0 left
approve taro
second taro +10 as wrong attempt a -> rejected Wrong, 2 left
second taro +11 as wrong attempt a -> rejected Wrong, 2 left
second taro +12 as wrong attempt a -> rejected Wrong, 2 left
second taro +13 as wrong attempt b -> rejected Wrong, 1 left
second taro +14 attempt c
