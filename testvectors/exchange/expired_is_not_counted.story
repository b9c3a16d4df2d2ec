expect: accepted
comment: late responses, right and wrong, cost no try
seed: expired_is_not_counted
start: 2026-11-24T00:00:00Z
transfer: bankCode=0001 bankName=カクウ branchCode=001 branchName=ホンテン accountType=ordinary account=0012345 payee="ミホン ショウジ(カ" amount=1250000 date=2026-11-24

token left +0 KKK0000001
activate taro +0 left
issue pay +10 taro transfer amount=1250000
approve pay
verify pay +190 as wrong -> rejected Expired
verify pay +191 as wrong -> rejected Expired
verify pay +192 as wrong -> rejected Expired
verify pay +193 as wrong -> rejected Expired
verify pay +194 as wrong -> rejected Expired
verify pay +195 as wrong -> rejected Expired
issue again +200 taro transfer
approve again
verify again +210
