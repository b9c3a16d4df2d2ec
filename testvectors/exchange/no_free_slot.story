expect: refused T11
comment: the bank has revoked one of eight users; the token has eight still
seed: no_free_slot
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
activate aoi +0 left
activate ben +0 left
activate chie +0 left
activate dai +0 left
activate emi +0 left
activate fumi +0 left
activate goro +0 left
activate hana +0 left
revoke ben +10
enroll taro +20 left
approve taro
