// What the token is shown: files, the clipboard, the screen, a webcam.

/** The longest side of a frame that is sent. */
const FRAME_SIDE = 1280;

/** What a drop or a paste carries: a picture, or the text of a code. */
export async function carried(data) {
  for (const item of data.items ?? []) {
    if (item.kind === "file" && item.type.startsWith("image/")) return item.getAsFile();
  }
  if (data.files?.length) return data.files[0];
  // RFC 2483: a line that begins with # is none.
  const address = data.getData("text/uri-list").split(/\r?\n/).find((line) => line && !line.startsWith("#"));
  // A picture of this page that was dragged. Others' addresses are not asked.
  if (URL.canParse(address) && new URL(address).origin === location.origin) return (await fetch(address)).blob();
  const text = data.getData("text/plain").trim();
  return /^CT\d+:/.test(text) ? text : null;
}

/** The clipboard, when a button asks for it. */
export async function clipboard() {
  for (const item of await navigator.clipboard.read()) {
    const picture = item.types.find((type) => type.startsWith("image/"));
    if (picture) return item.getType(picture);
    if (item.types.includes("text/plain")) {
      const text = (await (await item.getType("text/plain")).text()).trim();
      if (/^CT\d+:/.test(text)) return text;
    }
  }
  return null;
}

/** A picture that the browser knows and the service does not, as luma. */
export async function decoded(file) {
  const address = URL.createObjectURL(file);
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    // A drawing may have no size of its own.
    return luma(image, image.naturalWidth || 800, image.naturalHeight || 800);
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** One picture of a screen, a window or a tab that the person chooses. */
export async function grabbed() {
  const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: 5 }, audio: false });
  try {
    const video = await playing(document.createElement("video"), stream);
    // The chooser itself may still be on the first picture.
    await new Promise((later) => setTimeout(later, 350));
    return luma(video, video.videoWidth, video.videoHeight);
  } finally {
    stop(stream);
  }
}

/** A webcam whose frames are looked at one after the other until one says something. */
export class Camera {
  constructor(video) {
    this.video = video;
    this.stream = null;
    this.stopped = false;
  }

  async start() {
    const wanted = { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } };
    const stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
    // The user has changed their mind while the browser asked.
    if (this.stopped) return stop(stream);
    this.stream = stream;
    await playing(this.video, stream);
  }

  /** Sends frames to `look` until it answers true, or the camera is stopped. */
  async run(look) {
    for (let frame = 0; this.stream; frame += 1) {
      const { videoWidth: width, videoHeight: height } = this.video;
      const scale = Math.min(1, FRAME_SIDE / Math.max(width, height));
      const seen = luma(this.video, Math.round(width * scale), Math.round(height * scale));
      if (await look({ ...seen, frame })) break;
      await new Promise((next) => requestAnimationFrame(next));
    }
    this.stop();
  }

  stop() {
    this.stopped = true;
    if (this.stream) stop(this.stream);
    this.stream = null;
    this.video.srcObject = null;
  }
}

async function playing(video, stream) {
  video.srcObject = stream;
  video.muted = true;
  await video.play();
  if (!video.videoWidth) await new Promise((ready) => video.addEventListener("resize", ready, { once: true }));
  return video;
}

function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
}

/** Brightness alone (ITU-R BT.601), a byte for each pixel. */
function luma(source, width, height) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.drawImage(source, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  const grey = new Uint8Array(width * height);
  for (let at = 0, from = 0; at < grey.length; at += 1, from += 4) {
    grey[at] = (77 * data[from] + 150 * data[from + 1] + 29 * data[from + 2]) >> 8;
  }
  return { luma: grey, width, height };
}
