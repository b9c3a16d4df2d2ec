//! What of a person can be suspended.

/// The parts of a person that can be suspended: the person, or one of the five credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Held {
    /// The person, by an administrator or by the bank.
    Service,
    /// ログインパスワード
    Login,
    /// 取引実行パスワード
    Transaction,
    /// 初回OTP利用開始登録用パスワード
    FirstOtp,
    /// 証明書取得用パスワード
    Certificate,
    /// ワンタイムパスワード
    Otp,
}

impl Held {
    /// The name of its text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Service => "held-service",
            Self::Login => "login-password",
            Self::Transaction => "transaction-password",
            Self::FirstOtp => "first-otp",
            Self::Certificate => "certificate-password",
            Self::Otp => "otp",
        }
    }
}
