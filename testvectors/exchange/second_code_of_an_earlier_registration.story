expect: refused T05
comment: another first code was read since: the number that this second code is sealed for is forgotten
seed: second_code_of_an_earlier_registration
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
enroll aoi +0 left
approve aoi
second aoi +10
enroll taro +20 left
approve taro
approve aoi
