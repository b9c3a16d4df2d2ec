expect: error Operation
comment: the codes of a registration are not issued as challenges
seed: registration_as_an_operation
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
activate taro +0 left
issue one +10 taro activation1 bank=X contract=1 user=taro
