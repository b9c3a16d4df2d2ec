expect: refused T12
comment: the first code is read again after the registration is finished
seed: first_code_replayed
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
activate taro +0 left
picture taro before
approve taro
