//! The rates as bars, one group a set and one bar a reader, and over time, one line a reader.

use std::fmt::Write;

const COLOURS: [&str; 8] = ["#1b6ca8", "#7fb2d9", "#0b3c5d", "#c8553d", "#e0a458", "#8a8a8a", "#5a8f69", "#7a5c99"];
const BAR: usize = 9;
const LEFT: usize = 190;
const WIDTH: usize = 400;

/// Draws an SVG of its own, in the colours of a white page.
pub fn draw(readers: &[&str], sets: &[(&str, Vec<f64>)]) -> String {
    let group = readers.len() * BAR + 10;
    let legend = readers.len() * 16 + 16;
    let height = legend + sets.len() * group + 10;
    let width = LEFT + WIDTH + 60;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" \
         font-size=\"11\">\n<rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n"
    );
    let mut line = |text: String| {
        svg.push_str(&text);
        svg.push('\n');
    };
    for (i, (reader, colour)) in readers.iter().zip(COLOURS.iter().cycle()).enumerate() {
        let y = 8 + i * 16;
        line(format!("<rect x=\"{LEFT}\" y=\"{y}\" width=\"10\" height=\"10\" fill=\"{colour}\"/>"));
        line(format!("<text x=\"{}\" y=\"{}\">{reader}</text>", LEFT + 16, y + 9));
    }
    for (i, (set, rates)) in sets.iter().enumerate() {
        let top = legend + i * group;
        line(format!("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{set}</text>", LEFT - 8, top + group / 2));
        for (j, (rate, colour)) in rates.iter().zip(COLOURS.iter().cycle()).enumerate() {
            let (y, length) = (top + j * BAR, rate * WIDTH as f64);
            let mut bar = String::new();
            let _ = write!(bar, "<rect x=\"{LEFT}\" y=\"{y}\" width=\"{length:.1}\" height=\"{}\"", BAR - 1);
            line(format!("{bar} fill=\"{colour}\"/>"));
            let (x, y) = (LEFT as f64 + length + 4.0, y + BAR - 1);
            line(format!("<text x=\"{x:.1}\" y=\"{y}\" font-size=\"8\">{:.0} %</text>", rate * 100.0));
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// Decades of the time axis: from 0.1 ms to 1 s.
const FROM: f64 = -1.0;
const DECADES: usize = 4;

/// Draws how many of the pictures each reader has read after so many milliseconds.
pub fn curve(pictures: usize, readers: Vec<(&str, Vec<f64>)>) -> String {
    const LEFT: usize = 50;
    const TOP: usize = 10;
    const HEIGHT: usize = 300;
    let (right, bottom) = (LEFT + WIDTH, TOP + HEIGHT);
    let x = |ms: f64| LEFT as f64 + (ms.log10() - FROM).clamp(0.0, DECADES as f64) * (WIDTH / DECADES) as f64;
    let y = |read: usize| bottom as f64 - HEIGHT as f64 * read as f64 / pictures.max(1) as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n",
        right + 130,
        bottom + 50
    );
    let mut line = |text: String| {
        svg.push_str(&text);
        svg.push('\n');
    };
    for (i, label) in ["0.1", "1", "10", "100", "1000 ms"].iter().enumerate() {
        let x = LEFT + i * WIDTH / DECADES;
        line(format!("<path d=\"M{x} {TOP}V{bottom}\" stroke=\"#ddd\"/>"));
        line(format!("<text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{label}</text>", bottom + 16));
    }
    for tenth in (0..=10).step_by(2) {
        let y = bottom - HEIGHT * tenth / 10;
        line(format!("<path d=\"M{LEFT} {y}H{right}\" stroke=\"#ddd\"/>"));
        line(format!("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{} %</text>", LEFT - 6, y + 4, tenth * 10));
    }
    line(format!("<text x=\"{LEFT}\" y=\"{}\">processor time of one read</text>", bottom + 36));
    let mut names = Vec::new();
    for ((reader, mut times), colour) in readers.into_iter().zip(COLOURS.iter().cycle()) {
        times.sort_by(f64::total_cmp);
        let mut path = format!("M{:.1} {bottom}", x(times.first().copied().unwrap_or(1.0)));
        for (before, &ms) in times.iter().enumerate() {
            let _ = write!(path, "H{:.1}V{:.1}", x(ms), y(before + 1));
        }
        line(format!("<path d=\"{path}H{right}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>"));
        names.push((
            y(times.len()),
            format!("{reader} {:.0} %", 100.0 * times.len() as f64 / pictures.max(1) as f64),
            colour,
        ));
    }
    // Names at the ends of their lines, below each other where the ends are close.
    names.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut free = 0.0_f64;
    for (end, name, colour) in names {
        free = end.max(free);
        line(format!("<text x=\"{}\" y=\"{:.1}\" fill=\"{colour}\">{name}</text>", right + 6, free + 4.0));
        free += 13.0;
    }
    svg.push_str("</svg>\n");
    svg
}
