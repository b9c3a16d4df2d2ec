expect: refused T04
comment: the first code names the token that it is for
seed: first_code_on_another_token
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
token right +0 KKK0000002
enroll taro +0 left
approve taro on right
