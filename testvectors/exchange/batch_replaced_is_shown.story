expect: differs checkCode
comment: a file with the same count and total has another check code
seed: batch_replaced_is_shown
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
activate taro +0 left
issue batch +10 taro bulk count=12 total=3450000 date=2026-11-27 payingAccount=1234567 largestPayee="ミホン ショウジ(カ" largestAmount=1250000 newPayees=1 checkCode=19c35a72c4389318 file=19c35a72c4389318997fd42a84a742f780d7584fc61c33574ca52aacd80e3786
scan batch count=12 total=3450000 largestAmount=1250000 checkCode=4bb24efc9641afc5
