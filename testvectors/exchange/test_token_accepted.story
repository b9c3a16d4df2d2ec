expect: accepted
comment: a verifier that was told to take tokens made for tests
seed: test_token_accepted
start: 2026-11-24T00:00:00Z
policy: test-tokens=yes
transfer: bankCode=0001 bankName=カクウ branchCode=001 branchName=ホンテン accountType=ordinary account=0012345 payee="ミホン ショウジ(カ" amount=1250000 date=2026-11-24

token left +0 KKK0000001 test
activate taro +0 left
issue pay +10 taro transfer amount=1250000
approve pay
verify pay +40
