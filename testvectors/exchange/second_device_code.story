expect: rejected AlreadySettled
comment: the token reads the first code again and draws another number; the second code is made for one number
seed: second_device_code
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
enroll taro +0 left
approve taro
second taro +10
picture taro before
approve taro
second taro +20
