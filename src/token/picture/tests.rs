use quick_xml::Reader;
use quick_xml::events::Event;

use super::*;
use camtoken_core::token::screen::{Layout, Line};

fn samples() -> Vec<Screen> {
    let mut samples = Layout::new("振込")
        .owner("****5678")
        .row("payee", "受取人", "ｶ)ﾃｽﾄ <&\"\u{1B}\u{202E}髙", Style::Normal)
        .row("amount", "金額", "¥1,250,000", Style::Big)
        .text("a", "heavy", Style::Bold)
        .centred("response", "1234 5678", Style::Huge)
        .choice("選択", true)
        .softkeys(["戻る", "a label that takes two rows", "OK"])
        .pages();
    samples.push(Screen::off());
    samples
}

fn decode(png: &[u8]) -> RgbaImage {
    image::load_from_memory(png).expect("a PNG").into_rgba8()
}

/// Draws the SVG's paths with its own reading of `M`, `h`, `v` and `z`; gives the picture, and the texts.
fn draw(svg: &str) -> (RgbaImage, String) {
    let mut picture = RgbaImage::new(u32::from(WIDTH), u32::from(HEIGHT));
    let (mut description, mut inside) = (String::new(), false);
    let mut reader = Reader::from_str(svg);
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Start(tag) => inside = tag.name().as_ref() == "desc",
            Event::End(_) => inside = false,
            Event::Text(text) if inside => description += &*text,
            Event::GeneralRef(name) if inside => {
                description += match &*name {
                    "lt" => "<",
                    "gt" => ">",
                    "amp" => "&",
                    "quot" => "\"",
                    other => panic!("unknown entity {other}"),
                }
            }
            Event::Empty(tag) => {
                let value = |name| {
                    let attribute = tag.try_get_attribute(name).expect("attributes").expect("the attribute is there");
                    attribute.value.into_owned()
                };
                let colour = u32::from_str_radix(&value("fill")[1..], 16).expect("#rrggbb") << 8 | 0xFF;
                for part in value("d").split_terminator('z') {
                    let numbers: Vec<u32> = part
                        .split(|c: char| !c.is_ascii_digit())
                        .filter(|number| !number.is_empty())
                        .map(|number| number.parse().expect("digits"))
                        .collect();
                    let [x, y, width, height, back] = numbers[..] else { panic!("not a rectangle: {part}") };
                    assert_eq!(part, format!("M{x} {y}h{width}v{height}h-{back}"));
                    assert_eq!(width, back);
                    for (dx, dy) in (0..height).flat_map(|dy| (0..width).map(move |dx| (dx, dy))) {
                        picture.put_pixel(x + dx, y + dy, Rgba(colour.to_be_bytes()));
                    }
                }
            }
            Event::Eof => return (picture, description),
            _ => {}
        }
    }
}

#[test]
fn png_and_svg_are_the_same_picture() {
    for screen in samples() {
        let (drawn, _) = draw(&to_svg(&screen));
        assert!(drawn == decode(&to_png(&screen, 1)));
        let large = decode(&to_png(&screen, 3));
        for (x, y, pixel) in large.enumerate_pixels() {
            assert_eq!(pixel, drawn.get_pixel(x / 3, y / 3), "at {x}, {y}");
        }
    }
}

#[test]
fn svg_describes_what_the_text_says() {
    for screen in samples() {
        assert_eq!(draw(&to_svg(&screen)).1, screen.to_text());
    }
}

#[test]
fn png_has_the_size_of_panel_and_frame() {
    for (scale, size) in [(1, (340, 260)), (2, (680, 520)), (3, (1020, 780)), (0, (340, 260)), (99, (5440, 4160))] {
        assert_eq!(decode(&to_png(&Screen::off(), scale)).dimensions(), size);
    }
}

#[test]
fn glyphs_stand_where_their_line_says() {
    let screen = &samples()[0];
    let picture = decode(&to_png(screen, 1));
    let line = screen.lines.iter().find(|line| line.role == "payee").expect("in the sample");
    let mut x = line.x;
    for character in line.text.chars() {
        let glyph = font::glyph(character);
        for (dy, row) in (0..).zip(glyph.rows) {
            for dx in 0..8 * glyph.columns {
                let shade = if row & (0x8000 >> dx) == 0 { Shade::Paper } else { Shade::Ink };
                let pixel = picture.get_pixel(u32::from(BEZEL + x + dx), u32::from(BEZEL + line.y + dy));
                assert_eq!(pixel.0, shade.colour(), "{character:?} at {dx}, {dy}");
            }
        }
        x += 8 * glyph.columns;
    }
    assert_eq!(x, line.x + line.width);
}

#[test]
fn a_slanted_stroke_holds_together_at_twice_the_size() {
    let stroke = (0..3).map(|y| (0..3).map(|x| x == y).collect()).collect();
    let twice = Dots { width: 3, rows: stroke }.twice();
    let drawn: Vec<String> =
        twice.rows.iter().map(|row| row.iter().map(|dot| if *dot { '#' } else { '.' }).collect()).collect();
    assert_eq!(drawn, ["##....", "###...", ".###..", "..###.", "...###", "....##"]);
}

#[test]
fn a_dark_panel_shows_nothing() {
    let mut screen = samples().swap_remove(0);
    screen.lit = false;
    assert!(to_png(&screen, 1) == to_png(&Screen::off(), 1));
    assert_eq!(to_svg(&screen), to_svg(&Screen::off()));
    assert_eq!(screen.to_text(), "");
}

#[test]
fn lines_from_elsewhere_stay_on_the_panel() {
    let far = |x, y, style| Line {
        x,
        y,
        width: u16::MAX,
        height: u16::MAX,
        text: "W".repeat(200),
        style,
        role: "<\"".into(),
    };
    let styles = [Style::Normal, Style::Huge, Style::Inverse];
    let lines = styles.into_iter().flat_map(|s| [far(0, 0, s), far(319, 239, s), far(u16::MAX, u16::MAX, s)]).collect();
    let long = Some("long ".repeat(100));
    let screen = Screen { lit: true, lines, softkeys: [long.clone(), None, long] };
    let (drawn, _) = draw(&to_svg(&screen));
    assert!(drawn == decode(&to_png(&screen, 1)));
    let (off, _) = draw(&to_svg(&Screen::off()));
    for (x, y, pixel) in off.enumerate_pixels() {
        let panel = |at: u32, size: u16| (u32::from(BEZEL)..u32::from(BEZEL + size)).contains(&at);
        if !(panel(x, Screen::WIDTH) && panel(y, Screen::HEIGHT)) {
            assert_eq!(drawn.get_pixel(x, y), pixel, "the frame at {x}, {y}");
        }
    }
}

#[test]
fn every_writing_has_a_contrast_of_seven_to_one() {
    // WCAG 2.2, relative luminance and contrast ratio.
    let luminance = |shade: Shade| {
        let [r, g, b, _] = shade.colour().map(|value| {
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    for style in [Style::Normal, Style::Quiet, Style::Bold, Style::Big, Style::Huge, Style::Inverse, Style::Band] {
        let (written, behind) = (luminance(ink(style)), luminance(ground(style).unwrap_or(Shade::Paper)));
        let ratio = (written.max(behind) + 0.05) / (written.min(behind) + 0.05);
        assert!(ratio >= 7.0, "{style:?}: {ratio:.2}");
    }
}
