expect: accepted
comment: four wrong responses, a right one, four wrong ones: never five in a row
seed: accepted_resets_the_count
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
activate taro +0 left
issue one +10 taro limit-change limit=transfer old=1000000 new=5000000
approve one
verify one +11 as wrong -> rejected Wrong, 2 left
verify one +12 as wrong -> rejected Wrong, 1 left
issue two +20 taro limit-change limit=transfer old=1000000 new=5000000
approve two
verify two +21 as wrong -> rejected Wrong, 2 left
verify two +22 as wrong -> rejected Wrong, 1 left
verify two +23
issue three +30 taro limit-change limit=transfer old=1000000 new=5000000
approve three
verify three +31 as wrong -> rejected Wrong, 2 left
verify three +32 as wrong -> rejected Wrong, 1 left
issue four +40 taro limit-change limit=transfer old=1000000 new=5000000
approve four
verify four +41 as wrong -> rejected Wrong, 2 left
verify four +42 as wrong -> rejected Wrong, 1 left
verify four +43
