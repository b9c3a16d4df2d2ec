//! What a page draws with areas and lines (ISO 32000-1, 8.4 and 8.5): rectangles, paths, strokes, and the images in its content.
//!
//! Each content stream is drawn for itself, a page like a form that pages use. Text is not drawn, and a gradient is dark.

use std::rc::Rc;

use super::content::{Word, Words};
use super::dictionary::Dictionary;
use super::image::image;
use crate::scan::geometry::Point;
use crate::scan::picture::samples::Frame;
use crate::scan::picture::vector::{Canvas, Matrix, Path};
use crate::scan::picture::{Ground, Limits, PictureError, check_memory};

/// Areas from which on a drawing may be a symbol: the smallest has more runs of dark modules.
const LEAST_AREAS: usize = 40;

/// Pixels of the longer side that it is drawn in.
const SIDES: std::ops::RangeInclusive<f32> = 400.0..=4000.0;

/// Pixels of a module, if one area of ten is as narrow as that.
const MODULE: f32 = 4.0;

/// Modules along a page with an image in its content.
const IMAGE_MODULES: f32 = 500.0;

/// Areas of which the size is noted.
const MAX_NOTED: usize = 100_000;

/// States that are saved at once.
const MAX_SAVED: usize = 256;

/// Points of a path.
const MAX_POINTS: usize = 1 << 20;

/// Areas of a clip from which on it has the shape of a symbol, and not of a window.
const CLIP_AREAS: usize = 8;

/// The drawing of a content stream; `None` where it has too few areas for a symbol.
pub(super) fn drawn(content: &[u8], limits: &Limits) -> Option<Result<Frame, PictureError>> {
    let mut extent = Extent::default();
    Pen::new(&mut extent).write(content);
    let (left, top, right, bottom) = extent.page?;
    if extent.narrow.len() < LEAST_AREAS && !extent.has_image {
        return None;
    }
    let narrow = extent.module();
    // An image has modules of its own, however large it is.
    let narrow = if extent.has_image { narrow.min((right - left).max(bottom - top) / IMAGE_MODULES) } else { narrow };
    // A quiet zone, which a symbol that is drawn alone does not have.
    let (width, height) = (right - left + 8.0 * narrow, bottom - top + 8.0 * narrow);
    let longer = width.max(height);
    let scale = (MODULE * longer / narrow).clamp(*SIDES.start(), *SIDES.end()) / longer;
    let side = |length: f32| (length * scale).round().max(1.0) as u32;
    let size = (side(width), side(height));
    let area = match limits.check_size(size.0, size.1) {
        Ok(area) => area,
        Err(error) => return Some(Err(error)),
    };
    if let Err(error) = check_memory(area, limits) {
        return Some(Err(error));
    }
    // A page is counted from its bottom.
    let place = Matrix([scale, 0.0, 0.0, -scale, scale * (4.0 * narrow - left), scale * (bottom + 4.0 * narrow)]);
    let canvas = Canvas::new(size.0 as usize, size.1 as usize);
    // Numbers of a special ink are the other way round: paper alone is drawn otherwise.
    let mut drawing = Drawing { canvas, place, is_ink: extent.darkest > 127, limits };
    Pen::new(&mut drawing).write(content);
    Some(Frame::new(size, drawing.canvas.pixels, 1, Ground::White))
}

/// Left, top, right and bottom; the top has the least number.
type Window = (f32, f32, f32, f32);

const EVERYWHERE: Window = (f32::MIN, f32::MIN, f32::MAX, f32::MAX);

/// What takes the areas of a page, in its coordinates.
trait Sheet {
    fn fill(&mut self, path: &Path, place: &Matrix, even_odd: bool, grey: u8, window: Window);

    /// An image over the square from 0 to 1.
    fn image(&mut self, dictionary: &[u8], data: &[u8], place: &Matrix, window: Window);
}

/// How large a page is, and what is on it.
#[derive(Default)]
struct Extent {
    page: Option<Window>,
    /// The narrower side of each area.
    narrow: Vec<f32>,
    darkest: u8,
    has_image: bool,
}

impl Extent {
    fn add(&mut self, points: impl Iterator<Item = Point>, window: Window) {
        let Some((left, top, right, bottom)) = around(points).and_then(|seen| both(seen, window)) else { return };
        if self.narrow.is_empty() {
            self.darkest = u8::MAX;
        }
        if self.narrow.len() < MAX_NOTED {
            self.narrow.push((right - left).min(bottom - top));
        }
        let page = self.page.unwrap_or((left, top, right, bottom));
        self.page = Some((page.0.min(left), page.1.min(top), page.2.max(right), page.3.max(bottom)));
    }

    /// The side of a module, as far as the areas show: of ten, the narrowest.
    fn module(&mut self) -> f32 {
        let at = self.narrow.len() / 10;
        *self.narrow.select_nth_unstable_by(at, f32::total_cmp).1
    }
}

impl Sheet for Extent {
    fn fill(&mut self, path: &Path, place: &Matrix, _: bool, grey: u8, window: Window) {
        for contour in &path.contours {
            self.add(contour.iter().map(|point| place.map(*point)), window);
        }
        self.darkest = self.darkest.min(grey);
    }

    fn image(&mut self, _: &[u8], _: &[u8], place: &Matrix, window: Window) {
        self.add([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)].into_iter().map(|corner| place.map(corner)), window);
        self.has_image = true;
        self.darkest = 0;
    }
}

/// A page in pixels.
struct Drawing<'a> {
    canvas: Canvas,
    place: Matrix,
    is_ink: bool,
    limits: &'a Limits,
}

impl Drawing<'_> {
    /// Draws inside of a window alone.
    fn within(&mut self, (left, top, right, bottom): Window) {
        let [(left, top), (right, bottom)] = [(left, top), (right, bottom)].map(|corner| self.place.map(corner));
        self.canvas.within((left, top, right, bottom));
    }
}

impl Sheet for Drawing<'_> {
    fn fill(&mut self, path: &Path, place: &Matrix, even_odd: bool, grey: u8, window: Window) {
        self.within(window);
        let grey = if self.is_ink { u8::MAX - grey } else { grey };
        self.canvas.fill(path, &self.place.of(place), even_odd, grey);
    }

    fn image(&mut self, dictionary: &[u8], data: &[u8], place: &Matrix, window: Window) {
        let Some(Ok(frame)) = image(Dictionary(dictionary), data, self.limits) else { return };
        self.within(window);
        // Its first row is at the top of the square.
        let upright = Matrix([1.0, 0.0, 0.0, -1.0, 0.0, 1.0]);
        self.canvas.image(&frame.luma, &self.place.of(place).of(&upright));
    }
}

/// The box around points; `None` around nothing, a point, or what has no place.
fn around(points: impl Iterator<Item = Point>) -> Option<Window> {
    let (left, top, right, bottom) = points.fold((f32::MAX, f32::MAX, f32::MIN, f32::MIN), |seen, (x, y)| {
        (seen.0.min(x), seen.1.min(y), seen.2.max(x), seen.3.max(y))
    });
    let is_box = left <= right && top <= bottom && (left < right || top < bottom);
    (is_box && [left, top, right, bottom].iter().all(|side| side.is_finite())).then_some((left, top, right, bottom))
}

/// What two windows share.
fn both(a: Window, b: Window) -> Option<Window> {
    let shared = (a.0.max(b.0), a.1.max(b.1), a.2.min(b.2), a.3.min(b.3));
    (shared.0 < shared.2 && shared.1 < shared.3).then_some(shared)
}

/// The graphics state (8.4.1), as far as areas need it.
#[derive(Clone)]
struct State {
    place: Matrix,
    fill: u8,
    stroke: u8,
    width: f32,
    window: Window,
    /// A clip of many areas, where it was made, and by which rule: what is painted through it has their shape.
    stencil: Option<Rc<(Path, Matrix, bool)>>,
}

/// Follows the operators of a content stream.
struct Pen<'s, S> {
    sheet: &'s mut S,
    state: State,
    saved: Vec<State>,
    path: Path,
    points: usize,
    /// The path becomes a clip when it is painted, by which rule.
    clip: Option<bool>,
}

impl<'s, S: Sheet> Pen<'s, S> {
    fn new(sheet: &'s mut S) -> Self {
        let place = Matrix::IDENTITY;
        let state = State { place, fill: 0, stroke: 0, width: 1.0, window: EVERYWHERE, stencil: None };
        Self { sheet, state, saved: Vec::new(), path: Path::default(), points: 0, clip: None }
    }

    fn write(mut self, content: &[u8]) {
        let mut operands: Vec<f32> = Vec::new();
        for word in Words::of(content) {
            match word {
                // No operator has more.
                Word::Number(number) if operands.len() < 32 => operands.push(number),
                Word::Number(_) | Word::Name(_) => {}
                Word::Operator(operator) => {
                    self.follow(operator, &operands);
                    operands.clear();
                }
                Word::Image(dictionary, data) => {
                    self.sheet.image(dictionary, data, &self.state.place, self.state.window);
                    operands.clear();
                }
            }
        }
    }

    fn follow(&mut self, operator: &[u8], operands: &[f32]) {
        match (operator, operands) {
            (b"q", _) if self.saved.len() < MAX_SAVED => self.saved.push(self.state.clone()),
            (b"Q", _) => self.state = self.saved.pop().unwrap_or_else(|| self.state.clone()),
            (b"cm", &[a, b, c, d, e, f]) => self.state.place = self.state.place.of(&Matrix([a, b, c, d, e, f])),
            (b"w", &[width]) => self.state.width = width,
            (b"g" | b"rg" | b"k" | b"sc" | b"scn", inks) => self.state.fill = grey(inks),
            (b"G" | b"RG" | b"K" | b"SC" | b"SCN", inks) => self.state.stroke = grey(inks),
            (b"cs", _) => self.state.fill = 0,
            (b"CS", _) => self.state.stroke = 0,
            (b"W", _) => self.clip = Some(false),
            (b"W*", _) => self.clip = Some(true),
            (b"f" | b"F", _) => self.paint(Some(false), false),
            (b"f*", _) => self.paint(Some(true), false),
            (b"S", _) => self.paint(None, true),
            (b"B", _) => self.paint(Some(false), true),
            (b"B*", _) => self.paint(Some(true), true),
            (b"s", _) => self.close_and_paint(None),
            (b"b", _) => self.close_and_paint(Some(false)),
            (b"b*", _) => self.close_and_paint(Some(true)),
            (b"n", _) => self.paint(None, false),
            // A gradient fills the clip.
            (b"sh", _) => self.fill(&Path::default(), false, 0),
            _ if self.points < MAX_POINTS => self.draw(operator, operands),
            _ => {}
        }
    }

    /// The operators that make a path (8.5.2).
    fn draw(&mut self, operator: &[u8], operands: &[f32]) {
        let before = self.path.end();
        self.points += match (operator, operands) {
            (b"m", &[x, y]) => {
                self.path.start((x, y));
                1
            }
            (b"l", &[x, y]) => {
                self.path.line((x, y));
                1
            }
            (b"c", &[a, b, c, d, x, y]) => {
                self.path.curve((a, b), (c, d), (x, y));
                16
            }
            (b"v", &[c, d, x, y]) => {
                self.path.curve(before, (c, d), (x, y));
                16
            }
            (b"y", &[a, b, x, y]) => {
                self.path.curve((a, b), (x, y), (x, y));
                16
            }
            (b"h", _) => {
                self.path.close();
                2
            }
            (b"re", &[x, y, width, height]) => {
                self.path.contours.extend(Path::rectangle(x, y, width, height).contours);
                5
            }
            _ => 0,
        };
    }

    fn close_and_paint(&mut self, even_odd: Option<bool>) {
        self.path.close();
        self.paint(even_odd, true);
    }

    /// Fills the path by a rule, and draws along it; then it is done.
    fn paint(&mut self, even_odd: Option<bool>, has_line: bool) {
        let path = std::mem::take(&mut self.path);
        self.points = 0;
        if let Some(even_odd) = even_odd {
            self.fill(&path, even_odd, self.state.fill);
        }
        if has_line {
            self.fill(&path.stroked(self.state.width), false, self.state.stroke);
        }
        if let Some(even_odd) = self.clip.take() {
            self.clip(path, even_odd);
        }
    }

    fn fill(&mut self, path: &Path, even_odd: bool, grey: u8) {
        let State { place, window, stencil, .. } = &self.state;
        match stencil {
            Some(stencil) if path.contours.len() <= 2 => {
                let (path, place, even_odd) = &**stencil;
                self.sheet.fill(path, place, *even_odd, grey, *window);
            }
            _ => self.sheet.fill(path, place, even_odd, grey, *window),
        }
    }

    /// Paints only inside of a path from here on: of the box around it.
    fn clip(&mut self, path: Path, even_odd: bool) {
        let place = self.state.place;
        let points = path.contours.iter().flatten().map(|point| place.map(*point));
        let window = around(points).and_then(|inside| both(inside, self.state.window));
        // Nothing is seen through an empty one.
        self.state.window = window.unwrap_or((0.0, 0.0, 0.0, 0.0));
        if path.contours.len() >= CLIP_AREAS {
            self.state.stencil = Some(Rc::new((path, place, even_odd)));
        }
    }
}

/// The grey level of a colour by its number of inks: grey, red with green and blue, or the four of print. A pattern is dark.
fn grey(inks: &[f32]) -> u8 {
    let level = match *inks {
        [grey] => grey,
        [red, green, blue] => 0.299 * red + 0.587 * green + 0.114 * blue,
        [cyan, magenta, yellow, black] => (1.0 - black) * (3.0 - cyan - magenta - yellow) / 3.0,
        _ => 0.0,
    };
    (level.clamp(0.0, 1.0) * 255.0).round() as u8
}
