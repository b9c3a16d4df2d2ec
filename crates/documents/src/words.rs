//! What was measured, in words: in both languages, for the command line and the service alike.

use camtoken::language::{Label, Language};
use camtoken::qr::{Advice, Edge, MeasureKind, OtherSymbol, Reason, SecondOpinion};

pub(crate) trait MeasureWords {
    /// Its name for a person.
    fn label(self, language: Language) -> &'static str;

    /// A value of it with its unit, for a person.
    fn shown(self, value: f64, language: Language) -> String;
}

pub(crate) trait AdviceWords {
    /// What to change, as a sentence.
    fn text(&self, language: Language) -> String;
}

pub(crate) trait OpinionWords {
    /// What it says, as a sentence.
    fn text(self, language: Language) -> &'static str;
}

trait EdgeWords {
    fn label(self, language: Language) -> &'static str;
}

pub(crate) trait ReasonWords {
    /// What was measured.
    fn text(&self, language: Language) -> String;

    /// What to change.
    fn remedy(&self, language: Language) -> &'static str;
}

/// That several codes for a token are in one picture, and what to change.
pub(crate) fn several(codes: usize, language: Language) -> (String, &'static str) {
    match language {
        Language::Ja => (
            format!("{codes}個のコードが写っています"),
            "二次元コードは1個だけ表示してください。トークンはどれを読み取るか選べません。",
        ),
        Language::En => (
            format!("{codes} codes are in view"),
            "Show one code alone: a token reads whichever it finds first, be it the older one.",
        ),
    }
}

/// That the symbol is of a kind that tokens do not read, and what to change.
pub(crate) fn other(symbol: &OtherSymbol, language: Language) -> (&'static str, &'static str) {
    let is_long = matches!(symbol, OtherSymbol::Rectangular);
    let text = match is_long {
        true => Label {
            ja: "長方形のコード（rMQR）らしいものがあります",
            en: "this seems to be a rectangular code (rMQR)",
        },
        false => Label { ja: "マイクロQRコードがあります", en: "this is a Micro QR code" },
    };
    let advice = Label {
        ja: "トークンは読み取りません。正方形の通常のQRコードを表示してください。",
        en: "Tokens do not read it: show an ordinary QR code, which is square and has three corners.",
    };
    (text.text(language), advice.text(language))
}

impl MeasureWords for MeasureKind {
    fn label(self, language: Language) -> &'static str {
        let (ja, en) = match self {
            Self::Contrast => ("コントラスト", "contrast"),
            Self::Modulation => ("変調", "modulation"),
            Self::ReflectanceMargin => ("反射率の余裕", "reflectance margin"),
            Self::FixedPatternDamage => ("固定パターンの損傷", "fixed pattern damage"),
            Self::UnusedErrorCorrection => ("誤り訂正の残り", "unused error correction"),
            Self::QuietZone => ("余白", "quiet zone"),
            Self::ModuleSize => ("セルの大きさ", "module size"),
            Self::AxialNonuniformity => ("縦横の不均一", "axial nonuniformity"),
            Self::GridNonuniformity => ("格子のゆがみ", "grid nonuniformity"),
            Self::Polarity => ("明暗", "polarity"),
        };
        Label { ja, en }.text(language)
    }

    fn shown(self, value: f64, language: Language) -> String {
        match (self, self.unit(), language) {
            (Self::Polarity, _, Language::Ja) if value > 0.0 => "明るい地に暗いセル".to_owned(),
            (Self::Polarity, _, Language::Ja) => "暗い地に明るいセル".to_owned(),
            (Self::Polarity, _, Language::En) if value > 0.0 => "dark on light".to_owned(),
            (Self::Polarity, _, Language::En) => "light on dark".to_owned(),
            (_, "%", _) => format!("{value} %"),
            (_, "modules", Language::Ja) => format!("{value} セル"),
            (_, "modules", Language::En) => format!("{value} modules"),
            _ => format!("{value} CSS px"),
        }
    }
}

impl AdviceWords for Advice {
    fn text(&self, language: Language) -> String {
        match language {
            Language::Ja => in_japanese(self),
            Language::En => in_english(self),
        }
    }
}

fn in_english(advice: &Advice) -> String {
    match *advice {
        Advice::Padding { css_px } => {
            format!("Put {css_px} px of light padding around the code, beside what is there.")
        }
        Advice::Enlarge { css_px } => {
            format!("Show the code larger: at least {css_px} CSS px wide, quiet zone included.")
        }
        Advice::WholePixels { css_px } => format!(
            "Make modules whole pixels wide: {css_px} CSS px for the code with its quiet zone, image-rendering: pixelated."
        ),
        Advice::Contrast { percent } => {
            format!("Draw black on white: the contrast is {percent} %, 70 % is wanted.")
        }
        Advice::Sharpen { percent } => format!(
            "Make the edges sharp: modules stand out by {percent} %, 50 % is wanted. Scale without smoothing; focus, hold still."
        ),
        Advice::EvenLight { codewords } => {
            format!("Take away reflections, shadows and moire: {codewords} codewords are close to grey or beyond it.")
        }
        Advice::Uncover { modules } => format!(
            "Let nothing cover the corners and edges of the code: {modules} modules of its fixed patterns are wrong."
        ),
        Advice::Repair { codewords, capacity } => format!(
            "Let nothing cover the code, or draw it at a higher level: {codewords} codewords are wrong, a block bears {capacity}."
        ),
        Advice::Straighten { percent } => format!(
            "Hold the camera straight before the code, and scale both sides alike: one is longer by {percent} %."
        ),
        Advice::Flatten => "Hold the camera straight before the code, and the code flat.".to_owned(),
        Advice::DarkOnLight => "Draw the code dark on light, in dark mode too.".to_owned(),
    }
}

fn in_japanese(advice: &Advice) -> String {
    match *advice {
        Advice::Padding { css_px } => format!("コードの周りに明るい余白をあと {css_px} px 付けてください。"),
        Advice::Enlarge { css_px } => {
            format!("コードを大きく表示してください: 余白を含めて幅 {css_px} CSS px 以上。")
        }
        Advice::WholePixels { css_px } => {
            format!("セルを整数ピクセルの幅にしてください: 余白を含めて {css_px} CSS px、image-rendering: pixelated。")
        }
        Advice::Contrast { percent } => {
            format!("白地に黒で描いてください: コントラストは {percent} %、必要なのは 70 % です。")
        }
        Advice::Sharpen { percent } => format!(
            "輪郭をはっきりさせてください: セルの際立ちは {percent} %、必要なのは 50 % です。平滑化せずに拡大縮小し、ピントを合わせ、動かさないでください。"
        ),
        Advice::EvenLight { codewords } => format!(
            "反射、影、モアレをなくしてください: {codewords}個のコード語の明暗がはっきりしないか、逆になっています。"
        ),
        Advice::Uncover { modules } => {
            format!("コードの角と縁を何も覆わないようにしてください: 固定パターンの {modules} セルが誤っています。")
        }
        Advice::Repair { codewords, capacity } => format!(
            "コードを何も覆わないようにするか、訂正レベルを上げてください: {codewords}個のコード語が誤っています。ブロックの限度は{capacity}個です。"
        ),
        Advice::Straighten { percent } => {
            format!("カメラをコードの正面に構え、縦横を同じ比率にしてください: 一方が {percent} % 長くなっています。")
        }
        Advice::Flatten => "カメラをコードの正面に構え、コードを平らにしてください。".to_owned(),
        Advice::DarkOnLight => "ダークモードでも、コードは明るい地に暗く描いてください。".to_owned(),
    }
}

impl OpinionWords for SecondOpinion {
    fn text(self, language: Language) -> &'static str {
        let (ja, en) = match self {
            Self::Agrees => ("単純なデコーダーでも読み取れます。", "A simple decoder reads it, too."),
            Self::Differs => ("単純なデコーダーでは別の内容になります。", "A simple decoder reads something else."),
            Self::Damaged => (
                "単純なデコーダーでは読み取れません: 誤ったセルが多すぎます。",
                "A simple decoder does not read it: too many modules are wrong.",
            ),
            Self::Inverted => (
                "単純なデコーダーでは読み取れません: 暗い地に明るいセルです。",
                "A simple decoder does not read it: it is light on dark.",
            ),
            Self::Unsupported => (
                "単純なデコーダーでは読み取れません: 対応していない種類の内容です。",
                "A simple decoder does not read it: content of this kind is not supported everywhere.",
            ),
        };
        Label { ja, en }.text(language)
    }
}

impl EdgeWords for Edge {
    fn label(self, language: Language) -> &'static str {
        let (ja, en) = match self {
            Self::Top => ("上端", "top"),
            Self::Right => ("右端", "right"),
            Self::Bottom => ("下端", "bottom"),
            Self::Left => ("左端", "left"),
        };
        Label { ja, en }.text(language)
    }
}

impl ReasonWords for Reason {
    fn text(&self, language: Language) -> String {
        let tenth = |value: f64| (value * 10.0).round() / 10.0;
        match (*self, language) {
            (Self::Blank { percent }, Language::Ja) => {
                format!("画像が一色です: 明暗の差は {} %", tenth(percent))
            }
            (Self::Blank { percent }, Language::En) => {
                format!("the picture is of one colour: light and dark differ by {} %", tenth(percent))
            }
            (Self::LowContrast { percent }, Language::Ja) => {
                format!("明暗の差が{} %しかありません", tenth(percent))
            }
            (Self::LowContrast { percent }, Language::En) => {
                format!("light and dark differ by {} % only", tenth(percent))
            }
            (Self::TooSmall { module_px }, Language::Ja) => format!("1セルが{} pxです", tenth(module_px)),
            (Self::TooSmall { module_px }, Language::En) => format!("a module is {} px wide", tenth(module_px)),
            (Self::CutOff { edge }, Language::Ja) => {
                format!("コードが画像の{}で切れています", edge.label(language))
            }
            (Self::CutOff { edge }, Language::En) => {
                format!("the code runs into the {} edge of the picture", edge.label(language))
            }
            (Self::NoQuietZone { modules }, Language::Ja) => {
                format!("コードの周りの明るい余白が{}セルしかありません", tenth(modules))
            }
            (Self::NoQuietZone { modules }, Language::En) => {
                format!("there are {} light modules around the code", tenth(modules))
            }
            (Self::Noisy { percent }, Language::Ja) => {
                format!("画素がばらついています: コントラストの {} %（標準偏差）", tenth(percent))
            }
            (Self::Noisy { percent }, Language::En) => {
                format!("pixels differ by chance: by {} % of the contrast (standard deviation)", tenth(percent))
            }
            (Self::Blurred { px, modules: None }, Language::Ja) => {
                format!("輪郭が {} px（標準偏差）ぼけています", tenth(px))
            }
            (Self::Blurred { px, modules: None }, Language::En) => {
                format!("the edges are blurred over {} px (standard deviation)", tenth(px))
            }
            (Self::Blurred { px, modules: Some(modules) }, Language::Ja) => {
                format!("輪郭が {} px（標準偏差）、{} セル分ぼけています", tenth(px), tenth(modules))
            }
            (Self::Blurred { px, modules: Some(modules) }, Language::En) => format!(
                "the edges are blurred over {} px (standard deviation), {} of a module",
                tenth(px),
                tenth(modules)
            ),
            (Self::Damaged, Language::Ja) => {
                "角は十分な大きさと鮮明さで写っていますが、誤ったセルが多すぎます".to_owned()
            }
            (Self::Damaged, Language::En) => {
                "the corners are there, large and sharp enough, but too many modules are wrong".to_owned()
            }
            (Self::NoFinder, Language::Ja) => "コードの角らしいものがありません".to_owned(),
            (Self::NoFinder, Language::En) => "nothing looks like the corner of a code".to_owned(),
        }
    }

    fn remedy(&self, language: Language) -> &'static str {
        let (ja, en) = match self {
            Self::Blank { .. } => (
                "ページがコードを描き終えるまで待ち、レンズを覆うものを取り除いてください",
                "Wait until the page has drawn the code; take away what covers the lens",
            ),
            Self::LowContrast { .. } => (
                "白地に黒で描き、画面を明るくし、反射を避けてください。70 % 必要です",
                "Draw black on white, brighten the screen, avoid reflections: 70 % is wanted",
            ),
            Self::TooSmall { .. } => (
                "コードを大きく表示するか近づいてください。1 セル 2 px 以上、3 px 以上なら良好です",
                "Show the code larger or go nearer: at least 2 px for each module, 3 and more is good",
            ),
            Self::CutOff { .. } => (
                "周りの白い余白ごとコード全体を収めてください",
                "Take in the whole code with the white margin around it",
            ),
            Self::NoQuietZone { .. } => {
                ("四辺に 4 セルの明るい余白を空けてください", "Leave a light margin of 4 modules on every side")
            }
            Self::Noisy { .. } => ("もっと明るくするか、近づいてください", "Give more light, go nearer"),
            Self::Blurred { modules: None, .. } => (
                "ピントを合わせ、動かさず、レンズを拭いてください。画像は平滑化せずに拡大縮小してください",
                "Focus, hold still, wipe the lens; scale pictures without smoothing",
            ),
            Self::Blurred { modules: Some(_), .. } => (
                "ピントを合わせ、動かさず、レンズを拭いてください。半セルぼけると読み取れません",
                "Focus, hold still, wipe the lens: at half a module nothing reads",
            ),
            Self::Damaged => (
                "コードを覆うもの、反射、折れをなくしてください",
                "Take away what covers the code, reflections, and folds",
            ),
            Self::NoFinder => {
                ("近くから正面で、コード全体を収めてください", "Take in the whole code, from nearer and straight")
            }
        };
        Label { ja, en }.text(language)
    }
}
