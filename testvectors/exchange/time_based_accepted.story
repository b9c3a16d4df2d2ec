expect: accepted
comment: a time-based password, for a customer without the token
seed: time_based_accepted
start: 2026-11-24T00:00:00Z

generator hana +0
password hana +20
