expect: rejected Malformed
comment: a time-based password answers no challenge
seed: time_based_password_for_a_challenge
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
activate taro +0 left
generator hana +0
issue one +10 taro limit-change limit=transfer old=1000000 new=5000000
verify one +20 response of hana
