### 見出し、使い方の説明、各動詞の出力。キーは en/ と同じ。

heading-usage = 使い方
heading-verbs = 動詞
heading-arguments = 引数
heading-options = オプション
heading-global = 共通オプション
heading-exit = 終了コード:

exit-0 = 完了し、答えは「はい」
exit-1 = 実行できなかった（入出力、ネットワーク、内部エラー）
exit-2 = 使い方か設定の誤り、またはパイプで必要な回答がない
exit-3 = 画像に二次元コードがない（T01）
exit-4 = コードは見つかったが読み取れない（T02）
exit-5 = コードは読めたがトークンが拒否した（T03 以降）
exit-6 = 検証側の答えは「いいえ」
exit-7 = 指摘あり: 等級が下限未満、テストベクトルの不合格、この環境の問題
exit-8 = トークンで取り消された（T10）

help-camtoken = 取引署名用カメラトークンの両側: 検証側とソフトウェアトークン
    .json = JSON 文書をちょうど一つ出力する（ストリームは一行に一つ）。失敗時も同じ
    .quiet = 値だけを出力する
    .lang = 表示言語 [CAMTOKEN_LANG、なければロケール]
    .at = 現在時刻をこの時刻とみなす。テスト鍵用 [CAMTOKEN_NOW]
    .state_dir = トークンと記録の置き場所 [CAMTOKEN_STATE_DIR]
    .color = 色を付けるか。auto は NO_COLOR に従う [CAMTOKEN_COLOR]
    .config = この設定ファイルだけを読む [CAMTOKEN_CONFIG]
    .help = 説明を表示する（--help は終了コードも）
    .version = 版を表示する

## doctor

help-doctor = この環境を調べる: 言語、設定、時計、保存場所、端末
    .long =
        この環境を調べる: 言語、設定、時計、保存場所、端末。

        問題がなければ終了コード 0、問題があれば 7。問題ごとに対処を示す。
        --quiet では問題のあった検査の名前だけを出力する。

doctor-ok = 正常
doctor-problem = 問題
check-locale = 言語
check-config = 設定
check-clock = 時計
check-state = 保存場所
check-kek-file = 鍵ファイル
check-terminal = 端末
doctor-clock-wrong = この機器の時計を合わせてください。チャレンジの期限は時計で決まります。
doctor-clock-back = 現在より後に更新されたファイルがあります。時計が戻されています。正しく合わせてください。
doctor-state-nowhere = 保存場所を --state-dir DIR か CAMTOKEN_STATE_DIR で指定してください。
doctor-state-unwritable = ディレクトリを書き込み可能にするか、--state-dir DIR で別の場所を指定してください。
doctor-state-not-yet = （初回に作成）
doctor-open-to-others = この機器の他の利用者から見えます。グループとその他の権限を外してください（chmod go-rwx）。
doctor-kek-unreadable = 検証側が鍵を開くために必要なファイルです。設定 kek_file を確認してください。
doctor-well = 問題はありません。
doctor-found = 問題: { $count } 件

## vectors

help-vectors = テストベクターを実行する。他の実装のものも実行できる

help-vectors-run = ファイル、およびフォルダー内の *_test.json と *.story を実行する。失敗があれば終了コード 7
    .paths = ファイルまたはフォルダー
    .junit = JUnit 形式の報告もこのファイルに書き出す

help-vectors-list = 実行できるテストの種類を一覧にする

## config

help-config = 有効な設定と、その出どころを表示する
    .name = 表示する設定の名前。--quiet では値だけを出力する
    .long =
        有効な設定と、その出どころを表示する。

        優先順: オプション、環境変数 CAMTOKEN_…、camtoken.toml（このディレクトリから上へ探す）、
        利用者の設定ディレクトリの camtoken/config.toml、既定値。保存先 URL のパスワードは表示しない。

source-default = 既定値
source-locale = ロケール

## schema

help-schema = --json が出力する文書の JSON スキーマを表示する
    .name = 文書の名前（例: error）。省略すると一覧

## explain

help-explain = コードの説明: 意味、原因、試すこと
    .code = コード（例: CT-E041、T02）。省略すると一覧

explain-exit = 終了コード { $number }: { $meaning }

## completions

help-completions = シェルの補完スクリプトを表示する
    .shell = シェル

## man

help-man = マニュアルページを動詞ごとに書き出す
    .dir = 書き出し先のディレクトリ。なければ作る

man-name = 名前
man-synopsis = 書式
man-description = 説明
man-extra = 終了コード
man-version = 版
