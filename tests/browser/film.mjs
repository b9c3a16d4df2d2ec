// A video for the fake webcam: a wall, then a code with a finger over it, then the whole code, held by a hand that is not quite still.

import { writeFileSync } from "node:fs";

const [WIDTH, HEIGHT] = [1280, 720];

/** Writes Y4M (4:2:0) at ten frames a second; the frames are drawn by a page that knows the code. */
export async function film(page, code, path) {
  const frame = (held, covered) => page.evaluate(draw, { code, held, covered, WIDTH, HEIGHT });
  const head = Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420jpeg\n`);
  const grey = Buffer.alloc((WIDTH * HEIGHT) / 2, 128);
  const parts = [head];
  // Long enough that some frames of each are looked at, however slow the machine.
  const covered = Buffer.from(await frame(0, true), "base64");
  for (let count = 0; count < 20; count += 1) parts.push(Buffer.from("FRAME\n"), covered, grey);
  for (const held of [null, null, 0, 1, 2, 3, 2, 1]) {
    parts.push(Buffer.from("FRAME\n"), Buffer.from(await frame(held, false), "base64"), grey);
  }
  writeFileSync(path, Buffer.concat(parts));
}

async function draw({ code, held, covered, WIDTH, HEIGHT }) {
  const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
  const context = canvas.getContext("2d");
  const wall = context.createLinearGradient(0, 0, WIDTH, HEIGHT);
  wall.addColorStop(0, "#9a9a92");
  wall.addColorStop(1, "#5c5c58");
  context.fillStyle = wall;
  context.fillRect(0, 0, WIDTH, HEIGHT);
  if (held !== null) {
    const image = await createImageBitmap(await (await fetch(code.replace(".svg", ".png"))).blob());
    context.translate(WIDTH / 2 + 6 * held, HEIGHT / 2 - 4 * held);
    context.rotate(0.09 + 0.01 * held);
    context.transform(1, 0.04, -0.03, 1, 0, 0);
    context.filter = "blur(0.6px) brightness(0.92)";
    context.imageSmoothingQuality = "high";
    context.drawImage(image, -230, -230, 460, 460);
    if (covered) {
      context.fillStyle = "#8a7a70";
      context.beginPath();
      context.ellipse(20, 25, 160, 115, 0.5, 0, 7);
      context.fill();
    }
  }
  const { data } = context.getImageData(0, 0, WIDTH, HEIGHT);
  let luma = "";
  for (let at = 0; at < data.length; at += 4) {
    luma += String.fromCharCode((77 * data[at] + 150 * data[at + 1] + 29 * data[at + 2]) >> 8);
  }
  return btoa(luma);
}
