expect: error ClockBehind
comment: by a clock that lies behind nothing is resumed
seed: resumed_by_a_clock_behind
start: 2026-11-24T00:00:00Z
policy: max-failures=1
transfer: bankCode=0001 bankName=カクウ branchCode=001 branchName=ホンテン accountType=ordinary account=0012345 payee="ミホン ショウジ(カ" amount=1250000 date=2026-11-24

token left +0 KKK0000001
activate taro +600 left
issue pay +610 taro transfer amount=1250000
approve pay
verify pay +620 as wrong -> rejected Wrong, suspended
resume taro +600
