expect: rejected Wrong, 2 left
comment: a response that was asked for at the login executes no transfer
seed: response_to_a_login
start: 2026-11-24T00:00:00Z
transfer: bankCode=0001 bankName=カクウ branchCode=001 branchName=ホンテン accountType=ordinary account=0012345 payee="ミホン ショウジ(カ" amount=1250000 date=2026-11-24

token left +0 KKK0000001
activate taro +0 left
issue in +10 taro login service="Kakuu Web" contract=****7890 user=TANAKA
scan in service="Kakuu Web"
approve in
issue pay +20 taro transfer
verify pay +30 response of in
