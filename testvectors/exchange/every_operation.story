expect: accepted
comment: every operation that is issued, with the fields that the token shows
seed: every_operation
start: 2026-11-24T00:00:00Z
transfer: bankCode=0001 bankName=カクウ branchCode=001 branchName=ホンテン accountType=ordinary account=0012345 payee="ミホン ショウジ(カ" amount=1250000 date=2026-11-24

token left +0 KKK0000001
activate taro +0 left
issue login +10 taro login service="Kakuu Web" contract=****7890 user=TANAKA lastLogin=2026-11-23T09:00:00Z device=PC session=70ce871f8a3d3fb449bc3c3ace6547cef02dfc74ffe48d912532a724bfdbe5b9
scan login service="Kakuu Web" lastLogin=2026-11-23T09:00:00Z
approve login
verify login +40
issue transfer +110 taro transfer edi=INV-1 newPayee=yes
scan transfer payee="ﾐﾎﾝ ｼﾖｳｼﾞ(ｶ" amount=1250000 newPayee=yes
approve transfer
verify transfer +140
issue bulk +210 taro bulk count=12 total=3450000 date=2026-11-27 payingAccount=1234567 largestPayee="ミホン ショウジ(カ" largestAmount=1250000 newPayees=1 checkCode=4bb24efc9641afc5 file=4bb24efc9641afc5ded1ca77eabb6e2fcf062d2112ccd61bd8bd6acd89180bae
scan bulk count=12 total=3450000 largestPayee="ﾐﾎﾝ ｼﾖｳｼﾞ(ｶ" checkCode=4bb24efc9641afc5
approve bulk
verify bulk +240
issue payroll +310 taro payroll count=80 total=24000000 date=2026-11-27 payingAccount=1234567 largestPayee="カクウ タロウ" largestAmount=450000 newPayees=0 checkCode=19c35a72c4389318 file=19c35a72c4389318997fd42a84a742f780d7584fc61c33574ca52aacd80e3786
scan payroll largestPayee="ｶｸｳ ﾀﾛｳ" newPayees=0
approve payroll
verify payroll +340
issue pay-easy +410 taro pay-easy billerCode=00100 biller="架空国税" paymentNumber=0123456789 amount=58000 date=2026-11-24 content="源泉所得税" confirmation=123456
scan pay-easy biller="架空国税" paymentNumber=0123456789 amount=58000
approve pay-easy
verify pay-easy +440
issue remittance +510 taro remittance amount="USD 1250.00" payee="ACME TRADING AS" account=NO9386011117947 country=NO charges=sha valueDate=2026-11-26 purpose=IMPORT
scan remittance amount="USD 1250.00" account=NO9386011117947 charges=sha
approve remittance
verify remittance +540
issue user-management +610 taro user-management act=register targetId=HANA targetName="架空 花子" difference1="振込権限: なし→あり" after=70ce871f8a3d3fb449bc3c3ace6547cef02dfc74ffe48d912532a724bfdbe5b9
scan user-management targetName="架空 花子" difference1="振込権限: なし→あり"
approve user-management
verify user-management +640
issue payee-registration +710 taro payee-registration bankCode=0001 bankName=カクウ branchCode=001 branchName=ホンテン accountType=current account=0054321 payee="カ)カクウ"
scan payee-registration payee="ｶ)ｶｸｳ" account=0054321
approve payee-registration
verify payee-registration +740
issue external-linkage +810 taro external-linkage provider="架空会計" purpose=accounting menus=balance,statement access=inquiry accounts=2 lastDigits=4567 validUntil=2027-02-22 clientId=kakuu redirectHost=kaikei.example scope=70ce871f8a3d3fb449bc3c3ace6547cef02dfc74ffe48d912532a724bfdbe5b9
scan external-linkage provider="架空会計" accounts=2 validUntil=2027-02-22
approve external-linkage
verify external-linkage +840
issue limit-change +910 taro limit-change limit=transfer old=1000000 new=5000000
scan limit-change old=1000000 new=5000000
approve limit-change
verify limit-change +940
issue password-reset +1010 taro password-reset password=login targetId=HANA
scan password-reset targetId=HANA
approve password-reset
verify password-reset +1040
issue certificate-reissue +1110 taro certificate-reissue targetId=HANA validUntil=2027-11-24
scan certificate-reissue validUntil=2027-11-24
approve certificate-reissue
verify certificate-reissue +1140
issue approval +1210 taro approval subject="総合振込" requestedBy="架空 花子" count=12 total=3450000 content=70ce871f8a3d3fb449bc3c3ace6547cef02dfc74ffe48d912532a724bfdbe5b9
scan approval subject="総合振込" total=3450000
approve approval
verify approval +1240
issue token-revocation +1310 taro token-revocation tokenId=KKK0000002 user=HANA
scan token-revocation tokenId=KKK0000002 user=HANA
approve token-revocation
verify token-revocation +1340
