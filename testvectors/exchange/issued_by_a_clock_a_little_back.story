expect: accepted
comment: a time counts as the latest that the record has seen: the challenge lives from there
seed: issued_by_a_clock_a_little_back
start: 2026-11-24T00:00:00Z
transfer: bankCode=0001 bankName=カクウ branchCode=001 branchName=ホンテン accountType=ordinary account=0012345 payee="ミホン ショウジ(カ" amount=1250000 date=2026-11-24

token left +0 KKK0000001
activate taro +0 left
issue one +10 taro transfer amount=1250000
issue two +6 taro transfer amount=1250001
approve two
verify two +189
