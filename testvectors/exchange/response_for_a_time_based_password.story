expect: rejected Malformed
comment: a response to a challenge is no time-based password
seed: response_for_a_time_based_password
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
activate taro +0 left
generator hana +0
issue one +10 taro limit-change limit=transfer old=1000000 new=5000000
approve one
password hana +20 response of one
