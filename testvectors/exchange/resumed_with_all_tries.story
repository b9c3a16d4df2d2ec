expect: rejected Wrong, 1 left
comment: resuming sets the count of wrong responses back
seed: resumed_with_all_tries
start: 2026-11-24T00:00:00Z
policy: max-failures=2
transfer: bankCode=0001 bankName=カクウ branchCode=001 branchName=ホンテン accountType=ordinary account=0012345 payee="ミホン ショウジ(カ" amount=1250000 date=2026-11-24

token left +0 KKK0000001
activate taro +0 left
issue one +10 taro transfer amount=1250000
approve one
verify one +20 as wrong -> rejected Wrong, 1 left
verify one +21 as wrong -> rejected Wrong, suspended
resume taro +30
issue two +40 taro transfer amount=1250001
approve two
verify two +50 as wrong
