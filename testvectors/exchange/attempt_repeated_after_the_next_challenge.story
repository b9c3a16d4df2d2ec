expect: rejected AlreadySettled
comment: a new challenge forgets the attempt
seed: attempt_repeated_after_the_next_challenge
start: 2026-11-24T00:00:00Z
transfer: bankCode=0001 bankName=カクウ branchCode=001 branchName=ホンテン accountType=ordinary account=0012345 payee="ミホン ショウジ(カ" amount=1250000 date=2026-11-24

token left +0 KKK0000001
activate taro +0 left
issue one +10 taro transfer amount=1250001
approve one
verify one +20 attempt one
verify one +30 attempt one -> accepted again
issue two +40 taro transfer amount=1250002
verify one +50 attempt one
