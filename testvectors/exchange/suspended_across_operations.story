expect: rejected Wrong, suspended
comment: wrong responses are counted over logins and transfers alike
seed: suspended_across_operations
start: 2026-11-24T00:00:00Z
transfer: bankCode=0001 bankName=カクウ branchCode=001 branchName=ホンテン accountType=ordinary account=0012345 payee="ミホン ショウジ(カ" amount=1250000 date=2026-11-24

token left +0 KKK0000001
activate taro +0 left
issue in +10 taro login service="Kakuu Web" contract=****7890 user=TANAKA
verify in +11 digits 00000000 -> rejected Wrong, 2 left
verify in +12 digits 00000001 -> rejected Wrong, 1 left
issue pay +20 taro transfer
verify pay +21 digits 00000000 -> rejected Wrong, 2 left
verify pay +22 digits 00000001 -> rejected Wrong, 1 left
issue back +30 taro login service="Kakuu Web" contract=****7890 user=TANAKA
verify back +31 digits 00000000
