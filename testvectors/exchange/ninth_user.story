expect: error TokenFull
comment: a token has eight places
seed: ninth_user
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
enroll aoi +0 left
enroll ben +0 left
enroll chie +0 left
enroll dai +0 left
enroll emi +0 left
enroll fumi +0 left
enroll goro +0 left
enroll hana +0 left
enroll taro +20 left
