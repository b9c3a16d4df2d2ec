expect: accepted again
comment: a request with a password is sent again: the same answer, and not that it is used
seed: time_based_attempt_repeated
start: 2026-11-24T00:00:00Z

generator hana +0
password hana +0 attempt one
password hana +10 attempt one
