expect: refused T12
comment: the token has answered the code, and another one since
seed: answered_before_another
start: 2026-11-24T00:00:00Z
transfer: bankCode=0001 bankName=カクウ branchCode=001 branchName=ホンテン accountType=ordinary account=0012345 payee="ミホン ショウジ(カ" amount=1250000 date=2026-11-24

token left +0 KKK0000001
activate taro +0 left
issue one +10 taro transfer amount=1250000
approve one
issue two +20 taro transfer amount=1250001
approve two
verify two +40
approve one
