expect: refused T14
comment: an entry that is no PIN at all is a wrong one
seed: pin_entries_that_are_none
start: 2026-11-24T00:00:00Z
transfer: bankCode=0001 bankName=カクウ branchCode=001 branchName=ホンテン accountType=ordinary account=0012345 payee="ミホン ショウジ(カ" amount=1250000 date=2026-11-24

token left +0 KKK0000001
activate taro +0 left
issue pay +10 taro transfer
pin left set 25801
pin left lock
pin left enter 2580 -> error Wrong
pin left enter 258012580 -> error Wrong
pin left enter 1 -> error Wrong
pin left enter 123 -> error Wrong
pin left enter 123 -> error Locked
pin left enter 25801 -> error Locked
approve pay
