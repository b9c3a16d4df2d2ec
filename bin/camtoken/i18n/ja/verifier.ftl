### 検証側: issue、verify、enroll、demo。キーは en/ と同じ。

## いくつかのサブコマンドに共通のオプション

help-shared =
    .attempt = この試行の名前。同じ名前で再試行すると同じ結果になり、重ねて数えない
    .store = 検証側の保存場所。ディレクトリか、パスワードのない postgres://… [CAMTOKEN_STORE]
    .accept_test_keys = テスト用トークンと固定した時刻を受け入れる [CAMTOKEN_ACCEPT_TEST_KEYS]
    .output = 二次元コードの書き出し先。名前によりPNGかSVG。- は標準出力へPNG
    .ascii = 二次元コードを端末に描く
    .contract = 契約番号
    .user = 契約内のユーザーID（半角10文字以内）
    .activation = 利用登録（16進12桁）
    .key_file = 事前共有鍵: 16、24、32バイトのいずれか、またはその16進表記。16進数字だけのファイルは数字として読む
    .key_name = 事前共有鍵の呼び名
    .mac_key_file = MACの鍵。両者で取り決め、ファイルに入っていないとき
    .passphrase_file = パスフレーズ。なければ CAMTOKEN_PASSPHRASE、それもなければ尋ねる

## issue

help-issue = 取引のチャレンジを発行し、二次元コードを描く
    .operation = 操作（例: transfer）。一覧は camtoken schema fields
    .field = 操作の項目。繰り返し指定できる
    .fields = 項目のJSONファイル。形式は camtoken schema fields
    .zengin = 総合・給与振込のファイル。件数、合計、振込指定日、最高額の受取人、新規先の数、照合コード、ハッシュをここから取る
    .known_payees = 新規先でない受取人。一行に一つ: 銀行-支店-科目-口座番号
    .date_window = 総合・給与振込のファイル: 振込指定日が過去の場合、または日本時間の今日からこの日数より先の場合に拒否する
    .ttl = チャレンジの有効期間
    .long =
        取引のチャレンジを発行し、二次元コードを描く。

        新しいチャレンジを発行すると、前のチャレンジは無効になる。レスポンスはチャレンジの名前で検証する:

          camtoken issue transfer --for 0123456789ab --field amount=1250000 … -o code.png
          camtoken verify チャレンジ レスポンス

        ファイルの引落口座はヘッダーから取る。payingAccount を指定すればそれを使う。

issued-challenge = チャレンジ
issued-activation = 利用登録
issued-expires = 期限
issued-code = コード
issued-picture = 画像
issued-uri = URI

## verify

help-verify = チャレンジへのレスポンスを一度だけ判定する
    .challenge = issue が示したチャレンジ。--time-based では利用登録
    .response = トークンの表示。- は標準入力から読む
    .time_based = カメラ付きトークンのない利用者のワンタイムパスワード生成機（時刻型・回数型）のパスワード、または質問へのカードのレスポンスを判定する
    .long =
        チャレンジへのレスポンスを一度だけ判定する。

        受け入れれば終了コード0、そうでなければ6。理由は出力にある。レスポンスの空白、全角数字、ハイフンは読み替える。
        出力された取引を実行する。トークンが表示した取引である。

        終了コード1のときは、結果が分からない。同じ --attempt を付けて再試行する。

verdict-accepted = 受け付けました。
verdict-wrong = レスポンスが違います。あと{ $left }回入力できます。
verdict-device-code = 機器コードが違います。あと{ $left }回入力できます。
verdict-device-code-one-left = 機器コードが違います。あと1回だけ入力できます。
verdict-device-code-last = 機器コードが違います。もう入力できません。camtoken enroll start からやり直してください。
verdict-wrong-one-left = レスポンスが違います。あと1回だけ入力できます。
verdict-wrong-last = レスポンスが違います。もう入力できません。新しいコードが必要です。
verdict-wrong-suspended = レスポンスが違います。利用登録を一時停止しました。利用再開の手続きが必要です。
verdict-exhausted = 拒否: 誤りが多すぎたため、このチャレンジは無効です。新しいコードが必要です。
verdict-expired = 拒否: 期限が過ぎています。新しいコードが必要です。
verdict-used = 拒否: すでに回答済みです。レスポンスは一度だけ有効です。
verdict-superseded = 拒否: 新しいチャレンジに置き換えられています。
verdict-suspended = 拒否: 利用登録は一時停止中です。利用再開の手続きが必要です。
verdict-revoked = 拒否: 利用登録は失効しています。
verdict-not-activated = 拒否: 利用登録がこの段階にありません。今の段階は camtoken enroll status で確認できます。
verdict-key-early = 拒否: トークンまたは生成機の鍵はまだ有効ではありません。
verdict-key-expired = 拒否: トークンまたは生成機の鍵の有効期限が切れています。
verdict-resync = 拒否: データが復元されました。先に、続けて表示された二つのパスワードで生成機を合わせてください（camtoken enroll resync）。
verdict-malformed = 拒否: 半角数字{ $digits }桁で入力してください。誤入力の回数には含まれません。
verdict-unknown = 拒否: そのチャレンジはありません。

## enroll

help-enroll = 検証側の台帳を扱う: トークン、利用登録、失効
    .long =
        検証側の台帳を扱う: トークン、利用登録、失効。

        利用登録には二つのコードを使う:

          camtoken enroll import token.pskcxml
          camtoken enroll start --token KKK0000001 --contract 1234567890 --user TANAKA -o code1.png
          camtoken enroll second 利用登録 機器コード -o code2.png
          camtoken enroll confirm 利用登録 レスポンス

help-enroll-import = 製造元のファイルのトークンとワンタイムパスワード生成機を登録する
    .file = PSKCファイル（RFC 6030）、または書き出したテスト用トークン
    .device_keys = OCRASuiteが書かれた鍵も機器鍵として取り込む。指定しなければカードの鍵とみなして取り込まない
    .long =
        製造元のファイルのトークンとワンタイムパスワード生成機を登録する。

        機器鍵とは、アルゴリズムがOCRAで、チャレンジ・レスポンスに使うことが許された、16バイト以上の鍵（RFC 6030）で
        ある。機器の製造番号がトークンIDになる。アルゴリズムがHOTPかTOTPの鍵は生成機である。ほかの鍵や読めない鍵は、
        名前を示して取り込まない。鍵と機器の有効期間も取り込み、期間外には利用登録も、発行も、受け付けもしない。もう一度
        取り込んでも、この期間のほかは変わらない。

        保護されたファイルでは、値ごとにMACがある。MACの合わない鍵は取り込まず、終了コードは7になる。ファイルの受け渡しの
        経路を確認すること。製造番号、有効期間、どの鍵があるかはMACで保護されない。

        書き出したテスト用トークン（*.camtoken.json）は --accept-test-keys があるときだけ取り込む。

help-enroll-export = 台帳にあるトークンとワンタイムパスワード生成機の鍵を書き出し、別の検証側に渡す
    .output = 書き出すPSKCファイル（RFC 6030）
    .compatible = どのサーバーでも読める方式で書く: AES-128-CBC、HMAC-SHA1、HMAC-SHA1によるPBKDF2
    .generators = 生成機だけを書き出す。カメラ付きトークンの機器鍵は、ほかのサーバーでは使えない
    .long =
        台帳にあるトークンとワンタイムパスワード生成機の鍵を書き出し、別の検証側に渡す。

        製造元のファイルにあった製造元、型番、有効期間、ポリシーも書く。生成機は、どこまで進んだかも書く。

        ファイルは必ず事前共有鍵かパスフレーズで保護する。それを開ける者は、以後のすべての利用登録のコードを読める。
        テスト用トークンと失効したトークンは書き出さない。秘密を含まない一覧は camtoken enroll status。

help-enroll-start = 利用登録を始める: 1つ目のコードを作る
    .token = トークンID（トークンに印刷されたもの）

help-enroll-second = トークンが表示した機器コードを受け取り、2つ目のコードを作る
    .device_code = 12桁の数字。- は標準入力から読む

help-enroll-confirm = 2つ目のコードへのレスポンスを受け取る。以後その利用登録で署名できる
    .response = トークンの表示。- は標準入力から読む

help-enroll-status = トークン、ワンタイムパスワード生成機、利用登録と、その状態、誤りの回数、未回答のチャレンジを表示する
    .id = 利用登録一つ、またはトークンか生成機一つとその利用登録

help-enroll-reset = 初期化: 一度も署名していない利用登録を取りやめる

help-enroll-revoke = 利用登録を、またはトークンとそのすべての利用登録を失効させる
    .id = 利用登録、またはトークンID

help-enroll-suspend = 利用登録を一時停止する。利用再開まで発行も受け付けもしない

help-enroll-audit = 利用登録に起きたことを表示し、欠けがないことを確かめる
    .long =
        利用登録に起きたことを表示し、欠けがないことを確かめる。

        各記録は直前の記録のダイジェストを含み、台帳は最後の記録のダイジェストを持つ。変更、削除、追加が
        あれば終了コード7で、記録は表示しない。

help-enroll-resume = 一時停止した利用登録を利用再開する

help-enroll-generator = カメラ付きトークンのない利用者に、製造元から届いたワンタイムパスワード生成機を渡す
    .generator = 製造番号（生成機に印刷されたもの）
    .long =
        カメラ付きトークンのない利用者に、製造元から届いたワンタイムパスワード生成機を渡す。

        表示されたパスワードは、時刻型でも回数型でも camtoken verify --time-based 利用登録 パスワード で判定する。一度だけ
        有効で、チャレンジへのレスポンスにはならない。カードには、先に質問を出す（camtoken enroll question）。利用登録を失効させた生成機は、別の利用者に渡すことができる。

help-enroll-question = 利用者のカードに質問を出す
    .ttl = 質問の有効時間
    .long =
        利用者のカードに質問を出す（OCRA、RFC 6287）。

        利用者は質問の数字をカードに入力し、表示されたレスポンスを伝える。判定は camtoken verify --card 利用登録 レスポンス で、
        一度だけ有効。新しい質問を出すと、前の質問は使えなくなる。カードは取引内容を表示しない。レスポンスは誰が答えたかを示し、
        何をするかは示さない。

enroll-question = 質問

help-enroll-resync = ずれたワンタイムパスワード生成機を、続けて表示された二つのパスワードで合わせる
    .first = 生成機に表示されたパスワード。- なら標準入力から読む
    .next = その次に表示されたパスワード
    .counter = カウンターが少なくともここまで進んだと銀行が知っている値
    .long =
        ずれたワンタイムパスワード生成機を、続けて表示された二つのパスワードで合わせる（RFC 4226の7.4）。

        回数型は千回先まで、時刻型は六十区間先から二十区間前まで探す。二つのパスワードは使用済みになる。誤りは、誤ったパスワードと
        同じように数える。カウンターのあるカードには先に質問を出し、利用者がその質問に続けて二度答える。

        データを復元した後、回数型の生成機は、これを行うまで受け付けられない。その場でボタンを押してもらうこと。バックアップより
        後に使われたパスワードでも合ってしまうためである。--counter 値 で、その値より前のものを拒否する。

help-enroll-time-based = カメラ付きトークンのない利用者に時刻型の登録をする。秘密は一度だけ表示する

enroll-passphrase = 鍵ファイルのパスフレーズ
enroll-skipped = 取り込まないもの: { $name }（{ $why }）
enroll-after-first = トークンでコードを読み取り、次に: camtoken enroll second { $activation } 機器コード
enroll-after-second = トークンでコードを読み取り、次に: camtoken enroll confirm { $activation } レスポンス
enroll-secret-once = URIには秘密が含まれます。もう一度表示することはできません。

audit-whole = 欠けはありません。
audit-broken = この記録は改変されています

activation-firstCode = 機器コード待ち
activation-secondCode = 確認待ち
activation-active = 利用中
activation-suspended = 一時停止
activation-revoked = 失効
activation-reset = 取りやめ

books-empty = 台帳は空です。
books-free = 利用者なし
books-no-token = （時刻型）
books-token = トークン
books-activation = 利用登録
books-state = 状態
books-contract = 契約番号
books-user = ユーザー
books-failures = 誤り
books-challenge = 未回答のチャレンジ
books-validity = 有効期間

## demo

help-demo = 実際の画像で一部始終を見せる: 利用登録、振込、一度の受け付け、四度の拒否
    .out = 画像を残す場所。毎回作り直す
    .long =
        実際の画像で一部始終を見せる: 利用登録、振込、一度の受け付け、四度の拒否。

        組み込みの保存場所を持つ検証側とトークンが両側を演じる。画像はすべてPNGで書き出し、そのファイルから読み取る。
        段階ごとに確かめ、すべて想定どおりのときだけ終了コード0。前回の結果は置き換える。

demo-books = 銀行がテスト用トークン { $token } を登録しました。
demo-code1 = 1つ目のコードを描き、画像から読み取りました。トークンの機器コード: { $digits }
demo-code2 = 2つ目のコードはその機器コード専用です。トークンが表示した「{ $digits }」を銀行が確認し、登録が完了しました。
demo-issue = 銀行が振込のチャレンジを発行しました。
demo-show = トークンが画像を読み取り、振込を表示しました。承認すると「{ $digits }」を表示しました:
demo-verify = 受け付け: 銀行は、トークンが表示した振込を実行しました。
demo-again = 拒否: 同じレスポンスをもう一度送りました。レスポンスは一度だけ有効です。
demo-altered = トークンが拒否: 1ビット改ざんした画像を読み取りました。振込を表示せず、次のように表示しました: { $says }
demo-other = 別のトークンが拒否: その画像を読み取り、次のように表示しました: { $says }
demo-expired = 拒否: 正しいレスポンスを3分後に送りました。チャレンジの期限が過ぎています。
demo-end = すべての段階が想定どおりに終わりました。画像とトークンの画面は { $dir } にあります。
    次は: camtoken ui、または自分のテスト（clients/playwright/README.md）

## store

help-store = 検証側の保存場所を保守する: 検査、圧縮、バックアップ、復元
    .long =
        検証側の保存場所を保守する: 検査、圧縮、バックアップ、復元。

          camtoken store backup -o records.backup
          camtoken store restore records.backup --store ディレクトリ
          camtoken store check --store ディレクトリ

        サービスが保存場所を開いている間は、サービスだけがバックアップできる: GET /v1/backup。

help-store-check = すべての記録、履歴、鍵を読み、異常を示す
    .long =
        すべての記録、履歴、鍵を読み、異常を示す。

        手を加えられた記録や監査記録、開けない鍵、トークン側に載っていない利用登録、失効したトークンで有効なままの利用登録が
        あれば、終了コードは7。

help-store-compact = 後の変更で不要になった分の容量を空ける

help-store-backup = すべての記録と履歴を一つのファイルに書き出す
    .output = 書き出すファイル（モード0600）。- は標準出力
    .long =
        すべての記録と履歴を一つのファイルに書き出す。

        中の鍵は鍵暗号化鍵で暗号化されている。鍵暗号化鍵は含まれないので、別に保管すること。署名された取引の内容は
        暗号化されない。ファイルの最後には全体のハッシュが付く。

help-store-restore = バックアップから保存場所を作る。未回答だったものは戻さない
    .file = バックアップ。- は標準入力から読む
    .end_damaged = 破損した記録があっても拒否せず、camtoken store end-damaged と同じように終わらせる
    .keys_lost = ほかに鍵暗号化鍵はない。別の鍵を示す記録も終わらせる
    .long =
        バックアップから保存場所を作る。未回答だったものは戻さない。

        バックアップの時点で未回答だったものは、その後に回答されたかもしれない。そのため、未回答のチャレンジは差し替え
        済み、途中の利用登録は取りやめ、現在より前の時刻型のパスワードは使用済みとして扱う。バックアップの後の失効、
        一時停止、誤りの回数は残っていない。検証側を使い始める前に、改めて行うこと。その後 camtoken store check で調べる。
        バックアップの最中に失効したトークンでは、利用登録だけが有効なまま残ることがある。見つかればトークンをもう一度失効する。

        ディレクトリに保存場所がすでにあってはならない。バックアップを最後まで読み終えるまで、保存場所はできない。

help-store-void = ほかの方法で復元した保存場所で、未回答のものをすべて終わらせる
    .long =
        ディレクトリの複写など、ほかの方法で復元した保存場所で、未回答のものをすべて終わらせる。チャレンジを発行する前に
        行うこと。複写した保存場所（CT-E038）は、この後に開けるようになる。camtoken store restore は自動でこれを行う。

help-store-repair = 変更を失った、または移動した保存場所を再び開けるようにする
    .accept_loss = 失われた変更なしで続け、未回答のものをすべて終わらせる（CT-E037）
    .moved = 複写ではなく、別のファイルシステムに移した原本である（CT-E038）
    .long =
        変更を失った、または移動した保存場所を再び開けるようにする。

        --accept-loss では、保存場所は過去のある時点の状態で続く。その時点で未回答だったものは、その後に回答されたかも
        しれない。そのため camtoken store void と同じくすべて終わらせ、各利用登録の監査記録に残す。失われた変更にあった
        失効と一時停止は改めて行うこと。より新しいバックアップがあれば、それを復元するほうがよい。

        --moved では、保存場所が覚えている位置だけを改める。複写に使ってはならない。原本で使用済みのレスポンスが再び
        使えてしまう。複写には camtoken store void を使う。

help-store-clock = 時計を保存場所の記録と比べ、誤った時計の影響を直す
    .confirm = 時計は正しい: 今後はこの時計と比べる
    .set_back = 時計より進んでいる利用登録を現在に戻す
    .long =
        時計を保存場所の記録と比べ、誤った時計の影響を直す。

        時計が実際に経過した時間より5分を超えて進んでいる間、検証側は何も判定しない（CT-E040）。時計を合わせること。
        時計が正しいときは --confirm で確認する。

        時計が進んでいる間に更新した利用登録は、その時刻になるまで使えない（CT-E016）。--set-back はそれらをすべて現在に
        戻す。未回答のものは終わらせ、受け付け済みのものを再び受け付けることはなく、変更はすべて監査記録に残る。その間に
        時刻型の生成機を使ったお客様には新しい生成機が必要で、一覧を表示する。

        対応が必要なものが残っていれば終了コード7。

help-store-rewrap = すべての鍵を最新の鍵暗号化鍵で暗号化し直す
    .long =
        すべての鍵を最新の鍵暗号化鍵で暗号化し直す。

        新しい鍵を鍵暗号化鍵のファイル（kek_file、CAMTOKEN_KEK）の先頭に、古い鍵をその後に置く。これが終われば、古い
        鍵は取り除いてよい。ディレクトリのファイルは書き直され、古い鍵で暗号化した鍵は残らない。それより前の複写と
        バックアップには残る。

help-store-seal-records = 古いバージョンの保存場所で、すべての記録に封印を付ける
    .long =
        古いバージョンの保存場所で、すべての記録に封印を付ける。

        封印は、鍵暗号化鍵から導いた鍵によるMACで、保存場所に書き込めてもその鍵を持たない者は、記録を改変したり、別の記録の
        位置に置いたりできない。新しい保存場所は最初から封印する。すべての記録に付き終わると、封印のない記録は拒否する
        （CT-E136）。古いバージョンの検証側はこの保存場所を使えなくなるので、先に終了すること。

        その間も、同じデータベースの検証側はチャレンジの発行と判定を続けられる。中断したら、もう一度実行する。

          camtoken store seal-records

        拒否した記録があれば終了コード7。今のままで正しいと分かっている記録は受け入れられる。未回答のものは終わらせる。

          camtoken store seal-records --accept activation:6aae9e4192c3
    .accept = 封印にかかわらず、この記録を今のまま受け入れる

help-store-end-damaged = 読めない記録や、鍵を復号できない記録を終わらせる
    .records = 記録。camtoken store check が示す名前
    .keys_lost = ほかに鍵暗号化鍵はない。別の鍵を示す記録も終わらせる
    .long =
        読めない記録や、鍵を復号できない記録を終わらせる。

        利用登録とトークンは失効し、トークンの場合はその利用登録もすべて失効する。生成機は、以後だれにも割り当てられない。ほかに
        失うものはない。お客さまを登録し直すこと。トークンの記録だった場合は、別のトークンを使うこと。正常な記録には何もしない
        （CT-E039）。記録の監査に、この操作が残る。
        指定していない鍵暗号化鍵を示す記録は、破損ではない。その鍵も指定すること（CT-E017）。鍵を完全に失った場合だけ
        --keys-lost を付ける。

          camtoken store check
          camtoken store end-damaged activation:6aae9e4192c3

help-store-kek = モジュールが開く鍵暗号化鍵を管理する
    .long =
        モジュールが開く鍵暗号化鍵を管理する。

        設定 kek_source を使うと、鍵暗号化鍵は読めるファイルではなく、状態ディレクトリの verifier/kek.wrapped に暗号化して
        置かれる。起動のたびにPKCS#11モジュール（HSM、スマートカード）かTransitエンジン（OpenBao、Vault）が開く。

          kek_source = "pkcs11:token=bank;object=kek?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/run/pin"
          kek_source = "transit:https://bao.example:8200/v1/transit/keys/kek?token-file=/run/bao-token"

        ほかに file:パス、env:変数名、systemd-creds:名前 がある。

help-store-kek-status = 鍵暗号化鍵がどこにあり、開けるか、保存場所のものかを示す
    .long =
        鍵暗号化鍵がどこにあり、開けるか、保存場所のものかを示す。

        開けないか、別の保存場所の鍵であれば、終了コードは7。サービスが開いている保存場所とは比べない。サービスが起動時に
        比べている。

help-store-kek-new = 新しい鍵で、暗号化された鍵のファイルを作る
    .from = 保存場所のこれまでの鍵の所在（例: file:パス）。新しい鍵の後に加えて暗号化する
    .long =
        新しい鍵で、暗号化された鍵のファイルを作る。

        保存場所がすでにあるときは、これまでの鍵を --from で指定する。保存場所と比べてから、新しい鍵の後に加えて暗号化する。
        先にサービスを終えること。その後 camtoken store rewrap を実行し、古いファイルを破棄する。

          camtoken store kek new --from file:/var/lib/camtoken/verifier/kek

        新しい保存場所では不要で、最初の起動がファイルを作る。

help-store-kek-rotate = 新しい鍵を先頭に加え、古い鍵をその後に残す
    .second = 新しい鍵を2番目に加える。どの検証側もその鍵で復号できるが、まだ暗号化には使わない
    .promote = 2番目の鍵を先頭に移す
    .long =
        新しい鍵を先頭に加え、古い鍵をその後に残す。

        ファイルをすべての検証側に渡して起動し直し、その後 camtoken store rewrap を実行する。終われば、古い鍵をファイルから
        取り除いてよい。

        同じデータベースの検証側を、ほかの検証側を止めずに1つずつ切り替える場合:

          camtoken store kek rotate --second     ファイルをそれぞれに渡し、1つずつ起動し直す
          camtoken store kek rotate --promote    ファイルをそれぞれに渡し、1つずつ起動し直す
          camtoken store rewrap

help-store-kek-rewrap = 同じ鍵を、モジュールの鍵の最新のバージョンで暗号化し直す
    .long =
        同じ鍵を、モジュールの鍵の最新のバージョンか、kek_source が今指定している鍵で暗号化し直す。モジュールの古い鍵がまだ残っている
        必要がある。サービスを止める必要はない。

help-store-migrate = データベースに表を作るか、このバージョンに合わせる
    .long =
        データベースに表を作るか、このバージョンに合わせる。

        表を作れるロールが必要である。検証側に必要な権限はこれより少なく、検証側が表を変更することはない。前のバージョンの
        検証側は先に終了すること。最初の表を作るとき、鍵暗号化鍵がまだなければ作る。

          CAMTOKEN_STORE=postgres://bank@db.example/camtoken camtoken store migrate

        パスワードを含むURLは、引数でなく CAMTOKEN_STORE か設定ファイルで渡す。接続はTLSで、サーバーの証明書を
        確かめる（sslrootcert）。サーバーが同じ機器にあるときだけTLSなしで接続する。

clock-now = 時計は { $now } です。
clock-confirmed = 時計を確認しました。
clock-ahead = 保存場所を最後に使ってから経過した時間より{ $count }秒進んでいます。時計を合わせるか、--confirm で確認してください。
clock-set-back = { $count }件の利用登録を戻しました（最大{ $most }秒）。未回答のものは終わらせました。
clock-records-well = 時計より進んでいる利用登録はありません。
clock-records-ahead = { $count }件の利用登録が時計より進んでいます（最大{ $most }秒）。--set-back で戻してください。
clock-generators = { $count }名のお客様に新しいワンタイムパスワード生成機（時刻型）が必要です:

kek-source = 所在
kek-file = ファイル
kek-under = 暗号化した鍵
kek-keys = 鍵の数
kek-opens = 開ける
kek-fits = 保存場所の鍵
kek-yes = はい
kek-no = いいえ
kek-not-asked = 未確認
kek-made = { $keys }個の鍵を { $file } に暗号化しました。camtoken store rewrap で、保存場所の鍵を先頭の鍵で暗号化し直します。
kek-rotated = { $file } の{ $keys }個の鍵の先頭に新しい鍵を加えました。すべての検証側を起動し直してから: camtoken store rewrap
kek-second = { $file } の{ $keys }個の鍵の2番目に新しい鍵を加えました。すべての検証側を起動し直してから: camtoken store kek rotate --promote
kek-promoted = { $file } の{ $keys }個の鍵の2番目だった鍵を先頭に移しました。すべての検証側を起動し直してから: camtoken store rewrap
kek-rewrapped = { $file } の{ $keys }個の鍵を、モジュールの最新の鍵で暗号化し直しました。
help-audit = 保存場所全体の監査記録を、以前に署名したものと比べる
    .long =
        記録にはそれぞれ監査記録の連鎖があり、その末尾は記録の中にある。アンカーは、ある時点のすべての連鎖の末尾に署名した
        ものである。別の場所に保管しておけば、鍵暗号化鍵を持つ者によるものでも、後から削除、短縮、差し替えが分かる。

          camtoken audit anchor --dir /mnt/outside
          camtoken audit verify --anchor FILE.anchor --public-key KEY

        一つの利用登録の記録は camtoken enroll audit。

help-audit-anchor = すべての監査記録の末尾に署名したアンカーを書く
    .dir = このディレクトリに書く
    .key = 署名する鍵。初回に作る [既定: 状態ディレクトリの verifier/anchor.key]
    .long =
        すべての監査記録の末尾に署名したアンカーを書く。約400バイトのノート（.anchor）と、連鎖ごとに1行の一覧（.chains）。

        初回に、署名する鍵をモード0600で作る。表示された公開鍵を、このサーバー以外の場所に控えること。署名する鍵を
        読める者は署名もできる。ファイルは、保存場所に書き込める者が書き込めない場所に写すこと。

        サービスが保存場所を開いている間は、サービスだけが書ける: camtoken serve --anchor-dir DIR --anchor-every 1h

help-audit-verify = すべての監査記録を読み、アンカーと比べる
    .anchor = アンカー。同じ名前の .chains が隣に必要
    .public_key = camtoken audit anchor が表示した公開鍵
    .long =
        すべての監査記録を読み、アンカーと比べる。なくなった記録、短くなった連鎖、差し替えられた項目が分かる。その後に
        伸びた連鎖は正常である。

        アンカーを指定しなければ、連鎖を項目ごとに読むだけである。異常があれば終了コード7。バックアップを復元した後は、
        バックアップに含まれていない項目も示す。

anchor-written = { $entries }項目、{ $chains }本の連鎖: { $anchor }、{ $file }
anchor-key = 公開鍵:
anchor-key-made = 署名する鍵を新しく作りました。公開鍵を、このサーバー以外の場所に控えてください:
chains-well = { $entries }項目、{ $chains }本の連鎖に異常はありません。{ $anchored }本をアンカーと比べました。
store-held = 利用登録{ $activations }件、トークン{ $tokens }個、監査記録{ $entries }件。
store-well = 異常はありません。
store-found = 異常が{ $count }件あります。
store-compacted = 圧縮前 { $before } MB、現在 { $after } MB。
store-saved = { $records }件の記録を保存しました。
store-saved-damaged = { $records }件の記録を保存しました。上の破損した記録があるため、このままでは復元できません。camtoken store end-damaged で終わらせてから、もう一度保存してください。
store-ended = 破損した記録{ $records }件を終わらせました。
store-restored = { $records }件の記録を復元しました。うち{ $voided }件は未回答のものがあり、終わらせました。
store-voided = { $voided }件の利用登録に未回答のものがあり、終わらせました。
store-repaired = 保存場所を再び開けます。{ $voided }件の利用登録に未回答のものがあり、終わらせました。
store-moved = 保存場所を新しい位置で再び開けます。
seals-whole = { $sealed }件の記録に封印を付け、{ $accepted }件を今のまま受け入れました。すべての記録に封印があります。
seals-refused = { $refused }件の記録を拒否しました。直すまで、封印のない記録も読みます。
store-rewrapped = { $records }件の鍵を暗号化し直しました。
migration-new = バージョン { $to } の表を作りました。
migration-none = 表はすでにバージョン { $to } です。
migration-done = 表をバージョン { $from } から { $to } に合わせました。
