//! The operations, each with its fields in the order in which they are shown.

use super::*;

const fn label(ja: &'static str, en: &'static str) -> Label {
    Label { ja, en }
}

const fn choice(name: &'static str, ja: &'static str, en: &'static str) -> Choice {
    Choice { name, label: label(ja, en) }
}

const fn shown(name: &'static str, ja: &'static str, en: &'static str, kind: Kind) -> FieldSpec {
    FieldSpec { name, label: label(ja, en), kind, visibility: Visibility::Displayed, optional: false, positive: false }
}

const fn bound(name: &'static str, ja: &'static str, en: &'static str, kind: Kind) -> FieldSpec {
    FieldSpec { name, label: label(ja, en), kind, visibility: Visibility::Bound, optional: false, positive: false }
}

const fn optional(field: FieldSpec) -> FieldSpec {
    FieldSpec { optional: true, ..field }
}

const fn positive(field: FieldSpec) -> FieldSpec {
    FieldSpec { positive: true, ..field }
}

const ACCOUNT_TYPES: &[Choice] = &[
    choice("ordinary", "普通", "Ordinary"),
    choice("current", "当座", "Current"),
    choice("savings", "貯蓄", "Savings"),
    choice("other", "その他", "Other"),
];

const CHARGES: &[Choice] = &[
    choice("our", "OUR 依頼人負担", "OUR (by sender)"),
    choice("sha", "SHA 双方負担", "SHA (shared)"),
    choice("ben", "BEN 受取人負担", "BEN (by payee)"),
];

const USER_ACTS: &[Choice] = &[
    choice("register", "登録", "Register"),
    choice("change", "変更", "Change"),
    choice("delete", "削除", "Delete"),
    choice("suspend", "一時停止", "Suspend"),
    choice("resume", "利用再開", "Resume"),
    choice("token", "トークン交付", "Hand out token"),
];

const MENUS: &[Choice] = &[
    choice("balance", "残高照会", "Balances"),
    choice("statement", "入出金明細", "Statements"),
    choice("transfer", "振込・振替", "Transfers"),
    choice("bulk", "総合振込", "Bulk transf."),
    choice("payroll", "給与振込", "Payroll"),
    choice("pay-easy", "ペイジー", "Pay-easy"),
    choice("remittance", "仕向送金", "Remittance"),
    choice("debit", "口座振替", "Direct debit"),
];

const ACCESS: &[Choice] =
    &[choice("inquiry", "照会のみ", "Inquiry only"), choice("payments", "送金あり", "With payments")];

const PURPOSES: &[Choice] = &[
    choice("accounting", "会計", "Accounting"),
    choice("expenses", "経費精算", "Expenses"),
    choice("payments", "支払", "Payments"),
    choice("treasury", "資金管理", "Treasury"),
    choice("payroll", "給与計算", "Payroll"),
    choice("other", "その他", "Other"),
];

const LIMITS: &[Choice] = &[
    choice("transfer", "振込・振替", "Transfers"),
    choice("bulk", "総合振込", "Bulk transfers"),
    choice("payroll", "給与・賞与", "Payroll"),
    choice("pay-easy", "ペイジー", "Pay-easy"),
    choice("remittance", "仕向送金", "Remittances"),
];

const PASSWORDS: &[Choice] = &[
    choice("login", "ログイン", "Login"),
    choice("transaction", "取引実行", "Transaction"),
    choice("certificate", "証明書取得用", "Certificate"),
];

const PAYEE_BANK: FieldSpec = shown("bankCode", "銀行コード", "Bank code", Kind::Digits { min: 4, max: 4 });

const PAYEE_BANK_NAME: FieldSpec = shown("bankName", "銀行名", "Bank", Kind::Kana { max: 15 });

const PAYEE_BRANCH: FieldSpec = shown("branchCode", "支店コード", "Branch code", Kind::Digits { min: 3, max: 3 });

const PAYEE_BRANCH_NAME: FieldSpec = shown("branchName", "支店名", "Branch", Kind::Kana { max: 15 });

const PAYEE_ACCOUNT_TYPE: FieldSpec = shown("accountType", "科目", "Type", Kind::Choice(ACCOUNT_TYPES));

const PAYEE_ACCOUNT: FieldSpec = shown("account", "口座番号", "Account", Kind::Digits { min: 7, max: 7 });

const PAYEE: FieldSpec = shown("payee", "受取人", "Payee", Kind::Kana { max: 48 });

const ORDER_ID: FieldSpec = optional(bound("orderId", "受付番号", "Order ID", Kind::Ascii { max: 16 }));

const USER: FieldSpec = shown("user", "利用者", "User", Kind::Text { max: 10 });

const CONTRACT: FieldSpec = shown("contract", "契約番号", "Contract", Kind::Ascii { max: 8 });

/// 総合振込 and 給与・賞与振込 show and bind the same.
const BATCH: &[FieldSpec] = &[
    positive(shown("count", "件数", "Payments", Kind::Count { digits: 6 })),
    positive(shown("total", "合計金額", "Total", Kind::Yen { digits: 12 })),
    shown("date", "振込指定日", "Date", Kind::Date),
    shown("payingAccount", "引落口座", "From account", Kind::Digits { min: 4, max: 12 }),
    shown("largestPayee", "最高額の受取人", "Largest payee", Kind::Kana { max: 30 }),
    positive(shown("largestAmount", "最高額", "Largest amount", Kind::Yen { digits: 10 })),
    shown("newPayees", "新規先の数", "New payees", Kind::Count { digits: 6 }),
    shown("checkCode", "照合コード", "Check code", Kind::CheckCode),
    bound("file", "ファイル", "File", Kind::Hash),
    ORDER_ID,
];

/// 利用開始登録: both codes show the same.
const ACTIVATION: &[FieldSpec] = &[shown("bank", "銀行", "Bank", Kind::Text { max: 20 }), CONTRACT, USER];

/// The catalogue itself, by number.
pub static CATALOGUE: &[Entry] = &[
    Entry {
        operation: Operation::Activation1,
        code: 0,
        name: "activation1",
        label: label("利用開始登録", "Activation"),
        domain: Domain::Activation1,
        fields: ACTIVATION,
    },
    Entry {
        operation: Operation::Activation2,
        code: 1,
        name: "activation2",
        label: label("利用開始登録", "Activation"),
        domain: Domain::Activation2,
        fields: ACTIVATION,
    },
    Entry {
        operation: Operation::Deletion,
        code: 2,
        name: "deletion",
        label: label("登録削除", "Delete activation"),
        domain: Domain::Deletion,
        fields: &[USER, shown("tokenId", "トークンID", "Token ID", Kind::Ascii { max: 10 })],
    },
    Entry {
        operation: Operation::Login,
        code: 3,
        name: "login",
        label: label("ログイン", "Login"),
        domain: Domain::Signature,
        fields: &[
            shown("service", "サービス", "Service", Kind::Text { max: 20 }),
            CONTRACT,
            USER,
            optional(shown("lastLogin", "前回ログイン", "Last login", Kind::Moment)),
            optional(shown("device", "端末", "Device", Kind::Text { max: 8 })),
            optional(bound("session", "セッション", "Session", Kind::Hash)),
        ],
    },
    Entry {
        operation: Operation::Transfer,
        code: 4,
        name: "transfer",
        label: label("振込・振替", "Transfer"),
        domain: Domain::Signature,
        fields: &[
            PAYEE_BANK,
            PAYEE_BANK_NAME,
            PAYEE_BRANCH,
            PAYEE_BRANCH_NAME,
            PAYEE_ACCOUNT_TYPE,
            PAYEE_ACCOUNT,
            PAYEE,
            positive(shown("amount", "金額", "Amount", Kind::Yen { digits: 10 })),
            shown("date", "振込指定日", "Date", Kind::Date),
            optional(shown("newPayee", "新規先", "New payee", Kind::Flag)),
            optional(shown("payingAccount", "引落口座末尾", "From account", Kind::Digits { min: 4, max: 4 })),
            optional(bound("originator", "依頼人", "Originator", Kind::Kana { max: 48 })),
            optional(bound("edi", "EDI情報", "EDI", Kind::Kana { max: 20 })),
            ORDER_ID,
        ],
    },
    Entry {
        operation: Operation::Bulk,
        code: 5,
        name: "bulk",
        label: label("総合振込", "Bulk transfer"),
        domain: Domain::Signature,
        fields: BATCH,
    },
    Entry {
        operation: Operation::Payroll,
        code: 6,
        name: "payroll",
        label: label("給与・賞与振込", "Payroll"),
        domain: Domain::Signature,
        fields: BATCH,
    },
    Entry {
        operation: Operation::PayEasy,
        code: 7,
        name: "pay-easy",
        label: label("ペイジー税金・料金払込", "Pay-easy"),
        domain: Domain::Signature,
        fields: &[
            shown("billerCode", "収納機関番号", "Biller code", Kind::Digits { min: 5, max: 5 }),
            shown("biller", "収納機関", "Biller", Kind::Text { max: 20 }),
            shown("paymentNumber", "納付番号", "Payment no.", Kind::Digits { min: 1, max: 20 }),
            optional(shown("paymentType", "納付区分", "Category", Kind::Digits { min: 1, max: 16 })),
            positive(shown("amount", "金額", "Amount", Kind::Yen { digits: 10 })),
            shown("date", "払込日", "Date", Kind::Date),
            optional(shown("content", "払込内容", "For", Kind::Text { max: 20 })),
            optional(bound("confirmation", "確認番号", "Confirmation", Kind::Digits { min: 1, max: 6 })),
            ORDER_ID,
        ],
    },
    Entry {
        operation: Operation::Remittance,
        code: 8,
        name: "remittance",
        label: label("仕向送金", "Remittance"),
        domain: Domain::Signature,
        fields: &[
            positive(shown("amount", "金額", "Amount", Kind::Money { digits: 15 })),
            shown("payee", "受取人", "Payee", Kind::Ascii { max: 140 }),
            shown("account", "口座番号/IBAN", "Account/IBAN", Kind::Account { max: 34 }),
            optional(shown("bic", "銀行BIC", "Bank BIC", Kind::Bic)),
            shown("country", "国", "Country", Kind::Country),
            shown("charges", "手数料", "Charges", Kind::Choice(CHARGES)),
            shown("valueDate", "送金日", "Value date", Kind::Date),
            optional(bound("address", "受取人住所", "Payee address", Kind::Ascii { max: 140 })),
            optional(bound("purpose", "送金目的", "Purpose", Kind::Text { max: 40 })),
            optional(bound("intermediaryBic", "経由銀行BIC", "Intermediary BIC", Kind::Bic)),
            ORDER_ID,
        ],
    },
    Entry {
        operation: Operation::UserManagement,
        code: 9,
        name: "user-management",
        label: label("ユーザー管理業務", "User management"),
        domain: Domain::Signature,
        fields: &[
            shown("act", "操作", "Act", Kind::Choice(USER_ACTS)),
            shown("targetId", "対象利用者ID", "Target ID", Kind::Ascii { max: 10 }),
            shown("targetName", "対象利用者名", "Target name", Kind::Text { max: 20 }),
            optional(shown("difference1", "変更内容", "Change", Kind::Text { max: 20 })),
            optional(shown("difference2", "変更内容", "Change", Kind::Text { max: 20 })),
            optional(shown("difference3", "変更内容", "Change", Kind::Text { max: 20 })),
            optional(shown("tokenId", "トークンID", "Token ID", Kind::Ascii { max: 10 })),
            optional(bound("before", "変更前", "Before", Kind::Hash)),
            optional(bound("after", "変更後", "After", Kind::Hash)),
        ],
    },
    Entry {
        operation: Operation::PayeeRegistration,
        code: 10,
        name: "payee-registration",
        label: label("振込先登録", "Payee registration"),
        domain: Domain::Signature,
        fields: &[
            PAYEE_BANK,
            PAYEE_BANK_NAME,
            PAYEE_BRANCH,
            PAYEE_BRANCH_NAME,
            PAYEE_ACCOUNT_TYPE,
            PAYEE_ACCOUNT,
            PAYEE,
            ORDER_ID,
        ],
    },
    Entry {
        operation: Operation::ExternalLinkage,
        code: 11,
        name: "external-linkage",
        label: label("外部サービス連携", "Link a service"),
        domain: Domain::Signature,
        fields: &[
            shown("provider", "事業者", "Provider", Kind::Text { max: 40 }),
            shown("purpose", "目的", "Purpose", Kind::Choice(PURPOSES)),
            shown("menus", "メニュー", "Menus", Kind::Choices { of: MENUS, max: 5 }),
            shown("access", "範囲", "Access", Kind::Choice(ACCESS)),
            shown("accounts", "口座数", "Accounts", Kind::Count { digits: 4 }),
            optional(shown("lastDigits", "代表口座末尾", "Main account", Kind::Digits { min: 4, max: 4 })),
            shown("validUntil", "有効期限", "Valid until", Kind::Date),
            bound("clientId", "クライアントID", "Client ID", Kind::Ascii { max: 40 }),
            bound("redirectHost", "戻り先", "Redirect host", Kind::Ascii { max: 60 }),
            bound("scope", "権限", "Scope", Kind::Hash),
        ],
    },
    Entry {
        operation: Operation::LimitChange,
        code: 12,
        name: "limit-change",
        label: label("限度額変更", "Limit change"),
        domain: Domain::Signature,
        fields: &[
            shown("limit", "対象", "Limit", Kind::Choice(LIMITS)),
            shown("old", "変更前", "Old", Kind::Yen { digits: 12 }),
            shown("new", "変更後", "New", Kind::Yen { digits: 12 }),
            ORDER_ID,
        ],
    },
    Entry {
        operation: Operation::PasswordReset,
        code: 13,
        name: "password-reset",
        label: label("パスワード再設定", "Password reset"),
        domain: Domain::Signature,
        fields: &[
            shown("password", "対象", "Password", Kind::Choice(PASSWORDS)),
            shown("targetId", "対象利用者ID", "Target ID", Kind::Ascii { max: 10 }),
            ORDER_ID,
        ],
    },
    Entry {
        operation: Operation::CertificateReissue,
        code: 14,
        name: "certificate-reissue",
        label: label("証明書再発行", "New certificate"),
        domain: Domain::Signature,
        fields: &[
            shown("targetId", "対象利用者ID", "Target ID", Kind::Ascii { max: 10 }),
            shown("validUntil", "有効期限", "Valid until", Kind::Date),
            ORDER_ID,
        ],
    },
    Entry {
        operation: Operation::Approval,
        code: 15,
        name: "approval",
        label: label("承認", "Approval"),
        domain: Domain::Signature,
        fields: &[
            shown("subject", "対象", "Subject", Kind::Text { max: 20 }),
            shown("requestedBy", "依頼者", "Requested by", Kind::Text { max: 10 }),
            positive(optional(shown("count", "件数", "Payments", Kind::Count { digits: 6 }))),
            positive(optional(shown("total", "合計金額", "Total", Kind::Yen { digits: 12 }))),
            optional(shown("date", "日付", "Date", Kind::Date)),
            optional(shown("checkCode", "照合コード", "Check code", Kind::CheckCode)),
            bound("content", "内容", "Content", Kind::Hash),
            ORDER_ID,
        ],
    },
    Entry {
        operation: Operation::TokenRevocation,
        code: 16,
        name: "token-revocation",
        label: label("トークン失効", "Token revocation"),
        domain: Domain::Signature,
        fields: &[
            shown("tokenId", "トークンID", "Token ID", Kind::Ascii { max: 10 }),
            shown("user", "利用者", "User", Kind::Text { max: 10 }),
            ORDER_ID,
        ],
    },
];
