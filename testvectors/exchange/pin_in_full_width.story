expect: accepted
comment: the PIN in full-width digits is the same PIN
seed: pin_in_full_width
start: 2026-11-24T00:00:00Z
transfer: bankCode=0001 bankName=カクウ branchCode=001 branchName=ホンテン accountType=ordinary account=0012345 payee="ミホン ショウジ(カ" amount=1250000 date=2026-11-24

token left +0 KKK0000001
activate taro +0 left
issue pay +10 taro transfer
pin left set 258013
pin left lock
pin left enter ２５８０１２ -> error Wrong
pin left enter ２５８０１３
approve pay
verify pay +40
