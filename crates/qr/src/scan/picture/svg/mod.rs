//! SVG as programs draw codes: rectangles, paths, circles, polygons, and pictures in them, filled or stroked, moved and scaled, and used
//! again by their names. A gradient is dark, and text is not drawn.
//!
//! It is read by code of our own, because a code consists of few kinds of shapes. A whole renderer is twenty-five crates with
//! filters, fonts and layers, and a hostile file could make each of them expensive.

mod paint;
mod path;
mod tags;

use std::iter;

use self::paint::{Paint, Sheet};
use self::tags::{Node, nodes};
use super::samples::Frame;
use super::sniff::unwrapped;
use super::vector::{Canvas, Matrix, Path};
use super::{Format, Frames, Ground, Limits, PictureError, check_memory, damaged};
use crate::Luma;

/// Pixels of the longer side that it is drawn in.
const SIDE: f32 = 2000.0;

/// Elements in elements.
const MAX_DEPTH: usize = 48;

/// Elements that are drawn, used ones each time.
const MAX_DRAWN: usize = 100_000;

/// The picture.
pub(super) fn frames<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Frames<'a>, PictureError> {
    let text = String::from_utf8_lossy(bytes);
    check_memory(16 * text.len() as u64, limits)?;
    let nodes = nodes(&text);
    let root =
        nodes.iter().position(|node| node.name == "svg").ok_or_else(|| damaged(Format::Svg, "no element svg"))?;
    let view = nodes[root].view_box().or_else(|| nodes[root].size()).unwrap_or([0.0, 0.0, 300.0, 150.0]);
    let [_, _, width, height] = view;
    if !(width > 0.0 && height > 0.0 && width.is_finite() && height.is_finite()) {
        return Err(PictureError::Empty);
    }
    let scale = SIDE / width.max(height);
    let side = |length: f32| (length * scale).round().max(1.0) as u32;
    let size = (side(width), side(height));
    limits.check_size(size.0, size.1)?;
    let canvas = Canvas::new(size.0 as usize, size.1 as usize);
    let mut drawing = Drawing { sheet: Sheet::of(&nodes), nodes: &nodes, canvas, limits, drawn: 0 };
    let place = Matrix::scale(scale, scale).of(&Matrix::shift(-view[0], -view[1]));
    let paint = Paint::default().inside(&nodes[root], &drawing.sheet);
    drawing.children(root, &place, &paint, 0);
    if drawing.canvas.is_full() || drawing.drawn > MAX_DRAWN {
        return Err(damaged(Format::Svg, "too much is drawn"));
    }
    Ok(Box::new(iter::once(Frame::new(size, drawing.canvas.pixels, 1, Ground::White))))
}

struct Drawing<'a> {
    nodes: &'a [Node<'a>],
    sheet: Sheet<'a>,
    canvas: Canvas,
    limits: &'a Limits,
    drawn: usize,
}

impl<'a> Drawing<'a> {
    fn children(&mut self, parent: usize, place: &Matrix, paint: &Paint, depth: usize) {
        let mut at = parent + 1;
        while at < self.nodes[parent].end {
            self.element(at, place, paint, depth);
            at = self.nodes[at].end;
        }
    }

    fn element(&mut self, at: usize, place: &Matrix, paint: &Paint, depth: usize) {
        let nodes = self.nodes;
        let node = &nodes[at];
        self.drawn += 1;
        let paint = paint.inside(node, &self.sheet);
        if depth > MAX_DEPTH || self.drawn > MAX_DRAWN || paint.is_hidden {
            return;
        }
        let place = place.of(&node.transform());
        match node.name {
            "g" | "a" | "switch" => self.children(at, &place, &paint, depth + 1),
            "svg" => {
                let place = place.of(&Matrix::shift(node.number("x"), node.number("y"))).of(&node.window());
                self.children(at, &place, &paint, depth + 1);
            }
            "use" => {
                let Some(target) = node.link().and_then(|id| self.named(id)) else { return };
                let place = place.of(&Matrix::shift(node.number("x"), node.number("y")));
                if nodes[target].name == "symbol" {
                    let window = node.size().map_or(Matrix::IDENTITY, |size| nodes[target].window_in(size));
                    self.children(target, &place.of(&window), &paint, depth + 1);
                } else {
                    self.element(target, &place, &paint, depth + 1);
                }
            }
            "image" => self.image(node, &place),
            _ => self.shape(at, &place, &paint),
        }
    }

    fn shape(&mut self, at: usize, place: &Matrix, paint: &Paint) {
        let node = &self.nodes[at];
        // Some draw a code as a clip, and one large rectangle behind it.
        let clip = node.attribute("clip-path").and_then(|clip| clip.strip_prefix("url(#")?.strip_suffix(')'));
        let clip = clip.and_then(|id| self.named(id)).filter(|clip| self.nodes[*clip].end - clip > 2);
        if let (Some(clip), "rect") = (clip, node.name) {
            return self.clipped(clip, place, paint);
        }
        if let Some(path) = node.path() {
            self.draw(&path, place, paint);
        }
    }

    fn clipped(&mut self, clip: usize, place: &Matrix, paint: &Paint) {
        for at in clip + 1..self.nodes[clip].end {
            self.drawn += 1;
            if let Some(path) = self.nodes[at].path() {
                self.draw(&path, &place.of(&self.nodes[at].transform()), paint);
            }
        }
    }

    fn draw(&mut self, path: &Path, place: &Matrix, paint: &Paint) {
        if let Some(grey) = paint.fill {
            self.canvas.fill(path, place, paint.even_odd, grey);
        }
        if let Some(grey) = paint.stroke {
            self.canvas.fill(&path.stroked(paint.width), place, false, grey);
        }
    }

    fn image(&mut self, node: &Node<'_>, place: &Matrix) {
        let data = node.attribute("href").or_else(|| node.attribute("xlink:href")).unwrap_or_default();
        let Some([_, _, width, height]) = node.size().filter(|_| data.starts_with("data:")) else { return };
        // A picture in a picture, and no further.
        let data =
            unwrapped(data.as_bytes()).ok().filter(|data| !matches!(Format::of(data), Ok(Format::Svg | Format::Pdf)));
        let Some(image) = data.and_then(|data| Luma::decode(&data, self.limits).ok()) else { return };
        let square = Matrix([width, 0.0, 0.0, height, node.number("x"), node.number("y")]);
        self.canvas.image(&image, &place.of(&square));
    }

    fn named(&self, id: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.attribute("id") == Some(id))
    }
}

impl Node<'_> {
    /// The shape that it is.
    fn path(&self) -> Option<Path> {
        let number = |name| self.number(name);
        Some(match self.name {
            "path" => path::parse(self.attribute("d")?),
            "rect" => Path::rectangle(number("x"), number("y"), self.length("width")?, self.length("height")?),
            "circle" => Path::ellipse((number("cx"), number("cy")), number("r"), number("r")),
            "ellipse" => Path::ellipse((number("cx"), number("cy")), number("rx"), number("ry")),
            "line" => Path { contours: vec![vec![(number("x1"), number("y1")), (number("x2"), number("y2"))]] },
            "polygon" | "polyline" => {
                let numbers = path::numbers(self.attribute("points")?);
                let mut points: Vec<_> = numbers.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
                points.extend(points.first().copied().filter(|_| self.name == "polygon"));
                Path { contours: vec![points] }
            }
            _ => return None,
        })
    }

    /// A length in user units; of a whole as large as its place if it is a share.
    fn length(&self, name: &str) -> Option<f32> {
        let text = self.attribute(name)?;
        // A ground as large as the page: larger does no harm.
        if text.ends_with('%') { Some(100_000.0) } else { path::numbers(text).first().copied() }
    }

    fn number(&self, name: &str) -> f32 {
        self.attribute(name).and_then(|text| path::numbers(text).first().copied()).unwrap_or(0.0)
    }

    fn link(&self) -> Option<&str> {
        self.attribute("href").or_else(|| self.attribute("xlink:href"))?.strip_prefix('#')
    }

    fn view_box(&self) -> Option<[f32; 4]> {
        path::numbers(self.attribute("viewBox")?).try_into().ok()
    }

    fn size(&self) -> Option<[f32; 4]> {
        let length = |name| self.attribute(name).filter(|text| !text.ends_with('%')).and_then(|_| self.length(name));
        Some([0.0, 0.0, length("width")?, length("height")?])
    }

    /// From the coordinates inside to those around.
    fn window(&self) -> Matrix {
        self.size().map_or(Matrix::IDENTITY, |size| self.window_in(size))
    }

    fn window_in(&self, [_, _, width, height]: [f32; 4]) -> Matrix {
        let Some([x, y, columns, rows]) = self.view_box() else { return Matrix::IDENTITY };
        let scale = (width / columns).min(height / rows);
        let middle = |length: f32, inside: f32| (length - inside * scale) / 2.0;
        Matrix::shift(middle(width, columns), middle(height, rows))
            .of(&Matrix::scale(scale, scale))
            .of(&Matrix::shift(-x, -y))
    }

    fn transform(&self) -> Matrix {
        let mut all = Matrix::IDENTITY;
        for part in self.attribute("transform").unwrap_or_default().split(')') {
            let Some((name, values)) = part.split_once('(') else { continue };
            let values = path::numbers(values);
            let value = |at: usize| values.get(at).copied();
            let (first, second) = (value(0).unwrap_or(0.0), value(1));
            let turn = |degrees: f32| {
                let (sine, cosine) = degrees.to_radians().sin_cos();
                Matrix([cosine, sine, -sine, cosine, 0.0, 0.0])
            };
            let next = match name.trim_matches([' ', ',', '\n', '\t']) {
                "matrix" => values.try_into().map_or(Matrix::IDENTITY, Matrix),
                "translate" => Matrix::shift(first, second.unwrap_or(0.0)),
                "scale" => Matrix::scale(first, second.unwrap_or(first)),
                "rotate" => {
                    let (x, y) = (second.unwrap_or(0.0), value(2).unwrap_or(0.0));
                    Matrix::shift(x, y).of(&turn(first)).of(&Matrix::shift(-x, -y))
                }
                "skewX" => Matrix([1.0, 0.0, first.to_radians().tan(), 1.0, 0.0, 0.0]),
                "skewY" => Matrix([1.0, first.to_radians().tan(), 0.0, 1.0, 0.0, 0.0]),
                _ => Matrix::IDENTITY,
            };
            all = all.of(&next);
        }
        all
    }
}

#[cfg(test)]
mod tests;
