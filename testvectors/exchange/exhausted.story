expect: rejected Exhausted
comment: the right response comes after three wrong ones
seed: exhausted
start: 2026-11-24T00:00:00Z
transfer: bankCode=0001 bankName=カクウ branchCode=001 branchName=ホンテン accountType=ordinary account=0012345 payee="ミホン ショウジ(カ" amount=1250000 date=2026-11-24

token left +0 KKK0000001
activate taro +0 left
issue pay +10 taro transfer amount=1250000
approve pay
verify pay +20 as wrong -> rejected Wrong, 2 left
verify pay +21 as wrong -> rejected Wrong, 1 left
verify pay +22 as wrong -> rejected Wrong, 0 left
verify pay +23
