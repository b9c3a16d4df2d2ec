expect: error ClockBehind
comment: a clock may lie five seconds behind, and not six
seed: clock_back_by_six_seconds
start: 2026-11-24T00:00:00Z
transfer: bankCode=0001 bankName=カクウ branchCode=001 branchName=ホンテン accountType=ordinary account=0012345 payee="ミホン ショウジ(カ" amount=1250000 date=2026-11-24

token left +0 KKK0000001
activate taro +0 left
issue pay +10 taro transfer amount=1250000
approve pay
verify pay +190 -> rejected Expired
verify pay +185 -> rejected Expired
verify pay +184
