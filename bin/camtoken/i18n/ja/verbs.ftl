### 見出し、使い方の説明、各サブコマンドの出力。キーは en/ と同じ。

heading-usage = 使い方
heading-verbs = サブコマンド
heading-arguments = 引数
heading-options = オプション
heading-global = 共通オプション
heading-exit = 終了コード:

exit-0 = 正常終了（受け付けた）
exit-1 = 実行できなかった（入出力、ネットワーク、内部エラー）
exit-2 = 使い方か設定の誤り、またはパイプで必要な回答がない
exit-3 = 画像に二次元コードがない（T01）
exit-4 = コードは見つかったが読み取れない（T02）
exit-5 = コードは読めたがトークンが拒否した（T03 以降）
exit-6 = 検証側が受け付けなかった
exit-7 = 指摘あり: グレードが下限未満、テストベクトルの不合格、この環境の問題
exit-8 = トークンで取り消された（T10）

help-camtoken = 取引署名用カメラ付きトークンの両側: 検証側とソフトウェアトークン
    .json = JSON文書をちょうど一つ出力する（ストリームは一行に一つ）。失敗時も同じ
    .quiet = 値だけを出力する
    .lang = 表示言語 [CAMTOKEN_LANG、なければロケール]
    .at = 現在時刻をこの時刻とみなす。テスト鍵用 [CAMTOKEN_NOW]
    .state_dir = トークンと記録の置き場所 [CAMTOKEN_STATE_DIR]
    .color = 色を付けるか。auto は NO_COLOR に従う [CAMTOKEN_COLOR]
    .config = この設定ファイルだけを読む [CAMTOKEN_CONFIG]
    .help = 説明を表示する（--help は終了コードも）
    .version = バージョンを表示する

## scan

help-scan = 画像を読み取り、コードをトークンに渡す。トークンが表示して回答する
    .images = 画像、画像のフォルダー、または標準入力の -。形式は中身で判断する
    .token = 読み取るトークン [CAMTOKEN_TOKEN、なければ唯一のもの]
    .confirm = ボタンを押す人: ask（人が一ページずつ）、auto（すべて承認）、step（一ページ目で止める）
    .keep = 利用登録の2つ目のコード: 銀行で登録が完了したか
    .raw = トークンなしでコードの中身を出力する。どのQRコードでもよい
    .all = 画像の中のすべてのコードを探す
    .try_harder = 読みにくい画像に、数秒かけてあらゆる方法を試す
    .budget = 1枚の画像を調べる時間の上限: 500ms、2s
    .overlay = 角と余白を描き入れた画像を書き出す
    .pin_file = トークンのPIN。- は標準入力 [CAMTOKEN_PIN]
    .passphrase_file = トークンのファイルのパスフレーズ。- は標準入力 [CAMTOKEN_PASSPHRASE]
    .camera = カメラの番号、動画（YUV4MPEG2、MJPEG）、画像のフォルダー、または -。コードが読めるまで見る
    .screen = 画面を見る（X11）
    .timeout = 見る時間 [カメラは30s、画面は一度だけ、動画は終わりまで]
    .clipboard = クリップボードの画像を読み取る
    .account = 他システムのコードに答えられるアカウントが複数あるとき、答えるもの（ユーザー名）
    .account_pin_file = そのアカウントのPIN、または新しいアカウントに付けるPIN［CAMTOKEN_ACCOUNT_PIN］
    .deliver_to = そのコードが求める送信を、このホストにだけ行う。複数指定可
    .long =
        画像を読み取り、コードをトークンに渡す。トークンが表示して回答する。

        トークンは承認する内容を一ページずつ表示する。承認すると、銀行の画面に入力する数字を出す。取引では8桁、
        利用登録の1つ目のコードでは機器コード。2つ目のコードの後には、銀行で登録できたかを尋ねる。

        --quiet では数字だけを出力する。複数の画像やフォルダーでは、画像ごとに文書を一つ出力する（NDJSON）。
        端末がないときは、だれが承認するかを --confirm で指定する。

scan-ask = { $page }/{ $pages }ページ: Enter = 右ボタン、b = 戻る、n = 取消 >
scan-part = （{ $count }個に分かれたうちの{ $number }個目）
scan-module = 1セルは{ $px }ピクセル
scan-budget = --budget の時間内にすべての方法を試せませんでした
scan-pictures = このファイルのページや画像を{ $count }枚調べました（32枚まで）。コードのある1枚だけを指定してください
scan-micro = マイクロQRコードがありますが、トークンは読み取りません。camtoken scan --raw なら読める場合があります
scan-not-kept = 登録はまだ保存されていません。銀行で登録が完了したら: camtoken token activate { $name } --keep yes
scan-rmqr = 長方形のコード（rMQR）らしいものがありますが、対応していません。正方形のQRコードを表示してください

## watch

help-watch = カメラに映るものを、グレードと一言の助言とともに表示する。Ctrl-Cで終わる
    .camera = カメラの番号、動画（YUV4MPEG2、MJPEG）、画像のフォルダー、または -
    .screen = 画面（X11）
    .timeout = 見る時間 [映像が終わるまで]
    .long =
        カメラに映るものを、グレードと一言の助言とともに表示する。Ctrl-Cで終わる。

        端末では、コードに枠を付けて映像を表示する。端末でないときは変化のたびに一行を、--json では文書を一つ（NDJSON）、
        --quiet では読めた内容を出力する。一度でも読めれば終了コードは0、読めなければ3か4。

watch-good = 良好
watch-nearer = 近づける
watch-farther = 離す
watch-aim = コードに向ける
watch-brighter = 明るくする
watch-steady = 動かさない
watch-straighten = まっすぐにする
watch-uncover = 覆いを除く
watch-reflection = 反射を避ける
watch-negative = 白黒が逆
watch-below = { $source }、毎秒{ $rate }コマ、1セル{ $px }ピクセル。Ctrl-Cで終了

## token

help-token = このアカウントのソフトウェアトークンを作り、調べ、使う
help-token-new = トークンを作る
    .name = ここでの名前
    .id = 裏面のトークンID: 大文字、数字、ハイフンで10文字まで。省くと自動
    .test = テスト用トークン: ファイルを暗号化しない。検証側は許可されない限り拒否する
    .passphrase_file = ファイルを守るパスフレーズ。- は標準入力 [CAMTOKEN_PASSPHRASE]
    .pin_file = 電源を入れるたびに尋ねる5〜8桁のPIN
    .profile = standard、または japan（PINを設定できない）
    .slots = 登録できる利用者の数
    .long =
        トークンを作る。表示言語は --lang で決まる。

        テスト用トークンは暗号化せずに保存する。それ以外はパスフレーズで暗号化し、使うたびに尋ねる。
help-token-list = トークンの一覧を表示する
help-token-show = トークンの情報と登録済みの利用者を表示する
    .name = トークン
    .passphrase_file = ファイルのパスフレーズ
help-token-activate = 利用者を登録する: 1つ目、2つ目のコードを順に読み取る
    .name = トークン
    .code = どちらかのコードの画像。省くと両方を尋ねる
    .confirm = ボタンを押す人: ask、auto、step
    .keep = 銀行で登録が完了したか。画像を省くと、待っている質問に回答する
    .pin_file = トークンのPIN
    .passphrase_file = ファイルのパスフレーズ
    .long =
        利用者を登録する: 1つ目、2つ目のコードを順に読み取る。

        1つ目のコードで機器コードが出る。銀行の画面に入力すると、2つ目のコードが表示される。2つ目のコードで
        ワンタイムパスワードが出る。入力すると、トークンが銀行で登録できたかを尋ね、「はい」のときだけ登録を保存する。
help-token-screen = トークンの画面を表示する
    .name = トークン
    .passphrase_file = ファイルのパスフレーズ
    .png = PNGで書き出す
    .svg = SVGで書き出す
    .text = 文字で出力する。ファイルと同時でもよい
help-token-press = トークンのボタンを押す
    .what = トークン（省略できる）とボタン
    .hold = 長押しする。中央は電源の入と切
    .passphrase_file = ファイルのパスフレーズ
help-token-faults = テスト用の故障を表示または設定する
    .name = トークン
    .passphrase_file = ファイルのパスフレーズ
    .battery = 電池の残り。0では何も読み取らない（T13）
    .half_activated = 利用登録が完了していないように振る舞う（T09）
    .clock = 時計の進み
    .next_scan = 次の読み取りの結果
    .clear = 今回設定するものの前に、すべての故障を取り除く
help-token-reset = トークンを空にする: 利用登録、PIN、故障を消す
    .name = トークン
    .yes = 確認しない
    .passphrase_file = ファイルのパスフレーズ
help-token-rm = トークンをファイルごと削除する
    .name = トークン
    .yes = 確認しない
    .passphrase_file = ファイルのパスフレーズ
help-token-export = トークンをファイルに書き出す。テスト用は平文、それ以外は暗号化
    .name = トークン
    .passphrase_file = ファイルのパスフレーズ
    .output = work.camtoken.json などのファイル。省くと標準出力
help-token-import = ファイルからトークンを取り込む
    .file = ファイル
    .name = ここでの名前。省くとファイルの名前
    .passphrase_file = ファイルのパスフレーズ
help-token-accounts = トークンにある他システムのアカウントを一覧表示する
    .name = トークン
    .passphrase_file = ファイルのパスフレーズ
help-token-add-account = 鍵からアカウントを追加する（HOTP、TOTP、OCRAカード）
    .token = トークン［CAMTOKEN_TOKEN、なければ唯一のもの］
    .token_passphrase_file = トークンのファイルのパスフレーズ
    .passphrase_file = 鍵ファイルのパスフレーズ
    .issuer = アカウントの発行元
    .user = アカウントのユーザー
    .kind = 計算の種類
    .suite = カードのOCRASuite［鍵ファイルの値］
    .key_file = 鍵（16進数字）。--pskc があるときは、そのファイルを開けるもの
    .base32 = 鍵はbase32で書かれている
    .binary = ファイルの内容がそのまま鍵である
    .otpauth = 鍵の otpauth URIを書いたファイル
    .pskc = 鍵ファイル（PSKC、RFC 6030）
    .key_id = ファイルのどの鍵か。鍵のIDまたは機器の製造番号
help-token-rm-account = アカウントを鍵ごとトークンから削除する
    .account = アカウント: 発行元:ユーザー、またはそのどちらか
    .token = トークン［CAMTOKEN_TOKEN、なければ唯一のもの］
    .passphrase_file = トークンのファイルのパスフレーズ
    .yes = 確認しない
help-token-otp = アカウントで答える: ワンタイムパスワード、または質問へのレスポンス
    .account = アカウント: 発行元:ユーザー、またはそのどちらか［唯一のもの］
    .token = トークン［CAMTOKEN_TOKEN、なければ唯一のもの］
    .passphrase_file = トークンのファイルのパスフレーズ
    .question = OCRAカードへの質問
    .text = カードへの質問のもとになる文（そのハッシュが質問になる）
    .confirm = 表示されたものを承認する者: ask（人）、auto
    .account_pin_file = アカウントのPIN［CAMTOKEN_ACCOUNT_PIN］
    .pin_file = トークンのPIN［CAMTOKEN_PIN］

token-name = 名前
token-id = トークンID
token-kind = 種類
token-test = テスト用、暗号化なし
token-production = 暗号化
token-language = 表示言語
token-slots = 利用者
token-state = 状態
token-activation = 利用登録
token-account = アカウント
token-pending = 2つ目のコード待ち
token-faults = 故障
token-none = トークンがありません。作るには camtoken token new NAME --test
token-encrypted = 暗号化
token-exported = { $name }: { $file } に書き出しました
token-reset = { $name }: 初期化しました
token-removed = { $name }: 削除しました
state-off = 電源が切れている
state-pin = PINを待っている
state-ready = 読み取れる
state-menu = メニューを表示している
state-showing = コードの内容を表示している
state-answered = 入力する数字を表示している
state-asking = 登録できたかを尋ねている
state-done = 完了を表示している
state-refused = エラーを表示している
state-other = 処理中
prompt-passphrase = トークンのパスフレーズ
prompt-pin = { $name } のPIN
pin-form = PINは半角数字5〜8桁で入力してください
passphrases-differ = 二つのパスフレーズが一致しません
activate-first = 1つ目のコードの画像:
activate-second = 2つ目のコードの画像:
reset-sure = { $name } を初期化しますか。利用登録はすべて失われます。
rm-sure = { $name } を削除しますか。利用登録はすべて失われます。

account-none = アカウントはありません
account-blocked = サーバーによりブロック
account-sent = { $host } に送信し、受け付けられました。
account-not-sent = 送信していません。数字を入力するか、--deliver-to でホストを指定してください。
account-ask = 承認しますか
account-rm-ask = { $name } を鍵ごと削除しますか
prompt-account-pin = { $name } のPIN
prompt-account-pin-new = { $name } の新しいPIN

## inspect

help-inspect = 鍵なしで分かる範囲でコードの構造を表示する
    .what = 画像、標準入力の -、またはコードの文字列
    .budget = 1枚の画像を調べる時間の上限: 500ms、2s
    .long =
        鍵なしで分かる範囲でコードの構造を表示する: 文字列の形、バージョン、どの鍵で開くか、チャレンジの名前と作成時刻、
        封印された外側の項目ごとの内容。

        リンクなど、トークンが読み取らないコードは終了コード5。

inspect-file = 画像
inspect-kind = 種類
inspect-camtoken = camtoken のコード
inspect-foreign = 別の二次元コード
inspect-format = 形式
inspect-damage = 不備
inspect-refusal = トークンの答え
inspect-symbol = シンボル
inspect-symbol-is = { $version }型、レベル { $level }、{ $modules }セル、1セル{ $px }ピクセル
inspect-version = バージョン
inspect-key = 鍵
inspect-challenge = チャレンジ
inspect-sizes = 大きさ
inspect-sizes-are = { $characters }文字、外側{ $envelope }バイト、内容{ $content }バイト
inspect-text = 文字列

## lint

help-lint = カメラから見たコードをグレード付けし、ページの直し方を示す
    .image = 画像、または標準入力の -。ページのスクリーンショットか写真
    .min_grade = 求めるグレード [B]。下回ると終了コード7
    .overlay = 角、余白、訂正されたセルを描き入れた画像を書き出す。SVGには測定値も入る
    .dpr = 1 CSS pxあたりの画像のピクセル数 [1]。スクリーンショットではブラウザーの devicePixelRatio
    .budget = 1枚の画像を調べる時間の上限: 500ms、2s
    .long =
        カメラから見たコードをグレード付けし、ページの直し方を示す。

        ISO/IEC 15415にならった十の測定値にそれぞれ A から F のグレードを付け、最も低いものをコードのグレードとする。
        助言にはCSSピクセルの数値が付く。読み取れないときは、測定結果から原因を示す: 小さい、切れている、余白がない、
        ぼけている、コントラストが低い。

        --min-grade 以上で0、未満で7、コードがないと3、読み取れないと4で終了する。
        --quiet ではグレードだけを出力する。

lint-passed = グレード { $grade }: 十分です（{ $min } 以上）。
lint-failed = グレード { $grade }: { $min } に届きません。
lint-found = 不合格です: { $finding }。

## distort

help-distort = 画像をカメラで撮ったように劣化させる。シード値から決まる。テスト用
    .image = 画像、または標準入力の -
    .output = グレーのPNGの書き出し先。- は標準出力
    .half_blocks = 端末: 行の間の暗いピクセル行の数
    .line = 端末: 一行の高さ（ピクセル）[16]
    .fade = 白っぽい画面: 黒がどれだけ明るくなるか
    .tilt = 斜めのカメラ: 角度、75まで
    .uneven = 片側からの光: 反対側で失われる割合
    .glare = 反射: 中心がどれだけ白に近いか
    .blur = ピンぼけ: 標準偏差（ピクセル）、50まで
    .motion = 手ぶれ: 動いた長さ（ピクセル）、200まで
    .moire = モニターの格子: 波の深さ
    .low_light = 光の不足: 失われる割合
    .noise = ノイズ: 標準偏差（階調）、128まで
    .jpeg = 圧縮: 100からJPEGの品質を引いた数
    .seed = 乱数のシード値 [0]
    .long =
        画像をカメラで撮ったように劣化させる。シード値から決まる。テスト用。

        同じオプションとシード値からは、どの環境でも同じピクセルができる。--quiet ではそのSHA-256を出力する。オプションが
        なければ画像はそのまま（グレー）。効果は一覧の順、つまり光の通る順にかかる。

distort-written = { $file }: { $width } x { $height } ピクセル

## doctor

help-doctor = この環境を調べる: 言語、設定、時計、保存場所、端末、カメラ
    .long =
        この環境を調べる: 言語、設定、時計、保存場所、端末、カメラ。

        問題がなければ終了コード0、問題があれば7。問題ごとに対処を示す。
        --quiet では問題のあった検査の名前だけを出力する。

doctor-ok = 正常
doctor-problem = 問題
check-locale = 言語
check-config = 設定
check-clock = 時計
check-state = 保存場所
check-kek-file = 鍵ファイル
check-kek-source = 鍵の所在
check-store = データベース
check-store-room = 保存場所の空き容量
check-cameras = カメラ
doctor-no-cameras = なし
doctor-cameras-not-built = このビルドにはない: cargo install --path bin/camtoken --features camera
doctor-cameras-not-supported = このシステムでは読み取れない。--camera には動画ファイルか画像のフォルダーを指定する
check-terminal = 端末
doctor-clock-wrong = この機器の時計を合わせてください。チャレンジの期限は時計で決まります。
doctor-clock-back = 現在より後に更新されたファイルがあります。時計が戻されています。正しく合わせてください。
doctor-state-nowhere = 保存場所を --state-dir DIR か CAMTOKEN_STATE_DIR で指定してください。
doctor-state-unwritable = ディレクトリを書き込み可能にするか、--state-dir DIR で別の場所を指定してください。
doctor-state-not-yet = （初回に作成）
doctor-open-to-others = この機器の他の利用者から見えます。グループとその他の権限を外してください（chmod go-rwx）。
doctor-store-busy = （検証側が使用中。検証側が検査を続けています: /readyz）
doctor-store-full = 保存場所のファイルシステムに空きがなく、次の変更を保存できません。空きを作ってください。
doctor-kek-unreadable = 検証側が鍵を開くために必要なファイルです。設定 kek_file を確認してください。
doctor-well = 問題はありません。
doctor-found = 問題: { $count }件

## oath

help-oath = 鍵からHOTP、TOTP、OCRAの値を計算する、または確かめる（RFC 4226、6238、6287）
    .key_file = 鍵（16進数字）。--pskc があるときは、そのファイルを開けるもの
    .base32 = 鍵はbase32で書かれている
    .binary = ファイルの内容がそのまま鍵である
    .otpauth = 鍵の otpauth URIを書いたファイル
    .pskc = 鍵ファイル（PSKC、RFC 6030）
    .key_id = ファイルのどの鍵か。鍵のIDまたは機器の製造番号
    .digits = 値の桁数［ファイルの値、なければ6］
    .hash = HMACのハッシュ［ファイルの値、なければ sha1］
    .long =
        鍵からHOTP、TOTP、OCRAの値を計算する、または確かめる（RFC 4226、6238、6287）。

        鍵はファイル、標準入力、otpauth のURI、鍵ファイル（PSKC）のいずれかから読み、引数には書かない。oathtool にもある
        オプションは同じ意味である:

          camtoken oath hotp --key-file key.hex --counter 7
          camtoken oath totp --key-file - --base32 --verify 123456 --window 1
          camtoken oath ocra --key-file key.hex --suite OCRA-1:HOTP-SHA1-6:QN08 --question 12345678

        確かめた結果が正しければ終了コード0、違えば6。何も記録しないので、レスポンスを一度だけ有効にするには、
        次のカウンターまたは --after を指定する。

help-oath-hotp = イベント型ワンタイムパスワード（RFC 4226）
    .counter = 最初の値、または最初に調べる値のカウンター［ファイルの値、なければ0］
    .window = その先いくつのカウンターまで計算する、または調べるか
    .verify = 計算せず、このレスポンスを確かめる。続けて複数指定すると、大きく先に進んだトークンと再同期する
help-oath-totp = 時刻型ワンタイムパスワード（RFC 6238）
    .time_step_size = タイムステップの長さ（30s など）［ファイルの値、なければ30s］
    .start_time = ステップ0が始まる時刻
    .drift = トークンの時計の進み（タイムステップ数）
    .after = 最後に受け付けたタイムステップ。これ以前のものは拒否する
    .window = その先いくつのタイムステップまで計算するか。確かめるときは前後それぞれいくつまで調べるか
    .verify = 計算せず、このレスポンスを確かめる
help-oath-ocra = 質問へのレスポンス（RFC 6287）。すべてのモードに対応
    .suite = OCRASuite［鍵ファイルの値］
    .question = 質問。スイートに応じて数字、16進数字、または英字
    .mode = 誰が何を計算するか（RFC 6287、7節）
    .peer_question = 質問が二つあるモードでの、相手の質問
    .counter = C を含むスイートのカウンター［鍵ファイルの値］
    .pin_file = P を含むスイートのPIN。- は標準入力［CAMTOKEN_PIN］
    .pin_is_hashed = PINファイルの内容はPINのハッシュ（16進数字）である
    .session = S を含むスイートのセッション情報（16進数字）
    .window = その先いくつのカウンターまで、または前後いくつのタイムステップまで調べるか
    .verify = 計算せず、このレスポンスを確かめる

oath-pin = PIN
oath-accepted = 正しいレスポンスです。
oath-rejected = 正しくありません。
oath-counter = 正しいレスポンスです（カウンター { $counter }）。次は { $next } からです。
oath-step = 正しいレスポンスです（タイムステップ { $step }、ずれ { $drift }）。

## vectors

help-vectors = テストベクターを実行する。他の実装のものも実行できる

help-vectors-run = ファイル、およびフォルダー内の *_test.json と *.story を実行する。失敗があれば終了コード7
    .paths = ファイルまたはフォルダー
    .junit = JUnit形式の報告もこのファイルに書き出す

help-vectors-list = 実行できるテストの種類を一覧にする

## conform

help-conform = テストベクターとストーリーで他の実装を試験する。失敗があれば終了コード7
    .paths = ファイル、または *_test.json と *.story のフォルダー
    .cmd = 試験する実装。入力の1行ごとに1行で答えるプログラム（シェルは使わない）
    .url = 試験する実装。POST された質問に答えるアドレス（http://）
    .answer = 標準入力の質問に camtoken 自身が答える
    .timeout = 答えを待つ時間 [60s]
    .junit = JUnit形式の報告もこのファイルに書き出す
    .report = Markdown形式の報告もこのファイルに書き出す
    .long =
        実装は最初に対応する機能を答え、それ以外は質問されない。対応していないテストはスキップとして数える。
        質問と答えの形式は docs/CONFORMANCE.md に、出発点になる例は testvectors/adapters にある。

## config

help-config = 有効な設定と、その出どころを表示する
    .name = 表示する設定の名前。--quiet では値だけを出力する
    .long =
        有効な設定と、その出どころを表示する。

        優先順: オプション、環境変数 CAMTOKEN_…、camtoken.toml（このディレクトリから上へ探す）、
        利用者の設定ディレクトリの camtoken/config.toml、既定値。保存先URLのパスワードは表示しない。

source-default = 既定値
source-locale = ロケール

## schema

help-schema = --json が出力する文書のJSONスキーマを表示する
    .name = 文書の名前（例: error）。省略すると一覧

## explain

help-explain = コードの説明: 意味、原因、試すこと
    .code = コード（例: CT-E041、T02）。省略すると一覧

explain-exit = 終了コード{ $number }: { $meaning }

## completions

help-completions = シェルの補完スクリプトを表示する
    .shell = シェル

## man

help-man = マニュアルページをサブコマンドごとに書き出す
    .dir = 書き出し先のディレクトリ。なければ作る

man-name = 名前
man-synopsis = 書式
man-description = 説明
man-extra = 終了コード
man-version = バージョン
