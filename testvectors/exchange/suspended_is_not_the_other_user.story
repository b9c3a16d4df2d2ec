expect: accepted
comment: another user of the same token goes on
seed: suspended_is_not_the_other_user
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
activate taro +0 left
activate hana +0 left
issue one +10 taro limit-change limit=transfer old=1000000 new=5000000
approve one
verify one +11 as wrong -> rejected Wrong, 2 left
verify one +12 as wrong -> rejected Wrong, 1 left
verify one +13 as wrong -> rejected Wrong, 0 left
issue two +20 taro limit-change limit=transfer old=1000000 new=5000000
approve two
verify two +21 as wrong -> rejected Wrong, 1 left
verify two +22 as wrong -> rejected Wrong, suspended
issue three +30 hana limit-change limit=transfer old=1000000 new=5000000
approve three
verify three +31
