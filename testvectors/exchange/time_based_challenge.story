expect: rejected Unknown
comment: nothing can be asked of a time-based generator
seed: time_based_challenge
start: 2026-11-24T00:00:00Z

generator hana +0
issue one +10 hana limit-change limit=transfer old=1000000 new=5000000
