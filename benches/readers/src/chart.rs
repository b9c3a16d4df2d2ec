//! The rates as bars: one group a set, one bar a reader.

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
