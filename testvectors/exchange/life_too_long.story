expect: error Lifetime
comment: no challenge lives longer than 600 seconds
seed: life_too_long
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
activate taro +0 left
issue one +10 taro limit-change limit=transfer old=1000000 new=5000000 for 601
