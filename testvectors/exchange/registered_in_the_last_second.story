expect: done
comment: each code of a registration is answered in the last second of its life: 90 days, 600 seconds
seed: registered_in_the_last_second
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
enroll taro +0 left
approve taro
second taro +7775999
approve taro
confirm taro +7776598
