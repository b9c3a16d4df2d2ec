expect: rejected Wrong, 2 left
comment: the customer approved 1,250,000; the challenge that is answered says 9,250,000
seed: amount_changed
start: 2026-11-24T00:00:00Z
transfer: bankCode=0001 bankName=カクウ branchCode=001 branchName=ホンテン accountType=ordinary account=0012345 payee="ミホン ショウジ(カ" amount=1250000 date=2026-11-24

token left +0 KKK0000001
activate taro +0 left
issue pay +10 taro transfer amount=1250000
approve pay
issue other +20 taro transfer amount=9250000
verify other +30 response of pay
