expect: rejected Wrong, 2 left
comment: the device code is that of another registration
seed: device_code_of_another_token
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
token right +0 KKK0000002
enroll taro +0 left
enroll hana +0 right
approve hana
second taro +10 response of hana
