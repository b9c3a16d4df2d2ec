expect: accepted
comment: a registration that never signed is reset and made again
seed: reset_and_enrolled_again
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
enroll taro +0 left
approve taro
second taro +10
approve taro
discard taro
reset taro +60
activate taro +70 left
issue one +80 taro limit-change limit=transfer old=1000000 new=5000000
approve one
verify one +90
