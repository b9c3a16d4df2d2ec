expect: accepted
comment: six malformed responses cost no try
seed: malformed_is_not_counted
start: 2026-11-24T00:00:00Z
transfer: bankCode=0001 bankName=カクウ branchCode=001 branchName=ホンテン accountType=ordinary account=0012345 payee="ミホン ショウジ(カ" amount=1250000 date=2026-11-24

token left +0 KKK0000001
activate taro +0 left
issue pay +10 taro transfer amount=1250000
approve pay
verify pay +20 digits 7708841O -> rejected Malformed
verify pay +21 digits +7708841 -> rejected Malformed
verify pay +22 as shortened -> rejected Malformed
verify pay +23 as lengthened -> rejected Malformed
verify pay +24 digits ７７０８８４１四 -> rejected Malformed
verify pay +25 as shortened -> rejected Malformed
verify pay +40
