expect: refused T07
comment: sealed with the right key, and of an operation that no catalogue has
seed: unknown_operation
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
activate taro +0 left
issue one +10 taro unknown
approve one
