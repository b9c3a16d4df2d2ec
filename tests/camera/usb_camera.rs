//! A USB camera made of software, for the test in a virtual machine: it speaks the kernel's USB/IP protocol over a socket
//! that `vhci_hcd` is given, so that the real `uvcvideo` driver binds to it. Nothing here is shared with what reads it.
//!
//! ```text
//! usb-camera frame OUT.jpg|OUT.yuyv 1280x720 TEXT         draws a frame; without TEXT an empty table
//! usb-camera plug [--seconds N] [--stall N] MODE=FILE*COUNT,FILE… …    MODE: mjpeg:1280x720, yuyv:640x480
//! ```
//!
//! Plugged in, it shows each mode's files in turn, at 30 frames a second, each COUNT times, the last one for ever; a new
//! stream begins again. After so many seconds the cable is pulled; after so many frames nothing more comes.

use std::collections::VecDeque;
use std::error::Error;
use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use camtoken_qr::{Distortion, EcLevel, Luma, encode};

/// One payload of a bulk transfer, its header included.
const PAYLOAD: usize = 16_384;
/// In units of 100 ns.
const INTERVAL: u32 = 333_333;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["frame", out, size] => frame(out, size, None),
        ["frame", out, size, text] => frame(out, size, Some(text)),
        ["plug", ref rest @ ..] => plug(rest),
        _ => Err("usb-camera frame OUT SIZE [TEXT] | plug [--seconds N] [--stall N] MODE=FILE*COUNT,… …".into()),
    }
}

/// Draws a table with a page on it, as a camera sees them.
fn frame(out: &str, size: &str, text: Option<&str>) -> Result<(), Box<dyn Error>> {
    let (width, height) = pair(size, 'x')?;
    let mut pixels = vec![120; (width * height) as usize];
    if let Some(text) = text {
        let symbol = encode(text, EcLevel::M)?.to_luma(height / 120);
        let (left, top) = ((width - symbol.width()) / 2, (height - symbol.height()) / 2);
        for (row, line) in (top..).zip(symbol.pixels().chunks_exact(symbol.width() as usize)) {
            pixels[(row * width + left) as usize..][..line.len()].copy_from_slice(line);
        }
    }
    let light =
        Distortion { tilt: 12.0, uneven: 0.3, fade: 0.1, blur: 0.8, noise: 4.0, seed: 7, ..Distortion::default() };
    let luma = light.apply(&Luma::from_raw(width, height, pixels)?);
    let bytes = if out.ends_with(".yuyv") {
        luma.pixels().iter().flat_map(|luma| [*luma, 128]).collect()
    } else {
        let mut jpeg = Vec::new();
        image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 85).encode(
            luma.pixels(),
            width,
            height,
            image::ExtendedColorType::L8,
        )?;
        without_tables(&jpeg)
    };
    Ok(fs::write(out, bytes)?)
}

/// Leaves out the Huffman tables of a JPEG, as most webcams do: they are those of the standard (ITU-T T.81, K.3).
fn without_tables(jpeg: &[u8]) -> Vec<u8> {
    let (mut left, mut at) = (jpeg[..2].to_vec(), 2);
    while jpeg[at + 1] != 0xda {
        let end = at + 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        if jpeg[at + 1] != 0xc4 {
            left.extend_from_slice(&jpeg[at..end]);
        }
        at = end;
    }
    left.extend_from_slice(&jpeg[at..]);
    left
}

fn pair(text: &str, between: char) -> Result<(u32, u32), Box<dyn Error>> {
    let (a, b) = text.split_once(between).ok_or("two numbers are wanted")?;
    Ok((a.parse()?, b.parse()?))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Mjpeg,
    Yuyv,
}

/// A format and size with the frames to show.
struct Mode {
    format: Format,
    width: u16,
    height: u16,
    frames: Vec<Vec<u8>>,
}

impl Mode {
    fn read(text: &str) -> Result<Self, Box<dyn Error>> {
        let (mode, files) = text.split_once('=').ok_or("MODE=FILES is wanted")?;
        let (format, size) = mode.split_once(':').ok_or("a mode is FORMAT:SIZE")?;
        let (width, height) = pair(size, 'x')?;
        let format = match format {
            "mjpeg" => Format::Mjpeg,
            "yuyv" => Format::Yuyv,
            _ => return Err("a format is mjpeg or yuyv".into()),
        };
        let mut frames = Vec::new();
        for file in files.split(',') {
            let (file, count) = match file.split_once('*') {
                Some((file, count)) => (file, count.parse()?),
                None => (file, 1),
            };
            frames.resize(frames.len() + count, fs::read(file)?);
        }
        Ok(Self { format, width: width.try_into()?, height: height.try_into()?, frames })
    }

    fn max_bytes(&self) -> u32 {
        u32::from(self.width) * u32::from(self.height) * 2
    }
}

fn plug(args: &[&str]) -> Result<(), Box<dyn Error>> {
    let (mut seconds, mut stall, mut modes) = (3600, usize::MAX, Vec::new());
    let mut args = args.iter();
    while let Some(&arg) = args.next() {
        match arg {
            "--seconds" => seconds = args.next().ok_or("--seconds N")?.parse()?,
            "--stall" => stall = args.next().ok_or("--stall N")?.parse()?,
            mode => modes.push(Mode::read(mode)?),
        }
    }
    // All modes of a format stand behind one format descriptor.
    modes.sort_by_key(|mode| mode.format == Format::Yuyv);
    let (ours, kernels) = UnixStream::pair()?;
    // Port 0, this socket, bus 1 device 1, high speed.
    fs::write("/sys/devices/platform/vhci_hcd.0/attach", format!("0 {} 65537 3", kernels.as_raw_fd()))?;
    drop(kernels);
    let mut camera = Camera {
        modes,
        usb: ours,
        asked: Vec::new(),
        waiting: VecDeque::new(),
        ready: VecDeque::new(),
        probe: Probe { format: 1, frame: 1 },
        shown: 0,
        stall,
        toggle: 0,
        due: Instant::now(),
    };
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(seconds) {
        if !camera.turn()? {
            return Ok(());
        }
    }
    println!("usb-camera: the cable is pulled");
    Ok(())
}

/// What the driver and the camera agree upon (USB Video Class 1.0, 4.3.1.1): numbers of descriptors, from 1.
struct Probe {
    format: u8,
    frame: u8,
}

struct Camera {
    modes: Vec<Mode>,
    usb: UnixStream,
    /// Bytes of requests that are not complete.
    asked: Vec<u8>,
    /// Transfers that wait for video: sequence number and length.
    waiting: VecDeque<(u32, usize)>,
    /// Payloads of the frame that is being sent.
    ready: VecDeque<Vec<u8>>,
    probe: Probe,
    /// Frames shown in this stream.
    shown: usize,
    stall: usize,
    /// The bit that tells frames apart.
    toggle: u8,
    /// When the next frame is.
    due: Instant,
}

impl Camera {
    /// Sends what is due and answers what is asked; `false` when the kernel has closed the port.
    fn turn(&mut self) -> io::Result<bool> {
        self.send_video()?;
        let wait = if self.waiting.is_empty() { 50 } else { 2 };
        self.usb.set_read_timeout(Some(Duration::from_millis(wait)))?;
        let mut bytes = [0; 4096];
        match self.usb.read(&mut bytes) {
            Ok(0) => return Ok(false),
            Ok(count) => self.asked.extend_from_slice(&bytes[..count]),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
            Err(error) => return Err(error),
        }
        while let Some(request) = Request::take(&mut self.asked) {
            self.answer(&request)?;
        }
        Ok(true)
    }

    fn send_video(&mut self) -> io::Result<()> {
        while !self.waiting.is_empty() {
            if self.ready.is_empty() {
                if self.shown >= self.stall || Instant::now() < self.due {
                    return Ok(());
                }
                self.next_frame();
            }
            if let (Some(payload), Some((sequence, length))) = (self.ready.pop_front(), self.waiting.pop_front()) {
                let payload = &payload[..payload.len().min(length)];
                submitted(&mut self.usb, sequence, 0, payload, payload.len())?;
            }
        }
        Ok(())
    }

    /// Cuts the next frame into payloads, each with a header (USB Video Class 1.0, 2.4.3.3).
    fn next_frame(&mut self) {
        const END_OF_HEADER: u8 = 0x80;
        const END_OF_FRAME: u8 = 0x02;
        let wanted = if self.probe.format == 1 { self.modes[0].format } else { Format::Yuyv };
        let mode = self.modes.iter().filter(|mode| mode.format == wanted).nth(usize::from(self.probe.frame) - 1);
        let Some(mode) = mode else { return };
        let frame = &mode.frames[self.shown.min(mode.frames.len() - 1)];
        self.toggle ^= 1;
        let chunks = frame.chunks(PAYLOAD - 2);
        let last = chunks.len() - 1;
        for (i, chunk) in chunks.enumerate() {
            let end = if i == last { END_OF_FRAME } else { 0 };
            self.ready.push_back([&[2, END_OF_HEADER | self.toggle | end], chunk].concat());
        }
        self.shown += 1;
        self.due = Instant::now() + Duration::from_nanos(u64::from(INTERVAL) * 100);
    }

    fn answer(&mut self, request: &Request) -> io::Result<()> {
        /// -ECONNRESET: a transfer was taken back.
        const RESET: i32 = -104;
        /// -EPIPE: it is not understood.
        const STALLED: i32 = -32;
        match request.command {
            // Take a transfer back (USBIP_CMD_UNLINK).
            2 => {
                let place = self.waiting.iter().position(|(sequence, _)| *sequence == request.victim);
                let status = if place.and_then(|place| self.waiting.remove(place)).is_some() { RESET } else { 0 };
                unlinked(&mut self.usb, request.sequence, status)
            }
            _ if request.endpoint == 1 => {
                self.waiting.push_back((request.sequence, request.length));
                Ok(())
            }
            _ => match self.control(request) {
                Some(data) if request.inward => {
                    let data = &data[..data.len().min(request.setup.length)];
                    submitted(&mut self.usb, request.sequence, 0, data, data.len())
                }
                Some(_) => submitted(&mut self.usb, request.sequence, 0, &[], request.data.len()),
                None => submitted(&mut self.usb, request.sequence, STALLED, &[], 0),
            },
        }
    }

    /// Requests of the default pipe (USB 2.0, 9.4; USB Video Class 1.0, 4.3).
    fn control(&mut self, request: &Request) -> Option<Vec<u8>> {
        let Setup { kind, request: number, value, .. } = request.setup;
        let (high, low) = (value >> 8, value as u8);
        match (kind, number) {
            // Descriptors: device, configuration, strings.
            (0x80, 6) => match high {
                1 => Some(DEVICE.to_vec()),
                2 => Some(self.configuration()),
                3 => Some(string(low)),
                _ => None,
            },
            // Status, configuration, interface.
            (0x80..=0x82, 0) => Some(vec![0, 0]),
            (0x80, 8) => Some(vec![1]),
            (0x81, 10) => Some(vec![0]),
            (0x00, 5 | 9) | (0x01, 11) => Some(Vec::new()),
            // Clear the halt of the endpoint: so the driver ends a stream.
            (0x02, 1) => {
                self.ready.clear();
                Some(Vec::new())
            }
            // Set probe (1) or commit (2).
            (0x21, 0x01) => {
                if let &[_, _, format, frame, ..] = &request.data[..] {
                    self.probe = Probe { format: format.max(1), frame: frame.max(1) };
                }
                if high == 2 {
                    self.ready.clear();
                    self.shown = 0;
                    self.due = Instant::now();
                }
                Some(Vec::new())
            }
            // Current, minimum, maximum, resolution, default.
            (0xa1, 0x81..=0x84 | 0x87) => Some(self.probe_control()),
            // Length and abilities of the control.
            (0xa1, 0x85) => Some(vec![26, 0]),
            (0xa1, 0x86) => Some(vec![3]),
            _ => None,
        }
    }

    fn probe_control(&self) -> Vec<u8> {
        let largest = self.modes.iter().map(Mode::max_bytes).max().unwrap_or_default();
        let mut control = vec![1, 0, self.probe.format, self.probe.frame];
        control.extend(INTERVAL.to_le_bytes());
        control.extend([0; 10]);
        control.extend(largest.to_le_bytes());
        control.extend((PAYLOAD as u32).to_le_bytes());
        control
    }

    /// The configuration: a video control interface, and a streaming interface with one bulk endpoint.
    fn configuration(&self) -> Vec<u8> {
        let formats: Vec<Vec<&Mode>> = [Format::Mjpeg, Format::Yuyv]
            .map(|format| self.modes.iter().filter(|mode| mode.format == format).collect())
            .into_iter()
            .filter(|modes: &Vec<&Mode>| !modes.is_empty())
            .collect();
        let mut streaming = Vec::new();
        for (number, modes) in (1..).zip(&formats) {
            let count = modes.len() as u8;
            let frame_kind = match modes[0].format {
                Format::Mjpeg => {
                    streaming.extend([11, 0x24, 6, number, count, 1, 1, 0, 0, 0, 0]);
                    7
                }
                Format::Yuyv => {
                    // The GUID of YUY2.
                    streaming.extend([27, 0x24, 4, number, count]);
                    streaming.extend(*b"YUY2\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71");
                    streaming.extend([16, 1, 0, 0, 0, 0]);
                    5
                }
            };
            for (index, mode) in (1..).zip(modes) {
                let mut frame = vec![30, 0x24, frame_kind, index, 0];
                frame.extend(mode.width.to_le_bytes());
                frame.extend(mode.height.to_le_bytes());
                let bits = mode.max_bytes() * 8 * 30;
                for value in [bits, bits, mode.max_bytes(), INTERVAL] {
                    frame.extend(value.to_le_bytes());
                }
                frame.push(1);
                frame.extend(INTERVAL.to_le_bytes());
                streaming.extend(frame);
            }
        }
        let header = 13 + formats.len();
        let total = (header + streaming.len()) as u16;
        let mut bytes = vec![9, 2, 0, 0, 2, 1, 0, 0x80, 250];
        // Two interfaces that belong together.
        bytes.extend([8, 11, 0, 2, 14, 3, 0, 2]);
        // Control: a camera terminal (1) with its output (2).
        bytes.extend([9, 4, 0, 0, 0, 14, 1, 0, 2]);
        bytes.extend([13, 0x24, 1, 0, 1, 40, 0, 0x80, 0x8d, 0x5b, 0, 1, 1]);
        bytes.extend([18, 0x24, 2, 1, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0]);
        bytes.extend([9, 0x24, 3, 2, 1, 1, 0, 1, 0]);
        // Streaming.
        bytes.extend([9, 4, 1, 0, 1, 14, 2, 0, 0]);
        bytes.extend([
            header as u8,
            0x24,
            1,
            formats.len() as u8,
            total as u8,
            (total >> 8) as u8,
            0x81,
            0,
            2,
            0,
            0,
            0,
            1,
        ]);
        bytes.extend(vec![0; formats.len()]);
        bytes.extend(streaming);
        bytes.extend([7, 5, 0x81, 2, 0, 2, 0]);
        let length = (bytes.len() as u16).to_le_bytes();
        bytes[2..4].copy_from_slice(&length);
        bytes
    }
}

/// USB 2.0, several interfaces, one configuration; vendor and product are of the range for tests (pid.codes).
const DEVICE: [u8; 18] = [18, 1, 0, 2, 0xef, 2, 1, 64, 0x09, 0x12, 1, 0, 0, 1, 1, 2, 0, 1];

fn string(number: u8) -> Vec<u8> {
    if number == 0 {
        return vec![4, 3, 0x09, 0x04];
    }
    let text = if number == 1 { "camtoken" } else { "Camera of the test" };
    let mut bytes = vec![0, 3];
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    bytes[0] = bytes.len() as u8;
    bytes
}

/// A request of USB/IP (Documentation/usb/usbip_protocol): 48 bytes, big endian, and what goes out to the device.
struct Request {
    command: u32,
    sequence: u32,
    inward: bool,
    endpoint: u32,
    length: usize,
    /// The request to take back.
    victim: u32,
    setup: Setup,
    data: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Setup {
    kind: u8,
    request: u8,
    value: u16,
    length: usize,
}

impl Request {
    /// Takes a complete one from the front.
    fn take(bytes: &mut Vec<u8>) -> Option<Self> {
        let head: [u8; 48] = bytes.get(..48)?.try_into().ok()?;
        let number = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let (command, inward, length) = (number(0), number(12) == 1, number(24) as usize);
        let data = if command == 1 && !inward { length } else { 0 };
        if bytes.len() < 48 + data {
            return None;
        }
        let data = bytes.drain(..48 + data).skip(48).collect();
        let little = |at: usize| u16::from_le_bytes([head[at], head[at + 1]]);
        let setup = Setup { kind: head[40], request: head[41], value: little(42), length: little(46).into() };
        Some(Self {
            command,
            sequence: number(4),
            inward,
            endpoint: number(16),
            length,
            victim: number(20),
            setup,
            data,
        })
    }
}

/// Answers a transfer (USBIP_RET_SUBMIT).
fn submitted(to: &mut UnixStream, sequence: u32, status: i32, data: &[u8], length: usize) -> io::Result<()> {
    let mut reply = [0; 48];
    reply[3] = 3;
    reply[4..8].copy_from_slice(&sequence.to_be_bytes());
    reply[20..24].copy_from_slice(&status.to_be_bytes());
    reply[24..28].copy_from_slice(&(length as u32).to_be_bytes());
    to.write_all(&[&reply, data].concat())
}

/// Answers that a transfer is taken back (USBIP_RET_UNLINK).
fn unlinked(to: &mut UnixStream, sequence: u32, status: i32) -> io::Result<()> {
    let mut reply = [0; 48];
    reply[3] = 4;
    reply[4..8].copy_from_slice(&sequence.to_be_bytes());
    reply[20..24].copy_from_slice(&status.to_be_bytes());
    to.write_all(&reply)
}
