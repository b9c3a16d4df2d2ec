expect: rejected Wrong, 2 left
comment: the file was replaced by one with the same count and total after the customer approved it
seed: batch_replaced
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
activate taro +0 left
issue batch +10 taro bulk count=12 total=3450000 date=2026-11-27 payingAccount=1234567 largestPayee="ミホン ショウジ(カ" largestAmount=1250000 newPayees=1 checkCode=4bb24efc9641afc5 file=4bb24efc9641afc5ded1ca77eabb6e2fcf062d2112ccd61bd8bd6acd89180bae
approve batch
issue other +20 taro bulk count=12 total=3450000 date=2026-11-27 payingAccount=1234567 largestPayee="ミホン ショウジ(カ" largestAmount=1250000 newPayees=1 checkCode=19c35a72c4389318 file=19c35a72c4389318997fd42a84a742f780d7584fc61c33574ca52aacd80e3786
verify other +30 response of batch
