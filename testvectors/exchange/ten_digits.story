expect: accepted
comment: a profile with responses of ten digits
seed: ten_digits
start: 2026-11-24T00:00:00Z
policy: suite=OCRA-1:HOTP-SHA512-10:QH64
transfer: bankCode=0001 bankName=カクウ branchCode=001 branchName=ホンテン accountType=ordinary account=0012345 payee="ミホン ショウジ(カ" amount=1250000 date=2026-11-24

token left +0 KKK0000001
activate taro +0 left
issue pay +10 taro transfer
approve pay
verify pay +40
