use super::*;
use crate::scan::geometry::Point;
use crate::{EcLevel, Scan, ScanOptions, SymbolMatrix, encode, scan};

fn matrix() -> SymbolMatrix {
    encode("CT1:SVG", EcLevel::M).expect("a short text")
}

/// The dark modules with a quiet zone of four around them.
fn dark() -> Vec<(usize, usize)> {
    let luma = matrix().to_luma(1);
    let width = luma.width() as usize;
    (0..luma.pixels().len()).filter(|at| luma.pixels()[*at] == 0).map(|at| (at % width, at / width)).collect()
}

#[track_caller]
fn read(svg: &str) {
    let luma = Luma::decode(svg.as_bytes(), &Limits::default()).expect("a drawing");
    match scan(&luma, &ScanOptions::default()) {
        Scan::Read(symbols) => assert_eq!(symbols[0].payload, b"CT1:SVG"),
        other => panic!("{other:?}: {}", &svg[..svg.len().min(300)]),
    }
}

fn each(shape: impl Fn(usize, usize) -> String) -> String {
    dark().into_iter().map(|(x, y)| shape(x, y)).collect()
}

#[test]
fn our_own_drawing_is_read() {
    for module_px in [1, 4, 20] {
        read(&matrix().to_svg(module_px));
    }
}

#[test]
fn drawings_of_others_are_read() {
    let side = matrix().to_luma(1).width();
    let svg =
        |inside: &str| format!("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {side} {side}'>{inside}</svg>");
    // A rectangle for each module, in units, in percent of nothing, and by use.
    read(&svg(&each(|x, y| format!("<rect x=\"{x}\" y=\"{y}\" width=\"1\" height=\"1\"/>"))));
    read(&svg(&format!(
        "<defs><rect id='p' width='1' height='1'/></defs><rect width='100%' height='100%' fill='#FFFFFF'/>{}",
        each(|x, y| format!("<use xlink:href='#p' x='{x}' y='{y}'/>"))
    )));
    // A stroked path of runs, half a module down.
    read(&svg(&format!(
        "<path stroke=\"#000\" fill=\"none\" class=\"qrline\" d=\"{}\"/>",
        each(|x, y| format!("M{x} {y}.5h1"))
    )));
    // A filled path, relative and without spaces, scaled; its style in a sheet.
    let path = each(|x, y| format!("M{x},{y}h1v1H{x}V{y}z"));
    read(&format!(
        "<?xml version='1.0'?><!-- made --><!DOCTYPE svg PUBLIC 'x' 'y'><svg:svg width='30mm' height='30mm' viewBox='0 0 300 300'>\
         <style><![CDATA[.a, .b {{ fill: rgb(10%, 0, 0) }} path {{ stroke: none }}]]></style>\
         <g transform='scale({0}) translate(0 0)'><path class='b' d='{path}'/></g></svg:svg>",
        300.0 / side as f32
    ));
    // Circles as modules, and light ones on a dark ground.
    read(&svg(&each(|x, y| format!("<circle cx='{x}.5' cy='{y}.5' r='.5'/>"))));
    read(&svg(&format!(
        "<rect width='{side}' height='{side}' fill='navy'/><g style='fill:white'>{}</g>",
        each(|x, y| format!("<path d='m{x} {y} 1 0 0 1-1 0z'/>"))
    )));
    // One large rectangle that is clipped to the modules.
    read(&svg(&format!(
        "<defs><clipPath id='c'>{}</clipPath></defs><rect width='{side}' height='{side}' clip-path=\"url(#c)\" fill='url(#g)'/>",
        each(|x, y| format!("<rect x='{x}' y='{y}' width='1' height='1'/>"))
    )));
    // A picture in it.
    use base64::Engine;
    let png = base64::engine::general_purpose::STANDARD.encode(matrix().to_luma(3).to_png());
    read(&svg(&format!("<image x='1' y='1' width='30' height='30' href='data:image/png;base64,{png}'/>")));
}

#[test]
fn path_data_is_read_as_it_is_written() {
    let points = |data: &str| path::parse(data).contours.into_iter().flatten().collect::<Vec<Point>>();
    assert_eq!(points("M1 2L3,4"), [(1.0, 2.0), (3.0, 4.0)]);
    assert_eq!(points("m1-2.5.5 3e0"), [(1.0, -2.5), (1.5, 0.5)]);
    assert_eq!(points("M0 0 h2v3H-1V0"), [(0.0, 0.0), (2.0, 0.0), (2.0, 3.0), (-1.0, 3.0), (-1.0, 0.0)]);
    assert_eq!(points("M0 0 1 1 q1 0 2 0").last(), Some(&(3.0, 1.0)));
    // Half a circle, its flags without spaces: it goes through the point farthest away.
    let arc = points("M0 0a1 1 0 012 0");
    assert_eq!(arc.last(), Some(&(2.0, 0.0)));
    let top = arc.iter().map(|point| point.1).fold(0.0, f32::min);
    assert!((top + 1.0).abs() < 0.02, "{top}");
    assert_eq!(points("nothing"), []);
}

#[test]
fn hostile_drawings_end_soon() {
    let start = std::time::Instant::now();
    let nested = "<g>".repeat(100_000);
    let bomb =
        (0..40).map(|i| format!("<g id='a{}'><use href='#a{i}'/><use href='#a{i}'/></g>", i + 1)).collect::<String>();
    let paint = "<rect width='99' height='99'/>".repeat(50_000);
    let wild = "<path d='M1e38 1e38L-1e38-1e38 nan 3e9z'/><rect width='1e39' height='-9'/>".to_owned();
    let itself = "<g id='a'><use href='#a'/></g>".to_owned();
    for inside in
        [nested, format!("<g id='a0'><rect width='1' height='1'/></g>{bomb}<use href='#a40'/>"), paint, wild, itself]
    {
        let _ = Luma::decode(format!("<svg viewBox='0 0 99 99'>{inside}</svg>").as_bytes(), &Limits::default());
    }
    for text in [
        "<svg viewBox='0 0 0 0'/>",
        "<svg viewBox='0 0 1 1e9'/>",
        "<svg",
        "<svg a='",
        "<svg><![CDATA[",
        "<svg viewBox='0 0 9 9'><rect",
    ] {
        let _ = Luma::decode(text.as_bytes(), &Limits::default());
    }
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}
