expect: accepted
comment: a locked token takes no other PIN
seed: pin_set_while_locked
start: 2026-11-24T00:00:00Z
transfer: bankCode=0001 bankName=カクウ branchCode=001 branchName=ホンテン accountType=ordinary account=0012345 payee="ミホン ショウジ(カ" amount=1250000 date=2026-11-24

token left +0 KKK0000001
activate taro +0 left
issue pay +10 taro transfer
pin left set 25801
pin left lock
pin left set 36912 -> refused T14
pin left enter 36912 -> error Wrong
pin left enter 25801
approve pay
verify pay +40
