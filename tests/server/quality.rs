//! How a picture is, over HTTP: grades, overlays, and frames of a camera.

use camtoken::qr::{EcLevel, Luma, encode};
use serde_json::{Value, json};

use super::client::{Said, Server, command};
use super::hand::{Hand, text};

const TEXT: &str = "CT1:A CODE OF A PAGE THAT IS LOOKED AT";

fn png(module_px: u32) -> Vec<u8> {
    encode(TEXT, EcLevel::M).expect("a short text").to_png(module_px)
}

fn frame(luma: &Luma) -> (&'static str, Vec<u8>) {
    ("application/octet-stream", luma.pixels().to_vec())
}

fn blank(width: u32, height: u32) -> Luma {
    Luma::from_raw(width, height, vec![200; (width * height) as usize]).expect("as many pixels")
}

/// A form with one file in it.
fn form(name: &str, picture: &[u8]) -> Vec<u8> {
    let head = format!(
        "--x\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n"
    );
    [head.as_bytes(), picture, b"\r\n--x--\r\n"].concat()
}

/// A picture as large as a telephone's photo, three bytes for each pixel.
fn bmp(luma: &Luma) -> Vec<u8> {
    let (width, height) = (luma.width(), luma.height());
    assert_eq!(width % 4, 0, "rows without padding");
    let len = 54 + 3 * width * height;
    let mut bytes = b"BM".to_vec();
    for word in [len, 0, 54, 40, width, height, 1 | 24 << 16, 0, 0, 0, 0, 0, 0] {
        bytes.extend(word.to_le_bytes());
    }
    let rows = luma.pixels().chunks(width as usize).rev();
    bytes.extend(rows.flatten().flat_map(|grey| [*grey; 3]));
    bytes
}

#[test]
fn a_picture_of_several_megabytes_is_read_raw_and_as_a_form() {
    let server = Server::start(&["--only", "token"]);
    let luma = Luma::decode(&png(40), &camtoken::qr::Limits::default()).expect("a picture");
    let picture = bmp(&luma);
    assert!(picture.len() > 3_000_000, "{} bytes", picture.len());
    for body in [("image/bmp", picture.clone()), ("multipart/form-data; boundary=x", form("image", &picture))] {
        let lint = server.call("POST", "/v1/lint", Some(body)).ok(200);
        assert!(lint["symbol"].is_object() && lint["passed"] == true, "{lint}");
    }
}

#[test]
fn the_grade_over_http_is_the_document_of_the_command_line() {
    let server = Server::start(&["--only", "token"]);
    for (module_px, language) in [(8, "en"), (1, "ja")] {
        let path = server.path(&format!("code{module_px}.png"));
        std::fs::write(&path, png(module_px)).expect("writable");
        let lint = ["lint", "--json", "--lang", language, "--min-grade", "C", "code.png"];
        std::fs::rename(&path, server.path("code.png")).expect("writable");
        let printed = command(&server.path("state")).args(lint).output().expect("the binary was built");
        let mut printed: Value = serde_json::from_slice(&printed.stdout).expect("one document");
        printed["file"] = json!("-");

        let mut server = Server::start(&["--only", "token"]);
        server.headers = vec![("accept-language", language.to_owned())];
        let body = Some(("image/png", png(module_px)));
        let said = server.call("POST", "/v1/lint?minGrade=C", body).ok(200);
        assert_eq!(said, printed, "{module_px}");
        let body = Some(("multipart/form-data; boundary=x", form("image", &png(module_px))));
        assert_eq!(server.call("POST", "/v1/lint?minGrade=C", body).ok(200), said);
    }
}

#[test]
fn a_grade_comes_with_its_overlay_if_that_is_wanted() {
    let server = Server::start(&["--only", "token"]);
    let lint = |query: &str| server.call("POST", &format!("/v1/lint{query}"), Some(("image/png", png(6)))).ok(200);
    let plain = lint("");
    assert_eq!((&plain["grade"], &plain["passed"], &plain["overlay"]), (&json!("A"), &json!(true), &Value::Null));
    assert_eq!(plain["measures"].as_array().map(Vec::len), Some(10));
    let drawn = lint("?overlay=svg&dpr=3");
    assert!(text(&drawn, "overlay").starts_with("<svg ") && text(&drawn, "overlay").contains("2D code, grade"));
    let module = drawn["measures"].as_array().and_then(|all| all.iter().find(|found| found["name"] == "moduleSize"));
    assert_eq!(module.map(|found| found["value"].clone()), Some(json!(2.0)), "6 px at a ratio of 3");
}

#[test]
fn a_picture_without_a_code_says_what_is_missing() {
    let server = Server::start(&["--only", "token"]);
    let said = server.call("POST", "/v1/lint", Some(("image/png", blank(200, 100).to_png()))).ok(200);
    assert_eq!((&said["grade"], &said["passed"], &said["code"]), (&json!("F"), &json!(false), &json!("T01")));
    assert_eq!(said["reasons"][0]["reason"], "blank");
    let lint = |query: &str, kind: &str, body: &[u8]| {
        server.call("POST", &format!("/v1/lint{query}"), Some((kind, body.to_vec())))
    };
    assert_eq!(lint("", "image/png", b"no picture").problem(422), "CT-E042");
    assert_eq!(lint("", "text/plain", TEXT.as_bytes()).problem(422), "CT-E042");
    let named = form("picture", &png(4));
    assert_eq!(lint("", "multipart/form-data; boundary=x", &named).problem(400), "CT-E100");
    assert_eq!(lint("?minGrade=E", "image/png", &png(4)).problem(400), "CT-E100");
    assert_eq!(lint("?dpr=9", "image/png", &png(4)).problem(422), "CT-E115");
    assert_eq!(lint("?width=3", "application/octet-stream", b"123").problem(422), "CT-E115");
    assert_eq!(lint("?width=3&height=2", "application/octet-stream", b"123").problem(422), "CT-E042");
}

#[test]
fn a_scan_says_how_the_picture_was_and_keeps_it_for_a_while() {
    let server = Server::start(&["--emulator", "--accept-test-keys"]);
    let hand = Hand::new(&server, &json!({ "lang": "en" }));
    let activation = hand.register();
    let issued = hand.issue(&activation, 5_000_000);
    let code = server.get(&format!("/v1/challenges/{}/code.png", text(&issued, "id")));
    let scanned = hand.scan("", &code);
    let quality = &scanned["quality"];
    assert_eq!((&quality["grade"], &quality["pxPerModule"]), (&json!("A"), &json!(4.0)), "{quality}");
    assert_eq!((&quality["advice"], &quality["corrected"]), (&json!([]), &json!(0)));
    assert_eq!(quality["corners"][0], json!([16.0, 16.0]), "four modules of four pixels");
    assert_eq!((&scanned["codes"], &scanned["drawing"]), (&json!(1), &Value::Null));
    let url = text(&scanned, "overlayUrl");
    assert!(server.get(&url).text().starts_with("<svg "));
    assert!(server.get(&url.replace(".svg", ".png")).body.starts_with(b"\x89PNG"));

    // A picture in which nothing was read has nothing to draw, and takes the place of the last.
    let nothing = Said { body: blank(320, 240).to_png(), ..code };
    let refused = hand.scan("", &nothing);
    assert_eq!((&refused["code"], &refused["quality"]["worst"]), (&json!("T01"), &json!("blank")));
    assert_eq!((&refused["quality"]["grade"], &refused["overlayUrl"]), (&json!("F"), &Value::Null));
    assert_eq!(server.get(&url).status, 204, "nothing is drawn of what was not found");
}

#[test]
fn every_screen_that_was_shown_is_drawn_if_that_is_wanted() {
    let server = Server::start(&["--emulator", "--accept-test-keys"]);
    let hand = Hand::new(&server, &json!({ "lang": "en" }));
    let activation = hand.register();
    let drawn = |query: &str| {
        let issued = hand.issue(&activation, 5_000_000);
        let code = server.get(&format!("/v1/challenges/{}/code.png", text(&issued, "id")));
        let scanned = hand.scan(query, &code);
        let pages = scanned["screen"]["pages"].as_array().expect("pages").len();
        (text(&scanned, "drawing"), pages)
    };
    // All pages and the response, each a picture of its own.
    let (drawing, pages) = drawn("?drawing=svg");
    assert!(
        drawing.starts_with("<svg ")
            && drawing.contains("¥5,000,000")
            && drawing.contains("Type this one-time password")
    );
    assert_eq!(drawing.matches("<svg ").count(), 1 + pages + 1, "{drawing}");
    // No button was pressed: the first page is on the screen.
    let (drawing, pages) = drawn("?drawing=svg&confirm=step");
    assert_eq!(drawing.matches("<svg ").count(), 1 + pages, "{drawing}");
}

#[test]
fn a_frame_without_a_code_leaves_the_token_alone() {
    let server = Server::start(&["--emulator", "--accept-test-keys"]);
    let hand = Hand::new(&server, &json!({ "lang": "ja" }));
    let activation = hand.register();
    let issued = hand.issue(&activation, 5_000_000);
    let before = server.get(&hand.path("/screen")).ok(200);
    let scan = |luma: &Luma, frame_number: u32| {
        let query = format!("/scan?width={}&height={}&frame={frame_number}", luma.width(), luma.height());
        server.call("POST", &hand.path(&query), Some(frame(luma))).ok(200)
    };
    for number in 0..4 {
        let looking = scan(&blank(64, 48), number);
        assert_eq!((&looking["outcome"], &looking["fields"]), (&json!("looking"), &json!([])));
        assert_eq!(looking["quality"]["grade"], "F");
    }
    let after = server.get(&hand.path("/screen")).ok(200);
    assert_eq!((&before["state"], &before["lines"]), (&after["state"], &after["lines"]));

    let code = text(&issued["code"], "text");
    let luma = encode(&code, EcLevel::M).expect("it was issued").to_luma(5);
    let shown = scan(&luma, 4);
    assert_eq!((&shown["outcome"], &shown["quality"]["pxPerModule"]), (&json!("shown"), &json!(5.0)));
    assert_eq!(hand.verify(&text(&issued, "id"), &shown["response"])["result"], "accepted");
}
