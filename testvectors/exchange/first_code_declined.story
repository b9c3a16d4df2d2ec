expect: done
comment: a first code that is only looked at, or declined, does not end the registration before it
seed: first_code_declined
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
enroll aoi +0 left
approve aoi
second aoi +10
enroll taro +20 left
scan taro
decline taro -> refused T10
approve aoi
confirm aoi +30
