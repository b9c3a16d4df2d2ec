expect: refused T12
comment: a token remembers the last 64 challenges that it answered; the second code is the first of them
seed: answered_before_63_others
start: 2026-11-24T00:00:00Z
transfer: bankCode=0001 bankName=カクウ branchCode=001 branchName=ホンテン accountType=ordinary account=0012345 payee="ミホン ショウジ(カ" amount=1250000 date=2026-11-24

token left +0 KKK0000001
activate taro +0 left
issue c01 +10 taro transfer amount=1250001
approve c01
issue c02 +20 taro transfer amount=1250002
approve c02
issue c03 +30 taro transfer amount=1250003
approve c03
issue c04 +40 taro transfer amount=1250004
approve c04
issue c05 +50 taro transfer amount=1250005
approve c05
issue c06 +60 taro transfer amount=1250006
approve c06
issue c07 +70 taro transfer amount=1250007
approve c07
issue c08 +80 taro transfer amount=1250008
approve c08
issue c09 +90 taro transfer amount=1250009
approve c09
issue c10 +100 taro transfer amount=1250010
approve c10
issue c11 +110 taro transfer amount=1250011
approve c11
issue c12 +120 taro transfer amount=1250012
approve c12
issue c13 +130 taro transfer amount=1250013
approve c13
issue c14 +140 taro transfer amount=1250014
approve c14
issue c15 +150 taro transfer amount=1250015
approve c15
issue c16 +160 taro transfer amount=1250016
approve c16
issue c17 +170 taro transfer amount=1250017
approve c17
issue c18 +180 taro transfer amount=1250018
approve c18
issue c19 +190 taro transfer amount=1250019
approve c19
issue c20 +200 taro transfer amount=1250020
approve c20
issue c21 +210 taro transfer amount=1250021
approve c21
issue c22 +220 taro transfer amount=1250022
approve c22
issue c23 +230 taro transfer amount=1250023
approve c23
issue c24 +240 taro transfer amount=1250024
approve c24
issue c25 +250 taro transfer amount=1250025
approve c25
issue c26 +260 taro transfer amount=1250026
approve c26
issue c27 +270 taro transfer amount=1250027
approve c27
issue c28 +280 taro transfer amount=1250028
approve c28
issue c29 +290 taro transfer amount=1250029
approve c29
issue c30 +300 taro transfer amount=1250030
approve c30
issue c31 +310 taro transfer amount=1250031
approve c31
issue c32 +320 taro transfer amount=1250032
approve c32
issue c33 +330 taro transfer amount=1250033
approve c33
issue c34 +340 taro transfer amount=1250034
approve c34
issue c35 +350 taro transfer amount=1250035
approve c35
issue c36 +360 taro transfer amount=1250036
approve c36
issue c37 +370 taro transfer amount=1250037
approve c37
issue c38 +380 taro transfer amount=1250038
approve c38
issue c39 +390 taro transfer amount=1250039
approve c39
issue c40 +400 taro transfer amount=1250040
approve c40
issue c41 +410 taro transfer amount=1250041
approve c41
issue c42 +420 taro transfer amount=1250042
approve c42
issue c43 +430 taro transfer amount=1250043
approve c43
issue c44 +440 taro transfer amount=1250044
approve c44
issue c45 +450 taro transfer amount=1250045
approve c45
issue c46 +460 taro transfer amount=1250046
approve c46
issue c47 +470 taro transfer amount=1250047
approve c47
issue c48 +480 taro transfer amount=1250048
approve c48
issue c49 +490 taro transfer amount=1250049
approve c49
issue c50 +500 taro transfer amount=1250050
approve c50
issue c51 +510 taro transfer amount=1250051
approve c51
issue c52 +520 taro transfer amount=1250052
approve c52
issue c53 +530 taro transfer amount=1250053
approve c53
issue c54 +540 taro transfer amount=1250054
approve c54
issue c55 +550 taro transfer amount=1250055
approve c55
issue c56 +560 taro transfer amount=1250056
approve c56
issue c57 +570 taro transfer amount=1250057
approve c57
issue c58 +580 taro transfer amount=1250058
approve c58
issue c59 +590 taro transfer amount=1250059
approve c59
issue c60 +600 taro transfer amount=1250060
approve c60
issue c61 +610 taro transfer amount=1250061
approve c61
issue c62 +620 taro transfer amount=1250062
approve c62
issue c63 +630 taro transfer amount=1250063
approve c63
approve taro -> refused T12
issue c64 +640 taro transfer amount=1250064
approve c64
approve c01
