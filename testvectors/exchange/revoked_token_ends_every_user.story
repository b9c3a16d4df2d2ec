expect: rejected Revoked
comment: a lost token had two users; revoking it ends both
seed: revoked_token_ends_every_user
start: 2026-11-24T00:00:00Z
transfer: bankCode=0001 bankName=カクウ branchCode=001 branchName=ホンテン accountType=ordinary account=0012345 payee="ミホン ショウジ(カ" amount=1250000 date=2026-11-24

token left +0 KKK0000001
activate taro +0 left
activate hana +0 left
issue pay +10 hana transfer
approve pay
revoke-token left +20
issue other +25 taro transfer -> rejected Revoked
verify pay +30
