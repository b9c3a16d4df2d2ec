expect: rejected Wrong, 2 left
comment: the response of another user with another token
seed: other_activation
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
activate taro +0 left
token right +0 KKK0000002
activate hana +0 right
issue one +10 taro limit-change limit=transfer old=1000000 new=5000000
issue two +10 hana limit-change limit=transfer old=1000000 new=5000000
approve two
verify one +20 response of two
