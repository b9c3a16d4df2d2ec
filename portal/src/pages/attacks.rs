//! The attack room's page.

use std::time::Duration;

use axum::extract::Path;
use camtoken::token::picture::to_svg;
use maud::{PreEscaped, html};

use super::fault::{Answer, Fault};
use super::fields::Fields;
use super::forms::csrf;
use super::layout::page;
use super::visit::Visit;
use crate::attacks::{Attack, AttackError, Choice, Line, Report, Scene, Who};
use crate::text::Text;

/// About how long a play takes.
const WAIT: Duration = Duration::from_secs(5);

pub(super) async fn show(visit: Visit) -> Answer {
    let t = visit.t;
    let content = html! {
        h2 { (t.get("scenes")) }
        p { (t.get("scenes-intro")) }
        ul.actions {
            @for scene in Scene::ALL { li { a.button href={ "/attacks/you/" (scene.as_str()) } { (scene_title(t, scene)) } } }
        }
        h2 { (t.get("attacks-seen")) }
        p { (t.get("attacks-intro")) }
        ul.rows {
            @for attack in Attack::ALL {
                li {
                    div { b { (t.get(&format!("attack-{}", attack.as_str()))) } br; span.muted { (t.get(&format!("attack-{}-text", attack.as_str()))) } }
                    form method="post" action={ "/attacks/" (attack.as_str()) } data-once { (csrf(&visit)) button type="submit" { (t.get("attack-play")) } }
                }
            }
        }
    };
    Ok(page(&visit, &t.get("attacks"), &content))
}

/// The situation of a scene, what the token shows, and the decision.
pub(super) async fn scene(visit: Visit, Path(name): Path<String>) -> Answer {
    let t = visit.t;
    let scene = Scene::from_name(&name).ok_or(Fault::NotFound)?;
    visit.count_address()?;
    let _place = visit.site.stage.try_acquire().map_err(|_| Fault::TooMany(WAIT))?;
    let screens = scene.screens(&visit.site.attack_dir, t.0).await.map_err(broken)?;
    let content = html! {
        p { (t.get("scene-you")) }
        @for line in t.get(&format!("scene-{name}-text")).lines() { p.story { (line) } }
        h2 { (t.get("scene-token")) }
        div.screens {
            @for screen in &screens { figure { (PreEscaped(to_svg(screen))) } }
        }
        form.actions method="post" action={ "/attacks/you/" (name) } data-once {
            (csrf(&visit))
            button type="submit" name="choice" value="approve" { (t.get("scene-approve")) }
            button.danger type="submit" name="choice" value="differs" { (t.get("scene-differs")) }
        }
    };
    Ok(page(&visit, &scene_title(t, scene), &content))
}

/// What the decision led to.
pub(super) async fn decide(visit: Visit, Path(name): Path<String>, fields: Fields) -> Answer {
    let t = visit.t;
    let scene = Scene::from_name(&name).ok_or(Fault::NotFound)?;
    let choice = match fields.text("choice") {
        "approve" => Choice::Approve,
        "differs" => Choice::Differs,
        _ => return Err(Fault::Form),
    };
    visit.count_address()?;
    let _place = visit.site.stage.try_acquire().map_err(|_| Fault::TooMany(WAIT))?;
    let ending = scene.decide(&visit.site.attack_dir, choice).await.map_err(broken)?;
    let (stolen, paid) = (t.yen(ending.stolen), t.yen(ending.paid));
    let words = [("stolen", stolen.as_str()), ("paid", paid.as_str())];
    let what = match (ending.is_right, choice) {
        (true, Choice::Approve) => "scene-end-paid",
        (true, Choice::Differs) => "scene-end-saved",
        (false, Choice::Differs) => "scene-end-careful",
        (false, Choice::Approve) if ending.stolen > 0 => "scene-end-lost",
        (false, Choice::Approve) => "scene-end-wrong",
    };
    let place = Scene::ALL.iter().position(|known| *known == scene).unwrap_or_default();
    let content = html! {
        p.success[ending.is_right].warning[!ending.is_right] role="status" { (t.with(what, &words)) }
        p { (t.get(&format!("scene-{name}-why"))) }
        p.actions {
            @if let Some(next) = Scene::ALL.get(place + 1) { a.button.main href={ "/attacks/you/" (next.as_str()) } { (t.get("scene-next")) } }
            a.button href="/attacks" { (t.get("attacks")) }
        }
    };
    Ok(page(&visit, &scene_title(t, scene), &content))
}

/// Its number alone: the title does not give it away.
fn scene_title(t: Text, scene: Scene) -> String {
    let place = Scene::ALL.iter().position(|known| *known == scene).unwrap_or_default() + 1;
    t.with("scene", &[("number", &place.to_string())])
}

fn broken(error: AttackError) -> Fault {
    eprintln!("error: {error}");
    Fault::Bank(crate::bank::BankError::Closing)
}

pub(super) async fn play(visit: Visit, Path(name): Path<String>, _: Fields) -> Answer {
    let t = visit.t;
    let attack = Attack::from_name(&name).ok_or(Fault::NotFound)?;
    visit.count_address()?;
    let _place = visit.site.stage.try_acquire().map_err(|_| Fault::TooMany(WAIT))?;
    let report = attack.play(&visit.site.attack_dir).await.map_err(broken)?;
    let content = html! {
        p { (t.get(&format!("attack-{}-text", attack.as_str()))) }
        ol.play {
            @for line in &report.lines {
                li.who-customer[line.who == Who::Customer].who-thief[line.who == Who::Thief].who-token[line.who == Who::Token].who-bank[line.who == Who::Bank] {
                    b { (who(t, line.who)) }
                    p { (said(t, line)) }
                }
            }
        }
        (ending(t, &report))
        p.actions { a.button.main href="/attacks" { (t.get("attacks")) } }
    };
    Ok(page(&visit, &t.get(&format!("attack-{}", attack.as_str())), &content))
}

fn ending(t: Text, report: &Report) -> maud::Markup {
    let words = [("stolen", t.yen(report.stolen)), ("paid", t.yen(report.paid))];
    let words: Vec<_> = words.iter().map(|(name, word)| (*name, word.as_str())).collect();
    html! {
        @if report.stolen == 0 { p.success { (t.with("attack-held", &words)) } } @else { p.warning { (t.with("attack-not-held", &words)) } }
    }
}

fn who(t: Text, who: Who) -> String {
    t.get(match who {
        Who::Customer => "who-customer",
        Who::Thief => "who-thief",
        Who::Token => "who-token",
        Who::Bank => "who-bank",
    })
}

fn said(t: Text, line: &Line) -> String {
    let words: Vec<_> = line
        .words
        .iter()
        .map(|(name, word)| {
            let word = match (*name, word.parse::<u64>()) {
                ("amount", Ok(amount)) => t.yen(amount),
                ("reason", _) if !word.is_empty() => t.get(&format!("reason-{word}")),
                _ => word.clone(),
            };
            (*name, word)
        })
        .collect();
    let words: Vec<_> = words.iter().map(|(name, word)| (*name, word.as_str())).collect();
    t.with(line.text, &words)
}
