expect: error NotSuspended
comment: there is nothing to resume
seed: resumed_without_being_suspended
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
activate taro +0 left
resume taro +10
