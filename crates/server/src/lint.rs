//! The grade of a picture, over HTTP: the document of `camtoken lint`.

use axum::Extension;
use axum::extract::Query;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::api::Operation;
use super::json::Json;
use super::pictures::{self, Parcel};
use super::problem::{Code, Problem};
use camtoken::language::Language;
use camtoken::qr::{Grade, QualityOptions};
use camtoken_documents::{Lint, LintOptions};

/// A graded picture.
#[derive(Serialize, JsonSchema)]
pub(super) struct Linted {
    /// camtoken/lint/1
    schema: &'static str,
    #[serde(flatten)]
    lint: Lint,
}

impl From<Lint> for Linted {
    fn from(lint: Lint) -> Self {
        Self { schema: "camtoken/lint/1", lint }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Asked {
    min_grade: Option<Letter>,
    dpr: Option<f64>,
    overlay: Option<Drawing>,
}

#[derive(Deserialize, Clone, Copy)]
enum Letter {
    A,
    B,
    C,
    D,
    F,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Drawing {
    Svg,
}

impl From<Letter> for Grade {
    fn from(letter: Letter) -> Self {
        match letter {
            Letter::A => Self::A,
            Letter::B => Self::B,
            Letter::C => Self::C,
            Letter::D => Self::D,
            Letter::F => Self::F,
        }
    }
}

/// Grades the picture of a request.
pub(super) async fn lint(
    Query(asked): Query<Asked>,
    Extension(language): Extension<Language>,
    parcel: Parcel,
) -> Result<Json<Linted>, Problem> {
    let quality = QualityOptions { device_pixel_ratio: asked.dpr.unwrap_or(1.0) };
    if !(0.25..=8.0).contains(&quality.device_pixel_ratio) {
        return Err(Problem::from(Code::Value).because("dpr: 0.25 to 8"));
    }
    let min_grade = asked.min_grade.map_or(Grade::B, Grade::from);
    let options = LintOptions { min_grade, quality, language };
    let work = move |mut parcel: Parcel| {
        if parcel.text().is_some() {
            return Err(Problem::from(Code::Picture).because("the text of a code, not a picture"));
        }
        let (luma, seen) = parcel.look()?;
        let (mut lint, overlay) = Lint::of(&luma, &seen, &options);
        let overlay = overlay.filter(|_| asked.overlay.is_some());
        lint.overlay = overlay.map(|overlay| lint.svg(&overlay, &luma, language));
        Ok(Json(lint.into()))
    };
    parcel.work(work).await?
}

/// Describes what is asked of the grade.
pub(super) fn described(op: Operation<'_>) -> Operation<'_> {
    let op = op
        .any_caller()
        .summary("quality", "Grades the picture of a code as a camera sees it, and says what to change in the page")
        .query("minGrade", "The grade to reach; B", json!({ "enum": ["A", "B", "C", "D", "F"] }))
        .query(
            "dpr",
            "Pixels of the picture for one CSS pixel; 1",
            json!({ "type": "number", "minimum": 0.25, "maximum": 8 }),
        )
        .query("overlay", "svg: draws what was seen, into `overlay`", json!({ "enum": ["svg"] }));
    pictures::frames(op)
        .body_of(true, pictures::kinds())
        .answer::<Linted>(200, "The grade and its measures, or why nothing was read")
}
