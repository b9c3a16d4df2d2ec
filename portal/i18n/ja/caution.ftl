
# 慎重なお取り扱い

over-raised = 引き上げ前の限度額（1日{$limit}）を超えます。引き上げ後の限度額は{$until}から有効です。本日お取り扱いできるのは、あと{$left}です。
over-registration = トークンの登録から間もないため、{$until}までは1日{$limit}までお取り扱いします。本日お取り扱いできるのは、あと{$left}です。
over-payee = 新しい振込先へのお支払いは、あわせて1日{$limit}までお取り扱いします。本日お取り扱いできるのは、あと{$left}です。
caution-raised = 安全のため、限度額の引き上げは{$until}から有効になります。それまでは、現在の{$limit}です。
caution-registration = トークンの登録から間もないため、{$until}までは、あなたのお支払いは取引の種類ごとに1日{$limit}までです（不正利用を防ぐための制限です）。
caution-payee = 登録されていない振込先と、登録から{$days}日以内の振込先へのお支払いは、あわせて1日{$limit}までです（詐欺の被害を防ぐための制限です）。
limits-cooling = 安全のため、引き上げは{$wait}後から有効になります。引き下げはすぐに有効になります。
limits-raised = {$limit}：{$until}までは、引き上げ前の{$yen}です。
outcome-registration = トークンの登録から間もない間の限度額を超過
outcome-payee = 新しい振込先への1日の限度額を超過
