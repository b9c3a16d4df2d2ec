expect: done
comment: two wrong device codes and two wrong confirmations leave both their last try
seed: wrong_codes_are_counted_by_code
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
enroll taro +0 left
approve taro
second taro +10 as wrong -> rejected Wrong, 2 left
second taro +11 as wrong -> rejected Wrong, 1 left
second taro +12
approve taro
confirm taro +20 as wrong -> rejected Wrong, 2 left
confirm taro +21 as wrong -> rejected Wrong, 1 left
confirm taro +22
