expect: rejected Expired
comment: the letter with the first code is good for 90 days
seed: first_code_too_late
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
enroll taro +0 left
approve taro
second taro +7776000
