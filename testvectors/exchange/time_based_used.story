expect: rejected AlreadySettled
comment: a time-based password is accepted once within its step
seed: time_based_used
start: 2026-11-24T00:00:00Z

generator hana +0
password hana +0
password hana +10
