expect: rejected Unknown
comment: the record knows how the four challenges before the last ended, and no more
seed: superseded_by_five
start: 2026-11-24T00:00:00Z
transfer: bankCode=0001 bankName=カクウ branchCode=001 branchName=ホンテン accountType=ordinary account=0012345 payee="ミホン ショウジ(カ" amount=1250000 date=2026-11-24

token left +0 KKK0000001
activate taro +0 left
issue one +10 taro transfer amount=1250001
approve one
issue two +20 taro transfer amount=1250002
issue three +30 taro transfer amount=1250003
issue four +40 taro transfer amount=1250004
issue five +50 taro transfer amount=1250005
verify one +60 -> rejected Superseded
issue six +70 taro transfer amount=1250006
verify one +80
