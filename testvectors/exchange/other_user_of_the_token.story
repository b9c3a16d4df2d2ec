expect: rejected Wrong, 2 left
comment: two users share a token, each with a key of their own
seed: other_user_of_the_token
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
activate taro +0 left
activate hana +0 left
issue one +10 taro limit-change limit=transfer old=1000000 new=5000000
issue two +10 hana limit-change limit=transfer old=1000000 new=5000000
approve two
verify one +20 response of two
