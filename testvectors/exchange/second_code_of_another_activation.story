expect: refused T09
comment: the second code is sealed for this registration, and names another activation than the first code
seed: second_code_of_another_activation
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
enroll taro +0 left
approve taro
second taro +10
picture taro renamed
approve taro
