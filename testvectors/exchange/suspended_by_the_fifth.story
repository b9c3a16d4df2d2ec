expect: rejected Wrong, suspended
comment: five wrong responses in a row, over two challenges
seed: suspended_by_the_fifth
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
activate taro +0 left
issue one +10 taro limit-change limit=transfer old=1000000 new=5000000
approve one
verify one +11 as wrong -> rejected Wrong, 2 left
verify one +12 as wrong -> rejected Wrong, 1 left
verify one +13 as wrong -> rejected Wrong, 0 left
issue two +20 taro limit-change limit=transfer old=1000000 new=5000000
approve two
verify two +21 as wrong -> rejected Wrong, 1 left
verify two +22 as wrong
