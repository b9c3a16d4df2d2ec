expect: refused T12
comment: the second code is read again after the registration is finished
seed: second_code_replayed
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
activate taro +0 left
approve taro
