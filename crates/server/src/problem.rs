//! Problem documents (RFC 9457): a stable code, what happened, and what to do next, in the reader's language.
//!
//! An error means that nothing was decided. What a token or the verifier refuses is an answer and no problem.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use camtoken::error_code::ErrorCode;
use camtoken::language::{Label, Language};
use camtoken::store::StoreError;
use camtoken::verifier::{EnrollError, IssueError, VerifierError};

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $status:ident:
        $what_en:literal / $what_ja:literal; $hint_en:literal / $hint_ja:literal;)+) => {
        /// A stable error code, as `camtoken explain` knows it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])* $variant,)+
        }

        impl Code {
            /// Every code that the service answers with.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// As it is printed: `CT-E100`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The status of the answer.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)+ }
            }

            /// What happened, and what to do next.
            #[must_use]
            pub const fn texts(self) -> (Label, Label) {
                match self {
                    $(Self::$variant => (
                        Label { ja: $what_ja, en: $what_en },
                        Label { ja: $hint_ja, en: $hint_en },
                    ),)+
                }
            }
        }
    };
}

codes! {
    /// The request cannot be read.
    Request = "CT-E100", BAD_REQUEST:
        "the request was not understood" / "リクエストを解釈できません";
        "Compare it with /openapi.json; `detail` names the part." / "/openapi.json と照らし合わせてください。`detail` が該当箇所です。";
    /// There is nothing at this address.
    NotFound = "CT-E101", NOT_FOUND:
        "there is nothing at this address" / "このアドレスには何もありません";
        "Check the path and the IDs in it; a session or a challenge may be over." / "パスとその中のIDを確かめてください。セッションやチャレンジは終了していることがあります。";
    /// The address does not take this method.
    Method = "CT-E102", METHOD_NOT_ALLOWED:
        "the address does not take this method" / "このアドレスでは使えないメソッドです";
        "The header Allow says which ones it takes." / "使えるメソッドは Allow ヘッダーにあります。";
    /// No API key, or another one.
    Key = "CT-E103", UNAUTHORIZED:
        "the API key is missing or wrong" / "APIキーがないか、正しくありません";
        "Send it as Authorization: Bearer KEY." / "Authorization: Bearer KEY として送ってください。";
    /// A host name or an origin that is not ours.
    Origin = "CT-E104", FORBIDDEN:
        "the request has another host name, or comes from a page of another site" / "別のホスト名か、別のサイトのページからのリクエストです";
        "Allow it by --allow-host or --allow-origin when the service is started." / "起動時に --allow-host か --allow-origin で許可できます。";
    /// The body is too long.
    TooLarge = "CT-E105", PAYLOAD_TOO_LARGE:
        "the body is too long" / "本文が長すぎます";
        "JSON may have 64 KiB, a token's file 1 MiB, an image 32 MiB, a batch file 64 MiB." / "JSONは64 KiB、トークンのファイルは1 MiB、画像は32 MiB、総合振込などのファイルは64 MiBまでです。";
    /// The body is of another kind.
    MediaType = "CT-E106", UNSUPPORTED_MEDIA_TYPE:
        "the content type of the body is not accepted here" / "本文の Content-Type を受け付けません";
        "Send JSON with Content-Type: application/json." / "Content-Type: application/json としてJSONを送ってください。";
    /// More requests than can be worked on.
    Busy = "CT-E107", SERVICE_UNAVAILABLE:
        "the service or its store is busy, or cannot be reached" / "サービスまたは保存場所が混み合っているか、接続できません";
        "Try again after the seconds of Retry-After; a repeated request with the same Idempotency-Key is safe." / "Retry-After の秒数を待って再試行してください。同じ Idempotency-Key での再試行は安全です。";
    /// The body came too slowly.
    Slow = "CT-E108", REQUEST_TIMEOUT:
        "the request did not arrive in time" / "リクエストが時間内に届きませんでした";
        "Send it again; nothing was done." / "もう一度送ってください。何も行われていません。";
    /// One key for two requests.
    KeyReused = "CT-E109", UNPROCESSABLE_ENTITY:
        "the Idempotency-Key was used for another request" / "この Idempotency-Key は別のリクエストで使われています";
        "Use a new key for each new request, such as a UUID." / "リクエストごとに新しいキー（UUIDなど）を使ってください。";
    /// The challenge of a repeated request was superseded since.
    Superseded = "CT-E117", CONFLICT:
        "the challenge of this request was superseded by a newer one" / "このリクエストのチャレンジは、新しいチャレンジに差し替えられました";
        "Send a new request with a new key if it is still wanted." / "まだ必要な場合は、新しいキーで新しいリクエストを送ってください。";
    /// The same request is being worked on.
    InProgress = "CT-E110", CONFLICT:
        "the request with this Idempotency-Key is still being worked on" / "この Idempotency-Key のリクエストは処理中です";
        "Wait a moment, then send it again." / "少し待って、もう一度送ってください。";
    /// No room for more of them.
    TooMany = "CT-E111", CONFLICT:
        "the service has reached its limit for these" / "サービスの上限に達したため、これ以上は作成できません";
        "Delete what is not needed any more, or give sessions a shorter ttl." / "不要なものを削除するか、セッションの ttl を短くしてください。";
    /// Without a key, from behind a proxy.
    Forwarded = "CT-E131", FORBIDDEN:
        "the request came through a proxy, and the service asks for no key" / "プロキシーを経由したリクエストですが、サービスにキーがありません";
        "Start the service with keys (--api-keys), or call it directly." / "キーを付けて（--api-keys）サービスを起動するか、直接呼び出してください。";
    /// A route of the virtual token, in a service without it.
    NoVirtualToken = "CT-E132", NOT_FOUND:
        "this service has no virtual token" / "このサービスには仮想トークンがありません";
        "Start it with one: camtoken serve --emulator --accept-test-keys." / "仮想トークンを付けて起動してください: camtoken serve --emulator --accept-test-keys";
    /// A route of the verifier, in a service without it.
    NoVerifier = "CT-E133", NOT_FOUND:
        "this service has no verifier" / "このサービスには検証側がありません";
        "Start it without --only token: camtoken serve --emulator --accept-test-keys has both." /
        "--only token を付けずに起動してください。camtoken serve --emulator --accept-test-keys で両方を使えます。";
    /// A token has no such button.
    NoButton = "CT-E134", NOT_FOUND:
        "a token has no such button" / "その名前のボタンはありません";
        "The buttons are left, center and right; OK is the right one." / "ボタンは left、center、right です。OKは right です。";
    /// A span of time that cannot be read.
    Span = "CT-E135", UNPROCESSABLE_ENTITY:
        "this is no span of time" / "時間の長さとして読めません";
        "Write PT181S, 3m1s, 90s, 10m or 1h: whole hours, minutes and seconds. Where a clock may go back, -5m is understood too." /
        "PT181S、3m1s、90s、10m、1h のように、時・分・秒を整数で書いてください。時計を戻せるところでは -5m も使えます。";
    /// The caller's scopes do not cover the route.
    Scope = "CT-E118", FORBIDDEN:
        "the key has none of the scopes that this needs" / "このキーには、必要なスコープがありません";
        "`detail` names the scopes; use a key that has one of them." / "`detail` のスコープを持つキーを使ってください。";
    /// Too many wrong keys from one address.
    TooManyFailures = "CT-E119", TOO_MANY_REQUESTS:
        "too many requests from this address came without the right key" / "このアドレスから、正しいキーのないリクエストが続きました";
        "Correct the key, and try again after the seconds of Retry-After." / "キーを直し、Retry-After の秒数を待って再試行してください。";
    /// A number or a text that its part does not take.
    Value = "CT-E115", UNPROCESSABLE_ENTITY:
        "a value is beyond its limits" / "値が範囲を超えています";
        "`detail` names the part and what it accepts." / "`detail` が該当箇所と受け付ける範囲を示します。";

    /// Another process has the store open.
    StoreBusy = "CT-E013", SERVICE_UNAVAILABLE:
        "another process has the verifier's store open" / "検証側のデータは別のプロセスが使用中です";
        "End the other process." / "もう一方のプロセスを終了してください。";
    /// The store cannot be used.
    StoreFailed = "CT-E014", SERVICE_UNAVAILABLE:
        "the verifier's store cannot be used" / "検証側のデータを使えません";
        "Nothing was decided. See the log of the service." / "何も決定されていません。サービスのログを確認してください。";
    /// A change may have been stored or not.
    StoreUnknown = "CT-E015", SERVICE_UNAVAILABLE:
        "it is not known whether the change was stored" / "変更が保存されたかどうか分かりません";
        "Send the same request again with the same Idempotency-Key." / "同じ Idempotency-Key で同じリクエストをもう一度送ってください。";
    /// The clock is behind what a record has seen.
    ClockBehind = "CT-E016", SERVICE_UNAVAILABLE:
        "the clock of the service is behind the last decision" / "サービスの時計が前回の判定より遅れています";
        "Set the clock of the machine right. If it is right, it was ahead when that was decided: `camtoken store clock --set-back`." /
        "サーバーの時計を合わせてください。現在の時刻が正しい場合は、以前の時計が進んでいました。次を実行してください: `camtoken store clock --set-back`";
    /// The clock is ahead of the time that has passed.
    ClockAhead = "CT-E040", SERVICE_UNAVAILABLE:
        "the clock of the service is ahead of the time that has passed" / "サービスの時計が、実際に経過した時間より進んでいます";
        "Nothing was decided. Set the clock right. If it is right, confirm it: `camtoken store clock --confirm`." /
        "何も判定していません。時計を合わせてください。現在の時刻が正しい場合は、次を実行してください: `camtoken store clock --confirm`";
    /// The key-encryption key is missing or wrong.
    Keys = "CT-E017", SERVICE_UNAVAILABLE:
        "the verifier's key-encryption key is missing or not the right one" / "検証側の鍵暗号化鍵がないか、正しくありません";
        "See the log of the service." / "サービスのログを確認してください。";
    /// The key-encryption key is not the one of the store.
    KeyMismatch = "CT-E050", SERVICE_UNAVAILABLE:
        "the key-encryption key is not the one of the store" / "鍵暗号化鍵が、このデータのものではありません";
        "Start the service with the key of this store, or with its store." / "このデータの鍵暗号化鍵を指定して、サービスを起動し直してください。";
    /// A record of the store was altered or put in another place.
    RecordSeal = "CT-E136", SERVICE_UNAVAILABLE:
        "a record of the verifier was altered or put in another place" / "検証側の記録が改変されたか、別の場所に移されています";
        "Nothing was decided. Tell the operator: `camtoken store check` names the records." /
        "何も判定していません。運用担当者に連絡してください: `camtoken store check` が該当する記録を示します。";
    /// Others may read or write a file with a secret.
    UnsafeFile = "CT-E051", SERVICE_UNAVAILABLE:
        "others may read or write a file with a secret of the service" / "サービスの秘密のファイルを、ほかのユーザーが読み書きできます";
        "`detail` names the file's setting; see the log of the service, and camtoken doctor." / "`detail` が該当する設定です。サービスのログと camtoken doctor で確認してください。";
    /// There is a store where one is to be restored.
    StoreExists = "CT-E029", CONFLICT:
        "there is a store already" / "データは既に存在します";
        "Restore into another directory or database." / "別のディレクトリかデータベースに復元してください。";
    /// A backup is none, or is not whole.
    Backup = "CT-E030", UNPROCESSABLE_ENTITY:
        "the backup is damaged or not whole" / "バックアップが壊れているか、途中で切れています";
        "Use another one." / "別のバックアップを使ってください。";
    /// The database may lose what it acknowledges.
    StoreUnsafe = "CT-E032", SERVICE_UNAVAILABLE:
        "the database may lose what it acknowledges" / "データベースの設定では、確定した変更が失われることがあります";
        "See the log of the service: it names the setting." / "サービスのログに設定名があります。";
    /// The store is of another version.
    StoreVersion = "CT-E033", SERVICE_UNAVAILABLE:
        "the store is of another version" / "データのバージョンが異なります";
        "Use the version of camtoken that wrote it, or `camtoken store migrate`." / "作成したバージョンのcamtokenか、`camtoken store migrate` を使ってください。";
    /// The store may have lost changes that it had acknowledged.
    StoreLost = "CT-E037", SERVICE_UNAVAILABLE:
        "the verifier's store may have lost changes" / "検証側のデータから確定した変更が失われた可能性があります";
        "See the log of the service, and `camtoken store repair`." / "サービスのログと `camtoken store repair` を確認してください。";
    /// The store is a copy, or was moved.
    StoreCopied = "CT-E038", SERVICE_UNAVAILABLE:
        "the verifier's store is a copy, or was moved" / "検証側のデータはコピーであるか、移動されています";
        "Run `camtoken store void`, or `camtoken store repair --moved`." / "`camtoken store void` または `camtoken store repair --moved` を実行してください。";
    /// A defect in camtoken.
    Internal = "CT-E019", INTERNAL_SERVER_ERROR:
        "an internal error" / "内部エラーです";
        "Please report it with what led to it." / "発生した状況とともに報告してください。";
    /// Not a picture that is read.
    Picture = "CT-E042", UNPROCESSABLE_ENTITY:
        "the body is no picture and no code" / "本文は画像でもコードでもありません";
        "Send a PNG, JPEG, WebP, BMP, GIF, TIFF, PNM, SVG or PDF, or the text of a code (CT1:…)." / "PNG、JPEG、WebP、BMP、GIF、TIFF、PNM、SVG、PDF、またはコードの文字列（CT1:…）を送ってください。";
    /// Not a token's file.
    TokenFile = "CT-E043", UNPROCESSABLE_ENTITY:
        "the body is no test token" / "本文はテスト用トークンではありません";
        "Send what the token's state gave, in clear." / "トークンの state で得た内容を、暗号化せずに送ってください。";
    /// The name is taken.
    NameTaken = "CT-E047", CONFLICT:
        "there is a token of this ID already" / "このIDのトークンは既にあります";
        "Choose another ID, or leave it out." / "別のIDにするか、省略してください。";
    /// The token asks something else.
    TokenAsks = "CT-E049", CONFLICT:
        "the token waits for another answer and does not look" / "トークンは別の回答を待っていて、読み取りません";
        "Look at its screen and press a button first." / "画面を確認し、先にボタンを押してください。";
    /// No operation of that name is issued.
    NoOperation = "CT-E070", UNPROCESSABLE_ENTITY:
        "there is no such operation" / "その名前の取引はありません";
        "GET /v1/operations lists them." / "取引の一覧は GET /v1/operations で取得できます。";
    /// The fields are not a valid transaction.
    Fields = "CT-E071", UNPROCESSABLE_ENTITY:
        "the fields are not a valid transaction" / "項目が正しくないため、取引を作成できません";
        "`detail` names the field; GET /v1/operations says what each takes." / "`detail` が該当する項目です。各項目の形式は GET /v1/operations で取得できます。";
    /// The batch file is wrong.
    Batch = "CT-E072", UNPROCESSABLE_ENTITY:
        "the batch file is wrong, or of another kind" / "総合振込などのファイルに誤りがあるか、種類が異なります";
        "`detail` names the record." / "`detail` が該当するレコードを示します。";
    /// The key file cannot be read.
    KeyFile = "CT-E073", UNPROCESSABLE_ENTITY:
        "the key file cannot be read" / "鍵ファイルを読めません";
        "See `detail`; a protected file needs its passphrase or its key." / "`detail` を確認してください。保護されたファイルにはパスフレーズか鍵が必要です。";
    /// No package is a device key.
    NoDeviceKey = "CT-E074", UNPROCESSABLE_ENTITY:
        "the file has no device key" / "ファイルに機器鍵がありません";
        "A device key is an OCRA key of at least 16 bytes with a serial number." / "機器鍵は、製造番号のある16バイト以上のOCRAの鍵です。";
    /// A contract number or user ID that a token cannot show.
    Subscriber = "CT-E075", UNPROCESSABLE_ENTITY:
        "the contract number or the user ID cannot be shown by a token" / "契約番号かユーザーIDをトークンに表示できません";
        "Use letters, digits and the signs of half-width text." / "半角の英数字と記号にしてください。";
    /// The same byte throughout, or the key of another token.
    UnfitDeviceKey = "CT-E076", UNPROCESSABLE_ENTITY:
        "the device key is not safe to use" / "安全でないため、機器鍵として使えません";
        "Ask the maker of the tokens: each token has a random key of its own." / "トークンの製造元に確認してください。鍵はトークンごとに異なる乱数です。";
    /// Too early or too late.
    KeyValidity = "CT-E092", CONFLICT:
        "the key of the token or generator is outside its validity dates" / "トークンまたは生成機の鍵が有効期間外です";
        "The token, generator or activation says the dates (validFrom, validUntil); take another, or the maker's file with new dates." /
        "日時はトークン、生成機、登録の validFrom と validUntil にあります。別のものを使うか、新しい期限のファイルを取り込んでください。";
    /// Another secret, or a user.
    GeneratorTaken = "CT-E093", CONFLICT:
        "the generator is registered with other values, or already has a user" / "その生成機は別の内容で登録されているか、利用者がいます";
        "Check the serial number; revoke the activation of its last user." / "製造番号を確かめてください。前の利用者の登録は失効させてください。";
    /// The generator is not registered.
    NoGenerator = "CT-E094", NOT_FOUND:
        "the generator is not registered" / "その生成機は登録されていません";
        "Import its maker's file by POST /v1/tokens/import." / "POST /v1/tokens/import で製造元のファイルを取り込んでください。";
    /// The verifier has no such token.
    NoToken = "CT-E081", NOT_FOUND:
        "the verifier does not know this token" / "そのトークンは登録されていません";
        "Register it by POST /v1/tokens." / "POST /v1/tokens で登録してください。";
    /// The verifier has the token with another key.
    TokenExists = "CT-E082", CONFLICT:
        "the verifier has this token with another key" / "そのトークンは別の鍵で登録されています";
        "Check the token ID." / "トークンIDを確かめてください。";
    /// The token is revoked.
    TokenRevoked = "CT-E083", CONFLICT:
        "the token is revoked" / "そのトークンは失効しています";
        "Use another token: a revoked ID is never used again." / "別のトークンを使ってください。失効したIDは再利用できません。";
    /// A test token at a verifier that accepts none.
    TestToken = "CT-E084", FORBIDDEN:
        "the token was made for tests" / "テスト用のトークンです";
        "Start a verifier for tests with --accept-test-keys." / "テスト用の検証側は --accept-test-keys を付けて起動してください。";
    /// All slots are taken.
    TokenFull = "CT-E085", CONFLICT:
        "the token has as many users as it takes" / "そのトークンは利用者数の上限に達しています";
        "Revoke or reset an activation of it first." / "先に不要な登録を失効または初期化してください。";
    /// No such activation.
    NoActivation = "CT-E086", NOT_FOUND:
        "there is no such activation" / "その登録はありません";
        "Check the ID: the enrollment gave it." / "IDを確かめてください。利用開始登録のときのIDです。";
    /// It has signed.
    HasSigned = "CT-E087", CONFLICT:
        "the activation has signed before" / "その登録は既に取引に使われています";
        "Revoke it and enroll again." / "失効してから、利用開始登録をやり直してください。";
    /// It is revoked.
    Revoked = "CT-E088", CONFLICT:
        "the activation is revoked" / "その登録は失効しています";
        "Enroll again." / "利用開始登録をやり直してください。";
    /// It is not suspended.
    NotSuspended = "CT-E089", CONFLICT:
        "the activation is not suspended" / "その登録は停止中ではありません";
        "There is nothing to resume." / "再開するものはありません。";
    /// It is suspended.
    Suspended = "CT-E090", CONFLICT:
        "the activation is suspended" / "その登録は停止中です";
        "Have it resumed: POST /v1/activations/{activation}/resume." / "POST /v1/activations/{activation}/resume で再開してください。";
    /// The registration is not finished.
    NotActive = "CT-E091", CONFLICT:
        "the registration is not finished" / "利用開始登録が完了していません";
        "Finish it with the device code and the confirmation." / "機器コードと確認の番号で完了させてください。";
}

/// Why nothing was decided, on its way to the caller. The language is known where it is written.
#[derive(Debug, Clone)]
pub struct Problem {
    code: Code,
    detail: Option<String>,
    /// The store has stopped: nothing will be decided by this process any more.
    is_final: bool,
    is_unauthentic: bool,
}

/// A problem document as it is sent.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Document {
    /// The code as a URI
    r#type: String,
    /// What happened, in the language of Content-Language
    title: &'static str,
    /// The status of the answer
    status: u16,
    /// Which part was meant, in English
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Set where a value of the file was altered on its way, or is under another key or none
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(default)]
    unauthentic: bool,
    /// The stable code
    #[schemars(regex(pattern = "^CT-E[0-9]{3}$"))]
    code: &'static str,
    /// What to do next, in the language of Content-Language
    hint: &'static str,
    /// The command that says more
    docs: String,
}

impl Problem {
    /// The code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    pub(super) fn is_final(&self) -> bool {
        self.is_final
    }

    /// Adds which part is meant. Never a key, PIN, response or transaction.
    #[must_use]
    pub fn because(mut self, why: impl std::fmt::Display) -> Self {
        self.detail = Some(why.to_string());
        self
    }

    /// Adds that a value of the file was altered since its maker wrote it.
    #[must_use]
    pub fn unauthentic(mut self) -> Self {
        self.is_unauthentic = true;
        self
    }

    /// The answer in a language.
    pub(super) fn render(self, language: Language) -> Response {
        let (title, hint) = self.code.texts();
        let document = Document {
            r#type: format!("urn:camtoken:{}", self.code.as_str()),
            title: title.text(language),
            status: self.code.status().as_u16(),
            detail: self.detail,
            unauthentic: self.is_unauthentic,
            code: self.code.as_str(),
            hint: hint.text(language),
            docs: format!("camtoken explain {}", self.code.as_str()),
        };
        let body = serde_json::to_vec(&document).expect("plain data");
        let headers =
            [(header::CONTENT_TYPE, "application/problem+json"), (header::CONTENT_LANGUAGE, language.as_str())];
        let mut response = (self.code.status(), headers, body).into_response();
        let headers = response.headers_mut();
        match self.code {
            Code::Key => drop(headers.insert(header::WWW_AUTHENTICATE, "Bearer".parse().expect("a token"))),
            _ if matches!(self.code.status(), StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) => {
                drop(headers.insert(header::RETRY_AFTER, "1".parse().expect("a number")));
            }
            _ => {}
        }
        response
    }
}

/// The outermost layer, which knows the language, writes the document.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self { code, detail: None, is_final: false, is_unauthentic: false }
    }
}

/// The service answers the library's own code; a test holds that the table has all of them.
impl From<ErrorCode> for Code {
    fn from(code: ErrorCode) -> Self {
        Self::ALL.iter().copied().find(|known| known.as_str() == code.as_str()).unwrap_or(Self::Internal)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let code = Code::from(error.code());
        if let StoreError::TooLarge { .. } = error {
            return Self::from(code).because(error);
        }
        tracing::error!(code = code.as_str(), %error, "store");
        Self { is_final: matches!(error, StoreError::Stopped { .. }), ..code.into() }
    }
}

impl From<VerifierError> for Problem {
    fn from(error: VerifierError) -> Self {
        if let VerifierError::Store(error) = error {
            return error.into();
        }
        let code = Code::from(error.code());
        tracing::error!(code = code.as_str(), %error, "verifier");
        code.into()
    }
}

impl From<IssueError> for Problem {
    fn from(error: IssueError) -> Self {
        let code = Code::from(error.code());
        match error {
            IssueError::Verifier(error) => error.into(),
            IssueError::Policy(error) => Self::from(code).because(error),
            _ => code.into(),
        }
    }
}

impl From<EnrollError> for Problem {
    fn from(error: EnrollError) -> Self {
        let code = Code::from(error.code());
        match error {
            EnrollError::Verifier(error) => error.into(),
            EnrollError::Subscriber(error) => Self::from(code).because(error),
            error @ EnrollError::SubscriberForm { .. } => Self::from(code).because(error),
            _ => code.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the codes that the library has, the service lacks those of files, which only the command line meets.
    #[test]
    fn the_table_has_every_code_of_the_library_but_those_of_files() {
        let lacking: Vec<_> =
            ErrorCode::ALL.iter().filter(|code| Code::from(**code).as_str() != code.as_str()).collect();
        let files = [ErrorCode::Read, ErrorCode::Write, ErrorCode::Setting, ErrorCode::Passphrase];
        assert_eq!(lacking, files.iter().collect::<Vec<_>>());
    }
}
