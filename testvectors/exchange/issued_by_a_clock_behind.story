expect: error ClockBehind
comment: by a clock that lies behind nothing is issued
seed: issued_by_a_clock_behind
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
activate taro +600 left
issue pay +590 taro limit-change limit=transfer old=1000000 new=5000000
