//! Path data (SVG 1.1, 8.3).

use crate::scan::geometry::Point;
use crate::scan::picture::vector::Path;

/// The numbers of a text, whatever is between them.
pub(super) fn numbers(text: &str) -> Vec<f32> {
    let mut rest = text;
    std::iter::from_fn(|| next_number(&mut rest)).collect()
}

/// The next number of a list, up to a letter that is none of a number's.
fn next_number(rest: &mut &str) -> Option<f32> {
    let text = rest.trim_start_matches(|letter: char| letter.is_ascii_whitespace() || letter == ',');
    let mut seen = (false, false, ' ');
    let end = text.find(|letter: char| {
        let (dot, exponent, before) = seen;
        let goes_on = match letter {
            '0'..='9' => true,
            '+' | '-' => before == ' ' || matches!(before, 'e' | 'E'),
            '.' => !dot && !exponent,
            'e' | 'E' => !exponent && before.is_ascii_digit() || before == '.',
            _ => false,
        };
        seen = (dot || letter == '.', exponent || matches!(letter, 'e' | 'E'), letter);
        !goes_on
    });
    let (number, after) = text.split_at(end.unwrap_or(text.len()));
    // `12em`: a unit that begins like an exponent.
    let number = number.trim_end_matches(['e', 'E']).parse().ok()?;
    *rest = after;
    Some(number)
}

/// A flag of an arc: one digit, which needs nothing around it.
fn flag(rest: &mut &str) -> Option<f32> {
    let text = rest.trim_start_matches(|letter: char| letter.is_ascii_whitespace() || letter == ',');
    let digit = text.chars().next()?.to_digit(2)?;
    *rest = &text[1..];
    Some(digit as f32)
}

/// Reads path data up to the first thing that is no part of it.
pub(super) fn parse(data: &str) -> Path {
    let mut pen = Pen { path: Path::default(), at: (0.0, 0.0), control: None };
    let mut rest = data.trim_start();
    let mut command = ' ';
    while let Some(letter) = rest.chars().next() {
        if letter.is_ascii_alphabetic() {
            command = letter;
            rest = &rest[1..];
        }
        let count = match command.to_ascii_lowercase() {
            'm' | 'l' | 't' => 2,
            'h' | 'v' => 1,
            'c' => 6,
            's' | 'q' => 4,
            'a' => 7,
            'z' => 0,
            _ => break,
        };
        let mut values = [0.0; 7];
        let is_arc = count == 7;
        let whole = values[..count].iter_mut().enumerate().all(|(i, value)| {
            let next = if is_arc && matches!(i, 3 | 4) { flag(&mut rest) } else { next_number(&mut rest) };
            next.inspect(|next| *value = *next).is_some()
        });
        if !whole {
            break;
        }
        pen.draw(command, &values);
        command = match command {
            'M' => 'L',
            'm' => 'l',
            'z' | 'Z' => ' ',
            other => other,
        };
        rest = rest.trim_start_matches(|letter: char| letter.is_ascii_whitespace() || letter == ',');
    }
    pen.path
}

struct Pen {
    path: Path,
    at: Point,
    /// Of the last curve, for one that goes on smoothly, and its degree.
    control: Option<(Point, u8)>,
}

impl Pen {
    fn draw(&mut self, command: char, values: &[f32; 7]) {
        let from = self.at;
        let origin = if command.is_ascii_lowercase() { from } else { (0.0, 0.0) };
        let point = |at: usize| (origin.0 + values[at], origin.1 + values[at + 1]);
        let smooth = |degree: u8| match self.control {
            Some(((x, y), known)) if known == degree => (2.0 * from.0 - x, 2.0 * from.1 - y),
            _ => from,
        };
        // A curve of the second degree as one of the third.
        let raised = |q: Point, to: Point| {
            let near = |end: Point| (end.0 + (q.0 - end.0) * 2.0 / 3.0, end.1 + (q.1 - end.1) * 2.0 / 3.0);
            (near(from), near(to))
        };
        let mut control = None;
        match command.to_ascii_lowercase() {
            'm' => self.path.start(point(0)),
            'l' => self.path.line(point(0)),
            'h' => self.path.line((origin.0 + values[0], from.1)),
            'v' => self.path.line((from.0, origin.1 + values[0])),
            'c' => {
                self.path.curve(point(0), point(2), point(4));
                control = Some((point(2), 3));
            }
            's' => {
                self.path.curve(smooth(3), point(0), point(2));
                control = Some((point(0), 3));
            }
            letter @ ('q' | 't') => {
                let (q, to) = if letter == 'q' { (point(0), point(2)) } else { (smooth(2), point(0)) };
                let (p, r) = raised(q, to);
                self.path.curve(p, r, to);
                control = Some((q, 2));
            }
            'a' => self.arc(from, values, point(5)),
            _ => self.path.close(),
        }
        self.control = control;
        self.at = self.path.end();
    }

    /// An arc of an ellipse (F.6.5).
    fn arc(&mut self, from: Point, &[rx, ry, turn, large, sweep, ..]: &[f32; 7], to: Point) {
        let (sine, cosine) = turn.to_radians().sin_cos();
        let (dx, dy) = ((from.0 - to.0) / 2.0, (from.1 - to.1) / 2.0);
        let (x, y) = (cosine * dx + sine * dy, cosine * dy - sine * dx);
        let (mut rx, mut ry) = (rx.abs(), ry.abs());
        let over = (x / rx).powi(2) + (y / ry).powi(2);
        if !over.is_finite() || over == 0.0 {
            return self.path.line(to);
        }
        let grow = over.max(1.0).sqrt();
        (rx, ry) = (rx * grow, ry * grow);
        let over = (x / rx).powi(2) + (y / ry).powi(2);
        let side = if (large > 0.5) == (sweep > 0.5) { -1.0 } else { 1.0 };
        let far = side * (1.0 / over - 1.0).max(0.0).sqrt();
        let (cx, cy) = (far * rx * y / ry, -far * ry * x / rx);
        let angle = |x: f32, y: f32| (y / ry).atan2(x / rx);
        let first = angle(x - cx, y - cy);
        let mut span = angle(-x - cx, -y - cy) - first;
        if sweep > 0.5 && span < 0.0 {
            span += std::f32::consts::TAU;
        } else if sweep <= 0.5 && span > 0.0 {
            span -= std::f32::consts::TAU;
        }
        let middle = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
        for i in 1..16 {
            let (s, c) = (first + span * i as f32 / 16.0).sin_cos();
            let (x, y) = (cx + rx * c, cy + ry * s);
            self.path.line((middle.0 + cosine * x - sine * y, middle.1 + sine * x + cosine * y));
        }
        self.path.line(to);
    }
}
