expect: refused T05
comment: one bit of the first code of a registration was altered
seed: altered_first_code
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
enroll taro +0 left
picture taro altered
approve taro
