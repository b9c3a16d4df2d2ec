//! The figures as bars: a group for each table, the times as fast as its base.

use std::fmt::Write;

const LEFT: usize = 330;
const WIDTH: f64 = 340.0;
const BAR: usize = 15;

/// What the chart says of one table: its title, and of each implementation the name and how many times as fast it is.
pub struct Group {
    pub title: String,
    pub bars: Vec<(String, f64)>,
}

/// Draws an SVG of its own, in the colours of a white page. Each group has a scale of its own.
pub fn draw(groups: &[Group]) -> String {
    let bars: usize = groups.iter().map(|group| group.bars.len()).sum();
    let height = groups.len() * 42 + bars * BAR + 10;
    let width = LEFT + WIDTH as usize + 60;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" \
         font-size=\"11\">\n<rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n"
    );
    let mut y = 4;
    for Group { title, bars } in groups {
        y += 20;
        let _ = writeln!(svg, "<text x=\"8\" y=\"{y}\" font-weight=\"bold\">{title}, times as fast</text>");
        y += 10;
        let most = bars.iter().map(|(_, times)| *times).fold(1.0, f64::max);
        for (name, times) in bars {
            let colour = if name.starts_with("camtoken") { "#1b6ca8" } else { "#b9bcc0" };
            let (length, base) = (times / most * WIDTH, y + BAR - 5);
            let _ = writeln!(svg, "<text x=\"{}\" y=\"{base}\" text-anchor=\"end\">{name}</text>", LEFT - 8);
            let _ = writeln!(
                svg,
                "<rect x=\"{LEFT}\" y=\"{y}\" width=\"{length:.1}\" height=\"{}\" fill=\"{colour}\"/>",
                BAR - 3
            );
            let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"{base}\">{times:.2}</text>", LEFT as f64 + length + 5.0);
            y += BAR;
        }
        y += 12;
    }
    svg.push_str("</svg>\n");
    svg
}
