expect: refused T13
comment: a token without power says so before it asks for its PIN
seed: flat_battery_of_a_locked_token
start: 2026-11-24T00:00:00Z
transfer: bankCode=0001 bankName=カクウ branchCode=001 branchName=ホンテン accountType=ordinary account=0012345 payee="ミホン ショウジ(カ" amount=1250000 date=2026-11-24

token left +0 KKK0000001
activate taro +0 left
issue pay +10 taro transfer
pin left set 25801
pin left lock
fault left battery
approve pay
