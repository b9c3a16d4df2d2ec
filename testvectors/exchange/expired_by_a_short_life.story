expect: rejected Expired
comment: this challenge was issued for 30 seconds
seed: expired_by_a_short_life
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
activate taro +0 left
issue one +10 taro limit-change limit=transfer old=1000000 new=5000000 for 30
approve one
verify one +40
