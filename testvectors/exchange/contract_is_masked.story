expect: done
comment: the codes of a registration carry the last four of ten characters of the contract number, behind four asterisks
seed: contract_is_masked
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
enroll taro +0 left
scan taro contract=****7890
approve taro
second taro +10
scan taro contract=****7890
