expect: rejected NotActivated
comment: three wrong device codes end the registration, and the right one comes too late
seed: device_code_wrong_three_times
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
enroll taro +0 left
approve taro
second taro +10 as wrong -> rejected Wrong, 2 left
second taro +11 as wrong -> rejected Wrong, 1 left
second taro +12 as wrong -> rejected Wrong, 0 left
second taro +13
