expect: accepted
comment: responses to a code that is no longer open cost no try
seed: superseded_is_not_counted
start: 2026-11-24T00:00:00Z
transfer: bankCode=0001 bankName=カクウ branchCode=001 branchName=ホンテン accountType=ordinary account=0012345 payee="ミホン ショウジ(カ" amount=1250000 date=2026-11-24

token left +0 KKK0000001
activate taro +0 left
issue pay +10 taro transfer
approve pay
issue again +20 taro transfer
verify pay +30 as wrong -> rejected Superseded
verify pay +31 as wrong -> rejected Superseded
verify pay +32 as wrong -> rejected Superseded
verify pay +33 as wrong -> rejected Superseded
verify pay +34 as wrong -> rejected Superseded
verify pay +35 as wrong -> rejected Superseded
approve again
verify again +40
