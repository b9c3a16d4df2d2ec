//! The findings, drawn onto the image: as a PNG, or as an SVG around the image.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::codewords::Printed;
use super::grid::{Grid, Perspective};
use crate::Luma;
use crate::symbol::{Layout, QUIET_ZONE, Version};

type Point = (f64, f64);
type Quad = [Point; 4];
type Rgb = [u8; 3];

const BLUE: Rgb = [0, 104, 222];
const GREEN: Rgb = [0, 150, 70];
const RED: Rgb = [214, 0, 40];
const ORANGE: Rgb = [255, 138, 0];
const PURPLE: Rgb = [170, 0, 200];
const BEYOND: Rgb = [216, 219, 224];

/// Pixels that a module is enlarged to at least, as far as the picture stays under [`LARGEST`].
const MODULE_PX: f64 = 10.0;
/// The longest side of an overlay that was enlarged.
const LARGEST: u32 = 2400;

/// Marks on a picture: corners (green), the frame of the quiet zone (blue; red where it is too narrow, with what is
/// missing shaded), repaired modules (orange) and wrong modules of the fixed patterns (purple), both crossed out.
#[derive(Clone, Debug, PartialEq)]
pub struct Overlay {
    corners: Quad,
    /// The four sides of the quiet zone's frame: top, right, bottom, left.
    frame: Quad,
    /// What is missing of the quiet zone, on the sides where it is.
    missing: [Option<Quad>; 4],
    repaired: Vec<Quad>,
    damaged: Vec<Quad>,
    module_px: f64,
    map: Map,
}

/// The map of the grid, compared by its numbers.
#[derive(Clone, Debug, PartialEq)]
struct Map {
    corners: Quad,
    side: f64,
}

impl Map {
    fn quad(&self, left: f64, top: f64, right: f64, bottom: f64) -> Quad {
        let map = Perspective::onto(&self.corners, self.side);
        [map.at(left, top), map.at(right, top), map.at(right, bottom), map.at(left, bottom)]
    }
}

impl Overlay {
    pub(super) fn new(grid: &Grid, quiet: [f64; 4]) -> Self {
        let side = grid.side as f64;
        let map = Map { corners: grid.corners, side };
        let wanted = f64::from(QUIET_ZONE);
        let (out, end) = (wanted, side + wanted);
        let strip = |edge: usize, from: f64| match edge {
            0 => map.quad(-out, -out, end, -from),
            1 => map.quad(side + from, -out, end, end),
            2 => map.quad(-out, side + from, end, end),
            _ => map.quad(-out, -out, -from, end),
        };
        let missing = [0, 1, 2, 3].map(|edge| (quiet[edge] < wanted).then(|| strip(edge, quiet[edge])));
        let (px, py) = grid.pitch();
        Self {
            corners: grid.corners,
            frame: map.quad(-out, -out, end, end),
            missing,
            repaired: Vec::new(),
            damaged: Vec::new(),
            module_px: (px + py) / 2.0,
            map,
        }
    }

    pub(super) fn repair(&mut self, printed: &Printed, sampled: &[bool], version: Version) {
        let (side, layout) = (version.side(), Layout::of(version));
        for at in (0..side * side).filter(|&at| sampled[at] != printed.modules[at]) {
            let (x, y) = (at % side, at / side);
            let quad = self.map.quad(x as f64, y as f64, x as f64 + 1.0, y as f64 + 1.0);
            let list = if layout.carries_data(x, y) { &mut self.repaired } else { &mut self.damaged };
            list.push(quad);
        }
    }

    /// Modules of codewords that error correction repaired.
    #[must_use]
    pub fn repaired_modules(&self) -> usize {
        self.repaired.len()
    }

    /// Draws a PNG: the picture, enlarged where modules are small, with grey around it as far as the frame of the quiet
    /// zone goes beyond it.
    #[must_use]
    pub fn to_png(&self, luma: &Luma) -> Vec<u8> {
        let stage = self.stage(luma);
        let mut canvas = Canvas::of(luma, &stage);
        for shape in self.shapes(&stage) {
            match shape {
                Shape::Fill(quad, rgb, opacity) => canvas.fill(&quad, rgb, opacity),
                Shape::Line(from, to, rgb, width) => canvas.line(from, to, rgb, width),
            }
        }
        canvas.into_png()
    }

    /// Draws an SVG with the picture inside, and `caption` below it, a line each.
    #[must_use]
    pub fn to_svg(&self, luma: &Luma, title: &str, caption: &[String]) -> String {
        const LINE: f64 = 20.0;
        let stage = self.stage(luma);
        let picture = STANDARD.encode(luma.to_png());
        let (width, top) = (f64::from(stage.width).max(420.0), f64::from(stage.height));
        let height = top + LINE * caption.len() as f64 + if caption.is_empty() { 0.0 } else { 16.0 };
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 \
             {width} {height}\"><title>{}</title><rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/><rect \
             width=\"{}\" height=\"{}\" fill=\"{}\"/><image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" \
             style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{picture}\"/>\n",
            escaped(title),
            stage.width,
            stage.height,
            hex(BEYOND),
            stage.left,
            stage.top,
            luma.width * stage.scale,
            luma.height * stage.scale,
        );
        for shape in self.shapes(&stage) {
            let _ = match shape {
                Shape::Fill(quad, rgb, opacity) => {
                    let points: String = quad.iter().map(|p| format!("{:.1},{:.1} ", p.0, p.1)).collect();
                    writeln!(
                        svg,
                        "<polygon points=\"{}\" fill=\"{}\" fill-opacity=\"{opacity}\"/>",
                        points.trim_end(),
                        hex(rgb)
                    )
                }
                Shape::Line(from, to, rgb, width) => writeln!(
                    svg,
                    "<path d=\"M{:.1} {:.1}L{:.1} {:.1}\" stroke=\"{}\" stroke-width=\"{width:.1}\"/>",
                    from.0,
                    from.1,
                    to.0,
                    to.1,
                    hex(rgb)
                ),
            };
        }
        for (i, line) in caption.iter().enumerate() {
            let y = top + LINE * (i as f64 + 1.0) + 2.0;
            let _ = writeln!(
                svg,
                "<text x=\"8\" y=\"{y:.0}\" font-family=\"sans-serif\" font-size=\"14\" xml:space=\"preserve\">{}</text>",
                escaped(line)
            );
        }
        svg.push_str("</svg>\n");
        svg
    }

    /// How the picture lies on the canvas.
    fn stage(&self, luma: &Luma) -> Stage {
        let wanted = (MODULE_PX / self.module_px).ceil().clamp(1.0, 16.0) as u32;
        let scale = wanted.min(LARGEST / luma.width.max(luma.height)).max(1);
        let enlarged = f64::from(scale);
        // The frame of a distorted view may end far away: half the picture on each side is enough.
        let room = |beyond: f64, length: u32| (beyond.clamp(0.0, f64::from(length) / 2.0) * enlarged).ceil() as u32;
        let frame = |value: fn(&Point) -> f64| {
            self.frame.iter().map(value).fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v)))
        };
        let ((left, right), (top, bottom)) = (frame(|p| p.0), frame(|p| p.1));
        let edge = |beyond: f64| if beyond > 0.01 { beyond + 0.5 * self.module_px } else { 0.0 };
        let (width, height) = (luma.width, luma.height);
        let pads = [
            room(edge(-left), width),
            room(edge(-top), height),
            room(edge(right - f64::from(width)), width),
            room(edge(bottom - f64::from(height)), height),
        ];
        Stage {
            scale,
            left: pads[0],
            top: pads[1],
            width: pads[0] + width * scale + pads[2],
            height: pads[1] + height * scale + pads[3],
        }
    }

    fn shapes(&self, stage: &Stage) -> Vec<Shape> {
        let place = |p: Point| {
            (p.0 * f64::from(stage.scale) + f64::from(stage.left), p.1 * f64::from(stage.scale) + f64::from(stage.top))
        };
        let module = self.module_px * f64::from(stage.scale);
        let thick = (module / 5.0).clamp(2.0, 6.0);
        let mut shapes = Vec::new();
        for quad in self.missing.iter().flatten() {
            shapes.push(Shape::Fill(quad.map(place), RED, 0.22));
        }
        for (quads, rgb) in [(&self.repaired, ORANGE), (&self.damaged, PURPLE)] {
            for quad in quads {
                let quad = quad.map(place);
                shapes.push(Shape::Fill(quad, rgb, 0.75));
                let thin = (module / 10.0).clamp(1.0, 2.5);
                shapes.push(Shape::Line(quad[0], quad[2], [255; 3], thin));
                shapes.push(Shape::Line(quad[1], quad[3], [255; 3], thin));
            }
        }
        let frame = self.frame.map(place);
        for i in 0..4 {
            let rgb = if self.missing[i].is_some() { RED } else { BLUE };
            shapes.extend(dashes(frame[i], frame[(i + 1) % 4], rgb, thick * 0.8, module * 1.5));
        }
        let corners = self.corners.map(place);
        for i in 0..4 {
            let corner = corners[i];
            for next in [corners[(i + 1) % 4], corners[(i + 3) % 4]] {
                let share = (4.0 / self.map.side).min(0.5);
                let end = (corner.0 + (next.0 - corner.0) * share, corner.1 + (next.1 - corner.1) * share);
                shapes.push(Shape::Line(corner, end, GREEN, thick * 1.3));
            }
        }
        shapes
    }
}

enum Shape {
    Fill(Quad, Rgb, f64),
    Line(Point, Point, Rgb, f64),
}

struct Stage {
    scale: u32,
    left: u32,
    top: u32,
    width: u32,
    height: u32,
}

fn dashes(from: Point, to: Point, rgb: Rgb, width: f64, dash: f64) -> Vec<Shape> {
    let length = (to.0 - from.0).hypot(to.1 - from.1);
    // An odd number of parts, so that both ends are drawn.
    let parts = ((length / dash.max(1.0)).clamp(1.0, 400.0) as usize) / 2 * 2 + 1;
    let at = |i: usize| {
        let t = i as f64 / parts as f64;
        (from.0 + (to.0 - from.0) * t, from.1 + (to.1 - from.1) * t)
    };
    (0..parts).step_by(2).map(|i| Shape::Line(at(i), at(i + 1), rgb, width)).collect()
}

struct Canvas {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl Canvas {
    fn of(luma: &Luma, stage: &Stage) -> Self {
        let mut pixels = Vec::with_capacity(stage.width as usize * stage.height as usize * 3);
        for y in 0..stage.height {
            for x in 0..stage.width {
                let (x, y) = (x.wrapping_sub(stage.left) / stage.scale, y.wrapping_sub(stage.top) / stage.scale);
                let rgb = match x < luma.width && y < luma.height {
                    true => [luma.pixels[y as usize * luma.width as usize + x as usize]; 3],
                    false => BEYOND,
                };
                pixels.extend_from_slice(&rgb);
            }
        }
        Self { width: stage.width, height: stage.height, pixels }
    }

    /// Fills a convex quadrilateral, its edges smoothed by 16 samples a pixel.
    fn fill(&mut self, quad: &Quad, rgb: Rgb, opacity: f64) {
        let bound = |value: fn(&Point) -> f64, limit: u32| {
            let (low, high) =
                quad.iter().map(value).fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v)));
            let limit = f64::from(limit);
            low.floor().clamp(0.0, limit) as u32..high.ceil().clamp(0.0, limit) as u32
        };
        for y in bound(|p| p.1, self.height) {
            for x in bound(|p| p.0, self.width) {
                let inside = (0..16).filter(|i| {
                    let sample =
                        (f64::from(x) + (f64::from(i % 4) + 0.5) / 4.0, f64::from(y) + (f64::from(i / 4) + 0.5) / 4.0);
                    contains(quad, sample)
                });
                let share = opacity * inside.count() as f64 / 16.0;
                let at = (y as usize * self.width as usize + x as usize) * 3;
                for (old, new) in self.pixels[at..at + 3].iter_mut().zip(rgb) {
                    *old = (f64::from(*old) * (1.0 - share) + f64::from(new) * share).round() as u8;
                }
            }
        }
    }

    fn line(&mut self, from: Point, to: Point, rgb: Rgb, width: f64) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.hypot(dy).max(1e-6);
        let (ux, uy) = (dx / length * width / 2.0, dy / length * width / 2.0);
        // Ends reach out by half the width, so that lines meet in a corner.
        let quad = [
            (from.0 - ux - uy, from.1 - uy + ux),
            (to.0 + ux - uy, to.1 + uy + ux),
            (to.0 + ux + uy, to.1 + uy - ux),
            (from.0 - ux + uy, from.1 - uy - ux),
        ];
        self.fill(&quad, rgb, 1.0);
    }

    fn into_png(self) -> Vec<u8> {
        png(self.width, self.height, png::ColorType::Rgb, &self.pixels)
    }
}

fn contains(quad: &Quad, p: Point) -> bool {
    let sides = (0..4).map(|i| {
        let (a, b) = (quad[i], quad[(i + 1) % 4]);
        (b.0 - a.0) * (p.1 - a.1) - (b.1 - a.1) * (p.0 - a.0)
    });
    let (mut left, mut right) = (false, false);
    for side in sides {
        left |= side > 0.0;
        right |= side < 0.0;
    }
    !(left && right)
}

pub(crate) fn png(width: u32, height: u32, color: png::ColorType, pixels: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(color);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().expect("a picture has a pixel");
    writer.write_image_data(pixels).expect("there are as many bytes as the header says, and memory takes them");
    writer.finish().expect("memory takes the last chunk");
    bytes
}

fn hex([r, g, b]: Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
