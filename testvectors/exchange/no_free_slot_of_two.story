expect: refused T11
comment: a token that was made for two users has no place for a third
seed: no_free_slot_of_two
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001 slots 2
activate aoi +0 left
activate ben +0 left
enroll taro +20 left
approve taro
