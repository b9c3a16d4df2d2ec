//! The attack room's page.

use std::time::Duration;

use axum::extract::Path;
use maud::html;

use super::fault::{Answer, Fault};
use super::fields::Fields;
use super::forms::csrf;
use super::layout::page;
use super::visit::Visit;
use crate::attacks::{Attack, Line, Report, Who};
use crate::text::Text;

/// About how long a play takes.
const WAIT: Duration = Duration::from_secs(5);

pub(super) async fn show(visit: Visit) -> Answer {
    let t = visit.t;
    let content = html! {
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

pub(super) async fn play(visit: Visit, Path(name): Path<String>, _: Fields) -> Answer {
    let t = visit.t;
    let attack = Attack::from_name(&name).ok_or(Fault::NotFound)?;
    visit.count_address()?;
    let _place = visit.site.stage.try_acquire().map_err(|_| Fault::TooMany(WAIT))?;
    let report = attack.play(&visit.site.attack_dir).await.map_err(|error| {
        eprintln!("error: {error}");
        Fault::Bank(crate::bank::BankError::Closing)
    })?;
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
