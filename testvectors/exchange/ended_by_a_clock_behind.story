expect: done
comment: by a clock that lies behind, what only ends something is still done
seed: ended_by_a_clock_behind
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
activate taro +600 left
activate aoi +600 left
reset taro +0
revoke aoi +0
revoke-token left +0
